"""The experiments page: many runs whose settings differ, what they reach, and what it depends on."""

from __future__ import annotations

from functools import partial
from time import perf_counter
from typing import Any

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtGui import QShowEvent, QUndoStack
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.errors import DigitLabError
from engine.garbage import no_collection
from engine.runs.experiments import Experiment
from gui import theme
from gui.session import Session
from gui.shortcuts import UndoKeys
from gui.widgets.experiment_desk import ExperimentDesk
from gui.widgets.experiment_draft import FORMS, Draft
from gui.widgets.experiment_editor import ExperimentEditor
from gui.widgets.experiment_entries import BUILT, NEW, groups_of
from gui.widgets.experiment_header import GO_ON, PAUSE, ExperimentHeader
from gui.widgets.experiment_view import ExperimentView
from gui.widgets.experiment_words import counted, resting_words, running_words
from gui.widgets.figures import placeholder
from gui.widgets.message_bar import MessageBar

PLAN, RESULTS = 0, 1
WORKERS = "experiments/workers"
REFRESH_MS, LONGEST_MS = 250, 2000
REST = 10  # thousands of runs take a moment to show: then they are shown less often
SEE_FIELDS = "The plan cannot be run yet: see the marked field."


class ExperimentsPage(QWidget):
    """The plan of an experiment, its runs, and a table and a plot of what came of them.

    Parameters
    ----------
    session : Session
        Whose forms an experiment may begin with, and whose tasks it runs in.
    library : Library
        Where the runs are kept.
    """

    def __init__(self, session: Session, library: Any, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session, self._library = session, library
        self._settings: QSettings | None = None
        self._stale = True
        self._shown: Any = None
        self.desk = ExperimentDesk(session, library, self)
        self.header, self.editor, self.view = ExperimentHeader(), ExperimentEditor(), ExperimentView()
        self.message, self._empty = MessageBar(), placeholder()
        self._soon = QTimer(self, singleShot=True, interval=REFRESH_MS)
        self._soon.timeout.connect(self._show_results)
        self._arrange()
        self._connect()
        UndoKeys(self, self.undo_stack)
        self.desk.open((BUILT, "article"))

    @property
    def undo_stack(self) -> QUndoStack:
        """The changes of the plan."""
        return self.desk.plan.undo_stack

    def remember_in(self, settings: QSettings) -> None:
        """Use the sizes and choices that `settings` know, and keep them there from now on."""
        self._settings = settings
        self.view.remember_in(settings)
        place = self.header.workers.findData(settings.value(WORKERS))
        self.header.workers.setCurrentIndex(place if place >= 0 else self.header.workers.currentIndex())

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what happened while nobody looked."""
        super().showEvent(event)
        if self._stale and not self.desk.runner.running:
            self.desk.judge()
        self._on_listed()
        self._show_results()

    # --- what is shown ------------------------------------------------------------------------------------

    def show_page(self, page: int) -> None:
        """Show the plan or the results."""
        self.header.show_page(page)
        self._stack.setCurrentWidget(self.editor if page == PLAN else self._results)
        self._show_results()

    def _on_plan(self) -> None:
        self.editor.show_draft(self.desk.plan.draft, self._session.run)

    def _on_judged(self) -> None:
        self._on_plan()
        self.editor.show_complaints(self.desk.checked.complaints)
        self.editor.show_room(self.desk.checked)
        self._show_state()

    def _on_listed(self) -> None:
        self.header.offer(groups_of(self.desk.experiments), self.desk.choice)

    def _on_known(self) -> None:
        """Show another experiment at once, more of the same one soon: many runs may report at the same time."""
        if self.desk.choice != self._shown:
            self._show_results()
        elif not self._soon.isActive():
            self._soon.start()

    def _show_results(self) -> None:
        self._show_state()
        self._stale = not self.isVisible()
        if self._stale or self._stack.currentWidget() is not self._results:
            return
        self._shown = self.desk.choice
        known, spec = self.desk.known, self.desk.checked.spec
        shown = bool(known.trials) and spec is not None
        self._results.setCurrentWidget(self.view if shown else self._empty)
        if shown and spec is not None:
            began = perf_counter()
            self.view.name = self.desk.plan.draft.name.strip() or "experiment"
            name = self.desk.kept.id if self.desk.kept is not None else ""
            with no_collection():  # what is made for a moment would bring a look at all there is about
                self.view.show_entries(known.entries(), known.labels(spec.base), name)
            taken = round(1000 * (perf_counter() - began))
            self._soon.setInterval(min(max(REFRESH_MS, REST * taken), LONGEST_MS))
        else:
            self._empty.setText(self._why_empty())

    def _why_empty(self) -> str:
        if self.desk.checked.complaints:
            return "There are no results, because the plan is not complete. Open Plan: it says what is missing."
        if self.desk.kept is not None:
            return "The runs of this experiment are being looked up…"
        return "Nothing has been run yet. Press Run: every run appears here as soon as it is done."

    def _show_state(self) -> None:
        """Say how things stand, and offer what can be done."""
        runner, desk, header = self.desk.runner, self.desk, self.header
        progress = runner.progress
        header.show_share(progress.share if progress else 0.0 if runner.running else desk.known.share)
        header.pause.setText(GO_ON if runner.paused else PAUSE)
        header.dress_pause()
        header.pause.setEnabled(runner.running and not runner.ending)
        header.cancel.setEnabled(runner.running and not runner.ending)
        header.delete.setEnabled(desk.kept is not None and not runner.running)
        some = desk.kept is not None and 0 < desk.known.done < len(desk.known.trials)
        header.run.setText("Resume" if some else "Run")
        why_not = self._why_not()
        header.run.setEnabled(not why_not)
        header.run.setToolTip(why_not or "Trains all runs that are not done yet, in processes of their own.")
        header.workers.setEnabled(not runner.running)
        sentence, wrong = self._standing()
        header.say(sentence, wrong=wrong)

    def _why_not(self) -> str:
        """Return why the experiment cannot be run now; empty if it can."""
        desk = self.desk
        if desk.store is None:
            return str(self._library.trouble or "There is no library of runs.")
        if desk.runner.running:
            return f"{desk.runner.name} is running: one experiment at a time."
        if desk.checked.spec is None:
            return desk.checked.complaints.get("whole", SEE_FIELDS)
        if desk.kept is not None and desk.known.trials and desk.known.done == len(desk.known.trials):
            return "All of it is done. Change the plan to make another experiment of it."
        return ""

    def _standing(self) -> tuple[str, bool]:
        """Return how things stand in a sentence, as far as the header says it."""
        desk, runner = self.desk, self.desk.runner
        if desk.store is None:
            return self._why_not(), True
        if runner.running:
            words = running_words(runner.progress, paused=runner.paused, ending=runner.ending)
            shown = desk.kept is None or not runner.experiment_id or desk.kept.id == runner.experiment_id
            return words if shown else f"{runner.name}: {words}", False
        if desk.checked.complaints:
            return desk.checked.complaints.get("whole", SEE_FIELDS), True
        workers = self.header.workers.currentData()
        kept = desk.kept is not None
        seconds = None if kept else desk.rough_seconds(workers)
        return resting_words(desk.known, desk.checked.count, seconds, workers, kept=kept), False

    # --- the user -----------------------------------------------------------------------------------------

    def _on_run(self) -> None:
        self.message.hide()
        self.desk.begin(self.header.workers.currentData())
        if self.desk.runner.running:
            self.show_page(RESULTS)

    def _on_pause(self) -> None:
        runner = self.desk.runner
        (runner.resume if runner.paused else runner.pause)()

    def _on_delete(self) -> None:
        runs = self.desk.known.done
        gone = self.desk.delete()
        if gone is not None:
            stay = f"; its {counted(runs)} stay on the page Runs" if runs else ""
            self.message.show_hint(
                f"{gone.name} was taken off the list{stay}.", "Undo", partial(self._bring_back, gone)
            )

    def _bring_back(self, experiment: Experiment) -> None:
        self.desk.bring_back(experiment)

    def _on_chosen(self, choice: Any) -> None:
        self.message.hide()
        self.desk.open(choice)
        self.show_page(PLAN if choice[0] == NEW else self.header.pages.checkedId())

    def _on_edited(self, draft: Draft, title: str, field: str) -> None:
        self.desk.plan.propose(draft, title, field)

    def _on_workers(self) -> None:
        if self._settings is not None:
            self._settings.setValue(WORKERS, self.header.workers.currentData())
        self._show_state()

    def _on_forms(self) -> None:
        """Look again at a plan that begins with the settings in the forms: they are others now."""
        if self.desk.plan.draft.base == FORMS and self.isVisible():
            self.desk.judge()
        self._stale = self._stale or not self.isVisible()

    def _on_library(self) -> None:
        if self.isVisible():
            self._on_listed()
            self.desk.refresh()
        self._stale = self._stale or not self.isVisible()

    def _on_opened(self, number: int) -> None:
        """Open the model of a run."""
        entry = next((entry for entry in self.view.entries if entry.number == number), None)
        store = self.desk.store
        if entry is None or store is None or not entry.id:
            self._session.noted.emit("This run is not done yet: it has no model.")
            return
        try:
            self._library.open_model(store.row(entry.id), "best")
        except DigitLabError as error:
            self._session.problem.emit(error)

    # --- construction -------------------------------------------------------------------------------------

    def _connect(self) -> None:
        desk, header, view, session = self.desk, self.header, self.view, self._session
        desk.plan.changed.connect(self._on_plan)
        desk.judged.connect(self._on_judged)
        desk.listed.connect(self._on_listed)
        desk.known_changed.connect(self._on_known)
        desk.runner.changed.connect(self._show_state)
        desk.runner.happened.connect(self._on_known)
        desk.runner.failed.connect(session.problem)
        header.chosen.connect(self._on_chosen)
        header.page_chosen.connect(self.show_page)
        header.run.clicked.connect(self._on_run)
        header.pause.clicked.connect(self._on_pause)
        header.cancel.clicked.connect(desk.runner.cancel)
        header.delete.clicked.connect(self._on_delete)
        header.workers.currentIndexChanged.connect(self._on_workers)
        self.editor.edited.connect(self._on_edited)
        self.editor.name.editingFinished.connect(desk.rename)
        view.opened.connect(self._on_opened)
        view.written.connect(session.noted)
        view.refused.connect(session.problem)
        for signal in (session.run_changed, session.pending_changed, session.dataset_changed):
            signal.connect(self._on_forms)
        self._library.changed.connect(self._on_library)

    def _arrange(self) -> None:
        self._results, self._stack = QStackedWidget(), QStackedWidget()
        self._results.addWidget(self.view)
        self._results.addWidget(self._empty)
        self._stack.addWidget(self.editor)
        self._stack.addWidget(self._results)
        column = QVBoxLayout(self)
        column.setContentsMargins(theme.SPACE, theme.SPACE, theme.SPACE, theme.SPACE)
        column.setSpacing(theme.SPACE)
        column.addWidget(self.header)
        column.addWidget(self.message)
        column.addWidget(self._stack, 1)
        self.header.show_page(PLAN)
