"""The slider for the temperature of the shares."""

from __future__ import annotations

import math

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QWidget

from gui import theme
from gui.widgets.figures import label
from gui.widgets.rate_slider import RateSlider

LOW, HIGH = 0.1, 10.0
_HANDLE = 12  # pixels, as the style sheet has it
_HELP = (
    "The logarithms of the shares are divided by the temperature: above 1 the answer becomes less sure, below 1 surer; "
    "which one is first never changes. 1 is what the network itself gives."
)


class _Slider(RateSlider):
    """A slider with a mark for each of some numbers."""

    marks: tuple[float, ...] = (1.0,)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the marks, and the slider over them."""
        with QPainter(self) as painter:
            for mark in self.marks:
                part = math.log(min(max(mark, LOW), HIGH) / LOW) / math.log(HIGH / LOW)
                x = _HANDLE / 2 + part * (self.width() - _HANDLE)
                painter.fillRect(QRectF(x - 1, self.height() / 2 - 10, 2, 20), QColor(theme.current().muted))
        super().paintEvent(event)


class Temperature(QWidget):
    """Chooses a temperature; 1 and the one that was measured for the network are marked.

    Signals
    -------
    changed : (float,)
        The user chose another one.
    """

    changed = Signal(float)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.value = 1.0
        self._measured: float | None = None
        self.slider = _Slider(LOW, HIGH)
        self.slider.setAccessibleName("Temperature T")
        self.slider.setMinimumHeight(theme.CONTROL_HEIGHT)
        self.figure = label("1", "heading", _HELP)
        self.figure.setFixedWidth(36)
        self.figure.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.plain, self.measured = QPushButton("T = 1"), QPushButton()
        self.plain.setAccessibleName("Temperature 1")
        for explained, text in (
            (self.slider, _HELP),
            (self.plain, "Sets the temperature to 1: the network's own shares."),
            (
                self.measured,
                "Sets the temperature that was measured on images the network did not learn from. The pad's answer "
                "uses it, so that of a hundred answers that are 80 % sure about eighty are right.",
            ),
        ):
            explained.setToolTip(text)
            explained.setWhatsThis(text)
        self._arrange()
        self.slider.chosen.connect(self._on_slider)
        self.plain.clicked.connect(self._on_plain)
        self.measured.clicked.connect(self._on_measured)
        self.offer(None)

    def offer(self, measured: float | None) -> None:
        """Offer the temperature that was measured for a network, if one was."""
        self._measured = measured
        self.measured.setEnabled(measured is not None)
        self.measured.setText("Not measured yet" if measured is None else f"T = {measured:.2f} (measured)")
        marks = (1.0,) if measured is None else (1.0, measured)
        if marks != self.slider.marks:
            self.slider.marks = marks
            self.slider.update()

    def choose(self, value: float) -> None:
        """Use a temperature, which the user chose."""
        self.value = min(max(value, LOW), HIGH)
        self.slider.show_number(self.value)
        self.figure.setText(f"{self.value:.2f}".rstrip("0").rstrip("."))
        self.changed.emit(self.value)

    def _on_slider(self, value: float) -> None:
        self.choose(value)

    def _on_plain(self) -> None:
        self.choose(1.0)

    def _on_measured(self) -> None:
        if self._measured is not None:
            self.choose(self._measured)

    def _arrange(self) -> None:
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(theme.SPACE)
        name = label("Temperature T", "muted", _HELP)
        name.setBuddy(self.slider)
        row.addWidget(name)
        self.slider.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        for widget in (self.slider, self.figure, self.plain, self.measured):
            row.addWidget(widget)
        self.slider.show_number(1.0)
