"""The database file of the runs: found fit for use, made or brought up to date; a damaged one is replaced."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from engine.databases import BESIDE, UNWRITABLE, code, identity, transaction
from engine.errors import DigitLabError
from engine.runs.checking import (
    DamagedError,
    check_columns,
    check_owner,
    check_pages,
    pragma,
    raise_damage,
    version_of,
)
from engine.runs.schema import VERSION, statements


@dataclass(frozen=True)
class Opened:
    """A connection to the database, and which file it goes to.

    Attributes
    ----------
    connection : sqlite3.Connection
        In autocommit mode.
    identity : tuple of int
        Device and number of the file: another one means another file under the same name.
    lasting : bool
        False for a file that may only be read: each look at it opens it anew, so that it is never out of date.
    notes : tuple of str
        What became of a damaged file, as sentences.
    """

    connection: sqlite3.Connection
    identity: tuple[int, int]
    lasting: bool = True
    notes: tuple[str, ...] = ()


def open_sound(path: Path, patience: float, *, thorough: bool = False) -> Opened:
    """Open the database at `path`, making it if there is none, and bring it up to date.

    Parameters
    ----------
    path : path
    patience : float
        How many seconds to wait for a program that has locked it.
    thorough : bool
        Whether every page is looked at, those of the curves too. They are anyway where the program that used the file
        last did not close it, as after a power cut.

    Raises
    ------
    DamagedError
        When it is no sound database.
    DigitLabError
        When it belongs to a newer program or to another one; it is untouched.
    sqlite3.Error, OSError
        When it can be neither opened nor made.
    """
    _check_unopened(path, patience)
    thorough = thorough or path.with_name(f"{path.name}-wal").exists()
    if path.is_file() and not _is_writable(path):
        return _read_only(path, patience, thorough)
    _share_rights(path)
    try:
        connection = connect(path, patience)
    except sqlite3.Error as error:
        if code(error) not in UNWRITABLE or not path.is_file():
            raise
        return _read_only(path, patience, thorough)
    try:
        _prepare(connection, path, thorough)
        return Opened(connection, identity(path))
    except sqlite3.Error as error:
        connection.close()
        if code(error) in UNWRITABLE and path.is_file():
            return _read_only(path, patience, thorough)
        raise_damage(error)
        raise
    except BaseException as error:
        connection.close()
        raise_damage(error)
        raise


def connect(path: Path, patience: float, mode: str = "rwc") -> sqlite3.Connection:
    """Return a connection in autocommit mode; `mode` is that of SQLite's file names."""
    name = f"{path.resolve().as_uri()}?mode={mode}"
    connection = sqlite3.connect(name, timeout=patience, isolation_level=None, uri=True)
    connection.text_factory = partial(str, encoding="utf-8", errors="replace")  # one damaged letter hides no list
    return connection


@contextmanager
def alone(path: Path, patience: float) -> Iterator[None]:
    """Let one program at a time replace the database at `path`.

    The lock is that of a database of its own, empty: the system takes it back from a program that is killed.
    """
    with contextlib.closing(connect(path.with_name(f"{path.name}.lock"), patience)) as lock:
        lock.execute("PRAGMA journal_mode = MEMORY")
        lock.execute("BEGIN EXCLUSIVE")
        yield


def _check_unopened(path: Path, patience: float) -> None:
    """Refuse a file that is not for this program without changing it, or anything beside it.

    It is SQLite that looks, at the file as if it were alone: where a program closes a file that it has opened itself,
    Unix takes away the locks that SQLite has on it in other threads. Whatever else is wrong comes to light later.
    """
    if not path.exists():
        path.parent.stat()
        return
    with (
        contextlib.suppress(sqlite3.Error, UnicodeDecodeError, DamagedError),
        contextlib.closing(connect(path, patience, "ro&immutable=1")) as connection,
    ):
        check_owner(path, connection)


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _share_rights(path: Path) -> None:
    """Let the files beside a database be written to if it is: made while it was not, they keep that from SQLite."""
    with contextlib.suppress(OSError):
        mode = path.stat().st_mode
        for beside in (path.with_name(path.name + end) for end in BESIDE):
            if mode & stat.S_IWUSR and beside.exists() and not beside.stat().st_mode & stat.S_IWUSR:
                beside.chmod(stat.S_IMODE(mode))


def _prepare(connection: sqlite3.Connection, path: Path, thorough: bool) -> None:
    """Bring the tables into being or up to date, and look whether they are sound."""
    version = check_owner(path, connection)
    if version < VERSION:
        check_pages(connection, thorough=True)  # no damage is carried into the new tables
        _migrate(connection, path)
    if pragma(connection, "journal_mode") != "wal":
        connection.execute("PRAGMA journal_mode = WAL")  # who reads never waits for who writes
    connection.execute("PRAGMA synchronous = FULL")  # what was committed outlives a power cut
    check_pages(connection, thorough=thorough)
    check_columns(connection)


def _read_only(path: Path, patience: float, thorough: bool) -> Opened:
    """Open a file that may not be written to, perhaps in a folder in which SQLite may make no file either."""
    connection = connect(path, patience, "ro")
    try:
        version_of(connection)
    except sqlite3.Error:
        connection.close()
        connection = connect(path, patience, "ro&immutable=1")
    try:
        if version_of(connection) < VERSION:
            raise DigitLabError(
                f"The runs in {path} are those of an older version of this program and cannot be brought up to date: "
                "the file or its folder may not be written to. Nothing was changed.",
                "Make them writable.",
            )
        check_pages(connection, thorough=thorough)
        return Opened(connection, identity(path), lasting=False)
    except BaseException as error:
        connection.close()
        raise_damage(error)
        raise


def _migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring the tables to today's version in one transaction; a copy of older ones is kept first."""
    with transaction(connection):
        version = version_of(connection)
        if version == VERSION:  # another program has done it meanwhile
            return
        if version:
            _back_up(path, path.with_name(f"{path.name}.v{version}.bak"))
        for statement in statements(version):
            connection.execute(statement)


def _back_up(path: Path, target: Path) -> None:
    """Copy the database as it is, through a connection that sees what is committed."""
    part = target.with_name(f"{target.name}.part")
    part.unlink(missing_ok=True)
    with contextlib.closing(connect(path, 1.0)) as source, contextlib.closing(connect(part, 1.0)) as copy:
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE")  # one file, with nothing beside it
    os.replace(part, target)
