"""UNIPEN: pen strokes as text, with keywords that begin with a dot, and y pointing up.

References
----------
Guyon, Schomaker, Plamondon, Liberman, Janet (1994), "UNIPEN project of on-line data exchange and
recognizer benchmarks".
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import DIGITS
from engine.datasets.reading import refused
from engine.errors import DataError
from engine.pen.drawn import Drawn, Stroke
from engine.pen.reading import LONGEST_TEXT, PEN_LIFT, POINTS_PER_SECOND, PenFile, drawn, shown
from engine.pen.unipen_points import NUMBER, complaint, table_of
from engine.pen.unipen_segments import Segment, ranges_of, words_of

UNKNOWN = "?"
"""What UNIPEN writes for what nobody said."""

_KEYWORD = re.compile(r"^[ \t]*\.([A-Za-z_]\w*)", re.MULTILINE)
_UCI_COMMENT = re.compile(r"(\d)\s+(\S+)\s+\d+", re.ASCII)
_KEYWORDS_AT_ONCE = 2000
_FASTEST = 1e6


@dataclass(frozen=True)
class _Trail:
    """A piece of the pen's way: where it was, and whether it touched the paper."""

    points: Stroke
    down: bool


def read_unipen(text: str, file: PenFile) -> list[Drawn]:
    """Return the drawings in the text of a UNIPEN file.

    A drawing is what a ``.SEGMENT`` of the finest kind in ``.HIERARCHY`` delineates, by the numbers of
    its strokes or, without numbers, by standing before them; a file without segments is one drawing.
    Strokes are counted from 0, each ``.PEN_DOWN`` one; only where a number is too high for that are the
    ``.PEN_UP`` that have points counted as well. Times come from the column T (milliseconds), else
    from ``.POINTS_PER_SECOND`` and ``.DT``. Keywords that say nothing of these are skipped.

    Parameters
    ----------
    text : str
        With line feeds at the ends of lines.
    file : PenFile
        Counts, tells and refuses.

    Raises
    ------
    DataError
        When something cannot be understood; the sentence names its line.
    """
    return _Reader(text, file).drawings()


