"""The network that is operated on: what is shown, with changes made on a copy, and what they did to its answers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.datasets.dataset import Dataset
from engine.errors import DigitLabError, SettingError
from engine.evaluation import Evaluation
from engine.memory import require_memory_to_read
from engine.network import Network, Snapshot
from engine.surgery import Edit, Effect, effect, operate
from gui.session import Session, State
from gui.worker import TaskThread

SETTLED_MS = 300
GONE = "The changes to single units went with the network they were made to: another one is open now."
ADOPTED = "The changed copy is the present network now. Go on training it, or save it; the run before is kept."


class Operation(QUndoCommand):
    """One change, as a step that can be undone.

    Parameters
    ----------
    edits : list of Edit
        The changes in force; it is added to and taken away from here.
    """

    def __init__(self, edits: list[Edit], edit: Edit, text: str) -> None:
        super().__init__(text)
        self._edits, self._edit = edits, edit

    def redo(self) -> None:
        """Make the change."""
        self._edits.append(self._edit)

    def undo(self) -> None:
        """Take it back."""
        self._edits.pop()


class Surgeon(QObject):
    """Holds changes of single units, and shows a copy of the network on which they are made.

    The session's weights are never touched. When these change, because training goes on or another moment is looked
    at, the same changes are made to a copy of the new ones; they end with the network they were made to.

    Attributes
    ----------
    edits : list of Edit
        The changes in force, in order.
    undo_stack : QUndoStack
        Undoes and redoes them.
    effect : Effect or None
        What they did to the answers on the test images; `effect_step` is after how many batches. None until measured.
    active : bool
        Whether anybody looks: only then it is measured what changes do.

    Signals
    -------
    changed : ()
        There are other changes.
    measured : ()
        `effect` or `measuring` is another one.
    """

    changed = Signal()
    measured = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.edits: list[Edit] = []
        self.undo_stack = QUndoStack(self)
        self.effect: Effect | None = None
        self.effect_step = 0
        self.active = False
        self._copy: tuple[Snapshot, tuple[Edit, ...], Snapshot, Network] | None = None
        self._plain: tuple[Snapshot, Dataset, Evaluation] | None = None
        self._measuring: TaskThread | None = None
        self._wanted = False
        self._settled = QTimer(self, singleShot=True, interval=SETTLED_MS)
        self._settled.timeout.connect(self._measure)
        self.undo_stack.indexChanged.connect(self._on_changed)
        session.network_replaced.connect(self._on_replaced)
        session.dataset_changed.connect(self._on_moved)
        session.shown_changed.connect(self._on_moved)
        session.state_changed.connect(self._on_moved)

    # --- what a reading looks at --------------------------------------------------------------------------

    @property
    def start(self) -> Snapshot:
        """The weights the network had when it was new, or opened."""
        return self._session.start

    @property
    def shown(self) -> Snapshot:
        """The weights in view, with the changes."""
        return self._operated()[0] if self.edits else self._session.shown

    @property
    def reader(self) -> Network:
        """A network of the GUI thread that holds them."""
        return self._operated()[1] if self.edits else self._session.reader

    @property
    def drawing(self) -> NDArray[Any] | None:
        """What is on the pad."""
        return self._session.drawing

    @property
    def dataset(self) -> Dataset | None:
        """The data in use."""
        return self._session.dataset

    def _operated(self) -> tuple[Snapshot, Network]:
        """Return the changed copy of what the session shows, made once for each."""
        shown, edits = self._session.shown, tuple(self.edits)
        if self._copy is None or self._copy[0] is not shown or self._copy[1] != edits:
            changed = operate(shown, edits)
            self._copy = shown, edits, changed, Network.from_snapshot(changed)
        return self._copy[2:]

    # --- changes ------------------------------------------------------------------------------------------

    def do(self, edit: Edit, name: str) -> None:
        """Make a change of what is called `name`, or tell people why it is not possible."""
        try:
            operate(self._session.shown, [*self.edits, edit])
        except SettingError as error:
            self._session.problem.emit(error)
            return
        self.undo_stack.push(Operation(self.edits, edit, f"{name}: {edit.words}"))

    def undo_all(self) -> None:
        """Take all changes back; they can be made again one by one."""
        self.undo_stack.setIndex(0)

    def keep(self) -> None:
        """Make the changed copy the present network; a training that runs is ended and kept."""
        session, snapshot = self._session, self.shown
        self._forget()
        session.branch(snapshot)
        session.noted.emit(ADOPTED)

    def _forget(self) -> None:
        self.edits.clear()
        self.undo_stack.clear()

    def _on_replaced(self) -> None:
        if self.edits:
            self._forget()
            self._session.noted.emit(GONE)
        self.undo_stack.clear()
        self._copy = self._plain = None

    def _on_changed(self) -> None:
        self._drop()
        self._wanted = bool(self.edits)
        self._settled.start(0)
        self.changed.emit()

    def _drop(self) -> None:
        """Forget what was measured, and what is being measured."""
        self.effect = None
        if self._measuring is not None:
            self._session.tasks.forget(self._measuring)
            self._measuring = None
        self.measured.emit()

    # --- what changes do ----------------------------------------------------------------------------------

    @property
    def measuring(self) -> bool:
        """Whether it is being measured what the changes do."""
        return self._measuring is not None

    def set_active(self, on: bool) -> None:
        """Say whether anybody looks."""
        self.active = on
        self._on_moved()

    def _on_moved(self, _news: Any = None) -> None:
        """Measure again when the weights have come to rest."""
        if self.active and self.edits and not (self._wanted and self._settled.isActive()):
            self._settled.start(SETTLED_MS)

    def _measure(self) -> None:
        """Measure what is not known yet; while the network learns, only after a change."""
        session, dataset = self._session, self._session.dataset
        moving = session.state == State.RUNNING and not self._wanted
        if not (self.edits and dataset) or self._measuring is not None or moving:
            return
        known = self._plain_evaluation()
        if self.effect is not None and known is not None:
            return
        self._wanted = False
        before = known or session.shown
        work = partial(_work, before, self.shown, dataset, session.built.training.loss)
        done: Callable[[Any], None] = partial(self._on_measured, session.shown, dataset)
        self._measuring = session.tasks.start("Measuring the changed copy…", work, done, self._on_failed)
        self.measured.emit()

    def _plain_evaluation(self) -> Evaluation | None:
        """Return what was measured of the network without changes, if its weights and the data are still the same."""
        if self._plain is None or self._plain[0] is not self._session.shown or self._plain[1] is not self.dataset:
            return None
        return self._plain[2]

    def _on_measured(self, shown: Snapshot, dataset: Dataset, found: Effect | None) -> None:
        self._measuring = None
        if found is not None:
            self.effect, self.effect_step = found, shown.step
            self._plain = shown, dataset, found.before
        self.measured.emit()
        self._on_moved()

    def _on_failed(self, error: DigitLabError) -> None:
        self._measuring = None
        self.measured.emit()
        self._session.problem.emit(error)


def _work(
    before: Snapshot | Evaluation, after: Snapshot, dataset: Dataset, loss: str, progress: Any, cancelled: Any
) -> Effect | None:
    require_memory_to_read(after.spec)
    return effect(before, after, dataset.test_images, dataset.test_labels, loss, cancelled)
