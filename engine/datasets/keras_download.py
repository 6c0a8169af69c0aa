"""The datasets of ``tensorflow.keras.datasets``, loaded by TensorFlow itself in a child process.

TensorFlow takes seconds to import, prints to stderr and may not be installed at all, so only the child
imports it: ``python -m engine.datasets.keras_download NAME FILE`` loads NAME and leaves its arrays in
FILE. The parent keeps that file and reads it from then on without TensorFlow.
"""

from __future__ import annotations

import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from engine.children import running, tail
from engine.datasets.dataset import DIGITS, Dataset
from engine.datasets.npz import load_archive
from engine.datasets.reading import Watch, refusing
from engine.errors import DataError
from engine.files import atomic_write, data_folder

MAX_SECONDS = 15 * 60
_POLL_SECONDS = 0.2
_SILENT_SERVER_SECONDS = 60
_NOT_IMPORTED, _NOT_DOWNLOADED = 3, 4
_KEPT = "The data loaded before stays"


@dataclass(frozen=True)
class _Collection:
    title: str
    class_names: tuple[str, ...]


_COLLECTIONS = {
    "mnist": _Collection("MNIST (Keras)", DIGITS),
    "fashion_mnist": _Collection(
        "Fashion-MNIST (Keras)",
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
}


def load_mnist(_: Path | None, watch: Watch) -> Dataset:
    """Load MNIST as ``tensorflow.keras.datasets.mnist`` gives it."""
    return load("mnist", watch)


def load_fashion_mnist(_: Path | None, watch: Watch) -> Dataset:
    """Load Fashion-MNIST, small pictures of clothes, as ``tensorflow.keras.datasets`` gives it."""
    return load("fashion_mnist", watch)


def load(name: str, watch: Watch) -> Dataset:
    """Load the collection `name`, from the cache when it has been downloaded before.

    Parameters
    ----------
    name : str
        ``"mnist"`` or ``"fashion_mnist"``.
    watch : Watch
        Told once a second; a cancellation ends the child process.

    Raises
    ------
    DataError
        When TensorFlow cannot be imported, the data cannot be downloaded, or it takes too long.
    DigitLabError
        When the cache cannot be written.
    """
    kept = _from_cache(name)
    if kept is None:
        cached = cache_file(name)
        with refusing(cached.parent, "a folder"):
            cached.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(cached, lambda part: _download(name, part, watch))
        kept = _read(name)
    return kept


def cache_file(name: str) -> Path:
    """Return where the arrays of the collection `name` are kept once they have been downloaded."""
    return data_folder() / "cache" / f"keras-{name}.npz"


def _read(name: str) -> Dataset:
    collection = _COLLECTIONS[name]
    return load_archive(cache_file(name), f"keras:{name}", collection.title, collection.class_names)


def _from_cache(name: str) -> Dataset | None:
    """Return what was downloaded before, or None: a damaged cache is simply downloaded again."""
    try:
        return _read(name)
    except DataError:
        return None


def _download(name: str, target: Path, watch: Watch) -> None:
    """Let a child process fill `target`; its chatter is only shown as the details of an error."""
    title = _COLLECTIONS[name].title
    with tempfile.TemporaryFile() as output:
        try:
            with running("engine.datasets.keras_download", name, str(target), output=output) as child:
                _wait(child, title, watch)
        except OSError as error:
            raise DataError(
                f"{title} cannot be loaded: no child process starts. {_KEPT}.", details=str(error)
            ) from error
        if child.returncode != 0:
            raise _failure(child.returncode, title, tail(output))


def _wait(child: subprocess.Popen[bytes], title: str, watch: Watch) -> None:
    started = time.monotonic()
    while True:
        seconds = time.monotonic() - started
        if seconds > MAX_SECONDS:
            raise DataError(
                f"{title} was not loaded: not finished after {MAX_SECONDS // 60} minutes. {_KEPT}.",
                "Check the network connection, then try again.",
            )
        watch.say(f"Loading {title} through TensorFlow… {seconds:.0f} s")
        try:
            child.wait(_POLL_SECONDS)
        except subprocess.TimeoutExpired:
            continue
        return


def _failure(code: int, title: str, output: str) -> DataError:
    if code == _NOT_IMPORTED:
        return DataError(
            f"{title} needs TensorFlow, which cannot be imported here. {_KEPT}; the rest works without it.",
            "Install it with: python -m pip install tensorflow. The word mnist loads the bundled MNIST.",
            output,
        )
    if code == _NOT_DOWNLOADED:
        return DataError(
            f"{title} could not be downloaded: there is no connection to the server. {_KEPT}.",
            "Check the network connection, then try again. The word mnist loads the bundled MNIST.",
            output,
        )
    return DataError(
        f"{title} could not be loaded: the process that runs TensorFlow ended with code {code}. {_KEPT}.",
        "Check the free disk space and the TensorFlow installation, then try again.",
        output,
    )


def main(name: str, target: str) -> int:
    """Load a collection through TensorFlow and write it to `target`: what the child process does.

    Parameters
    ----------
    name : str
        ``"mnist"`` or ``"fashion_mnist"``.
    target : str
        The file to fill with the four arrays, laid out like the Keras file.

    Returns
    -------
    int
        The exit code: 0, 3 when TensorFlow cannot be imported, 4 when the download fails.
    """
    socket.setdefaulttimeout(_SILENT_SERVER_SECONDS)
    try:
        from tensorflow.keras import datasets
    except Exception as error:
        # A broken installation raises anything from ImportError to TypeError.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return _NOT_IMPORTED
    try:
        (x_train, y_train), (x_test, y_test) = getattr(datasets, name).load_data()
    except Exception as error:
        # Keras raises a bare Exception when a download fails.
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return _NOT_DOWNLOADED
    with open(target, "wb") as file:
        np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
