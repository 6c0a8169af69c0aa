"""What every source shares: errors in a sentence, limits, progress, and the check of what was read."""

from __future__ import annotations

import errno
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import CLASSES, DIGITS, SIDE, Dataset
from engine.errors import DataError, DigitLabError

MAX_BYTES = 2**31
"""The most bytes of pixels a source may hold; what declares more is refused before it is read."""

Pair = tuple[NDArray, NDArray]
"""Images and their labels, as they were read."""

_KEPT = "The data loaded before stays."
_TEST_SHARE = 6
_CHUNK = 4096
_REASONS = {
    errno.ENOENT: "there is nothing of that name",
    errno.ENOTDIR: "part of the path is a file, not a folder",
    errno.EACCES: "it may not be read (permission denied)",
    errno.EPERM: "it may not be read (permission denied)",
    errno.EISDIR: "it is a folder, not a file",
    errno.ENAMETOOLONG: "the name is too long",
}


class LoadingCancelledError(DataError):
    """The user stopped the loading; the data loaded before stays."""


@dataclass(frozen=True)
class Watch:
    """How a source reports what it does and learns that it should stop.

    Attributes
    ----------
    progress : callable, optional
        Receives a sentence for people, from the thread that loads.
    cancelled : callable, optional
        Returns whether to stop; asked several times a second.
    """

    progress: Callable[[str], None] | None = None
    cancelled: Callable[[], bool] | None = None

    def say(self, text: str) -> None:
        """Report `text`.

        Raises
        ------
        LoadingCancelledError
            When the user has asked to stop.
        """
        if self.cancelled is not None and self.cancelled():
            raise LoadingCancelledError(f"Loading was stopped. {_KEPT}")
        if self.progress is not None:
            self.progress(text)


def refused(where: str | Path, why: str, do: str = "Nothing was changed.", details: str = "") -> DataError:
    """Return the error that refuses the file or folder `where`; `why` is a clause without full stop."""
    return DataError(f"{where} cannot be used: {why}.", do, details)


@contextmanager
def refusing(where: str | Path, kind: str) -> Iterator[None]:
    """Turn whatever a reader stumbles over into one sentence about the file `where`.

    Readers of foreign files (zipfile, NumPy, Pillow, …) document only some of the exceptions that
    damaged bytes make them raise, so every one of them counts as damage here; its text is kept as
    the error's details.

    Parameters
    ----------
    where : str or path
        The file or folder that is read.
    kind : str
        What it should be, e.g. ``"an NPZ file"``.
    """
    try:
        yield
    except DigitLabError:
        raise
    except MemoryError as error:
        raise refused(where, "it does not fit into memory") from error
    except OSError as error:
        raise refused(where, _why(error, kind), details=str(error)) from error
    except Exception as error:
        raise refused(where, _damaged(kind), details=f"{type(error).__name__}: {error}") from error


def checked_file(path: Path) -> int:
    """Return the size in bytes of the regular file `path`; refuse folders, devices and empty files."""
    with refusing(path, "a file"):
        if path.is_dir():
            raise refused(path, "it is a folder, not a file")
        size = path.stat().st_size
        if not path.is_file():
            raise refused(path, "it is not an ordinary file")
        if size == 0:
            raise refused(path, "it is empty")
    return size


def checked_folder(path: Path) -> None:
    """Refuse what is not a folder."""
    with refusing(path, "a folder"):
        path.stat()
        if not path.is_dir():
            raise refused(path, "it is a file, not a folder")


def check_size(where: str | Path, size: int) -> None:
    """Refuse `size` bytes of pixels when they exceed `MAX_BYTES`."""
    if size > MAX_BYTES:
        raise refused(where, f"it holds {size / 2**30:,.1f} GB, more than the {MAX_BYTES / 2**30:.0f} GB allowed")


def assemble(
    word: str,
    title: str,
    where: str | Path,
    train: Pair,
    test: Pair | None = None,
    *,
    class_names: Sequence[str] = DIGITS,
    notes: Sequence[str] = (),
) -> Dataset:
    """Check what a source has read and make a dataset of it.

    Parameters
    ----------
    word, title : str
        See `Dataset`.
    where : str or path
        The file or folder, for error messages.
    train, test : pair of ndarray
        Images of shape (n, 28, 28), (n, 28, 28, 1) or (n, 784), whole or floating-point numbers from 0
        to 255 or from 0 to 1; labels of shape (n,) or (n, 1), whole numbers from 0 to 9. Without `test`
        a random sixth of `train`, always the same, becomes the test set.
    class_names : sequence of str
        One name per class.
    notes : sequence of str
        Sentences for `Dataset.note`; what this function converts is added to them.

    Raises
    ------
    DataError
        When shapes, types, values or counts are not as described.
    """
    told = list(notes)
    pairs = {"training": train} if test is None else {"training": train, "test": test}
    shaped = {
        part: (_shaped(where, part, images), _labels(where, part, labels, len(images)))
        for part, (images, labels) in pairs.items()
    }
    scale = _scale(where, [images for images, _ in shaped.values()], told)
    ready = {part: (_to_bytes(images, scale), labels) for part, (images, labels) in shaped.items()}
    if test is None:
        ready["training"], ready["test"] = _split(where, *ready["training"], told)
    return Dataset(word, title, *ready["training"], *ready["test"], tuple(class_names), " ".join(told))


