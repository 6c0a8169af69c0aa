"""What SQLite and the system say about the library of runs, as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.errors import DigitLabError
from engine.files import reason

DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
UNWRITABLE = (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM)
REST = "Everything else works without the list of runs."
_ELSEWHERE = "Make the folder writable, or set DIGITLAB_DATA to one that is."
_LOCKED = ("another program has locked it for too long", "Close the other program, then try again.")
_READ_ONLY = ("it may not be written to", _ELSEWHERE)
_DAMAGE = ("it is damaged", "It is set aside when the runs are opened again.")
_REASONS = {
    sqlite3.SQLITE_BUSY: _LOCKED,
    sqlite3.SQLITE_LOCKED: _LOCKED,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: ("no file can be opened or made there", _ELSEWHERE),
    sqlite3.SQLITE_FULL: ("the disk is full", "Make room, then try again."),
    sqlite3.SQLITE_IOERR: ("the disk is full or does not do what it is told", "Make room, then try again."),
    sqlite3.SQLITE_CORRUPT: _DAMAGE,
    sqlite3.SQLITE_NOTADB: _DAMAGE,
    sqlite3.SQLITE_TOOBIG: ("a text is too long", "Shorten it."),
}


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the database at `path` into a sentence; what SQLite is misused for stays a bug."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as error:
        why, do = _REASONS.get(code(error), (f"SQLite says “{error}”", ""))
        raise unusable(path, why, do, f"{type(error).__name__}: {error}") from error
    except UnicodeDecodeError as error:  # of SQLite's own sentence, about garbage that it quotes
        raise unusable(path, *_DAMAGE, str(error)) from error
    except PermissionError as error:
        raise unusable(path, "it may not be read or written", _ELSEWHERE, str(error)) from error
    except OSError as error:
        raise unusable(path, reason(error), _ELSEWHERE, str(error)) from error


def unusable(path: Path, why: str, do: str, details: str = "") -> DigitLabError:
    """Return the error that says why the runs at `path` cannot be used; `why` is a clause without full stop."""
    return DigitLabError(f"The runs in {path} cannot be used: {why}. Nothing was changed.", f"{do} {REST}", details)


def refused(path: Path, what: str, do: str) -> DigitLabError:
    """Return the error that leaves a file alone which is not for this program."""
    return DigitLabError(f"{path} {what} The file is unchanged and not used.", f"{do} {REST}")


def is_damage(error: Exception) -> bool:
    """Whether an error, met while the file is used, means that it is damaged."""
    return isinstance(error, UnicodeDecodeError) or (isinstance(error, sqlite3.Error) and code(error) in DAMAGED)


def code(error: sqlite3.Error) -> int:
    """Return SQLite's code of an error, without what only says more about the same."""
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF
