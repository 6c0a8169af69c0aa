"""A connection to the database of runs that outlives whatever happens to the file."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from engine.databases import identity, is_damage, transaction
from engine.errors import DigitLabError
from engine.files import data_folder
from engine.runs.complaints import explained
from engine.runs.damage import open_whole
from engine.runs.opening import Opened
from engine.runs.schema import FILE_NAME

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]


class Database:
    """The file, opened when it is needed and opened anew when it is no longer the same.

    Parameters
    ----------
    folder : path, optional
        Where it lies; by default the user's data folder.
    patience : float
        How many seconds to wait for another program that is writing.

    Attributes
    ----------
    path : Path
    notes : list of str
        What became of a damaged or lost file, as sentences; whoever shows them may empty the list.

    Raises
    ------
    DigitLabError
        When the file can be neither opened nor made. So does every method while the file cannot be used.
    """

    def __init__(self, folder: Path | None = None, patience: float = 5.0) -> None:
        self.path = (data_folder() if folder is None else Path(folder)) / FILE_NAME
        self.notes: list[str] = []
        self._patience = patience
        self._opened: Opened | None = None
        self._seen: tuple[int, int] | None = None
        self._others = 0
        self._changes = 0
        with explained(self.path):
            self._connected()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the file; what is asked for next opens it again."""
        if self._opened is not None:
            self._opened.connection.close()
            self._opened = None

    @property
    def version(self) -> int:
        """A number that grows whenever this or any other program has changed something."""
        found = self._read(self._news)
        if found != self._others:
            self._others = found
            self._changes += 1
        return self._changes

    def check(self) -> None:
        """Look at every page, those of the curves too; where there is damage, the file is replaced.

        This takes as long as reading the whole file. :attr:`notes` says what was found.
        """
        self.close()
        with explained(self.path):
            self._open(thorough=True)

    def _read(self, work: Work[T]) -> T:
        """Do something with a connection to a sound file, and say in a sentence why if that cannot be."""
        with explained(self.path):
            try:
                return self._tried(work)
            except (sqlite3.DatabaseError, UnicodeDecodeError) as error:
                if not is_damage(error):
                    raise
            self._open(thorough=True)  # the damage came to light only now
            return self._tried(work)

    def _write(self, work: Work[T]) -> T:
        """Do all of something or nothing."""

        def whole(connection: sqlite3.Connection) -> T:
            with transaction(connection):
                return work(connection)

        result = self._read(whole)
        self._changes += 1
        return result

    def _add(self, statement: str, values: tuple[Any, ...], name: str) -> None:
        """Add a row that `name` stands for, and say so if there is one of its id."""
        try:
            self._write(lambda connection: connection.execute(statement, values))
        except DigitLabError as error:
            if isinstance(error.__cause__, sqlite3.IntegrityError):
                raise DigitLabError(f"There is {name} already; it is unchanged.") from error
            raise

    def _tried(self, work: Work[T]) -> T:
        try:
            return work(self._connected())
        except (sqlite3.DatabaseError, UnicodeDecodeError, OSError):
            self.close()  # the next attempt begins with the file as it is then
            raise
        finally:
            if self._opened is not None and not self._opened.lasting:
                self.close()

    def _connected(self) -> sqlite3.Connection:
        if self._opened is not None and self._is_the_same(self._opened):
            return self._opened.connection
        return self._open()

    def _is_the_same(self, opened: Opened) -> bool:
        try:
            return identity(self.path) == opened.identity
        except FileNotFoundError:
            if self.path.parent.is_dir():
                self.notes.append(f"The list of runs {self.path} was no longer there; a new one was begun.")
            return False

    def _open(self, *, thorough: bool = False) -> sqlite3.Connection:
        self.close()
        self._opened = open_whole(self.path, self._patience, thorough=thorough)
        self.notes += self._opened.notes
        if self._opened.lasting or self._opened.identity != self._seen:
            self._changes += 1
        self._seen = self._opened.identity
        return self._opened.connection

    def _news(self, connection: sqlite3.Connection) -> int:
        """Return a number that is another one when others have changed the file."""
        if self._opened is not None and not self._opened.lasting:
            return self.path.stat().st_mtime_ns
        return int(connection.execute("PRAGMA data_version").fetchone()[0])
