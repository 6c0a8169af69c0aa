"""One digit of *My digits*: what somebody drew or pasted, and what it stands for; and its bytes in the database.

Strokes are kept as little-endian binary: the number of strokes and the number of points of each as unsigned
32-bit integers, then x, y and seconds of every point as 32-bit floats. An image is its 784 bytes, row by row.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import SIDE
from engine.errors import DataError
from engine.pen.drawn import Drawn, Strokes

MOST_POINTS = 100_000
"""The most points of a drawing, all strokes together."""

LARGEST_COORDINATE = 1e9
CLASSES = 10
_COUNT, _NUMBER = np.dtype("<u4"), np.dtype("<f4")
_AXES = 3


@dataclass(frozen=True, eq=False)
class OwnDigit:
    """A digit of the user's own: strokes of a pen, or an image where a picture was pasted.

    Attributes
    ----------
    id : int
        Its number in the store; no other digit ever has it.
    label : int
        The digit it stands for, 0 to 9.
    drawn : Drawn or None
        The strokes, their coordinates rounded to 32-bit floats; None for an image.
    image : ndarray of shape (28, 28), uint8, or None
        0 is background, 255 full ink; None for strokes.
    created : str
        When it was added: ISO 8601, UTC.
    source : str
        Where it comes from, e.g. ``"pad"`` or ``"imported from mine.unipen"``.
    """

    id: int
    label: int
    drawn: Drawn | None
    image: NDArray[np.uint8] | None
    created: str
    source: str

    @property
    def content(self) -> Drawn | NDArray[np.uint8]:
        """The strokes, or the image where there are none."""
        if self.drawn is not None:
            return self.drawn
        assert self.image is not None
        return self.image

    def relabelled(self, label: int) -> OwnDigit:
        """Return the same digit standing for `label`."""
        drawn = None if self.drawn is None else replace(self.drawn, label=label)
        return replace(self, label=label, drawn=drawn)


def counted(count: int) -> str:
    """Return so many digits in words, e.g. ``"1,200 digits"``."""
    return f"{count:,} {'digit' if count == 1 else 'digits'}"


def checked_label(label: int | None) -> int:
    """Return `label` if it is a digit.

    Raises
    ------
    DataError
        When it is none.
    """
    if label is None:
        raise DataError("Nobody has said which digit this drawing stands for.", "Press a key from 0 to 9.")
    if isinstance(label, bool) or not isinstance(label, int | np.integer) or not 0 <= label < CLASSES:
        raise DataError(f"{label!r} is not allowed as the label of a digit; it must be a whole number from 0 to 9.")
    return int(label)


def pack_strokes(strokes: Strokes) -> bytes:
    """Return strokes as bytes, which `unpack_strokes` understands.

    Parameters
    ----------
    strokes : tuple of ndarray of shape (k, 3)
        At least one stroke, each of at least one point, all finite and within ±1e9; 100,000 points at most.

    Raises
    ------
    DataError
        When they are anything else.
    """
    if not strokes or any(len(stroke) == 0 for stroke in strokes):
        raise DataError("There is nothing to keep: the drawing, or one of its strokes, has no point.", "Draw a digit.")
    for stroke in strokes:
        if stroke.ndim != 2 or stroke.shape[1] != _AXES:
            raise DataError(f"A stroke must be a list of points (x, y, seconds); its shape is {stroke.shape}.")
    total = sum(len(stroke) for stroke in strokes)
    if total > MOST_POINTS:
        raise DataError(f"The drawing has {total:,} points; at most {MOST_POINTS:,} can be kept.")
    points = np.concatenate(strokes)
    if not (np.abs(points) <= LARGEST_COORDINATE).all():
        raise DataError("The drawing holds a point that is not finite or lies beyond ±1,000,000,000.")
    counts = [len(strokes), *(len(stroke) for stroke in strokes)]
    return np.array(counts, _COUNT).tobytes() + points.astype(_NUMBER).tobytes()


def unpack_strokes(data: bytes) -> Strokes:
    """Return the strokes that `pack_strokes` made bytes of, each of shape (k, 3), float64.

    Raises
    ------
    DataError
        When the bytes are no strokes.
    """
    if not isinstance(data, bytes) or len(data) < _COUNT.itemsize:
        raise _damaged()
    start = _COUNT.itemsize * (1 + struct.unpack_from("<I", data)[0])
    if not _COUNT.itemsize < start <= len(data):
        raise _damaged()
    counts = struct.unpack_from(f"<{start // _COUNT.itemsize - 1}I", data, _COUNT.itemsize)
    total = sum(counts)
    if min(counts) < 1 or total > MOST_POINTS or len(data) != start + _AXES * _NUMBER.itemsize * total:
        raise _damaged()
    points = np.frombuffer(data, _NUMBER, -1, start).astype(np.float64).reshape(-1, _AXES)
    if not np.abs(points).max() <= LARGEST_COORDINATE:  # not so either where one is no number
        raise _damaged()
    return tuple(points[end - count : end] for count, end in zip(counts, accumulate(counts), strict=True))


def pack_image(image: NDArray[np.uint8]) -> bytes:
    """Return the 784 bytes of an image.

    Raises
    ------
    DataError
        When it is not of shape (28, 28) and uint8, or is empty.
    """
    if image.shape != (SIDE, SIDE) or image.dtype != np.uint8:
        raise DataError(f"An image must be of {SIDE}×{SIDE} bytes; this one is of {image.shape} {image.dtype}.")
    if not image.any():
        raise DataError("There is nothing to keep: the image is empty.", "Paste a picture of a digit, or draw one.")
    return image.tobytes()


def unpack_image(data: bytes) -> NDArray[np.uint8]:
    """Return the image that `pack_image` made bytes of.

    Raises
    ------
    DataError
        When these are not 784 bytes.
    """
    if not isinstance(data, bytes) or len(data) != SIDE * SIDE:
        raise _damaged()
    return np.frombuffer(data, np.uint8).reshape(SIDE, SIDE).copy()


def _damaged() -> DataError:
    return DataError("This digit is damaged: its bytes are no strokes and no image.")
