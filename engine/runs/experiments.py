"""The experiments of the library: searches over settings, each of many runs."""

from __future__ import annotations

from dataclasses import astuple, dataclass

from engine.errors import DigitLabError
from engine.runs.database import Database
from engine.runs.glance import check_text
from engine.runs.schema import EXPERIMENT_COLUMNS

_LIST = ", ".join(EXPERIMENT_COLUMNS)
_SHOWN = _LIST.replace("created", "coalesce(created, 0.0)")
_ADD = f"INSERT INTO experiments ({_LIST}) VALUES ({', '.join('?' * len(EXPERIMENT_COLUMNS))})"
_SAVE = f"{_ADD} ON CONFLICT (id) DO UPDATE SET " + ", ".join(f"{c} = excluded.{c}" for c in EXPERIMENT_COLUMNS[1:])


@dataclass(frozen=True)
class Experiment:
    """One experiment.

    Attributes
    ----------
    id : str
        Names it; its runs bear it as ``experiment``.
    name : str
        What its user calls it.
    created : float
        Seconds since 1970 in UTC.
    spec : str
        What is searched over, as JSON.
    state : str
        How far it has got.
    """

    id: str
    name: str
    created: float
    spec: str
    state: str = ""


class Experiments(Database):
    """The part of the store that knows experiments."""

    def add_experiment(self, experiment: Experiment) -> None:
        """Add a new one.

        Raises
        ------
        DigitLabError
            When there is one of that id.
        """
        check_text("name", astuple(experiment))
        self._add(_ADD, astuple(experiment), f"an experiment {experiment.id}")

    def save_experiment(self, experiment: Experiment) -> None:
        """Keep an experiment as it is now, whether it is known or new."""
        check_text("name", astuple(experiment))
        self._write(lambda connection: connection.execute(_SAVE, astuple(experiment)))

    def experiments(self) -> list[Experiment]:
        """Return all of them, those that were added last first."""
        rows = self._read(
            lambda connection: connection.execute(f"SELECT {_SHOWN} FROM experiments ORDER BY number DESC").fetchall()
        )
        return [Experiment(*row) for row in rows]

    def experiment(self, id: str) -> Experiment:  # noqa: A002  (the word of the table)
        """Return one of them.

        Raises
        ------
        DigitLabError
            When there is none of that id.
        """
        row = self._read(
            lambda connection: connection.execute(f"SELECT {_SHOWN} FROM experiments WHERE id = ?", (id,)).fetchone()
        )
        if row is None:
            raise DigitLabError(f"There is no experiment {id} in {self.path}.")
        return Experiment(*row)

    def delete_experiment(self, id: str) -> None:  # noqa: A002
        """Remove an experiment; its runs stay."""
        self._write(lambda connection: connection.execute("DELETE FROM experiments WHERE id = ?", (id,)))
