"""What SQLite and the system say about the library of runs, as sentences."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from engine.databases import DAMAGE, ELSEWHERE, in_words
from engine.errors import DigitLabError
from engine.files import reason

REST = "Everything else works without the list of runs."


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what goes wrong with the database at `path` into a sentence; what SQLite is misused for stays a bug."""
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.InterfaceError):
        raise
    except sqlite3.Error as error:
        raise unusable(path, *in_words(error), f"{type(error).__name__}: {error}") from error
    except UnicodeDecodeError as error:  # of SQLite's own sentence, about garbage that it quotes
        raise unusable(path, *DAMAGE, str(error)) from error
    except PermissionError as error:
        raise unusable(path, "it may not be read or written", ELSEWHERE, str(error)) from error
    except OSError as error:
        raise unusable(path, reason(error), ELSEWHERE, str(error)) from error


def unusable(path: Path, why: str, do: str, details: str = "") -> DigitLabError:
    """Return the error that says why the runs at `path` cannot be used; `why` is a clause without full stop."""
    return DigitLabError(f"The runs in {path} cannot be used: {why}. Nothing was changed.", f"{do} {REST}", details)


def refused(path: Path, what: str, do: str) -> DigitLabError:
    """Return the error that leaves a file alone which is not for this program."""
    return DigitLabError(f"{path} {what} The file is unchanged and not used.", f"{do} {REST}")
