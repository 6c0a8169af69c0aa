"""A damaged database of runs: set aside under another name, and what can still be read of it carried over."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from engine.databases import BESIDE, set_aside, transaction
from engine.errors import DigitLabError
from engine.runs.checking import DamagedError
from engine.runs.complaints import REST
from engine.runs.glance import RunGlance
from engine.runs.opening import Opened, alone, connect, open_sound
from engine.runs.schema import COLUMNS, EXPERIMENT_COLUMNS, SHOWN

MISSES = 20_000
"""Where a damaged file does not tell how many rows it had, so many numbers are tried."""
MOST = 1_000_000
LARGEST = 2**32
_UNREADABLE = (sqlite3.DatabaseError, UnicodeDecodeError)
PAGE = 4096
"""SQLite's usual size of a page."""
_PAGES_AT = 28  # in the header of a file: how many pages it has
_SIZES = struct.Struct(">16x H 10x I")  # of SQLite's file format: bytes of a page, and pages
LONGEST = 30.0
"""So many seconds another program may take to mend the file."""
_DEFAULTS = {"tags": "[]", "experiment": "", "name": "", "spec": "", "state": ""}


def open_whole(path: Path, patience: float, *, thorough: bool = False) -> Opened:
    """Open the database at `path`; one that is damaged is set aside, and a new one takes over what can be read of it.

    Parameters and errors are those of :func:`engine.runs.opening.open_sound`, which this function adds to.
    """
    if not _renewed(path).exists():
        with contextlib.suppress(DamagedError):  # once more, alone: another program may be about to mend it
            return open_sound(path, patience, thorough=thorough)
    try:
        with alone(path, max(patience, LONGEST)):
            notes = _mended(path, patience, thorough)
    except (sqlite3.OperationalError, OSError) as error:
        raise DigitLabError(
            f"The list of runs in {path} is damaged, and it cannot be set aside for a new one. Nothing was changed.",
            f"Make room, or make the folder writable. {REST}",
            str(error),
        ) from error
    try:
        opened = open_sound(path, patience)
    except DamagedError as error:
        raise DigitLabError(
            f"The runs cannot be kept in {path}: the disk does not give back what is written.", details=str(error)
        ) from error
    return Opened(opened.connection, opened.identity, opened.lasting, tuple(notes))


def _mended(path: Path, patience: float, thorough: bool) -> list[str]:
    """Put a sound database in the place of a damaged one; nobody else does so at the same time.

    The new one is complete before the old one moves, and bears a name that says so: whoever is killed in between has
    lost nothing, and the next one only does the rest.
    """
    count: int | None = None
    if not _renewed(path).exists():
        try:
            open_sound(path, patience, thorough=thorough).connection.close()
        except DamagedError:
            count = _renew(path, patience)
        else:
            return []
    kept = set_aside(path)
    os.replace(_renewed(path), path)
    new = "A new one was begun with what could be read of it."
    if count is not None:
        new = f"A new one was begun, and {count:,} {'run' if count == 1 else 'runs'} could be carried over."
    where = f" The file is kept as {kept.name}." if kept else ""
    return [f"The list of runs in {path} was damaged.{where} {new}"]


def _renew(path: Path, patience: float) -> int:
    """Make a new database beside the damaged one, with what can be read of that; return how many runs these are."""
    part = path.with_name(f"{path.name}.part")
    for end in ("", *BESIDE):
        part.with_name(part.name + end).unlink(missing_ok=True)
    opened = open_sound(part, patience)
    with contextlib.closing(opened.connection) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        with part.open("rb") as file:
            first_page = file.read(PAGE)
        with transaction(connection):
            count = _carry_over(path, patience, connection, first_page)
    os.replace(part, _renewed(path))
    return count


def _renewed(path: Path) -> Path:
    return path.with_name(f"{path.name}.renewed")


# --- what can be read -----------------------------------------------------------------------------------------


def _carry_over(path: Path, patience: float, target: sqlite3.Connection, first_page: bytes) -> int:
    """Copy into `target` what a damaged database still gives away, row by row; return the number of runs."""
    count = 0
    with _copied(path, patience, first_page) as source:
        for number, row in _readable(source, "runs"):
            if _insert(target, "runs", ("number", "deleted", *COLUMNS), row) and _is_run(target, number):
                count += 1
                if (data := _curve(source, number)) is not None:
                    target.execute("INSERT INTO curves VALUES (?, ?)", (number, data))
        for _, row in _readable(source, "experiments"):
            _insert(target, "experiments", ("number", *EXPERIMENT_COLUMNS), row)
    return count


