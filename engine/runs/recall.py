"""Reads a run back from disk: to go on with it, or to open one of its networks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from engine import kept_models
from engine.datasets.dataset import Dataset
from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.history import History
from engine.locks import locked
from engine.model import Model, TrainingRecord
from engine.model_files import load_model
from engine.network import Network, Snapshot
from engine.runs.catching_up import catch_up
from engine.runs.figures import history_of
from engine.runs.film import Film
from engine.runs.keeper import Keeper, fingerprint
from engine.runs.reading import NO_CHECKPOINT, read
from engine.runs.row import RunRow, RunState, new_row
from engine.runs.run_file import NOTHING, DamagedRunError, Entry, RunFile, path_of
from engine.runs.store import RunStore
from engine.specs import NetworkSpec, RunSpec
from engine.state import TrainingState
from engine.training import Training

Which = Literal["best", "last"]
LEARNED = ("train_loss", "train_accuracy", "validation_loss", "validation_accuracy")
APART = "{} is a result of an experiment and stays as it is: what goes on is another run, with the same past."


@dataclass(frozen=True)
class Recalled:
    """A run as it was when it was last written.

    Attributes
    ----------
    row : RunRow
        What is known of it.
    state : TrainingState
        Where its training stood.
    history : History
        Its curves so far.
    data : dict
        What tells its data from others, see :func:`engine.runs.keeper.fingerprint`.
    before : Entry
        What goes into the file of a run that begins with it: nothing, if it goes on in its own.
    """

    row: RunRow
    state: TrainingState
    history: History
    data: dict[str, int]
    before: Entry = NOTHING

    @property
    def note(self) -> str:
        """What is to be said of going on with it; empty if nothing is."""
        return APART.format(self.row.title) if self.before is not NOTHING else ""

    @property
    def run(self) -> RunSpec:
        """Everything that determined it."""
        return self.row.spec

    def training(self, data: Split) -> Training:
        """Return a training that goes on where this one stood, with a network of its own.

        Raises
        ------
        DigitLabError
            When `data` is not what the run learned from, or the checkpoint does not fit.
        """
        self.require(data.dataset)
        training = Training(Network(self.run.network, None), data, self.run.training, self.run.seed)
        training.restore(self.state)
        return training

    def keeper(self, training: Training) -> Keeper:
        """Return what keeps the :meth:`training` that goes on."""
        return Keeper(self.row, training, before=self.before)

    def require(self, dataset: Dataset) -> None:
        """Refuse other data than the run learned from."""
        if fingerprint(dataset) != self.data:
            raise DigitLabError(
                f"{dataset.title} has other images now than this run learned from, so it cannot go on as if it had "
                "never stopped.",
                "Open its model instead, and train that.",
            )


def recall(run_id: str) -> Recalled:
    """Read a run that nobody is training now.

    A run of an experiment is a result that does not change any more: whoever goes on with it makes another run, which
    has its past and names it as its parent.

    Raises
    ------
    DigitLabError
        When its file is missing, damaged or in use.
    """
    path = path_of(run_id)
    if path.exists():
        locked(path).release()
    return read(path, _recalled)


def _recalled(file: RunFile) -> Recalled:
    (state, data), row = _checkpoint(file), file.row()
    if not row.experiment:
        return Recalled(row, state, history_of(file), data)
    before = Entry(batches=file.batches(), epochs=file.epochs())
    return Recalled(_descendant(row), state, history_of(file), data, before)


def _descendant(row: RunRow) -> RunRow:
    """Return the row of a run that goes on with one of an experiment; the model and its scores stay the latter's."""
    new = new_row(row.spec, parent=row.id)
    known = {name: getattr(row, name) for name in ("name", "epochs", "steps", "best_epoch", "seconds", *LEARNED)}
    return new.changed(**known)


def _checkpoint(file: RunFile) -> tuple[TrainingState, dict[str, int]]:
    facts = file.facts()
    if "state" not in facts or "data" not in facts:
        raise DigitLabError(*NO_CHECKPOINT)
    return TrainingState(facts["state"], file.arrays()), facts["data"]


def model_of(row: RunRow, which: Which) -> Model:
    """Return a network of a run: that of its best epoch, or the latest.

    Raises
    ------
    DigitLabError
        When neither the file of the run nor its kept model can be read.
    """
    kept = kept_models.folder() / row.model if row.model else None
    if which == "best" and kept is not None and kept.exists():
        model = load_model(kept)
        if model.network.epoch in (row.best_epoch, row.epochs) or not path_of(row.id).exists():
            return model  # else the run went on since
    numbers, arrays = read(path_of(row.id), lambda file: (file.facts().get("state", {}), file.arrays()))
    best = which == "best" and "best" in arrays
    parameters = arrays.get("best" if best else "parameters")
    if parameters is None or len(parameters) != row.spec.network.parameter_count:
        raise DigitLabError("No network of this run was kept.", "Restore its settings and train again.")
    place = numbers["best"] if best else numbers
    snapshot = Snapshot(row.spec.network, parameters, int(place["step"]), int(place["epoch"]))
    return Model(snapshot, row.spec, record_of(row, snapshot))


def film_of(path: Path, spec: NetworkSpec) -> Film:
    """Return the film in the file of a run, whose network `spec` describes.

    Raises
    ------
    DigitLabError
        When the file is missing or damaged, or nothing was written to it.
    """
    read(path, RunFile.frame_list)
    return Film(RunFile(path), spec)


def record_of(row: RunRow, snapshot: Snapshot) -> TrainingRecord:
    """Return what a model file says of a network of this run."""
    best = snapshot.epoch == row.best_epoch
    figures = {name: getattr(row, name) for name in LEARNED} if best else {}
    return TrainingRecord(
        dataset=row.spec.dataset,
        program=f"DigitLab {row.versions.get('DigitLab', '')}".strip(),
        epochs=snapshot.epoch,
        steps=snapshot.step,
        best_epoch=row.best_epoch if best else 0,
        **figures,
    )


def cut_off(store: RunStore) -> list[RunRow]:
    """Return the runs that ended with the process that trained them, the newest first, and mark them so.

    Those that cannot be gone on with are not among them; the notes of `store` tell of damaged files.
    """
    catch_up(store)
    waiting = (RunState.PAUSED, RunState.INTERRUPTED)
    return [store.row(found.id) for found in store.rows() if found.state in waiting and _can_go_on(store, found.id)]


def _can_go_on(store: RunStore, run_id: str) -> bool:
    """Whether the file of a run is there with a checkpoint, and nobody holds it."""
    path = path_of(run_id)
    try:
        if path.exists():
            locked(path).release()
            read(path, _checkpoint)
            return True
    except DamagedRunError as error:
        store.notes.append(str(error))
    except DigitLabError:
        pass
    return False
