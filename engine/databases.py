"""What all SQLite databases of the program share: changes as a whole, what goes wrong in words, and setting aside."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

BESIDE = ("-wal", "-shm")
"""How the names of the files end that SQLite keeps beside a database."""
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
ELSEWHERE = "Make the folder writable, or set DIGITLAB_DATA to one that is."
DAMAGE = ("it is damaged", "It is set aside when it is opened again.")
_LOCKED = ("another program has locked it for too long", "Close the other program, then try again.")
_READ_ONLY = ("it may not be written to", ELSEWHERE)
_REASONS = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: ("no file can be opened or made there", ELSEWHERE),
    sqlite3.SQLITE_FULL: ("the disk is full", "Make room, then try again."),
    sqlite3.SQLITE_IOERR: ("the disk is full or does not do what it is told", "Make room, then try again."),
    sqlite3.SQLITE_CORRUPT: DAMAGE,
    sqlite3.SQLITE_NOTADB: DAMAGE,
    sqlite3.SQLITE_TOOBIG: ("a text is too long", "Shorten it."),
}


def code(error: sqlite3.Error) -> int:
    """Return SQLite's code of an error, without what only says more about the same."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def in_words(error: sqlite3.Error) -> tuple[str, str]:
    """Return why a database cannot be used, as a clause without full stop, and what to do, as a sentence."""
    return _REASONS.get(code(error), (f"SQLite says “{error}”", "Try again."))


def is_damage(error: BaseException) -> bool:
    """Whether an error, met while a database is used, means that it is damaged.

    So does one whose own text cannot be read: SQLite quotes garbage that it finds.
    """
    return isinstance(error, UnicodeDecodeError) or (isinstance(error, sqlite3.Error) and code(error) in DAMAGED)


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Do several things or none of them; the connection is in autocommit mode."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk may have ended the transaction already
            connection.execute("ROLLBACK")
        raise


def identity(path: Path) -> tuple[int, int]:
    """Return device and number of a file, which a file of the same name made later does not share."""
    status = path.stat()
    return status.st_dev, status.st_ino


def set_aside(path: Path, wanted: Path | None = None) -> Path | None:
    """Rename a damaged database, and first what SQLite keeps beside it: that must not meet a new one.

    Parameters
    ----------
    path : Path
        The database.
    wanted : Path, optional
        Its new place; by default ``NAME.damaged-YYYYMMDD-HHMMSS`` beside it. One that is taken gets a number.

    Returns
    -------
    Path or None
        Where the damaged file is now; None if there was none any more.

    Raises
    ------
    OSError
        When it cannot be renamed.
    """
    kept = free = wanted or path.with_name(f"{path.name}.damaged-{datetime.now():%Y%m%d-%H%M%S}")
    number = 1
    while any(kept.with_name(kept.name + end).exists() for end in ("", *BESIDE)):
        number += 1
        kept = free.with_name(f"{free.name}-{number}")
    for end in (*BESIDE, ""):
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(kept.with_name(kept.name + end))
    return kept if kept.exists() else None
