"""The experiment that the page shows: its plan, its runs so far, and what may be done with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError
from PySide6.QtCore import QObject, QTimer, Signal

from engine.errors import DigitLabError, SettingError
from engine.runs.experiments import Experiment
from engine.runs.store import RunStore
from engine.sweep.built_in import BUILT_IN
from engine.sweep.spec import SweepSpec
from gui.session import Session
from gui.widgets.experiment_draft import FORMS, Checked, Draft, checked, draft_of
from gui.widgets.experiment_entries import BUILT, KEPT, NEW, Choice, Known
from gui.widgets.experiment_plan import ExperimentPlan
from gui.widgets.experiment_runner import ExperimentRunner, Looked, look
from gui.widgets.experiment_time import START_SECONDS, Pace, rough_total
from gui.worker import TaskThread

JUDGE_MS = 150
# So many trials are looked at one by one while somebody types; more of them beside the window.
AT_ONCE = 64
SAMPLE = 8  # of many trials, so many say how long all will take
Result = TypeVar("Result")


class ExperimentDesk(QObject):
    """Holds one experiment at a time; lives in the GUI thread.

    A plan that was begun is kept in the store under an id; as soon as it is edited it is another experiment, and the
    kept one stays as it was. Only the name may change without that.

    Signals
    -------
    listed : ()
        The list of experiments, or which of them is shown, has changed.
    judged : ()
        It is known whether the plan is legal, and what it comes to.
    known_changed : ()
        More is known of the runs.

    Attributes
    ----------
    plan : ExperimentPlan
    runner : ExperimentRunner
    checked : Checked
        What the plan comes to.
    known : Known
        Its trials, and what is known of each.
    kept : Experiment or None
        The plan as it stands in the store; None if it does not.
    """

    listed = Signal()
    judged = Signal()
    known_changed = Signal()

    def __init__(self, session: Session, library: Any, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._library = session, library
        self.plan, self.runner = ExperimentPlan(self), ExperimentRunner(session.tasks, self)
        self.checked, self.known, self._pace = Checked(), Known(), Pace()
        self._opened: Experiment | None = None
        self._spec: SweepSpec | None = None  # of the experiment that was opened
        self._opened_draft = Draft()  # as it stands in the form, but for its name
        self._choice: Choice = (NEW, "")
        self._looking: TaskThread | None = None
        self._soon = QTimer(self, singleShot=True, interval=JUDGE_MS)
        self._soon.timeout.connect(self.judge)
        self.plan.changed.connect(self._on_plan)
        self.runner.began.connect(self._on_began)
        self.runner.happened.connect(self._on_happened)

    # --- which one ----------------------------------------------------------------------------------------

    @property
    def store(self) -> RunStore | None:
        """The rows of all runs; None where there is no library."""
        found: RunStore | None = self._library.store
        return found

    @property
    def experiments(self) -> list[Experiment]:
        """The experiments that are kept, the newest first."""
        store = self.store
        return [] if store is None else self._tried(store.experiments) or []

    @property
    def choice(self) -> Choice:
        """Which entry of the list is shown."""
        return (KEPT, self.kept.id) if self.kept is not None else self._choice

    @property
    def kept(self) -> Experiment | None:
        """The experiment whose plan the form shows; None if that plan has not been begun."""
        alike = self._opened is not None and replace(self.plan.draft, name="") == self._opened_draft
        return self._opened if alike else None

    def open(self, choice: Choice) -> None:
        """Show another experiment; one that comes with the program and was begun before is that one."""
        sort, name = choice
        if sort == BUILT and any(found.id == BUILT_IN[name].id for found in self.experiments):
            sort, name = KEPT, BUILT_IN[name].id
        if sort == KEPT:
            self._open_kept(name)
        else:
            self._opened = self._spec = None
            self._choice = choice
            self.plan.open(draft_of(BUILT_IN[name]) if sort == BUILT else Draft(name=self._new_name(), base=FORMS))
        self.judge()
        self.listed.emit()

    def _open_kept(self, name: str) -> None:
        store = self.store
        experiment = None if store is None else self._tried(partial(store.experiment, name))
        spec = None if experiment is None else self._tried(partial(_spec_of, experiment))
        if experiment is not None and spec is not None:
            self._show_opened(experiment, spec)

    def _show_opened(self, experiment: Experiment, spec: SweepSpec) -> None:
        draft = draft_of(spec)
        self._opened, self._spec, self._opened_draft = experiment, spec, replace(draft, name="")
        self.plan.open(replace(draft, name=experiment.name))

    def _new_name(self) -> str:
        return f"Experiment {len(self.experiments) + 1}"

    def rename(self) -> None:
        """Keep the name in the form as that of the kept experiment."""
        kept, store = self.kept, self.store
        name = self.plan.draft.name.strip()
        if kept is not None and store is not None and name and name != kept.name:
            self._opened = replace(kept, name=name)
            self._tried(partial(store.save_experiment, self._opened))
            self.listed.emit()

    def delete(self) -> Experiment | None:
        """Take the kept experiment off the list, and return it; its runs stay in the library."""
        kept, store = self.kept, self.store
        if kept is None or store is None:
            return None
        self._tried(partial(store.delete_experiment, kept.id))
        self.open((NEW, ""))
        return kept

    def bring_back(self, experiment: Experiment) -> None:
        """Put a deleted experiment back on the list, and show it."""
        store = self.store
        if store is not None:
            self._tried(partial(store.save_experiment, experiment))
            self.open((KEPT, experiment.id))

    # --- what it comes to ---------------------------------------------------------------------------------

    def judge(self) -> None:
        """Find out what the plan comes to, and what is known of its runs."""
        self._soon.stop()
        kept = self.kept
        if kept is not None and self._spec is not None:
            # Its settings may lack what it varies, such as the momentum of another optimizer: no field is wrong then.
            count = checked(self.plan.draft, self._session.run).count or len(self._spec.trials())
            self.checked = Checked({}, count, self._spec)
        else:
            self.checked = checked(self.plan.draft, self._session.run)
        self._look(kept)
        self.judged.emit()
        self.known_changed.emit()

    def refresh(self) -> None:
        """Look again at a kept experiment, which another program may run; at large ones only when they are opened."""
        kept, spec = self.kept, self._spec
        if kept is not None and spec is not None and self.checked.count <= AT_ONCE and not self.runner.running:
            self._look_now(spec, kept)
            self.known_changed.emit()

    def rough_seconds(self, workers: int) -> float | None:
        """Return about how long the plan takes with so many workers, by what others took; None if there are none."""
        spec = self.checked.spec
        runs = [trial.run for trial in self.known.trials] or ([] if spec is None else spec.sample(SAMPLE))
        pace = self._pace.of(self.store, runs[0].dataset) if runs else None
        alike = -(-self.checked.count // max(len(runs), 1))
        return None if pace is None else START_SECONDS + pace * rough_total(runs * alike, workers)

    def _look(self, kept: Experiment | None) -> None:
        """Look at the trials one by one: now if they are few, beside the window if there is anything to find."""
        spec = self.checked.spec
        if self._looking is not None:
            self._session.tasks.forget(self._looking)
            self._looking = None
        if spec is None or (kept is None and self.checked.count > AT_ONCE):
            self.known = Known()
        elif self.checked.count <= AT_ONCE:
            self._look_now(spec, kept)
        elif not self._is_shown_running(kept) and self.store is not None:
            self.known = Known()
            work = partial(_look_beside, spec, kept, self.store.path.parent)
            tasks = self._session.tasks
            self._looking = tasks.start("Opening the experiment…", work, self._on_looked, self._session.problem.emit)

    def _look_now(self, spec: SweepSpec, kept: Experiment | None) -> None:
        if self._is_shown_running(kept) and self.known.trials:
            return  # the runner says more than the store
        try:
            found = look(spec, self.store, kept)
        except SettingError as error:
            self.checked, self.known = Checked({"whole": str(error)}, self.checked.count), Known()
        except DigitLabError as error:
            self._session.problem.emit(error)
        else:
            self.known = Known(found.trials, dict(found.known))

    def _is_shown_running(self, kept: Experiment | None) -> bool:
        return kept is not None and self.runner.experiment_id == kept.id

    def _on_looked(self, found: Looked | None) -> None:
        self._looking = None
        if found is not None:
            self.known = Known(found.trials, dict(found.known))
            self.known_changed.emit()

    # --- running ------------------------------------------------------------------------------------------

    def begin(self, workers: int) -> None:
        """Run what is not done yet; an experiment without a name gets one."""
        draft = self.plan.draft
        if self.kept is None and not draft.name.strip():
            self.plan.propose(replace(draft, name=self._new_name()), "Name")
        self.judge()
        if self.checked.spec is not None and self.store is not None:
            self.runner.start(self.checked.spec, self.kept, self.store.path.parent, workers)

    def _on_began(self, looked: Looked) -> None:
        """Show the experiment that has begun, if its plan is still the one in the form."""
        assert looked.experiment is not None
        spec = self.checked.spec
        if self.kept is None and spec is not None and [t.key for t in spec.trials()] == [t.key for t in looked.trials]:
            self._show_opened(looked.experiment, spec)
        if self.kept is not None and self.kept.id == looked.experiment.id:
            self.known = Known(looked.trials, dict(looked.known))
            self.judged.emit()
            self.known_changed.emit()
        self.listed.emit()

    def _on_happened(self, events: list[Any]) -> None:
        if self.kept is not None and self.runner.experiment_id == self.kept.id:
            self.known.hear(events)
            self.known_changed.emit()

    # --- news ---------------------------------------------------------------------------------------------

    def _on_plan(self) -> None:
        self._soon.start()

    def _tried(self, function: Callable[[], Result]) -> Result | None:
        """Return what a function returns; None, and a message to the user, if it fails."""
        try:
            return function()
        except DigitLabError as error:
            self._session.problem.emit(error)
            return None


def _spec_of(experiment: Experiment) -> SweepSpec:
    """Return what a kept experiment does, or raise a DigitLabError."""
    try:
        return SweepSpec.model_validate_json(experiment.spec)
    except ValidationError as error:
        raise DigitLabError(
            f"The experiment {experiment.name} cannot be read: it is damaged, or of another version of the program.",
            "Its runs are on the page Runs.",
            str(error),
        ) from error


def _look_beside(
    spec: SweepSpec, experiment: Experiment | None, folder: Path, progress: Any, cancelled: Any
) -> Looked | None:
    store = RunStore(folder)
    try:
        return look(spec, store, experiment)
    finally:
        store.close()
