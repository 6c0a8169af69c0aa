"""One unit, enlarged: its weights, and what it says to the drawing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.datasets import SIDE
from gui import theme
from gui.widgets.color_legend import ColorLegend, signed
from gui.widgets.figures import ElidedLabel, label
from gui.widgets.weight_colors import picture, to_bytes

Array = NDArray[Any]
NOTHING_DRAWN = "Draw something to see its activation."
ROWS = ("Weights", "Range", "Length", "Bias", "Weighted sum", "Activation")


@dataclass(frozen=True)
class UnitFacts:
    """What is known of a unit.

    Attributes
    ----------
    title : str
        Which unit it is, and which of its weights are shown if not those of now.
    weights : ndarray of shape (inputs,)
        One weight per input, as shown.
    bias : float
        What is added to the weighted sum.
    inputs : ndarray of shape (inputs,), or None
        What the unit sees of the drawing; None while the pad is empty or other weights than those of now are shown.
    weighted_sum, activation : float or None
        What it makes of it.
    activation_name : str
        The function between the two, by its name for people.
    pixels : bool
        Whether the inputs are the 28x28 pixels.
    """

    title: str
    weights: Array
    bias: float
    inputs: Array | None
    weighted_sum: float | None
    activation: float | None
    activation_name: str
    pixels: bool

    def describe(self, source: int) -> str:
        """Return the weight of one input in words, and what it adds on the drawing."""
        row, column = divmod(source, SIDE)
        place = f"Row {row + 1}, column {column + 1}" if self.pixels else f"Input {source + 1}"
        weight = float(self.weights[source])
        if self.inputs is None:
            return f"{place}: weight {signed(weight)}"
        value = float(self.inputs[source])
        return f"{place}: weight {signed(weight)} × input {value:.2f} = {signed(weight * value)}"


class UnitPicture(QWidget):
    """The weights of a unit, large: 28x28 pixels, or rows of cells for other inputs.

    Signals
    -------
    pointed : (int or None,)
        The input whose weight is under the mouse.
    """

    pointed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName("Weights of the selected unit")
        self.setWhatsThis("The weights of the selected unit, large. Point at a cell to read its weight.")
        self._shape, self._count = (SIDE, SIDE), SIDE * SIDE
        self._image = QImage()

    def show_weights(self, weights: Array, limit: float) -> None:
        """Show weights of shape (inputs,), with full colour at `limit`."""
        self._count = len(weights)
        width = SIDE if self._count == SIDE * SIDE else int(np.ceil(np.sqrt(self._count)))
        height = -(-self._count // width)
        self._shape = (height, width)
        cells = np.zeros(height * width, np.float32)
        cells[: self._count] = weights
        self._image = picture(to_bytes(cells.reshape(self._shape), limit))
        self.update()

    def sizeHint(self) -> QSize:
        """Return a square of seven pixels per weight."""
        return QSize(7 * SIDE, 7 * SIDE)

    def hasHeightForWidth(self) -> bool:
        """Keep it square."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of square cells of whole pixels."""
        return width // SIDE * SIDE

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the cells with sharp edges."""
        painter, place = QPainter(self), self._place()
        painter.drawImage(place, self._image)
        painter.setPen(QColor(theme.current().line))
        painter.drawRect(place.adjusted(0, 0, -1, -1))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Tell which input the mouse is on."""
        place = self._place()
        x, y = (event.position() - place.topLeft().toPointF()).toTuple()
        row = int(np.floor(y / place.height() * self._shape[0]))
        column = int(np.floor(x / place.width() * self._shape[1]))
        inside = 0 <= row < self._shape[0] and 0 <= column < self._shape[1]
        source = row * self._shape[1] + column
        self.pointed.emit(source if inside and source < self._count else None)

    def leaveEvent(self, event: QEvent) -> None:
        """Tell that the mouse is on no input."""
        self.pointed.emit(None)

    def _place(self) -> QRect:
        cell = max(min(self.width() // self._shape[1], self.height() // self._shape[0]), 1)
        return QRect(0, 0, cell * self._shape[1], cell * self._shape[0])


class UnitInspector(QWidget):
    """The selected unit, enlarged, with its figures."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._facts: UnitFacts | None = None
        self._limit: float | None = None
        self._source: int | None = None
        self.title, self.picture, self.legend = ElidedLabel("", "title"), UnitPicture(), ColorLegend()
        self.readout, self.hint = label("", "muted"), label(NOTHING_DRAWN, "muted")
        self.names = {name: ElidedLabel(name, "muted") for name in ROWS}
        self.values = {name: QLabel() for name in ROWS}
        for sentence in (self.readout, self.hint):
            sentence.setWordWrap(True)
        self.readout.setMinimumHeight(32)
        self.readout.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._arrange()
        self.picture.pointed.connect(self._on_pointed)
        theme.switch().changed.connect(self._draw)

    def show_unit(self, facts: UnitFacts, limit: float | None = None) -> None:
        """Show a unit, with full colour at `limit` or else at its largest weight."""
        self._facts, self._limit = facts, limit
        if self._source is not None and self._source >= len(facts.weights):
            self._source = None
        self._draw()
        self._write()

    def _draw(self) -> None:
        if self._facts is None:
            return
        largest = float(np.abs(self._facts.weights).max())
        limit = self._limit or (largest if np.isfinite(largest) and largest > 0 else 1.0)
        self.picture.show_weights(self._facts.weights, limit)
        self.legend.show_limit(limit)

    def _write(self) -> None:
        facts = self._facts
        if facts is None:
            return
        weights = facts.weights
        self.title.show_text(facts.title)
        self.values["Weights"].setText(f"{len(weights):,}")
        self.values["Range"].setText(f"{signed(float(weights.min()))} to {signed(float(weights.max()))}")
        with np.errstate(over="ignore", invalid="ignore"):
            self.values["Length"].setText(f"{float(np.sqrt(weights @ weights)):.4g}")
        self.values["Bias"].setText(signed(facts.bias))
        drawn = facts.weighted_sum is not None and facts.activation is not None
        self.values["Weighted sum"].setText(signed(facts.weighted_sum or 0.0) if drawn else "–")
        shown = f"{facts.activation:.3g}".replace("-", "−") if drawn else "–"
        self.values["Activation"].setText(shown)
        self.names["Activation"].show_text(f"{facts.activation_name} activation")
        self.hint.setVisible(not drawn)
        self._on_pointed(self._source)

    def _on_pointed(self, source: int | None) -> None:
        self._source = source
        if self._facts is None or source is None:
            self.readout.setText("Point at a cell to read its weight.")
        else:
            self.readout.setText(self._facts.describe(source))

    def _arrange(self) -> None:
        table = QVBoxLayout()
        table.setSpacing(3)
        for name, value in self.values.items():
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            value.setFont(theme.font(10))
            # No columns: a short name leaves its room to a long value.
            row = QHBoxLayout()
            row.setSpacing(theme.SPACE // 2)
            row.addWidget(self.names[name])
            row.addStretch(1)
            row.addWidget(value)
            table.addLayout(row)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(theme.SPACE)
        layout.addWidget(self.title)
        layout.addWidget(self.picture)
        layout.addWidget(self.legend)
        layout.addWidget(self.readout)
        layout.addLayout(table)
        layout.addWidget(self.hint)
        layout.addStretch(1)
