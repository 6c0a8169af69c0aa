"""The text of an InkML trace: values of channels, explicit or as differences of first or second order."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import DataError
from engine.pen.drawn import Stroke
from engine.pen.reading import LARGEST, LONGEST_TEXT, PEN_LIFT, POINTS_PER_SECOND, PenFile, legal, shown

_VALUE = re.compile(
    r"""\s*(?P<prefix>[!'"]?)\s*(?:(?P<number>[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"""
    r"""|\#(?P<hex>[0-9A-Fa-f]{1,8})|(?P<sign>[*?TF]))""",
    re.ASCII,
)
_ORDERS = {"!": 0, "'": 1, '"': 2}
_PLAIN = re.compile(r"[-+.\d,\s]*", re.ASCII)


@dataclass(frozen=True)
class Channel:
    """A column of the points.

    Attributes
    ----------
    name : str
        ``X``, ``Y``, ``T`` for the time, or something else that is not used.
    upwards : bool
        Whether it grows against InkML's own direction, as y does that points up.
    seconds : bool
        Whether it counts seconds instead of milliseconds.
    """

    name: str
    upwards: bool = False
    seconds: bool = False


@dataclass
class Clock:
    """The time at which the next point was drawn, where a file does not say.

    Attributes
    ----------
    rate : float
        Points per second.
    now : float
        Seconds since the first stroke.
    """

    rate: float = POINTS_PER_SECOND
    now: float = 0.0

    def times(self, count: int, offset: str) -> NDArray[np.float64]:
        """Return the times of `count` points, (count,), that begin at `offset` milliseconds if that is a number."""
        known = re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", offset.strip(), re.ASCII)
        begin = float(offset) / 1000 if known else self.now
        times = begin + np.arange(count) / self.rate
        self.now = float(times[-1]) + PEN_LIFT
        return times


@dataclass
class _Track:
    """What a channel does from point to point.

    Attributes
    ----------
    order : int
        0 when its values are explicit, 1 when they are differences, 2 when they are differences of differences.
    value, speed, last : float
        Where it is, how far it came with the last step, and what the file said last.
    """

    order: int = 0
    value: float = 0.0
    speed: float = 0.0
    last: float = 0.0

    def step(self, prefix: str, number: float | None) -> float:
        """Return the next value; a `number` of None repeats what was said last."""
        self.order = _ORDERS.get(prefix, self.order)
        self.last = self.last if number is None else number
        if self.order == 0:
            self.speed = self.last - self.value
        else:
            self.speed = self.last if self.order == 1 else self.speed + self.last
        self.value = self.last if self.order == 0 else self.value + self.speed
        return self.value


def parse_trace(
    text: str, channels: tuple[Channel, ...], clock: Clock, attributes: dict[str, str], file: PenFile, line: int
) -> Stroke:
    """Return the points of a trace.

    Parameters
    ----------
    text : str
        What stands in the element.
    channels : tuple of Channel
        The columns, in their order.
    clock : Clock
        Gives the times where there is no channel ``T``; moved on.
    attributes : dict of str to str
        Those of the element; its ``timeOffset`` counts.
    file : PenFile
        Counts and refuses.
    line : int
        Where the element begins.

    Returns
    -------
    ndarray of shape (k, 3), float64
        x to the right, y down, seconds. Empty when the trace is.

    Raises
    ------
    DataError
        When it cannot be understood; the sentence names the line.
    """
    names = [channel.name for channel in channels]
    if names.count("X") != 1 or names.count("Y") != 1:
        raise file.fault(line, f"holds a trace of the channels {shown(' '.join(names))}; they must be X, Y and others")
    if len(text) > LONGEST_TEXT:
        raise file.too_long(line, len(text))
    if not text.strip():
        return np.zeros((0, 3))
    used = max(names.index(name) for name in ("X", "Y", "T") if name in names) + 1
    table = _table(text, used, names, file, line)
    x, y = (table[:, names.index(name)] * (-1 if channels[names.index(name)].upwards else 1) for name in ("X", "Y"))
    file.count_stroke(line, len(table))
    if "T" in names:
        times = table[:, names.index("T")] / (1 if channels[names.index("T")].seconds else 1000)
    else:
        times = clock.times(len(table), attributes.get("timeOffset", ""))
    return np.stack([x, y, times], axis=1)


def _table(text: str, used: int, names: list[str], file: PenFile, line: int) -> NDArray[np.float64]:
    """Return the first `used` values of every point, (k, used)."""
    rows = _plain_rows(text, used, len(names))
    if rows is None:
        rows = _decoded_rows(text, used, names, file, line)
    table = np.array(rows, np.float64)
    places = (names.index("X"), names.index("Y"))
    if not legal(table, places):
        bad = next(number for number, row in enumerate(table) if not legal(row[None], places))
        where = line + _lines_before(text, bad)
        raise file.fault(where, f"holds a point beyond the limits; coordinates must lie within ±{LARGEST:,.0f}")
    return table


def _plain_rows(text: str, used: int, width: int) -> list[list[float]] | None:
    """Return the points when all of their values are explicit and apart, else None."""
    if not _PLAIN.fullmatch(text):
        return None
    rows = [point.split() for point in text.strip().rstrip(",").split(",")]
    if not all(used <= len(row) <= width for row in rows):
        return None
    try:
        return [list(map(float, row[:used])) for row in rows]
    except ValueError:
        return None


def _decoded_rows(text: str, used: int, names: list[str], file: PenFile, line: int) -> list[list[float]]:
    """Return the points whatever way their values are written."""
    tracks = [_Track() for _ in names]
    rows = []
    for number, point in enumerate(text.strip().rstrip(",").split(",")):
        values = list(_values(point, tracks))
        if len(values) < used or len(values) > len(names) or None in values[:used]:
            where = line + _lines_before(text, number)
            raise _bad_point(point, names, file, where)
        rows.append([value for value in values[:used] if value is not None])
    return rows


def _values(point: str, tracks: list[_Track]) -> list[float | None]:
    """Return the values of a point, None where there is none; what cannot be read ends as a None of its own."""
    values: list[float | None] = []
    place, tracked = 0, iter(tracks)
    point = point.rstrip()
    while place < len(point):
        found, track = _VALUE.match(point, place), next(tracked, None)
        if found is None or track is None:
            return [None]
        place = found.end()
        values.append(_value(found, track))
    return values


def _value(found: re.Match[str], track: _Track) -> float | None:
    if found["number"] or found["hex"]:
        number = float(found["number"]) if found["number"] else float(int(found["hex"], 16))
        return track.step(found["prefix"], number)
    if found["sign"] == "*":
        return track.step(found["prefix"], None)
    return None if found["sign"] == "?" else float(found["sign"] == "T")


def _bad_point(point: str, names: list[str], file: PenFile, line: int) -> DataError:
    must = f"a point must have {len(names)} numbers, {' '.join(names)}, and a comma between points"
    return file.fault(line, f"holds {shown(point)}; {must}")


def _lines_before(text: str, number: int) -> int:
    """Return how many lines end before what stands in point `number`, counted from 0."""
    points = text.split(",")
    blank = len(points[number]) - len(points[number].lstrip())
    return sum(point.count("\n") for point in itertools.islice(points, number)) + points[number][:blank].count("\n")
