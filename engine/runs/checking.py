"""Whether a database is a sound list of runs that this program may use."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from engine.databases import code, is_damage
from engine.runs.complaints import refused
from engine.runs.schema import APPLICATION_ID, COLUMNS, EXPERIMENT_COLUMNS, VERSION

_CHECKED = ("runs", "experiments")


class DamagedError(Exception):
    """The file is no sound database."""


def raise_damage(error: BaseException) -> None:
    """Raise `DamagedError` if `error`, met while a file was opened, means that it is damaged.

    SQLite's general error is one of them: that tables cannot be asked the simplest question.
    """
    if is_damage(error) or (isinstance(error, sqlite3.Error) and code(error) == sqlite3.SQLITE_ERROR):
        raise DamagedError(str(error)) from error


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of the tables; 0 for an empty file."""
    return int(pragma(connection, "user_version"))


def check_owner(path: Path, connection: sqlite3.Connection) -> int:
    """Return the version of the tables, 0 if there are none yet.

    Raises
    ------
    DigitLabError
        When the file belongs to another program or to a newer version of this one.
    DamagedError
        When the file says of itself what cannot be.
    """
    version, application = version_of(connection), int(pragma(connection, "application_id"))
    empty = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0] == 0
    if application != APPLICATION_ID and (application or not empty):
        raise refused(
            path,
            "is a database of another program, not a list of runs.",
            "Move it elsewhere, or set DIGITLAB_DATA to another folder.",
        )
    if application and version > VERSION:
        raise refused(
            path,
            f"was written by a newer version of this program: its tables are of version {version}, and this program "
            f"knows those up to {VERSION}.",
            "Use the newer program for your runs, or set DIGITLAB_DATA to another folder.",
        )
    if empty != (version == 0):
        raise DamagedError("the tables are missing" if empty else "their version is missing")
    return version


def check_pages(connection: sqlite3.Connection, *, thorough: bool) -> None:
    """Look whether the pages of the database, or at least those of the lists, hang together.

    Raises
    ------
    DamagedError
        When they do not.
    sqlite3.Error
        When they cannot be read.
    """
    tables = {row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    calls = ["quick_check(1)"] if thorough else [f"quick_check({name})" for name in _CHECKED if name in tables]
    for call in calls:
        if (found := str(pragma(connection, call))) != "ok":
            raise DamagedError(found)


def check_columns(connection: sqlite3.Connection) -> None:
    """Look whether the tables have today's columns; raise `DamagedError` when they have not."""
    wanted = {
        "runs": ("number", "deleted", *COLUMNS),
        "curves": ("number", "data"),
        "experiments": ("number", *EXPERIMENT_COLUMNS),
    }
    for table, columns in wanted.items():
        found = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
        if missing := set(columns) - found:
            raise DamagedError(f"{table} lacks {', '.join(sorted(missing))}")


def pragma(connection: sqlite3.Connection, call: str) -> int | str:
    """Return the first answer to a pragma; 0 if there is none."""
    row = connection.execute(f"PRAGMA {call}").fetchone()
    return 0 if row is None else row[0]
