"""The smallest square that changes an answer, when it is erased or filled with ink."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.explanation.squares import whole_squares
from engine.network import ROWS_AT_A_TIME, Network

LARGEST = 9
INK = 255


@dataclass(frozen=True, eq=False)
class Change:
    """A square of an image whose change makes the network answer otherwise.

    Attributes
    ----------
    side : int
        Of the square, in pixels.
    row, column : int
        Of its upper left pixel, from 0.
    erased : bool
        Whether it was made background; otherwise it was filled with ink.
    before, after : int
        The answers.
    share : float
        The share that the network itself gives to the new answer, 0 to 1.
    image : ndarray of shape (28, 28), uint8
        The changed image.
    """

    side: int
    row: int
    column: int
    erased: bool
    before: int
    after: int
    share: float
    image: NDArray[np.uint8]


def smallest_change(
    network: Network,
    image: NDArray[np.uint8],
    largest: int = LARGEST,
    cancelled: Callable[[], bool] = lambda: False,
) -> Change | None:
    """Return the smallest square that changes the answer when it is erased or filled; None if there is none.

    All places of a side are tried before the next larger side. Of several squares of one side it is the one whose
    new answer is the surest.

    Parameters
    ----------
    network : Network
        Its buffers are used.
    image : ndarray of shape (28, 28), uint8
    largest : int
        The largest side that is tried, 1 to 28 pixels.
    cancelled : callable
        Asked between some hundred images; the answer True ends the search without a result.
    """
    before = int(network.probabilities(image[np.newaxis])[0].argmax())
    for side in range(1, largest + 1):
        images, places, erased = _changed(image, side)
        shares = _shares(network, images, cancelled)
        if shares is None:
            return None
        answers = shares.argmax(axis=1)
        others = np.flatnonzero(answers != before)
        if len(others):
            best = int(others[shares[others, answers[others]].argmax()])
            row, column = divmod(int(places[best]), image.shape[1] - side + 1)
            after, share = int(answers[best]), float(shares[best].max())
            return Change(side, row, column, best < erased, before, after, share, images[best].copy())
    return None


def _changed(image: NDArray[np.uint8], side: int) -> tuple[NDArray[np.uint8], NDArray[np.intp], int]:
    """Return all images with a square erased, then those with one filled; where it is; and how many are erased.

    Squares that would change nothing are left out.
    """
    squares = whole_squares(side)
    erase = np.flatnonzero((squares & (image > 0)).any(axis=(1, 2)))
    fill = np.flatnonzero((squares & (image < INK)).any(axis=(1, 2)))
    images = [np.where(squares[places], np.uint8(value), image) for places, value in ((erase, 0), (fill, INK))]
    return np.concatenate(images), np.concatenate([erase, fill]), len(erase)


def _shares(network: Network, images: NDArray[np.uint8], cancelled: Callable[[], bool]) -> NDArray[Any] | None:
    """Return the network's shares for images, shape (n, 10); None if it was cancelled."""
    found = []
    for start in range(0, len(images), ROWS_AT_A_TIME):
        if cancelled():
            return None
        found.append(network.probabilities(images[start : start + ROWS_AT_A_TIME]))
    return np.concatenate(found)
