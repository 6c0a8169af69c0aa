"""What is known of the selected runs: their curves, and beside them all of one or the differences among several."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from engine.errors import DigitLabError
from engine.runs.curve import Curve
from engine.runs.glance import RunGlance
from engine.runs.reading import looked_at
from engine.runs.run_file import RunFile, path_of
from gui import theme
from gui.widgets.runs_columns import moment
from gui.widgets.runs_compare import RunsCompare
from gui.widgets.runs_curves import RunsCurves
from gui.widgets.runs_facts import RunsFacts, facts
from gui.widgets.runs_picture import RunsPicture
from gui.widgets.runs_points import DrawnRun, slots
from gui.widgets.side_by_side import SideBySide

if TYPE_CHECKING:
    from engine.runs.differences import Difference
    from engine.runs.store import RunStore

MOST_NAMED = 2  # settings behind a title that several runs have
NO_SETTINGS = "The settings of one of these runs cannot be read, so they cannot be compared."


class RunsDetails(QWidget):
    """Shows curves and settings of runs, and keeps what it has read of them.

    Signals
    -------
    problem : (DigitLabError,)
        Something about a run cannot be read.
    run_asked : (str,)
        The user wants to see another run: its id.
    """

    problem = Signal(object)
    run_asked = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.curves, self.compare = RunsCurves(), RunsCompare()
        self.facts = RunsFacts()
        self._slots: dict[str, int] = {}
        self._shown: tuple[object, ...] = ()
        self._refusal = ""
        self._read: dict[str, tuple[float, Curve | None]] = {}  # by id: when the row was changed, and its curve then
        self._side = QStackedWidget()
        for part in (QWidget(), self.facts, self.compare):
            self._side.addWidget(part)
        self.sides = SideBySide("runs_splitter", self.curves, self._side, (330, 290), (3, 2))
        self.sides.setHandleWidth(theme.SPACE)
        self.sides.setStyleSheet("QSplitter::handle { background: transparent; }")
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.sides)
        self.facts.run_asked.connect(self.run_asked)
        self.curves.pointed.connect(self.compare.show_values)
        self.curves.controls.changed.connect(self._on_choice)

    def show_runs(self, selected: list[RunGlance], store: RunStore | None) -> None:
        """Show runs of a store, twelve at most; what has not changed is neither read nor drawn again."""
        self._slots = slots([run.id for run in selected], self._slots)
        shown = [run for run in selected if run.id in self._slots] if store is not None else []
        now = (*shown, len(selected))
        if now == self._shown:
            return
        if [run.id for run in shown] != [drawn.id for drawn in self.curves.runs]:
            self.facts.verticalScrollBar().setValue(0)
        self._shown = now
        self._read = {run.id: self._read[run.id] for run in shown if run.id in self._read}
        found = self._differences(shown)
        names = labels(shown, found)
        drawn = [DrawnRun(run.id, names[run.id], self._slots[run.id], self._curve(run, store)) for run in shown]
        self.curves.show_runs(drawn)
        self._side.setCurrentIndex(min(len(drawn), 2))
        self._side.setVisible(bool(drawn))
        if len(drawn) == 1:
            self._show_facts(shown[0], store)
        elif drawn:
            self.compare.show_runs(tuple(map(self.curves.line_of, drawn)), found, len(selected), self._refusal)
            self.curves.tell()

    def picture(self) -> RunsPicture:
        """Return the curves as a picture, in the size they have on the screen."""
        quantity = self.curves.controls.quantity
        title = quantity.title
        if len(self.curves.runs) == 1:
            title = f"{quantity.title.removeprefix('Validation ').capitalize()}: {self.curves.runs[0].title}"
        return RunsPicture(title, self.curves.plot.canvas.scene(), self.curves.lines)

    def _curve(self, run: RunGlance, store: RunStore | None) -> Curve | None:
        """Return the curve of a run, read anew only if the run has changed; None if there is none or it is damaged."""
        known = self._read.get(run.id)
        if known is None or known[0] != run.updated:
            try:
                curve = None if store is None else store.curve(run.id)
            except DigitLabError as error:
                curve = None
                self.problem.emit(error)
            known = self._read[run.id] = run.updated, curve
        return known[1]

    def _show_facts(self, run: RunGlance, store: RunStore | None) -> None:
        """Show all that is known of a run."""
        try:
            self.facts.show_facts(facts(run.row(), _origin(run, store), _experiment(run, store)))
        except DigitLabError as error:
            self.facts.show_facts(str(error))

    def _differences(self, runs: list[RunGlance]) -> list[Difference]:
        """Return the settings in which runs differ; none where they cannot be compared, and `_refusal` says why."""
        from engine.runs.differences import differing

        self._refusal = ""
        try:
            return differing([run.spec for run in runs]) if len(runs) > 1 else []
        except DigitLabError as error:
            self._refusal = f"{NO_SETTINGS} {error}"
            return []

    def _on_choice(self) -> None:
        """Give the runs the looks in which they are drawn now."""
        self.compare.show_looks(tuple(map(self.curves.line_of, self.curves.runs)))
        self.curves.tell()


def labels(runs: list[RunGlance], differences: list[Difference]) -> dict[str, str]:
    """Return what runs are called in a legend, by id: those of one title by what differs, or else by their times."""
    namesakes: dict[str, list[int]] = {}
    for place, run in enumerate(runs):
        namesakes.setdefault(run.title, []).append(place)
    found = {run.id: run.title for run in runs}
    for places in namesakes.values():
        telling = [one for one in differences if len({one.values[place] for place in places}) > 1][:MOST_NAMED]
        for place in places if len(places) > 1 else ():
            run, named = runs[place], ", ".join(f"{one.label} {one.values[place]}" for one in telling)
            found[run.id] += f" · {named or moment(run.created)}"
    return found


def _origin(run: RunGlance, store: RunStore | None) -> str:
    """Return what the run is called whose network a run went on with, and the batch from which on; or nothing."""
    if store is None or not run.parent:
        return ""
    try:
        parent = store.row(run.parent).title
    except DigitLabError:  # removed for good: its number is all that is left
        parent = run.parent
    try:
        frames = looked_at(path_of(run.id), RunFile.frame_list)
    except DigitLabError:
        frames = []
    return parent + (f", batch {frames[0][0]:,}" if frames else "")


def _experiment(run: RunGlance, store: RunStore | None) -> str:
    """Return what the experiment of a run is called; its id where nobody knows."""
    if store is None or not run.experiment:
        return ""
    try:
        return store.experiment(run.experiment).name or run.experiment
    except DigitLabError:
        return run.experiment
