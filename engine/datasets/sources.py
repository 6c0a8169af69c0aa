"""The sources of data: one declaration per source, from which forms, command line and errors derive."""

from __future__ import annotations

import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine.datasets import joined
from engine.datasets.dataset import Dataset
from engine.datasets.reading import Watch, refusing
from engine.errors import DataError
from engine.ink.spec import InkSpec


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
    drawn : bool
        Whether its images are drawn from pen strokes.
    inked : bool
        Whether `loader` makes images of ink, of strokes or of pictures, so that it needs an `InkSpec`.
    """

    name: str
    title: str
    help: str
    needs: Literal["", "file", "folder"]
    loader: str
    patterns: tuple[str, ...] = ()
    drawn: bool = False
    inked: bool = False

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
        inked=True,
    ),
    DatasetSource(
        "hands",
        "Drawn hands",
        "10,000 digits that the program draws itself, in the many manners in which people write: crossed, hooked, "
        "slashed, open.",
        "",
        "engine.datasets.hands:load",
        drawn=True,
        inked=True,
    ),
    DatasetSource(
        "unipen",
        "Pen strokes",
        "Digits as a pen drew them, in a UNIPEN or InkML file, plain or .gz. They become images as what is drawn on "
        "the pad does, and the test part is other people's hands where the file names its writers.",
        "file",
        "engine.datasets.pen_strokes:load",
        ("*.tra", "*.tes", "*.unp", "*.unipen", "*.upn", "*.dat", "*.inkml", "*.ink", "*.xml", "*.txt", "*.gz", "*.z"),
        drawn=True,
        inked=True,
    ),
)
"""The nine sources, in the order in which they are offered."""


def load_dataset(
    word: str,
    *,
    progress: Callable[[str], None] | None = None,
    cancelled: Callable[[], bool] | None = None,
    ink: InkSpec | None = None,
) -> Dataset:
    """Load the dataset that `word` names.

    Parameters
    ----------
    word : str
        ``mnist``, ``keras:mnist``, ``keras:fashion_mnist``, ``npz:PATH``, ``idx:FOLDER``, ``csv:PATH``,
        ``images:FOLDER``, ``hands`` or ``unipen:PATH``; or one of them and, behind " + ", others to learn from besides.
    progress : callable, optional
        Receives sentences that say what is being done, in the thread that called this function.
    cancelled : callable, optional
        Asked several times a second while it takes long; returns whether to stop.
    ink : InkSpec, optional
        How pen strokes become images, where the source has strokes; the usual way by default.

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
    watch, ink = Watch(progress, cancelled), ink or InkSpec()
    first, *extras = words_of(word)
    dataset = _load(first, watch, ink)
    for extra in extras:
        dataset = _joined(dataset, extra, watch, ink)
    return dataset


def words_of(word: str) -> list[str]:
    """Return the words that a dataset word joins: what is measured on, and what is learned from besides."""
    return joined.parts(word.strip(), (source.name for source in DATASET_WORDS))


def is_inked(word: str) -> bool:
    """Return whether any data of a dataset word is made of ink, so that another `InkSpec` gives other images."""
    return any(_parsed(part)[0].inked for part in words_of(word))


def without_folders(word: str) -> str:
    """Return a dataset word with the bare names of its files: where they lie says nothing to anybody else."""
    parsed = [_parsed(part) for part in words_of(word)]
    return joined.SIGN.join(source.word(path.name if path else "") for source, path in parsed)


def _load(word: str, watch: Watch, ink: InkSpec) -> Dataset:
    source, path = _parsed(word)
    load: Callable[..., Dataset] = pkgutil.resolve_name(source.loader)
    return load(path, watch, ink) if source.inked else load(path, watch)


def _joined(base: Dataset, word: str, watch: Watch, ink: InkSpec) -> Dataset:
    source, path = _parsed(word)
    if not source.drawn or path is None:
        return joined.with_images(base, _load(word, watch, ink))
    # Found by name, as the sources' own loaders are: what reads pen files needs this package.
    read = pkgutil.resolve_name("engine.pen.files:read_pen_file")
    return joined.with_drawings(base, source.word(path), path.name, read(path, watch), watch, ink)


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
