"""The ways to divide a row of pieces into digits, how likely each is, and the best of them.

A way scores the sum over its digits and over its pairs of neighbours, each a weighted sum of features: a conditional
random field over segments (Sarawagi, Cohen 2004, "Semi-Markov conditional random fields"). The best way is found by
dynamic programming (Viterbi 1967), and the sum over all ways says how sure it is. The few weights were fitted by
maximum likelihood to numbers put together by `engine.pen.composed`, more unevenly than it does by itself, from the
strokes of 27 people and of drawn hands (`engine.pen.hands`), a third of them single digits; none may reward what
speaks against a digit. A pair counts half a unit less than fitted, as single digits are more common on a pad.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.pen.number_cuts import Floats, Row

Groups = list[tuple[int, int]]
"""First and last piece of each candidate for a digit."""

PAIR_WEIGHTS = np.array([1.97, 1.19, -0.89, -3.09, 0.0, -0.52, -4.63, -3.07, 0.39, -1.84])
"""For: any pair, gap, sure gap, shared width, way between inks, tops, feet; a cut between them, its length and fall."""
DIGIT_WEIGHTS = np.array([-4.35, 0.0, -3.45, -1.77, 0.0, 2.42, 0.65, 0.74])
"""For: smaller than usual, larger, wider, parted ink, its gap; logarithms of share, digitness and usual strokes."""

SURE_GAP = 0.35
STROKES = np.array(
    [
        [0.95, 0.82, 0.98, 0.98, 0.40, 0.25, 0.98, 0.40, 0.90, 0.90],
        [0.04, 0.15, 0.01, 0.01, 0.55, 0.70, 0.01, 0.50, 0.09, 0.09],
        [0.01, 0.03, 0.01, 0.01, 0.05, 0.05, 0.01, 0.10, 0.01, 0.01],
    ]
)
"""How often each digit is written in one stroke, in two, and in more: taken from many hands, and rounded."""

_TRUST_IN_STROKES = 0.5

_WIDEST = 1.7
_LEAST = 1e-3
_NARROW = 0.05


@dataclass(frozen=True, eq=False)
class Candidates:
    """The runs of pieces of a row that may be a digit, and what can be told of them without reading them.

    Attributes
    ----------
    row : Row
    groups : list of (int, int)
        Sorted.
    """

    row: Row
    groups: Groups

    @classmethod
    def of(cls, row: Row, most_pieces: int = 6) -> Candidates:
        """Return the runs without a sure gap that are not too wide and whose pieces have points.

        Parameters
        ----------
        row : Row
        most_pieces : int
            The longest run, at least 1; all pieces together may be a digit nevertheless.
        """
        left, right = row.boxes[:, 0], row.boxes[:, 2]
        count = len(row.pieces)
        apart = [left[i:].min() - right[:i].max() > SURE_GAP for i in range(1, count)]
        groups: Groups = []
        for first in range(count):
            for last in range(first, count):
                run = slice(first, last + 1)
                if last > first and (apart[last - 1] or right[run].max() - left[run].min() > _WIDEST):
                    break
                whole = first == 0 and last == count - 1
                if (whole or last - first < most_pieces) and row.drawable(first, last):
                    groups.append((first, last))
        return cls(row, groups)

    @cached_property
    def boxes(self) -> Floats:
        """Left, top, right and bottom of each candidate, shape (n, 4)."""
        runs = [self.row.boxes[first : last + 1] for first, last in self.groups]
        return np.array([[*run[:, :2].min(axis=0), *run[:, 2:].max(axis=0)] for run in runs])

    @cached_property
    def pairs(self) -> NDArray[np.intp]:
        """Which candidates may stand side by side: numbers of the left and the right one, shape (m, 2)."""
        starting: dict[int, list[int]] = {}
        for index, (first, _) in enumerate(self.groups):
            starting.setdefault(first, []).append(index)
        pairs = [(i, j) for i, (_, last) in enumerate(self.groups) for j in starting.get(last + 1, ())]
        return np.array(pairs, np.intp).reshape(-1, 2)

    def digit_features(self) -> Floats:
        """Return what the place and size of each candidate say, shape (n, 5); see `DIGIT_WEIGHTS`."""
        width, height = (self.boxes[:, 2:] - self.boxes[:, :2]).T
        size = np.log(np.maximum(np.maximum(height, width / 2), 0.1))
        parted = [self._parted(first, last) for first, last in self.groups]
        sizes = np.minimum(size, 0) ** 2, np.clip(size, 0, 1) ** 2, np.maximum(width - 0.8, 0)
        return np.column_stack([*sizes, np.array(parted).reshape(-1, 2)])

    def _parted(self, first: int, last: int) -> tuple[float, float]:
        """Return how far the loosest piece is from all others, and the widest gap within."""
        if first == last:
            return 0.0, 0.0
        run = slice(first, last + 1)
        distances = self.row.distances[run, run] + np.diag(np.full(last - first + 1, np.inf))
        left, right = self.row.boxes[run, 0], self.row.boxes[run, 2]
        gap = max(left[i:].min() - right[:i].max() for i in range(1, len(left)))
        return min(float(distances.min(axis=1).max()), SURE_GAP), max(float(gap), -0.5) + 0.5

    def strokes(self) -> NDArray[np.intp]:
        """Return of how many strokes each candidate consists, shape (n,)."""
        pieces = self.row.pieces
        return np.array([len({piece.stroke for piece in pieces[first : last + 1]}) for first, last in self.groups])

    def pair_features(self) -> Floats:
        """Return what can be told of each pair, shape (m, 10); see `PAIR_WEIGHTS`. In heights of a digit."""
        one, two = self.boxes[self.pairs[:, 0]], self.boxes[self.pairs[:, 1]]
        gap = two[:, 0] - one[:, 2]
        overlap = np.minimum(one[:, 2], two[:, 2]) - np.maximum(one[:, 0], two[:, 0])
        narrower = np.maximum(np.minimum(one[:, 2] - one[:, 0], two[:, 2] - two[:, 0]), _NARROW)
        between = np.array([self._between(*self.groups[i], *self.groups[j]) for i, j in self.pairs]).reshape(-1, 4)
        return np.column_stack(
            [
                np.ones(len(gap)),
                np.clip(gap, -0.5, SURE_GAP),
                gap > SURE_GAP,
                np.clip(overlap / narrower, 0, 1),
                np.minimum(between[:, 0], SURE_GAP),
                np.minimum(np.abs(one[:, 1] - two[:, 1]), 0.6),
                np.minimum(np.abs(one[:, 3] - two[:, 3]), 0.6),
                between[:, 1:],
            ]
        )

    def _between(self, first: int, last: int, start: int, stop: int) -> tuple[float, ...]:
        """Return the shortest way from ink of one candidate to ink of the next, and of a cut ligature its way."""
        pieces = self.row.pieces
        behind = {piece.stroke for piece in pieces[start : stop + 1]}
        cut = [index for index in range(first, last + 1) if pieces[index].stroke in behind]
        across, down = self.row.links[cut[-1]] if cut else (0.0, 0.0)
        way = float(self.row.distances[first : last + 1, start : stop + 1].min())
        return way, float(bool(cut)), min(float(np.hypot(across, down)), 1.0), float(np.clip(down, -1, 1))


def with_strokes(shares: Floats, strokes: NDArray[np.intp]) -> Floats:
    """Return shares that know of how many strokes the digits consist, which no image shows.

    By Bayes' rule each share is multiplied by how often that digit is written so; by the root of it, since a hand on
    a pad lifts the pen where it would not on paper.

    Parameters
    ----------
    shares : ndarray of shape (n, 10)
        From the image alone.
    strokes : ndarray of shape (n,)
        At least 1 each.

    Returns
    -------
    ndarray of shape (n, 10)
        Adding up to 1.
    """
    weighed = shares * STROKES[np.minimum(strokes, 3) - 1] ** _TRUST_IN_STROKES
    return np.asarray(weighed / weighed.sum(axis=1, keepdims=True))


def digit_scores(features: Floats, strokes: NDArray[np.intp], shares: Floats, digitness: Floats) -> Floats:
    """Return the score of each candidate as such.

    Parameters
    ----------
    features : ndarray of shape (n, 5)
        From `Candidates.digit_features`.
    strokes : ndarray of shape (n,)
        Of how many strokes each consists.
    shares : ndarray of shape (n, 10)
    digitness : ndarray of shape (n,)
    """
    usual = (shares * STROKES[np.minimum(strokes, 3) - 1]).sum(axis=1)
    logs = np.log(np.maximum(np.column_stack([shares.max(axis=1), digitness, usual]), _LEAST))
    return np.asarray(np.column_stack([features, logs]) @ DIGIT_WEIGHTS)


def pair_scores(features: Floats) -> Floats:
    """Return the score of each pair for its features of shape (m, 10), from `Candidates.pair_features`."""
    return np.asarray(features @ PAIR_WEIGHTS)


def best_way(candidates: Candidates, digits: Floats, pairs: Floats) -> tuple[float, list[int], float]:
    """Find the best way to divide a row.

    Parameters
    ----------
    candidates : Candidates
    digits : ndarray of shape (n,)
        Score of each candidate.
    pairs : ndarray of shape (m,)
        Score of each pair.

    Returns
    -------
    score : float
        Of the best way; minus infinity if there is none.
    way : list of int
        The numbers of its candidates from left to right; empty if there is none, as when cuts leave no way across.
    total : float
        The logarithm of the sum of ``exp(score)`` over all ways.
    """
    groups, last = candidates.groups, len(candidates.row.pieces) - 1
    highest = np.array([0.0 if first == 0 else -np.inf for first, _ in groups]) + digits
    total, before = highest.copy(), np.full(len(groups), -1)
    # Candidates are sorted, so that everything that ends before one begins has been reached by then.
    for (one, two), score in zip(candidates.pairs, pairs, strict=True):
        reached = highest[one] + score + digits[two]
        if reached > highest[two]:
            highest[two], before[two] = reached, one
        total[two] = np.logaddexp(total[two], total[one] + score + digits[two])
    ends = [index for index, group in enumerate(groups) if group[1] == last]
    at = max(ends, key=lambda index: highest[index], default=-1)
    if at < 0 or not np.isfinite(highest[at]):
        return -math.inf, [], -math.inf
    score, way = float(highest[at]), []
    while at >= 0:
        way.append(at)
        at = int(before[at])
    return score, way[::-1], float(np.logaddexp.reduce(total[ends]))
