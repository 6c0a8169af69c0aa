"""The library of runs: every training there ever was, in an SQLite database of the user's data folder."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterable, Sequence

from engine.errors import DigitLabError, SettingError
from engine.runs.curve import Curve
from engine.runs.curve_bytes import pack_curve, unpack_curve
from engine.runs.experiments import Experiments
from engine.runs.glance import RunGlance, check_text, columns_of, written
from engine.runs.row import RunRow
from engine.runs.schema import COLUMNS, SHOWN, USERS_COLUMNS

NAME_LENGTH = 200
_LIST = ", ".join(COLUMNS)
_ADD = f"INSERT INTO runs ({_LIST}) VALUES ({', '.join('?' * len(COLUMNS))})"
_OURS = [c for c in COLUMNS if c not in ("id", *USERS_COLUMNS)]
# Whoever trains knows nothing of these: a row without them leaves what was found out about the kept network.
_MEASURED = {"model": "''", "test_loss": "NULL", "test_accuracy": "NULL"}
_KNOWN = {c: f"coalesce(nullif(excluded.{c}, {nothing}), {c})" for c, nothing in _MEASURED.items()}
_SAVE = f"{_ADD} ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{c} = {_KNOWN.get(c, f'excluded.{c}')}" for c in _OURS)
_REFILL = f"{_ADD} ON CONFLICT (id) DO NOTHING"
_OF_RUN = "(SELECT number FROM runs WHERE id = ?)"


class RunStore(Experiments):
    """The store. It belongs to the thread that made it; any number may use one file, in any number of processes.

    Every method does all it says or nothing, and what it has written outlives a power cut: the database is in WAL
    mode with ``synchronous = FULL``.

    Parameters
    ----------
    folder : path, optional
        Where ``runs.sqlite`` lies; by default the user's data folder.
    patience : float
        How many seconds to wait for another program that is writing.

    Attributes
    ----------
    path : Path
        The database.
    notes : list of str
        What became of a damaged or lost file, as sentences; whoever shows them may empty the list.

    Raises
    ------
    DigitLabError
        When the file can be neither opened nor made. So does every method while the file cannot be used; the store
        works again as soon as the file does.
    """

    # --- looking ------------------------------------------------------------------------------------------

    def rows(self, experiment: str | None = None) -> list[RunGlance]:
        """Return all runs that are not deleted, or those of one experiment: what was added last comes first."""
        chosen = "" if experiment is None else " AND experiment = ?"
        query = f"SELECT {SHOWN} FROM runs WHERE deleted IS NULL{chosen} ORDER BY number DESC"
        values = () if experiment is None else (experiment,)
        return self._read(lambda connection: _glances(connection.execute(query, values)))

    def row(self, id: str) -> RunRow:  # noqa: A002  (the word of the table)
        """Return all of a run, a deleted one too.

        Raises
        ------
        DigitLabError
            When there is no such run, or this program does not know its settings.
        """
        query = f"SELECT {SHOWN} FROM runs WHERE id = ?"
        found = self._read(lambda connection: _glances(connection.execute(query, (id,))))
        if not found:
            raise self._unknown(id)
        return found[0].row()

    def curve(self, id: str) -> Curve | None:  # noqa: A002
        """Return the curves of a run; None if there are none.

        Raises
        ------
        DigitLabError
            When they are damaged.
        """
        query = f"SELECT data FROM curves WHERE number = {_OF_RUN}"
        found = self._read(lambda connection: connection.execute(query, (id,)).fetchone())
        try:
            return None if found is None else unpack_curve(found[0])
        except ValueError as error:
            raise DigitLabError(
                f"The curves of the run {id} are damaged; its scores are not.", "", str(error)
            ) from error

    def model(self, id: str) -> str:  # noqa: A002
        """Return the file name of the model that is kept of a run; empty if there is none, or no such run."""
        query = "SELECT model FROM runs WHERE id = ?"
        found = self._read(lambda connection: connection.execute(query, (id,)).fetchone())
        return found[0] if found else ""

    def is_named(self, model: str) -> bool:
        """Return whether a run, a deleted one too, has the kept model of that file name."""
        query = "SELECT 1 FROM runs WHERE model = ? LIMIT 1"
        return self._read(lambda connection: connection.execute(query, (model,)).fetchone()) is not None

    # --- changing -----------------------------------------------------------------------------------------

    def add(self, row: RunRow) -> None:
        """Add a new run.

        Raises
        ------
        DigitLabError
            When there is one of that id.
        """
        self._add(_ADD, columns_of(row), f"a run {row.id}")

    def save(self, row: RunRow) -> None:
        """Keep a run as it is now, whether it is known or new; name, star and tags of a known one are left alone."""
        self._write(lambda connection: connection.execute(_SAVE, columns_of(row)))

    def save_curve(self, id: str, curve: Curve) -> None:  # noqa: A002
        """Keep the curves of a run instead of those it had.

        Raises
        ------
        DigitLabError
            When there is no such run.
        """
        query = "INSERT OR REPLACE INTO curves SELECT number, ? FROM runs WHERE id = ?"
        data = pack_curve(curve)
        if not self._write(lambda connection: connection.execute(query, (data, id)).rowcount):
            raise self._unknown(id)

    def mark(
        self,
        id: str,  # noqa: A002
        *,
        name: str | None = None,
        starred: bool | None = None,
        tags: Sequence[str] | None = None,
    ) -> None:
        """Change what the user says of a run; what is None stays.

        Raises
        ------
        DigitLabError
            When there is no such run, the name has more than 200 characters, or a text cannot be kept.
        """
        if name is not None and len(name) > NAME_LENGTH:
            raise SettingError(f"Name: {len(name):,} characters are too many; at most {NAME_LENGTH} are allowed.")
        check_text("name", name)
        check_text("tags", tags)
        values = {
            "name": name,
            "starred": None if starred is None else int(starred),
            "tags": None if tags is None else written(tuple(tags)),
        }
        query = "UPDATE runs SET " + ", ".join(f"{c} = coalesce(:{c}, {c})" for c in values) + " WHERE id = :id"
        if not self._write(lambda connection: connection.execute(query, {**values, "id": id}).rowcount):
            raise self._unknown(id)

    def delete(self, ids: Iterable[str]) -> None:
        """Take runs out of the list; :meth:`undelete` brings them back until they are purged."""
        self._mark_deleted(ids, time.time())

    def undelete(self, ids: Iterable[str]) -> None:
        """Bring deleted runs back."""
        self._mark_deleted(ids, None)

    def expired(self, keep: float) -> list[RunGlance]:
        """Return what was deleted more than `keep` seconds ago: what :meth:`purge` would remove."""
        query = f"SELECT {SHOWN} FROM runs WHERE deleted < ? ORDER BY number DESC"
        return self._read(lambda connection: _glances(connection.execute(query, (time.time() - keep,))))

    def purge(self, keep: float) -> list[RunGlance]:
        """Remove for good what was deleted more than `keep` seconds ago; return it, so that its files can go, too."""
        old = "deleted < ?"
        limit = (time.time() - keep,)

        def work(connection: sqlite3.Connection) -> list[RunGlance]:
            found = _glances(connection.execute(f"SELECT {SHOWN} FROM runs WHERE {old} ORDER BY number DESC", limit))
            connection.execute(f"DELETE FROM curves WHERE number IN (SELECT number FROM runs WHERE {old})", limit)
            connection.execute(f"DELETE FROM runs WHERE {old}", limit)
            return found

        return self._write(work)

    def rebuild(self, rows: Iterable[RunRow]) -> int:
        """Add those runs that are missing, the oldest first; return how many these were."""
        values = [columns_of(row) for row in sorted(rows, key=lambda row: (row.created, row.id))]
        return self._write(lambda connection: max(connection.executemany(_REFILL, values).rowcount, 0))

    def _mark_deleted(self, ids: Iterable[str], when: float | None) -> None:
        values = [(when, id) for id in ids]  # noqa: A001
        self._write(lambda connection: connection.executemany("UPDATE runs SET deleted = ? WHERE id = ?", values))

    def _unknown(self, id: str) -> DigitLabError:  # noqa: A002
        return DigitLabError(f"There is no run {id} in {self.path} any more.")


def _glances(cursor: sqlite3.Cursor) -> list[RunGlance]:
    return list(map(RunGlance._make, cursor))
