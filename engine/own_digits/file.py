"""The database file of *My digits*: opened, made, or put aside when it is damaged; its errors in sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from engine.databases import DAMAGED, code, in_words, set_aside
from engine.errors import DataError
from engine.files import reason

VERSION = 1
"""The version of the tables, kept as ``PRAGMA user_version``."""

COLUMNS = "id, label, strokes, image, writer, created, source"
_TABLE = """
CREATE TABLE IF NOT EXISTS digits (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    label INTEGER NOT NULL CHECK (label BETWEEN 0 AND 9),
    strokes BLOB,
    image BLOB,
    writer TEXT NOT NULL DEFAULT '',
    created TEXT NOT NULL,
    source TEXT NOT NULL,
    CHECK ((strokes IS NULL) <> (image IS NULL))
)
"""
_REST = "Everything else works without them."


def open_database(path: Path, patience: float) -> tuple[sqlite3.Connection, str]:
    """Open the database at `path`, making it if there is none; one that is damaged is renamed and begun anew.

    Parameters
    ----------
    path : path
    patience : float
        How many seconds to wait for a program that has locked it.

    Returns
    -------
    connection : sqlite3.Connection
        In autocommit mode; it belongs to the thread that opened it.
    remark : str
        What became of a damaged file; else empty.

    Raises
    ------
    DataError
        When it can be neither opened nor made, or was written by a newer version of the program.
    """
    connection = _usable(path, patience)
    if connection is not None:
        return connection, ""
    kept = _put_aside(path)
    connection = _usable(path, patience)
    if connection is None:
        raise DataError(f"My digits cannot be kept in {path}: the disk does not give back what is written.", _REST)
    where = f"The file is kept as {kept.name}, and a" if kept else "A"
    return connection, f"My digits in {path} were damaged. {where} new one was begun."


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what SQLite says about the file `path` into a sentence."""
    try:
        yield
    except sqlite3.Error as error:
        why, do = in_words(error)
        raise DataError(f"My digits in {path} cannot be used: {why}. Nothing was changed.", f"{do} {_REST}") from error


def _usable(path: Path, patience: float) -> sqlite3.Connection | None:
    """Return a connection to a sound database; None if the file is damaged."""
    with explained(path):
        connection = sqlite3.connect(path, timeout=patience, isolation_level=None)
        try:
            if _prepare(connection, path):
                return connection
        except sqlite3.Error as error:
            if code(error) not in DAMAGED:
                connection.close()
                raise
        except DataError:
            connection.close()
            raise
        connection.close()
    return None


def _prepare(connection: sqlite3.Connection, path: Path) -> bool:
    """Bring the tables into being; return whether the file is sound."""
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if version > VERSION:
        raise DataError(
            f"{path} was written by a newer version of this program: its tables are of version {version}, and this "
            f"program knows those up to {VERSION}. The file is unchanged.",
            "Use the newer program for your digits.",
        )
    connection.execute("PRAGMA journal_mode = WAL")  # who reads never waits for who writes
    connection.execute("PRAGMA synchronous = FULL")  # a digit that was drawn outlives a power cut
    if version < VERSION:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(_TABLE)
        connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    # The sum of all pages, and whether the columns are those of this version.
    return connection.execute("PRAGMA quick_check(1)").fetchone()[0] == "ok" and _has_columns(connection)


def _has_columns(connection: sqlite3.Connection) -> bool:
    found = {row[1] for row in connection.execute("PRAGMA table_info(digits)")}
    return found >= set(COLUMNS.split(", "))


def _put_aside(path: Path) -> Path | None:
    """Rename a damaged database; return the new path."""
    name = f"{path.stem} damaged {datetime.now():%Y-%m-%d %H.%M.%S.%f}{path.suffix}"
    try:
        return set_aside(path, path.with_name(name))
    except OSError as error:
        raise DataError(
            f"My digits in {path} are damaged, and the file cannot be put aside: {reason(error)}.", _REST
        ) from error
