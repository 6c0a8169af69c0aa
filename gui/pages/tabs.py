"""The pages in the middle of the window, one tab each."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QApplication, QTabWidget, QWidget

from gui.pages.data_page import DataPage
from gui.pages.evaluation_page import EvaluationPage
from gui.pages.training_page import TrainingPage
from gui.pages.weights_page import WeightsPage
from gui.session import Session
from gui.widgets.steady import Steady


class Tabs(QTabWidget):
    """Training, weights, evaluation and data of a session.

    Signals
    -------
    image_chosen : (ndarray of shape (28, 28), int)
        An image that was clicked on any page, and its true class.
    """

    image_chosen = Signal(object, int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.training, self.weights = TrainingPage(session), WeightsPage(session)
        self.evaluation, self.data = EvaluationPage(session), DataPage(session)
        self.setDocumentMode(True)
        self.tabBar().setDrawBase(False)
        for thing in (self, self.tabBar()):
            thing.setAccessibleName("Pages")
        self.tabBar().setWhatsThis("The pages. Ctrl+1 to Ctrl+4 open them, too.")
        for name, page, help_text in (
            ("Training", self.training, "The curves of the training, and its key numbers."),
            ("Weights", self.weights, "What the units have learned to look for, as pictures."),
            ("Evaluation", self.evaluation, "How the network does on images it never saw."),
            ("Data", self.data, "The images it learns from and is tested with."),
        ):
            self.setTabToolTip(self.addTab(Steady(page), name), help_text)
        for source in (self.evaluation, self.data):
            source.image_chosen.connect(self.image_chosen)
        self.currentChanged.connect(self._on_changed)

    def currentWidget(self) -> QWidget:
        """Return the page in view."""
        steady = super().currentWidget()
        assert isinstance(steady, Steady)
        return steady.content

    def setCurrentWidget(self, page: QWidget) -> None:
        """Bring a page into view."""
        steady = page.parentWidget()
        assert isinstance(steady, Steady)
        super().setCurrentWidget(steady)

    def _on_changed(self, _index: int) -> None:
        """Keep the focus from jumping onto the first button of a page, which Space would then press."""
        focus = QApplication.focusWidget()
        if focus is not None and self.isAncestorOf(focus):
            self.tabBar().setFocus()
