"""*My digits*: what the user drew and said the meaning of, kept in a database in the user's data folder."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray

from engine.databases import transaction
from engine.datasets.reading import Watch
from engine.errors import DataError
from engine.files import data_folder
from engine.own_digits.digit import (
    OwnDigit,
    checked_label,
    counted,
    pack_image,
    pack_strokes,
    unpack_image,
    unpack_strokes,
)
from engine.own_digits.file import COLUMNS, explained, open_database
from engine.own_digits.same import SeenDrawings
from engine.pen.drawn import Drawn, Strokes
from engine.pen.files import read_pen_file, write_unipen

FILE_NAME = "my-digits.sqlite"

_INSERT = f"INSERT INTO digits ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?)"
_RESTORE = _INSERT.replace("INSERT", "INSERT OR REPLACE", 1)


@dataclass(frozen=True)
class Imported:
    """What came of a file of drawings.

    Attributes
    ----------
    added : tuple of OwnDigit
        What is new.
    unlabelled, known : int
        How many were left out because nobody said which digit they are, and because they were there already.
    """

    added: tuple[OwnDigit, ...]
    unlabelled: int
    known: int

    @property
    def words(self) -> str:
        """The same as a sentence."""
        reasons = [(self.unlabelled, "without a label"), (self.known, "known already")]
        left = " and ".join(f"{count:,} {why}" for count, why in reasons if count)
        return f"{counted(len(self.added))} imported" + (f"; {left} left out." if left else ".")


@dataclass(frozen=True)
class Exported:
    """How many digits went into a file, and how many could not because they are images without strokes."""

    written: int
    images: int

    @property
    def words(self) -> str:
        """The same as a sentence."""
        left = f"; {self.images:,} left out, being {'an image' if self.images == 1 else 'images'} without strokes"
        return f"{counted(self.written)} exported{left if self.images else ''}."


class OwnDigits:
    """The store. It belongs to the thread that made it; several may look at one file, each in its own thread.

    Parameters
    ----------
    path : path, optional
        The database; by default ``my-digits.sqlite`` in the user's data folder.
    patience : float
        How many seconds to wait when another program is writing.

    Attributes
    ----------
    path : Path
    remark : str
        What became of a damaged file, or of digits in it that cannot be read; empty if all is well.

    Raises
    ------
    DigitLabError
        When the file can be neither opened nor made. So does every method when the file cannot be used.
    """

    def __init__(self, path: Path | None = None, patience: float = 0.5) -> None:
        self.path = data_folder() / FILE_NAME if path is None else path
        self._connection, self.remark = open_database(self.path, patience)

    def __enter__(self) -> OwnDigits:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    # --- looking ------------------------------------------------------------------------------------------

    def all(self) -> list[OwnDigit]:
        """Return all digits in the order in which they were added; those that cannot be read are left out."""
        with explained(self.path):
            rows = self._connection.execute(f"SELECT {COLUMNS} FROM digits ORDER BY id").fetchall()
        digits = [digit for row in rows if (digit := _digit(row)) is not None]
        if lost := len(rows) - len(digits):
            self.remark = f"{counted(lost)} in {self.path} cannot be read and {'is' if lost == 1 else 'are'} left out."
        return digits

    @property
    def version(self) -> int:
        """Another number than before if somebody else has changed the file."""
        with explained(self.path):
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])

    # --- changing -----------------------------------------------------------------------------------------

    def add(self, drawn: Drawn, source: str = "pad") -> OwnDigit:
        """Add a drawing that has a label, and return it as it is kept.

        Raises
        ------
        DataError
            When it has no label, no points, too many, or such as are not finite; nothing is added.
        """
        row = (None, checked_label(drawn.label), pack_strokes(drawn.strokes), None, drawn.writer, _now(), source)
        return self._insert([row])[0]

    def add_image(self, image: NDArray[np.uint8], label: int, source: str = "picture") -> OwnDigit:
        """Add an image of shape (28, 28), uint8, where there are no strokes; return it as it is kept.

        Raises
        ------
        DataError
            When it is no such image, or `label` is no digit; nothing is added.
        """
        return self._insert([(None, checked_label(label), None, pack_image(image), "", _now(), source)])[0]

    def relabel(self, ids: Iterable[int], label: int) -> None:
        """Say that these digits stand for `label`, 0 to 9."""
        label = checked_label(label)
        with self._writing() as connection:
            connection.executemany("UPDATE digits SET label = ? WHERE id = ?", [(label, number) for number in ids])

    def delete(self, ids: Iterable[int]) -> None:
        """Remove these digits."""
        with self._writing() as connection:
            connection.executemany("DELETE FROM digits WHERE id = ?", [(number,) for number in ids])

    def restore(self, digits: Iterable[OwnDigit]) -> None:
        """Let these digits be as they are given, under the numbers they have: the inverse of any other change."""
        with self._writing() as connection:
            connection.executemany(_RESTORE, [_row(digit) for digit in digits])

    # --- files --------------------------------------------------------------------------------------------

    def export(self, path: str | Path) -> Exported:
        """Write all strokes to a UNIPEN file; images have none and are left out.

        Raises
        ------
        DigitLabError
            When there is nothing to write, or it cannot be written; a file that was there is unchanged.
        """
        digits = self.all()
        drawn = [digit.drawn for digit in digits if digit.drawn is not None]
        if not drawn:
            why = "those there are are images without strokes" if digits else "there are none yet"
            raise DataError(f"None of your digits can be exported: {why}.", "Draw a digit and press its key first.")
        write_unipen(path, drawn)
        return Exported(len(drawn), len(digits) - len(drawn))

    def import_file(self, path: str | Path, watch: Watch = Watch()) -> Imported:  # noqa: B008 (it is immutable)
        """Add the drawings of a UNIPEN or InkML file that have a label and are not there yet: all, or none at all.

        Raises
        ------
        DigitLabError
            When the file cannot be read, or holds a drawing that cannot be kept; nothing is added.
        """
        drawings = read_pen_file(path, watch=watch)
        labelled = [drawn for drawn in drawings if drawn.label is not None]
        new = self._unknown(labelled)
        watch.say(f"Adding {counted(len(new))}…")
        created, source = _now(), f"imported from {Path(path).name}"
        try:
            rows = [
                (None, checked_label(drawn.label), pack_strokes(drawn.strokes), None, drawn.writer, created, source)
                for drawn in new
            ]
        except DataError as error:
            raise DataError(f"{path} cannot be imported: {error.what} None of its drawings was added.") from error
        added = self._insert(rows)
        return Imported(tuple(added), len(drawings) - len(labelled), len(labelled) - len(new))

    def _unknown(self, drawings: Sequence[Drawn]) -> list[Drawn]:
        """Return those drawings that are neither in the store nor twice among them."""
        seen = SeenDrawings()
        for digit in self.all():
            if digit.drawn is not None:
                seen.add(digit.drawn)
        return [drawn for drawn in drawings if seen.add(drawn)]

    # --- the database -------------------------------------------------------------------------------------

    def _insert(self, rows: Sequence[tuple]) -> list[OwnDigit]:
        with self._writing() as connection:
            added = [(connection.execute(_INSERT, row).lastrowid, *row[1:]) for row in rows]
        return [digit for row in added if (digit := _digit(row)) is not None]

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Do several things or none of them."""
        with explained(self.path), transaction(self._connection) as connection:
            yield connection


def _digit(row: tuple) -> OwnDigit | None:
    """Return the digit of a row of the database; None if it cannot be read."""
    number, label, strokes, image, writer, created, source = row
    try:
        drawn = None if strokes is None else Drawn(unpack_strokes(strokes), label, writer)
        return OwnDigit(number, label, drawn, None if image is None else unpack_image(image), created, source)
    except DataError:
        return None


def _row(digit: OwnDigit) -> tuple:
    """Return the row of the database that a digit is kept as."""
    strokes: Strokes | None = None if digit.drawn is None else digit.drawn.strokes
    return (
        digit.id,
        digit.label,
        None if strokes is None else pack_strokes(strokes),
        None if digit.image is None else pack_image(digit.image),
        "" if digit.drawn is None else digit.drawn.writer,
        digit.created,
        digit.source,
    )


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
