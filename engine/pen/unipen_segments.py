"""What UNIPEN's ``.SEGMENT`` says: which strokes belong together, and what they stand for."""

from __future__ import annotations

import itertools
import re
from dataclasses import dataclass

from engine.pen.reading import PenFile, shown

_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_RANGE = re.compile(r"(\d{1,9})(?::\d{1,9})?(?:-(\d{1,9})(?::\d{1,9})?)?", re.ASCII)
_NUMBERING = set("0123456789:,-")


@dataclass
class Segment:
    """A drawing as a file announces it.

    Attributes
    ----------
    kind : str
        Its kind in capitals, e.g. ``DIGIT``.
    ranges : str
        The numbers of its strokes, e.g. ``"0-1,3"``; empty when it does not say.
    label : int or None
        The digit it stands for.
    writer : str
        Whose hand it is.
    line : int
        Where it stands, counted from 1.
    first : int
        How many pieces of the pen's way stand before it.
    """

    kind: str
    ranges: str
    label: int | None
    writer: str
    line: int
    first: int


def words_of(said: str) -> tuple[str, str, str]:
    """Return kind, numbers of strokes and label of a segment, each empty where it does not say."""
    start = said.find('"')
    # Only from the first quotation mark on: to try all of them would take time by the square of their number.
    quoted = _LABEL.match(said, start) if start >= 0 else None
    words = said[:start].split() if quoted else said.split()
    kind, rest = "".join(words[:1]).upper(), words[1:]
    ranges = list(itertools.takewhile(lambda word: set(word) <= _NUMBERING, rest))
    # What is not quoted is the last word, behind the numbers of strokes and the quality.
    label = " ".join(quoted[1].split()) if quoted else "".join(rest[len(ranges) + 1 :][-1:])
    return kind, "".join(ranges), label


def ranges_of(segment: Segment, file: PenFile) -> list[tuple[int, int]]:
    """Return the first and the last stroke of every range in a segment.

    Raises
    ------
    DataError
        When they are not written as in ``0-1,3``; the sentence names the line.
    """
    if not segment.ranges:
        return []
    pieces = segment.ranges.strip(",").split(",")
    file.count_used(segment.line, len(pieces))
    found = [_RANGE.fullmatch(piece) for piece in pieces]
    pairs = [(int(piece[1]), int(piece[2] or piece[1])) for piece in found if piece]
    if len(pairs) < len(pieces) or any(first > last for first, last in pairs):
        why = f"names the strokes {shown(segment.ranges)}; legal are numbers and ranges such as 0-1,3"
        raise file.fault(segment.line, why)
    return pairs
