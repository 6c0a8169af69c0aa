"""The sources of data: one declaration per source, from which forms, command line and errors derive."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.datasets.dataset import Dataset
from engine.datasets.reading import Watch, refusing
from engine.errors import DataError


@dataclass(frozen=True)
class DatasetSource:
    """What a form, a command line and an error need to know of one source.

    Attributes
    ----------
    name : str
        The word, or what stands before the colon and the path.
    title, help : str
        Its name for people and its explanation.
    needs : {"", "file", "folder"}
        What the word must name behind a colon, if anything.
    patterns : tuple of str
        File name patterns for a file dialog.
    loader : str
        ``module:function``, imported when it is first used.
    """

    name: str
    title: str
    help: str
    needs: Literal["", "file", "folder"]
    loader: str
    patterns: tuple[str, ...] = ()

    @property
    def form(self) -> str:
        """How the word is written, e.g. ``"npz:PATH"``."""
        place = {"": "", "file": ":PATH", "folder": ":FOLDER"}
        return self.name + place[self.needs]

    def word(self, path: str | Path = "") -> str:
        """Return the dataset word of this source, for `path` if it needs one."""
        return f"{self.name}:{path}" if self.needs else self.name


DATASET_WORDS = (
    DatasetSource(
        "mnist",
        "MNIST",
        "60,000 handwritten digits to learn from and 10,000 to test with. Comes with the program.",
        "",
        "engine.datasets.bundled:load",
    ),
    DatasetSource(
        "keras:mnist",
        "MNIST from Keras",
        "MNIST as TensorFlow's Keras gives it. Needs TensorFlow and, the first time, a network connection.",
        "",
        "engine.datasets.keras_download:load_mnist",
    ),
    DatasetSource(
        "keras:fashion_mnist",
        "Fashion-MNIST from Keras",
        "Ten kinds of clothes in MNIST's format, harder to tell apart. Needs TensorFlow and, the first "
        "time, a network connection.",
        "",
        "engine.datasets.keras_download:load_fashion_mnist",
    ),
    DatasetSource(
        "npz",
        "NumPy archive",
        "An .npz file with the arrays x_train, y_train, x_test and y_test, like the Keras files.",
        "file",
        "engine.datasets.npz:load",
        ("*.npz",),
    ),
    DatasetSource(
        "idx",
        "IDX files",
        "A folder with MNIST's four original files, train-images-idx3-ubyte and so on, plain or .gz.",
        "folder",
        "engine.datasets.idx:load",
    ),
    DatasetSource(
        "csv",
        "CSV table",
        "One image per line: its label, first or last, and its 784 pixels; with or without a header.",
        "file",
        "engine.datasets.csv_table:load",
        ("*.csv", "*.tsv", "*.txt"),
    ),
    DatasetSource(
        "images",
        "Folder of pictures",
        "A folder with one sub-folder of pictures per class, named 0 to 9 or as you like.",
        "folder",
        "engine.datasets.image_folder:load",
    ),
)
"""The seven sources, in the order in which they are offered."""


def load_dataset(
    word: str,
    *,
    progress: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
) -> Dataset:
    """Load the dataset that `word` names.

    Parameters
    ----------
    word : str
        ``mnist``, ``keras:mnist``, ``keras:fashion_mnist``, ``npz:PATH``, ``idx:FOLDER``, ``csv:PATH``
        or ``images:FOLDER``.
    progress : callable, optional
        Receives sentences that say what is being done, in the thread that called this function.
    cancelled : callable, optional
        Asked several times a second while it takes long; returns whether to stop.

    Returns
    -------
    Dataset
        Its `word` holds the absolute path.

    Raises
    ------
    DataError
        When the word is unknown or the data cannot be used; one sentence that names the file. It is a
        `LoadingCancelledError` when `cancelled` said so.
    DigitLabError
        When a download cannot be kept because the data folder cannot be written to.
    """
    source, path = _parsed(word.strip())
    load: Callable[[Path | None, Watch], Dataset] = pkgutil.resolve_name(source.loader)
    return load(path, Watch(progress, cancelled))


def _parsed(word: str) -> tuple[DatasetSource, Path | None]:
    for source in DATASET_WORDS:
        if not source.needs and word == source.name:
            return source, None
        if source.needs and word.startswith(source.name + ":"):
            return source, _path(source, word.removeprefix(source.name + ":"))
    legal = ", ".join(source.form for source in DATASET_WORDS)
    raise DataError(f"{word[:200]!r} is not a dataset; it must be one of {legal}.")


def _path(source: DatasetSource, text: str) -> Path:
    if not text.strip():
        raise DataError(f"{source.form} names no {source.needs}.", f"Write it behind the colon, as in {source.form}.")
    with refusing(text, f"a {source.needs}"):
        return Path(text).expanduser().absolute()