@contextmanager
def _copied(path: Path, patience: float, first_page: bytes) -> Iterator[sqlite3.Connection]:
    """Open a copy of a damaged database: SQLite changes what it opens, and refuses a file that is cut short."""
    place = path.with_name(f"{path.name}.reading")
    shutil.rmtree(place, ignore_errors=True)  # of somebody who was killed
    place.mkdir()
    try:
        copy = place / path.name
        for end in ("", "-wal"):
            with contextlib.suppress(FileNotFoundError):
                shutil.copyfile(path.with_name(path.name + end), copy.with_name(copy.name + end))
        _lengthen(copy)
        if not _names_tables(copy, patience):
            _transplant(copy, first_page)
        with contextlib.closing(connect(copy, patience, "rw")) as source:
            source.execute("PRAGMA cell_size_check = ON")
            source.row_factory = sqlite3.Row
            yield source
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _lengthen(path: Path) -> None:
    """Give a file that was cut short the length that it says it has."""
    with path.open("r+b") as file:
        start = file.read(_SIZES.size)
        page_size, pages = _SIZES.unpack(start) if len(start) == _SIZES.size else (0, 0)
        file.truncate(max(path.stat().st_size, min(page_size * pages, LARGEST)))


def _names_tables(path: Path, patience: float) -> bool:
    """Whether a database still says which tables it has."""
    with contextlib.suppress(*_UNREADABLE), contextlib.closing(connect(path, patience, "rw")) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master WHERE name = 'runs'").fetchone()[0])
    return False


def _transplant(path: Path, first_page: bytes) -> None:
    """Replace the first page, which names the tables, by that of a new database: most begin where they do there."""
    pages = -(-path.stat().st_size // PAGE)
    with path.open("r+b") as file:
        file.truncate(pages * PAGE)
        file.write(first_page[:_PAGES_AT] + pages.to_bytes(4, "big") + first_page[_PAGES_AT + 4 :])


def _readable(source: sqlite3.Connection, table: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield number and columns of every row that can be read, found by its number: no damaged page ends the search."""
    for number in range(1, _last_number(source, table) + 1):
        row = None
        with contextlib.suppress(*_UNREADABLE):
            row = source.execute(f"SELECT * FROM {table} WHERE number = ?", (number,)).fetchone()
        if row is not None:
            yield number, dict(row)


def _last_number(source: sqlite3.Connection, table: str) -> int:
    try:
        tables = source.execute("SELECT count(*) FROM sqlite_master WHERE name = ?", (table,)).fetchone()[0]
    except _UNREADABLE:  # not even the names of the tables can be read
        return 0
    if not tables:
        return 0
    with contextlib.suppress(*_UNREADABLE):
        row = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (table,)).fetchone()
        return 0 if row is None else min(int(row[0]), MOST)
    return MISSES


def _insert(target: sqlite3.Connection, table: str, columns: tuple[str, ...], row: dict[str, Any]) -> bool:
    """Add a row whose columns may lack what older tables lacked; return whether the new table takes it."""
    values = [row.get(name, _DEFAULTS.get(name)) for name in columns]
    places = ", ".join("?" * len(columns))
    try:
        target.execute(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", values)
    except sqlite3.IntegrityError:
        return False
    return True


def _is_run(target: sqlite3.Connection, number: int) -> bool:
    """Whether what was read makes sense; what does not is taken out again."""
    found = target.execute(f"SELECT {SHOWN} FROM runs WHERE number = ?", (number,)).fetchone()
    try:
        RunGlance._make(found).row()
    except DigitLabError:
        target.execute("DELETE FROM runs WHERE number = ?", (number,))
        return False
    return True


def _curve(source: sqlite3.Connection, number: int) -> bytes | None:
    with contextlib.suppress(*_UNREADABLE):
        row = source.execute("SELECT data FROM curves WHERE number = ?", (number,)).fetchone()
        return None if row is None else row["data"]
    return None
