"""The pages in the middle of the window, one tab each; a page is made when it is first looked at."""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple, Protocol, runtime_checkable

from PySide6.QtCore import QSettings, Qt, QTimer, Signal
from PySide6.QtGui import QShowEvent, QUndoStack
from PySide6.QtWidgets import (
    QApplication,
    QHeaderView,
    QLineEdit,
    QScrollArea,
    QTabWidget,
    QToolButton,
    QWidget,
)

from engine.specs import RunSpec
from gui.library import Library
from gui.session import Session
from gui.widgets.steady import Steady

HORIZONTAL = Qt.Orientation.Horizontal
AHEAD_MS = 300


@runtime_checkable
class Undoable(Protocol):
    """A page with changes of its own that can be undone."""

    @property
    def undo_stack(self) -> QUndoStack:
        """What can be undone."""
        ...


class Entry(NamedTuple):
    """A page: its name, the file and class that make it, what it is for, and whether it is about many runs."""

    name: str
    file: str
    kind: str
    help_text: str
    of_runs: bool = False


PAGES = (
    Entry("Training", "training_page", "TrainingPage", "The curves of the training, and its key numbers."),
    Entry("Health", "health_page", "HealthPage", "Whether it learns well: gradients, updates, dead units, and a hint."),
    Entry("Weights", "weights_page", "WeightsPage", "What the units have learned to look for, as pictures."),
    Entry("Network", "network_page", "NetworkPage", "The network at work on the drawing, unit by unit."),
    Entry("Arithmetic", "arithmetic_page", "ArithmeticPage", "One layer for one drawing, number by number."),
    Entry("Why?", "why_page", "WhyPage", "Why it answers as it does."),
    Entry("Map", "map_page", "MapPage", "The test digits as points: what lies close together looks alike to it."),
    Entry("Evaluation", "evaluation_page", "EvaluationPage", "How the network does on images it never saw."),
    Entry("Runs", "runs_page", "RunsPage", "Every run there was: compare them, go on with them.", of_runs=True),
    Entry(
        "Experiments", "experiments_page", "ExperimentsPage", "Many runs at once, with other settings.", of_runs=True
    ),
    Entry("Data", "data_page", "DataPage", "The images it learns from and is tested with."),
)


class Tabs(QTabWidget):
    """All pages of a session.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        An image that was clicked on any page, and its true class.
    settings_asked : (RunSpec, str)
        Settings that a page wants in the forms, and what to call that.
    """

    image_chosen = Signal(object, int)
    settings_asked = Signal(object, str)

    def __init__(
        self, session: Session, library: Library, settings: QSettings | None = None, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session, self._library, self._settings = session, library, settings
        self._made: dict[str, QWidget] = {}
        self.setDocumentMode(True)
        self.setUsesScrollButtons(True)
        self.tabBar().setDrawBase(False)
        self.tabBar().setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # a click leaves the forms: Space trains again
        for thing in (self, self.tabBar()):
            thing.setAccessibleName("Pages")
        self.tabBar().setWhatsThis("The pages. Ctrl+1 to Ctrl+9, Ctrl+0 and Ctrl+- open them, too.")
        for entry in PAGES:
            self.setTabToolTip(self.addTab(Steady(QWidget()), entry.name), entry.help_text)
        self.currentChanged.connect(self._on_changed)
        self._make(0)
        self._unread = [entry.file for entry in PAGES]
        self._ahead = QTimer(self, interval=AHEAD_MS)
        self._ahead.timeout.connect(self._read_ahead)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to read the files of the pages, one by one, once the window is in view."""
        super().showEvent(event)
        if self._unread:
            self._ahead.start()

    def _read_ahead(self) -> None:
        """Read the file of one more page: that is about half of what its first opening takes."""
        import_module(f"gui.pages.{self._unread.pop(0)}")
        if not self._unread:
            self._ahead.stop()

    def page(self, name: str) -> Any:
        """Return the page of a name; it is made if need be."""
        return self._make(next(index for index, entry in enumerate(PAGES) if entry.name == name))

    def currentWidget(self) -> QWidget:
        """Return the page in view."""
        return self._make(self.currentIndex())

    def setCurrentWidget(self, page: QWidget) -> None:
        """Bring a page into view."""
        steady = page.parentWidget()
        assert isinstance(steady, Steady)
        super().setCurrentWidget(steady)

    def _make(self, index: int) -> QWidget:
        entry = PAGES[index]
        if entry.name not in self._made:
            kind = getattr(import_module(f"gui.pages.{entry.file}"), entry.kind)
            page = kind(self._session, self._library) if entry.of_runs else kind(self._session)
            self._made[entry.name] = page
            self._wire(page)
            _name_parts(page, entry.name)
            if not page.whatsThis():
                page.setWhatsThis(entry.help_text)
            steady = self.widget(index)
            assert isinstance(steady, Steady)
            steady.fill(page)
        return self._made[entry.name]

    def _wire(self, page: Any) -> None:
        """Connect what a page offers, and let it remember its choices."""
        if hasattr(page, "image_chosen"):
            page.image_chosen.connect(self.image_chosen)
        if hasattr(page, "apply_asked"):
            page.apply_asked.connect(self._on_apply)
        if self._settings is not None and hasattr(page, "remember_in"):
            page.remember_in(self._settings)

    def _on_apply(self, run: RunSpec) -> None:
        self.settings_asked.emit(run, "Apply the hint")

    def _on_changed(self, index: int) -> None:
        """Keep the focus from jumping onto the first button of a page, which Space would then press."""
        self._make(index)
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self.tabBar().setFocus()


def _name_parts(page: QWidget, name: str) -> None:
    """Name what Qt makes by itself within a page, for whoever does not see it."""
    for header in page.findChildren(QHeaderView):
        table = header.parentWidget()
        of = table.accessibleName() if table is not None else name
        header.setAccessibleName(f"Columns of {of}" if header.orientation() == HORIZONTAL else f"Rows of {of}")
    for area in page.findChildren(QScrollArea):
        if not area.accessibleName():
            area.setAccessibleName(name)
    for line in page.findChildren(QLineEdit):
        for button in line.findChildren(QToolButton):
            button.setAccessibleName(button.accessibleName() or f"Clear {line.accessibleName()}")
