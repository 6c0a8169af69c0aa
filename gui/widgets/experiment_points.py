"""Where the runs of an experiment lie in a plot of a setting against a score."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from gui.widgets.experiment_results import SCORES, Entry, Score, is_number, value_words
from gui.widgets.plot_parts import ticks

SEED = "seed"
NUMBER = "number"
# From this ratio of the largest to the smallest on, an axis is logarithmic.
LOG_SETTING, LOG_SCORE = 20.0, 50.0
# On an axis of words the seeds stand side by side, within so much of the distance to the next word.
ROOM, DASH = 0.24, 0.2
AIR = 0.06
MOST_SERIES = 8
# A line through more places than this is a thicket, and takes long to draw.
MOST_PLACES = 100
Floats = NDArray[np.float64]
Ticks = list[tuple[float, str]]


@dataclass(frozen=True)
class Scale:
    """How values become places along an axis.

    Attributes
    ----------
    kind : {"plain", "log", "words"}
        Whether places are the values, their decimal logarithms, or numbers of words.
    low, high : float
        The places in view.
    words : tuple of str
        What stands at the places 0, 1, …
    whole : bool
        Whether only whole numbers have a meaning.
    """

    kind: Literal["plain", "log", "words"]
    low: float
    high: float
    words: tuple[str, ...] = ()
    whole: bool = False

    def place(self, value: Any) -> float:
        """Return the place of a value."""
        if self.kind == "words":
            return float(self.words.index(value_words(value)))
        return math.log10(value) if self.kind == "log" else float(value)

    def ticks(self, parts: float) -> Ticks:
        """Return places with what stands beside them, about `parts` of them."""
        if self.kind == "words":
            skip = max(1, math.ceil(len(self.words) / max(parts, 1)))
            return [(float(at), _short(word)) for at, word in enumerate(self.words) if at % skip == 0]
        found = ticks(self.low, self.high, parts, logarithmic=self.kind == "log")
        if self.whole and self.kind == "plain":
            return [(place, f"{place:,.0f}") for place, _ in found if place == round(place)]
        return found


@dataclass(frozen=True)
class Points:
    """The points and lines of a plot.

    Attributes
    ----------
    entries : tuple of Entry
        The runs that are shown: those that have a setting and a score.
    x, y : ndarray of shape (n,), float64
        Their places.
    series : ndarray of shape (n,), int
        Which colour each has.
    names : tuple of str
        What the colours mean; one empty name if they mean nothing.
    lines : tuple of (ndarray, ndarray)
        The means, a line per colour, or a dash at each word; empty where they say nothing. NaN leaves a gap.
    across, upright : Scale
        The axes.
    theirs : (ndarray, ndarray)
        The places of what others have reached.
    """

    entries: tuple[Entry, ...]
    x: Floats
    y: Floats
    series: NDArray[np.intp]
    names: tuple[str, ...]
    lines: tuple[tuple[Floats, Floats], ...]
    across: Scale
    upright: Scale
    theirs: tuple[Floats, Floats]

    def nearest(self, x: float, y: float) -> int | None:
        """Return the number of the point that lies nearest to a place, measured in shares of both axes."""
        if not len(self.x):
            return None
        width, height = self.across.high - self.across.low, self.upright.high - self.upright.low
        return int(np.argmin(((self.x - x) / width) ** 2 + ((self.y - y) / height) ** 2))


def value_at(entry: Entry, path: str) -> Any:
    """Return the value that an entry has for a setting, its seed, or its number."""
    return {SEED: entry.seed, NUMBER: entry.number + 1}.get(path, entry.values.get(path))


def points_of(entries: Iterable[Entry], path: str, score: Score, colour: str = "") -> Points:
    """Return the plot of a setting against a score.

    Parameters
    ----------
    entries : iterable of Entry
        The runs; those without the setting or the score are left out.
    path : str
        The setting along the horizontal axis.
    score : Score
        The figure along the vertical axis.
    colour : str
        The setting that colours stand for; empty for none.
    """
    known = [entry for entry in entries if value_at(entry, path) is not None]
    shown = tuple(entry for entry in known if score.of(entry.run) is not None)
    referred = [entry for entry in known if entry.reference is not None and score is SCORES[0]]
    scores = np.array([score.of(entry.run) for entry in shown], float)
    theirs = np.array([entry.reference for entry in referred], float)
    across = setting_scale([value_at(entry, path) for entry in (*shown, *referred)])
    upright = score_scale(np.append(scores, theirs), most=100.0 if score.unit == "%" else math.inf)
    x, y = _places(across, shown, path), np.array([upright.place(value) for value in scores], float)
    names, series = _series(shown, colour)
    lines = tuple(
        _means(x[series == number], y[series == number], across, path in (NUMBER, SEED)) for number in range(len(names))
    )
    beside = x + _beside(shown, across, path)
    return Points(shown, beside, y, series, names, lines, across, upright, (_places(across, referred, path), theirs))


def setting_scale(values: Sequence[Any]) -> Scale:
    """Return the axis that suits the values of a setting."""
    if not values or not all(map(is_number, values)):
        words = tuple(dict.fromkeys(map(value_words, values)))
        return Scale("words", -0.5, max(len(words) - 0.5, 0.5), words)
    low, high = float(min(values)), float(max(values))
    if low > 0 and len(set(values)) > 2 and high / low >= LOG_SETTING:
        return Scale("log", *_aired(math.log10(low), math.log10(high)))
    return Scale("plain", *_aired(low, high), whole=all(isinstance(value, int) for value in values))


def score_scale(values: Floats, most: float = math.inf) -> Scale:
    """Return the axis that suits figures, which are at most `most`."""
    if not len(values):
        return Scale("plain", 0.0, 1.0)
    low, high = float(values.min()), float(values.max())
    if math.isinf(most) and low > 0 and high / low >= LOG_SCORE:
        return Scale("log", *_aired(math.log10(low), math.log10(high)))
    low, high = _aired(low, high)
    return Scale("plain", low, min(high, most + 0.3) if high > most else high)


def can_colour(entries: Iterable[Entry], path: str) -> bool:
    """Whether there are colours enough for the values of a setting."""
    return 1 < len({value_words(value_at(entry, path)) for entry in entries}) <= MOST_SERIES


def _places(across: Scale, entries: Iterable[Entry], path: str) -> Floats:
    return np.array([across.place(value_at(entry, path)) for entry in entries], float)


def _aired(low: float, high: float) -> tuple[float, float]:
    """Return a range with some air around it; a single value stands in its middle."""
    air = AIR * (high - low) or abs(high) * AIR or 0.5
    return low - air, high + air


def _series(entries: Sequence[Entry], path: str) -> tuple[tuple[str, ...], NDArray[np.intp]]:
    if not path:
        return ("",), np.zeros(len(entries), np.intp)
    words = [value_words(value_at(entry, path)) for entry in entries]
    names = tuple(dict.fromkeys(words)) or ("",)
    return names, np.array([names.index(word) for word in words], np.intp)


def _means(x: Floats, y: Floats, across: Scale, unordered: bool) -> tuple[Floats, Floats]:
    """Return the means of what stands at the same place, from left to right; nothing where that says nothing."""
    places = np.unique(x)
    means = np.array([fmean(y[x == place]) for place in places])
    if across.kind == "words":  # they have no order that a line could follow
        gap = np.full(len(places), np.nan)
        dashes = np.stack([places - DASH, places + DASH, gap], axis=1)
        return dashes.ravel(), np.stack([means, means, gap], axis=1).ravel()
    cloud = len(places) > MOST_PLACES or len(places) == len(x) > 2 * MOST_SERIES  # every place once, or too many
    if unordered or len(places) < 2 or cloud:
        return places[:0], means[:0]
    return places, means


def _beside(entries: Sequence[Entry], across: Scale, path: str) -> Floats:
    """Return how far each point is moved aside, so that seeds at the same word do not cover each other."""
    seeds = sorted({entry.seed for entry in entries})
    if across.kind != "words" or len(seeds) < 2 or path == SEED:
        return np.zeros(len(entries))
    offsets = dict(zip(seeds, np.linspace(-ROOM / 2, ROOM / 2, len(seeds)), strict=True))
    return np.array([offsets[entry.seed] for entry in entries])


def _short(word: str, most: int = 18) -> str:
    return word if len(word) <= most else word[: most - 1] + "…"