class _Reader:
    """Goes through a file keyword by keyword and keeps what each of them changes."""

    def __init__(self, text: str, file: PenFile) -> None:
        self._text = text
        self._file = file
        self._channels = ["X", "Y"]
        self._rate = POINTS_PER_SECOND
        self._clock = 0.0
        self._lifted = True
        self._writer = ""
        self._kinds: list[str] = []
        self._trails: list[_Trail] = []
        self._segments: list[Segment] = []
        self._offset = 0
        self._counted = (0, 1)
        self._handlers: dict[str, Callable[[str], None]] = {
            "COORD": self._coord,
            "POINTS_PER_SECOND": self._points_per_second,
            "HIERARCHY": self._hierarchy,
            "WRITER_ID": self._writer_id,
            "SEGMENT": self._segment,
            "COMMENT": self._comment,
            "PEN_DOWN": self._pen_down,
            "PEN_UP": self._pen_up,
            "DT": self._dt,
        }

    def drawings(self) -> list[Drawn]:
        """Read everything and put the drawings together."""
        self._read()
        if not any(trail.down for trail in self._trails):
            raise refused(self._file.path, self._nothing())
        if not self._segments:
            return [drawn([trail.points for trail in self._trails if trail.down], None, self._writer)]
        present = {segment.kind for segment in self._segments}
        finest = [kind for kind in self._kinds if kind in present][-1:] or present
        return self._collected([segment for segment in self._segments if segment.kind in finest])

    # --- keyword by keyword -------------------------------------------------------------------------------

    def _read(self) -> None:
        """Hand the text behind every keyword to what understands it."""
        found = _KEYWORD.finditer(self._text)
        current = next(found, None)
        before = self._text[: current.start()] if current else self._text
        if before.strip():
            self._offset = len(before) - len(before.lstrip())
            first = before.strip().split("\n", 1)[0]
            raise self._fault(
                f"holds {shown(first)}; a UNIPEN file begins with a keyword such as .VERSION, an InkML file with <ink>"
            )
        for number in itertools.count():
            if current is None:
                return
            following = next(found, None)
            handler = self._handlers.get(current[1].upper())
            if handler is not None:
                self._offset, end = current.end(), following.start() if following else len(self._text)
                if end - self._offset > LONGEST_TEXT:
                    raise self._file.too_long(self._line(), end - self._offset)
                handler(self._text[self._offset : end])
            if number % _KEYWORDS_AT_ONCE == 0:
                self._file.say()
            current = following

    def _coord(self, said: str) -> None:
        channels = said.upper().split()
        if channels.count("X") != 1 or channels.count("Y") != 1 or len(channels) > 20:
            raise self._fault(f"declares the columns {shown(said)}; they must be X and Y, and others such as T or P")
        self._channels = channels

    def _points_per_second(self, said: str) -> None:
        self._rate = self._number(said, "a number of points per second from 1 to 1,000,000", 1, _FASTEST)

    def _dt(self, said: str) -> None:
        limit = 1e9
        self._clock += self._number(said, "a number of milliseconds from 0 to 1,000,000,000", 0, limit) / 1000
        self._lifted = True

    def _hierarchy(self, said: str) -> None:
        self._kinds = said.upper().split()

    def _writer_id(self, said: str) -> None:
        writer = " ".join(said.split())
        self._writer = "" if writer == UNKNOWN else writer

    def _comment(self, said: str) -> None:
        """Take the writer from ``.COMMENT label writer index``, as the UCI pen digits have it."""
        found = _UCI_COMMENT.fullmatch(said.strip()) if self._segments else None
        if found and int(found[1]) == self._segments[-1].label:
            self._segments[-1].writer = found[2]

    def _segment(self, said: str) -> None:
        line = self._line()
        self._file.count_drawing(line)
        kind, ranges, text = words_of(said)
        if not kind:
            raise self._fault('ends a .SEGMENT that says nothing; legal is for instance .SEGMENT DIGIT 0-1 ? "8"')
        label = self._label(kind, text)
        self._segments.append(Segment(kind, ranges, label, self._writer, line, len(self._trails)))

    def _label(self, kind: str, text: str) -> int | None:
        if text in DIGITS:
            return int(text)
        if kind == "DIGIT" and text not in ("", UNKNOWN):
            raise self._fault(f'labels a DIGIT {shown(text)}; it must be a digit from 0 to 9, or "?" when unknown')
        return None

    def _pen_down(self, said: str) -> None:
        if not self._lifted:
            self._clock += PEN_LIFT
        points = self._points(said)
        if len(points):
            self._file.count_stroke(self._line(), len(points))
        self._trails.append(_Trail(points, down=True))
        self._lifted = False

    def _pen_up(self, said: str) -> None:
        points = self._points(said)
        if len(points):
            self._file.count_stroke(self._line(), len(points))
            self._trails.append(_Trail(points, down=False))
            self._lifted = True

    # --- points -------------------------------------------------------------------------------------------

    def _points(self, body: str) -> Stroke:
        """Return the points that stand in `body`, (k, 3), and move the clock on."""
        if not body.strip():
            return np.zeros((0, 3))
        table = table_of(body, self._channels)
        if table is None:
            lines, why = complaint(body, self._channels)
            raise self._file.fault(self._line() + lines, why)
        x, y = table[:, self._channels.index("X")], table[:, self._channels.index("Y")]
        return np.stack([x, -y, self._times(table)], axis=1)

    def _times(self, table: NDArray[np.float64]) -> NDArray[np.float64]:
        if "T" in self._channels:
            return table[:, self._channels.index("T")] / 1000
        times = self._clock + np.arange(len(table)) / self._rate
        self._clock += len(table) / self._rate
        return times

    # --- drawings -----------------------------------------------------------------------------------------

    def _collected(self, segments: list[Segment]) -> list[Drawn]:
        found: list[Drawn] = []
        downs = [trail for trail in self._trails if trail.down]
        before = list(itertools.accumulate((trail.down for trail in self._trails), initial=0))
        ends = [*(segment.first for segment in segments[1:]), len(self._trails)]
        ranges = [ranges_of(segment, self._file) for segment in segments]
        highest = max((last for pairs in ranges for _, last in pairs), default=0)
        numbered = downs if highest < len(downs) else self._trails
        for segment, end, pairs in zip(segments, ends, ranges, strict=True):
            if len(found) % _KEYWORDS_AT_ONCE == 0:
                self._file.say()
            following = downs[before[segment.first] : before[end]]
            trails = self._named(segment, pairs, numbered, len(downs)) if pairs else following
            strokes = [trail.points for trail in trails if trail.down and len(trail.points)]
            self._file.count_used(segment.line, 0, sum(map(len, strokes)))
            if not strokes:
                raise self._file.fault(segment.line, "announces a drawing, but no points of it are in the file")
            found.append(drawn(strokes, segment.label, segment.writer))
        return found

    def _named(
        self, segment: Segment, pairs: list[tuple[int, int]], numbered: list[_Trail], count: int
    ) -> list[_Trail]:
        highest = max(last for _, last in pairs)
        if highest >= len(numbered):
            why = f"names stroke {highest:,}, but the file holds {count:,} strokes, counted from 0"
            raise self._file.fault(segment.line, why)
        self._file.count_used(segment.line, sum(last - first + 1 for first, last in pairs))
        return [trail for first, last in pairs for trail in numbered[first : last + 1]]

    # --- faults -------------------------------------------------------------------------------------------

    def _line(self) -> int:
        """Return the number of the line that is being read."""
        # Counted on from where it was last asked for: from the start, a large file would take minutes.
        offset, line = self._counted if self._counted[0] <= self._offset else (0, 1)
        self._counted = (self._offset, line + self._text.count("\n", offset, self._offset))
        return self._counted[1]

    def _fault(self, why: str) -> DataError:
        return self._file.fault(self._line(), why)

    def _number(self, said: str, must: str, low: float, high: float) -> float:
        cell = said.strip()
        if not NUMBER.fullmatch(cell) or not low <= float(cell) <= high:
            raise self._fault(f"holds {shown(said)}; it must be {must}")
        return float(cell)

    def _nothing(self) -> str:
        include = re.search(r"^[ \t]*\.INCLUDE[ \t]+(\S+)", self._text, re.MULTILINE)
        if include:
            return (
                f"it holds no pen strokes; they may be in {shown(include[1])}, which it names but which is not opened"
            )
        return "it holds no pen strokes, which a UNIPEN file has behind .PEN_DOWN"