def _why(error: OSError, kind: str) -> str:
    # zipfile, gzip and Pillow raise OSError without a number for damaged content.
    if error.errno is None:
        return _damaged(kind)
    return _REASONS.get(error.errno, (error.strerror or str(error)).lower())


def _damaged(kind: str) -> str:
    return f"it is damaged, cut short or not {kind}"


def _shaped(where: str | Path, part: str, images: NDArray) -> NDArray:
    legal = images.shape[1:] in {(SIDE, SIDE), (SIDE * SIDE,), (SIDE, SIDE, 1)}
    if not legal:
        raise refused(
            where,
            f"its {part} images have the shape {images.shape}; it must be (n, 28, 28), (n, 784) or (n, 28, 28, 1)",
        )
    if images.dtype.kind not in "buif":
        raise refused(where, f"its {part} images are of type {images.dtype}; they must be numbers")
    if len(images) == 0:
        raise refused(where, f"it holds no {part} images")
    return images.reshape(-1, SIDE, SIDE)


def _labels(where: str | Path, part: str, labels: NDArray, count: int) -> NDArray[np.uint8]:
    flat = labels[:, 0] if labels.ndim == 2 and labels.shape[1] == 1 else labels
    if flat.ndim != 1 or flat.dtype.kind not in "buif":
        found = f"of type {labels.dtype} and shape {labels.shape}"
        raise refused(where, f"its {part} labels are {found}; they must be whole numbers in the shape (n,)")
    if len(flat) != count:
        raise refused(where, f"it holds {count:,} {part} images but {len(flat):,} {part} labels")
    legal = np.isin(flat, np.arange(CLASSES))
    if not legal.all():
        first = int(np.argmin(legal))
        raise refused(
            where,
            f"its {part} label number {first + 1:,} is {flat[first]}; labels are whole numbers from 0 to 9",
        )
    return flat.astype(np.uint8)


def _scale(where: str | Path, images: list[NDArray], told: list[str]) -> float:
    """Return what the values are multiplied by to fill 0 to 255, and tell it in `told`."""
    with np.errstate(invalid="ignore"):
        low = min(part.min() for part in images)
        high = max(part.max() for part in images)
        finite = bool(np.isfinite([part.min() for part in images] + [part.max() for part in images]).all())
    if not finite:
        raise refused(where, "its images hold values that are not finite numbers")
    if low < 0 or high > 255:
        raise refused(where, f"its values reach from {low:g} to {high:g}; they must lie in 0 to 255 or in 0 to 1")
    if 0 < high <= 1:
        told.append("Values from 0 to 1 were multiplied by 255.")
        return 255.0
    if images[0].dtype.kind == "f":
        told.append("Values were rounded to whole numbers from 0 to 255.")
    return 1.0


def _to_bytes(images: NDArray, scale: float) -> NDArray[np.uint8]:
    """Convert piece by piece: a whole copy as floats would take four to eight times the room."""
    if images.dtype == np.uint8 and scale == 1:
        return np.ascontiguousarray(images)
    out = np.empty(images.shape, np.uint8)
    for start in range(0, len(images), _CHUNK):
        piece = slice(start, start + _CHUNK)
        out[piece] = np.rint(images[piece].astype(np.float32) * np.float32(scale))
    return out


def _split(where: str | Path, images: NDArray, labels: NDArray, told: list[str]) -> tuple[Pair, Pair]:
    count = len(images)
    if count < 2:
        raise refused(where, "it holds a single image, but training and test need at least one each")
    chosen = np.zeros(count, bool)
    tests = max(1, count // _TEST_SHARE)
    chosen[np.random.default_rng(0).permutation(count)[:tests]] = True
    told.append(
        f"It names no test images, so {tests:,} of its {count:,} images became the test set "
        "(a random sixth, always the same)."
    )
    return (images[~chosen], labels[~chosen]), (images[chosen], labels[chosen])
