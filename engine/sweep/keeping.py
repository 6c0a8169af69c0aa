"""How an experiment is kept: its trials as runs of the library, each as soon as it has ended.

Such a run has a file like any other, but no film: it can be gone on with, as another run, and the result stays.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Set
from contextlib import contextmanager

from engine import kept_models
from engine.errors import DigitLabError
from engine.locks import lock_alone
from engine.model import Model
from engine.network import Snapshot
from engine.runs.experiments import Experiment
from engine.runs.glance import RunGlance
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.run_file import path_of, write_whole
from engine.runs.store import RunStore
from engine.sweep.paths import shown
from engine.sweep.spec import SweepSpec, Trial, key_of
from engine.sweep.task import Outcome

FINAL = frozenset({RunState.FINISHED, RunState.EARLY, RunState.DIVERGED})
"""What need not be done again: a network that diverged would do so again."""
_STATES = {"finished": RunState.FINISHED, "early": RunState.EARLY, "diverged": RunState.DIVERGED}


def open_experiment(store: RunStore, spec: SweepSpec, *, anew: bool = False) -> Experiment:
    """Return the experiment that does what `spec` says, entered into the store if it is not there yet.

    Parameters
    ----------
    store : RunStore
    spec : SweepSpec
    anew : bool
        Whether to begin another one although the same was begun before.
    """
    name = f"{spec.id}-{secrets.token_hex(3)}" if anew else spec.id
    known = next((found for found in store.experiments() if found.id == name), None)
    if known is not None:
        return known
    experiment = Experiment(name, spec.name, time.time(), spec.model_dump_json(), RunState.INTERRUPTED.value)
    store.add_experiment(experiment)
    return experiment


@contextmanager
def held(store: RunStore, experiment: str) -> Iterator[None]:
    """Hold an experiment for this process alone; the system lets it go when the process ends, however it ends.

    Raises
    ------
    DigitLabError
        When another window or terminal runs it, or the lock cannot be made.
    """
    taken = DigitLabError("This experiment runs in another window or terminal already.", "Wait for its end there.")
    lock = lock_alone(store.path.parent / "experiments" / f"{experiment}.lock", taken, "Experiments")
    try:
        yield
    finally:
        lock.release()


class Keeper:
    """Enters the trials of an experiment into the library.

    Parameters
    ----------
    store : RunStore
        Of this thread.
    experiment : str
        Its id.
    fixed : set of str
        Settings that need not be named, since all trials share them.
    """

    def __init__(self, store: RunStore, experiment: str, fixed: Set[str] = frozenset()) -> None:
        self._store, self._experiment, self._fixed = store, experiment, fixed
        self._rows: dict[str, RunRow] = {}

    def known(self) -> dict[str, RunGlance]:
        """Return the kept runs of the experiment by the key of their trial; of several the one that counts."""
        found: dict[str, RunGlance] = {}
        for key, glance in self._keyed():
            if key not in found or found[key].state not in FINAL:
                found[key] = glance
        return found

    def _keyed(self) -> Iterator[tuple[str, RunGlance]]:
        for glance in self._store.rows(self._experiment):
            try:
                yield key_of(glance.spec), glance
            except DigitLabError:  # by a newer program: whatever it was, it is no trial of this one
                continue

    def begin(self, trial: Trial, former: RunGlance | None) -> None:
        """Make the row of a trial that begins; it takes the place of a `former` one that came to nothing."""
        row = new_row(trial.run, experiment=self._experiment).changed(name=_name(trial, self._fixed))
        self._rows[trial.key] = row.changed(id=former.id) if former is not None else row

    def keep(self, trial: Trial, outcome: Outcome) -> RunRow:
        """Enter what came of a trial, and return its row as it stands in the store.

        Raises
        ------
        DigitLabError
            When the store cannot be written to.
        """
        row = self._described(self._rows.pop(trial.key), outcome)
        model, trouble = _keep_model(trial, outcome)
        final = row.changed(model=model, message=f"{outcome.message} {trouble}".strip())
        final = final.changed(message=f"{final.message} {_keep_file(final, outcome)}".strip())
        if outcome.curve is not None:
            # Whoever is stopped between the two lines does the trial again, and no run lacks its curve.
            self._store.save(final.changed(state=RunState.RUNNING, model=""))
            self._store.save_curve(row.id, outcome.curve)
        kept_models.save_owner(self._store, final)
        return final

    @staticmethod
    def _described(row: RunRow, outcome: Outcome) -> RunRow:
        record = outcome.record
        return row.changed(
            state=_STATES.get(outcome.reason, RunState.FAILED),
            updated=time.time(),
            epochs=outcome.epochs,
            steps=outcome.steps,
            best_epoch=outcome.best_epoch,
            train_loss=record.train_loss,
            train_accuracy=record.train_accuracy,
            validation_loss=record.validation_loss,
            validation_accuracy=record.validation_accuracy,
            test_loss=record.test_loss,
            test_accuracy=record.test_accuracy,
            seconds=outcome.seconds,
            versions=outcome.versions or row.versions,
        )


def _keep_model(trial: Trial, outcome: Outcome) -> tuple[str, str]:
    """Return the file name of a trial's model, if it has one, and why it could not be written."""
    if outcome.parameters is None:
        return "", ""
    snapshot = Snapshot(trial.run.network, outcome.parameters, outcome.steps, outcome.epochs)
    try:
        return kept_models.keep(Model(snapshot, trial.run, outcome.record)).name, ""
    except DigitLabError as error:
        return "", f"The model is not kept: {error.what}"


def _keep_file(row: RunRow, outcome: Outcome) -> str:
    """Write what it takes to go on with a trial, if it is there; return why that could not be."""
    try:
        if outcome.entry is not None:
            write_whole(path_of(row.id), outcome.entry.of(row))
    except DigitLabError as error:
        return f"It cannot be gone on with: {error.what}"
    return ""


def _name(trial: Trial, fixed: Set[str]) -> str:
    """Return what a trial is called in the library: by its title, or by what distinguishes it."""
    telling = {path: value for path, value in trial.values.items() if path not in fixed} or trial.values
    short = (f"{_short(path)} {shown(value)}" for path, value in telling.items())
    return (trial.title or ", ".join(short))[:200]


def _short(path: str) -> str:
    """Return a word or two for a setting: names stand in narrow columns."""
    name = path.rpartition(".")[2]
    return {"learning_rate": "rate", "batch_size": "batch"}.get(name, name.replace("_", " "))
