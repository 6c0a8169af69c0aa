"""One run on disk: what is needed to go on with it, its curves and its film, in a small database of its own.

Everything that belongs to one moment is written in one transaction, so that whatever happens to the process, the
checkpoint, the curves and the film agree. A file that is damaged costs this run alone.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import zlib
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import ValidationError

from engine.databases import code, identity, in_words, is_damage, transaction
from engine.errors import DigitLabError
from engine.files import data_folder
from engine.locks import locked
from engine.runs.row import RunRow

SUFFIX = ".run"
VERSION = 1
APPLICATION = 0x444C5255  # "DLRU"
PATIENCE_SECONDS = 10
PAGE = 32768  # frames and vectors are large: a quarter of the time that small pages take
Array = NDArray[Any]
_TABLES = """
create table facts (name text primary key, value text not null);
create table arrays (name text primary key, dtype text not null, data blob not null);
create table batches (first integer primary key, columns integer not null, data blob not null);
create table epochs (epoch integer primary key, report text not null);
create table frames (step integer primary key, place real not null, data blob not null);
"""
_NAMES = ("facts", "arrays", "batches", "epochs", "frames")


@dataclass(frozen=True)
class Entry:
    """What is written at once.

    Attributes
    ----------
    facts : dict
        Whatever JSON can hold, by name.
    arrays : dict of str to ndarray
        Vectors of the checkpoint, by name; those that are not named here are removed, unless there are none at all.
    batches : list of (int, ndarray of shape (n, columns), float32)
        The first step and the figures of batches that followed one another.
    epochs : list of dict
        Reports of whole epochs.
    frames : list of (int, float, ndarray of float16)
        Step, place on the axis of epochs, and parameters.
    dropped : list of int
        Steps of frames to be taken out.
    """

    facts: dict[str, Any] = field(default_factory=dict)
    arrays: dict[str, Array] = field(default_factory=dict)
    batches: Sequence[tuple[int, Array]] = ()
    epochs: Sequence[dict[str, Any]] = ()
    frames: Sequence[tuple[int, float, Array]] = ()
    dropped: Sequence[int] = ()

    def of(self, row: RunRow) -> Entry:
        """Return the same as what is known of a run."""
        return replace(self, facts={**self.facts, "row": row.model_dump(mode="json")})


NOTHING = Entry()


def folder() -> Path:
    """Return the folder of the runs, made if need be.

    Raises
    ------
    DigitLabError
        When it cannot be made.
    """
    return data_folder("runs")


def path_of(run_id: str) -> Path:
    """Return where the file of a run lies, or would lie."""
    return folder() / f"{run_id}{SUFFIX}"


def write_whole(path: Path, entry: Entry) -> None:
    """Write the file of a run that is over, in place of whatever it said before.

    Raises
    ------
    DigitLabError
        When it cannot be written, or somebody trains this very run; what was there is left as it was.
    """
    lock, there = locked(path), path.exists()
    try:
        with closing(RunFile(path, write=True)) as file:
            file.write(entry, anew=True)
    except DigitLabError:
        if not there:  # what is left has nothing in it
            remove(path)
        raise
    finally:
        lock.release()


def remove(path: Path) -> None:
    """Remove the file of a run with whatever lies beside it; what the folder does not let go stays."""
    for file in (path, path.with_suffix(".lock"), *path.parent.glob(f"{path.name}-*")):
        with contextlib.suppress(OSError):
            file.unlink(missing_ok=True)


class DamagedRunError(DigitLabError):
    """The file of a run is damaged, or no such file at all."""


class RunFile:
    """An open run file; may be used from one thread at a time.

    Parameters
    ----------
    path : Path
        The file.
    write : bool
        Whether it may be made and written; a file that is only read has to be there.

    Raises
    ------
    DigitLabError
        When it is missing, of a newer program, or cannot be written; it is left as it is. So does every method when
        the file cannot be used, and where it is damaged this is a `DamagedRunError`.
    """

    def __init__(self, path: Path, *, write: bool = False) -> None:
        self.path = path
        if not write and not path.exists():
            raise DigitLabError(f"The file of this run, {path}, is not there any more.", "Its row is kept.")
        with self._explained():
            self._base = sqlite3.connect(path, PATIENCE_SECONDS, isolation_level=None, check_same_thread=False)
            try:
                self._begin(write)
                self._identity = identity(path)
            except BaseException:
                self._base.close()
                raise

    def _begin(self, write: bool) -> None:
        version, application = self._pragma("user_version"), self._pragma("application_id")
        if version > VERSION:
            versions = f"version {version} of the format; this one knows {VERSION}"
            what = f"{self.path} was written by a newer DigitLab ({versions})."
            raise DigitLabError(what, "It was left as it is. Open it with the newer program.")
        if version and application != APPLICATION:
            raise DigitLabError(f"{self.path} is not a run of DigitLab.", "It was left as it is.")
        if not write:
            self._base.execute("pragma query_only = on")
            return
        if not version:
            self._base.execute(f"pragma page_size = {PAGE}")
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("pragma synchronous = full")
        if not version:
            self._base.executescript(
                f"begin;{_TABLES}pragma application_id = {APPLICATION};pragma user_version = {VERSION};commit;"
            )

    @property
    def empty(self) -> bool:
        """Whether nothing was ever written to it: whoever made it was killed at that moment."""
        tables = {name for (name,) in self._rows("select name from sqlite_master where type = 'table'")}
        return not tables or ("facts" in tables and not self._rows("select 1 from facts union select 1 from frames"))

    @property
    def there(self) -> bool:
        """Whether the file is still where it was opened: one that was removed can be written to, but is lost."""
        with contextlib.suppress(OSError):
            return identity(self.path) == self._identity
        return False

    def _pragma(self, name: str) -> int:
        return int(self._base.execute(f"pragma {name}").fetchone()[0])

    # --- writing ------------------------------------------------------------------------------------------

    def write(self, entry: Entry, *, anew: bool = False) -> None:
        """Write everything of `entry`, or nothing at all; `anew` says that nothing else is to stay."""
        with self._explained(), transaction(self._base) as base:
            for table in _NAMES if anew else ():
                base.execute(f"delete from {table}")
            rows = [(name, json.dumps(value)) for name, value in entry.facts.items()]
            base.executemany("insert or replace into facts values (?, ?)", rows)
            if entry.arrays:
                base.execute("delete from arrays")
                named = [(name, str(array.dtype), array.tobytes()) for name, array in entry.arrays.items()]
                base.executemany("insert into arrays values (?, ?, ?)", named)
            chunks = [(first, rows.shape[1], zlib.compress(rows.tobytes(), 1)) for first, rows in entry.batches]
            base.executemany("insert or replace into batches values (?, ?, ?)", chunks)
            reports = [(report["epoch"], json.dumps(report)) for report in entry.epochs]
            base.executemany("insert or replace into epochs values (?, ?)", reports)
            frames = [(step, place, half.tobytes()) for step, place, half in entry.frames]
            base.executemany("insert or replace into frames values (?, ?, ?)", frames)
            base.executemany("delete from frames where step = ?", [(step,) for step in entry.dropped])

    def drop_film(self) -> None:
        """Take all frames out, and give their room back."""
        with self._explained():
            self._base.execute("delete from frames")
            self._base.execute("vacuum")
            self._base.execute("pragma wal_checkpoint(truncate)")

    # --- reading ------------------------------------------------------------------------------------------

    def facts(self) -> dict[str, Any]:
        """Return all facts by name."""
        rows = self._rows("select name, value from facts")
        with self._explained():
            return {name: json.loads(value) for name, value in rows}

    def row(self) -> RunRow:
        """Return the row of the run as it was when it was last written."""
        with self._explained():
            return RunRow.model_validate(self.facts()["row"])

    def arrays(self) -> dict[str, Array]:
        """Return the vectors of the checkpoint."""
        rows = self._rows("select name, dtype, data from arrays")
        with self._explained():
            return {name: np.frombuffer(data, np.dtype(dtype)).copy() for name, dtype, data in rows}

    def batches(self) -> list[tuple[int, Array]]:
        """Return the figures of all batches as they were written, in their order."""
        rows = self._rows("select first, columns, data from batches order by first")
        with self._explained():
            flat = [(n, np.frombuffer(zlib.decompress(data), np.float32), columns) for n, columns, data in rows]
            return [(first, values.reshape(-1, columns)) for first, values, columns in flat]

    def epochs(self) -> list[dict[str, Any]]:
        """Return the reports of all whole epochs."""
        rows = self._rows("select report from epochs order by epoch")
        with self._explained():
            return [json.loads(report) for (report,) in rows]

    def frame_list(self) -> list[tuple[int, float]]:
        """Return step and place of every frame."""
        return self._rows("select step, place from frames order by step")

    def frame(self, step: int) -> NDArray[np.float16]:
        """Return the parameters of a frame; it must be there."""
        rows = self._rows("select data from frames where step = ?", step)
        if not rows:
            raise DigitLabError(f"The moment after batch {step:,} is not kept any more.", "Choose another.")
        with self._explained():
            return np.frombuffer(rows[0][0], np.float16)

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with self._explained(), closing(self._base.execute(query, values)) as cursor:
            return cursor.fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn what SQLite says, and what damaged bytes make others say, into a sentence about the file."""
        try:
            yield
        except sqlite3.Error as error:
            if is_damage(error) or code(error) == sqlite3.SQLITE_ERROR:  # the tables are not those of a run
                raise self._damaged(error) from error
            why, do = in_words(error)
            raise DigitLabError(f"{self.path} could not be used: {why}.", f"{do} Nothing else is affected.") from error
        except ValidationError as error:
            what = f"{self.path} says what this DigitLab does not know: it is damaged, or of a newer one."
            raise DigitLabError(what, "It was left as it is.", str(error)) from error
        except (ValueError, KeyError, TypeError, zlib.error) as error:
            raise self._damaged(error) from error

    def _damaged(self, error: Exception) -> DamagedRunError:
        what = f"{self.path} is damaged or no run of DigitLab, and was left as it is."
        return DamagedRunError(what, "Its row in the library is kept.", f"{type(error).__name__}: {error}")
