"""A CSV table: one image per line, its label and its 784 pixels, with or without a header."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np
from numpy.typing import NDArray

from engine.datasets.dataset import CLASSES, SIDE, Dataset
from engine.datasets.reading import Watch, assemble, check_size, checked_file, refused, refusing

_COLUMNS = SIDE * SIDE + 1
_LABEL_NAMES = {"label", "class", "digit", "target", "y"}
_LINES_AT_ONCE = 4096
_LONGEST_LINE = 65536


def load(path: Path, watch: Watch) -> Dataset:
    """Load the table `path`; a random sixth of it becomes the test set.

    The label stands in the first or the last column. A header cell ``label``, ``class``, ``digit``,
    ``target`` or ``y`` decides which; without one, the column does that holds whole numbers from 0 to
    9 only and, when both do, more different ones. `Dataset.note` states the decision.

    Raises
    ------
    DataError
        When the file is missing, too large or no such table; the sentence names line and column.
    """
    checked_file(path)
    with refusing(path, "a CSV table in UTF-8"), path.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline(_LONGEST_LINE)
        delimiter = max(",;\t", key=first.count)
        header = _header(first, delimiter)
        table = _read(path, file, [] if header else [first], delimiter, watch)
    column, why = _label_column(path, table, header)
    pixels = table[:, 1:] if column == 0 else table[:, :-1]
    return assemble(f"csv:{path}", path.stem, path, (pixels, table[:, column]), notes=[why])


def _header(line: str, delimiter: str) -> list[str]:
    """Return the names in `line` when it is a header, else nothing.

    Numbers alone are one when they count the columns; a single bad number makes no header.
    """
    cells = next(csv.reader([line], delimiter=delimiter), [])
    if [cell.strip() for cell in cells] in (_counted(0), _counted(1)):
        return cells
    words = sum(not _is_number(cell) for cell in cells)
    return cells if words > len(cells) / 2 or (cells and _named(cells)) else []


def _counted(first: int) -> list[str]:
    return [str(number) for number in range(first, first + _COLUMNS)]


def _named(cells: list[str]) -> list[bool]:
    """Return whether the first and the last cell name the label; an empty list when neither does."""
    named = [cells[end].strip().lower() in _LABEL_NAMES for end in (0, -1)]
    return named if any(named) else []


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _read(path: Path, file: TextIO, pending: list[str], delimiter: str, watch: Watch) -> NDArray:
    """Return all rows, as uint8 when every cell is a whole number from 0 to 255, else as float32."""
    pieces: list[NDArray] = []
    line, rows = 2 - len(pending), 0
    # A limit per line keeps a file without line ends from being read whole.
    lines: Iterator[str] = itertools.chain(pending, iter(lambda: file.readline(_LONGEST_LINE), ""))
    while chunk := list(itertools.islice(lines, _LINES_AT_ONCE)):
        if any(text.strip() for text in chunk):
            pieces.append(_parse(path, chunk, line, delimiter))
            rows += len(pieces[-1])
        line += len(chunk)
        check_size(path, sum(piece.nbytes for piece in pieces))
        watch.say(f"Reading {path.name}… {rows:,} images")
    if not pieces:
        raise refused(path, "it holds no images")
    return np.concatenate(pieces)


def _parse(path: Path, chunk: list[str], line: int, delimiter: str) -> NDArray:
    for dtype in (np.uint8, np.float32):
        # Bytes first: ten times as fast, and what nearly every such table holds.
        try:
            table = np.loadtxt(chunk, dtype, delimiter=delimiter, comments=None, quotechar='"', ndmin=2)
        except ValueError:
            continue
        if table.shape[1] == _COLUMNS and _legal(table):
            return table
    raise _fault(path, chunk, line, delimiter)


def _legal(table: NDArray) -> bool:
    return table.dtype == np.uint8 or bool((np.isfinite(table) & (table >= 0) & (table <= 255)).all())


def _fault(path: Path, chunk: list[str], line: int, delimiter: str) -> Exception:
    """Return the error that names the first line and column of `chunk` that cannot be read."""
    for number, cells in enumerate(csv.reader(chunk, delimiter=delimiter), line):
        if cells and len(cells) != _COLUMNS:
            return refused(
                path,
                f"line {number:,} has {len(cells):,} columns; it must have {_COLUMNS} (label and pixels)",
            )
        for column, cell in enumerate(cells, 1):
            if not (_is_number(cell) and 0 <= float(cell) <= 255):
                return refused(
                    path,
                    f"line {number:,}, column {column} holds {cell.strip()[:20]!r}; it must be a number from 0 to 255",
                )
    return refused(path, f"lines {line:,} to {line + len(chunk) - 1:,} are no table of numbers")


def _label_column(path: Path, table: NDArray, header: list[str]) -> tuple[int, str]:
    """Return the column of the labels, 0 or -1, and the sentence that says why."""
    named = _named(header) if header else []
    if named:
        column = 0 if named[0] else -1
        return column, f"The label is the {_place(column)} column, named {header[column].strip()}."
    kinds = {end: np.unique(table[:, end]) for end in (0, -1)}
    fits = [end for end, values in kinds.items() if np.isin(values, np.arange(CLASSES)).all()]
    if not fits:
        raise refused(path, "neither its first nor its last column holds only labels, whole numbers from 0 to 9")
    # The corner pixels of MNIST are always 0, so a column can look like labels without being them.
    column = max(fits, key=lambda end: len(kinds[end]))
    sure = len(fits) == 1 or len(kinds[0]) != len(kinds[-1])
    reason = "the only one that can be" if len(fits) == 1 else "with more different values than the other"
    return (
        column,
        f"The label was taken from the {_place(column)} column, {reason if sure else 'as is usual'}.",
    )


def _place(column: int) -> str:
    return "first" if column == 0 else "last"
