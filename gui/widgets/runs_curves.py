"""The curves of the selected runs, laid over each other."""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from gui import theme
from gui.widgets.curve_plot import CurvePlot
from gui.widgets.figures import ElidedLabel, placeholder
from gui.widgets.legend import Line, Style
from gui.widgets.plot_parts import round_step
from gui.widgets.runs_columns import duration
from gui.widgets.runs_curve_controls import RunsCurveControls
from gui.widgets.runs_points import COLOURS, QUANTITIES, DrawnRun, Floats, Quantity, points, value_at

AIR = 0.02
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0}
FEW = 300  # so many seconds, minutes or hours are counted as such
HINT = "Point to read, wheel to zoom, double click for all."
NO_SELECTION = "Select a run to see its curves; with Ctrl or Shift select two or more to lay them over each other."
NO_CURVE = "No curve was kept of what is selected."
NO_TIME = "None of these runs has finished an epoch, so nobody knows how its time passed. Choose epochs instead."
NO_VALIDATION = "Nothing was held back for validation here, or no epoch is over yet. Choose loss or accuracy instead."
HELP = (
    "The curves of the selected runs. Point at them to read them; the wheel zooms, dragging moves, a double click "
    "shows everything again."
)


class RunsCurves(QWidget):
    """One plot with a curve per run, or with training and validation of a single one.

    Signals
    -------
    pointed : (str, dict of str to str)
        Where the mouse is on the horizontal axis, in words, and the value of each line there, by its name: of several
        lines these are the ids of their runs. When the mouse has left, "last" and the last values.
    """

    pointed = Signal(str, dict)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.runs: list[DrawnRun] = []
        self.controls = RunsCurveControls()
        self.readout = ElidedLabel("", "muted")
        self._drawn: dict[str, tuple[Floats, Floats]] = {}
        self._axes = ("", "")  # the unit of time, or nothing for epochs, and the unit of the values
        self._whole = True  # all of the horizontal axis is in view, not a part that the user chose
        self.empty = placeholder(NO_SELECTION)
        self._stack = QStackedWidget()
        self._stack.addWidget(self.empty)
        self.plot = self._new_plot()
        self.controls.changed.connect(self._on_choice)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addWidget(self.controls)
        column.addWidget(self._stack, 1)
        column.addWidget(self.readout)

    # --- what is shown ------------------------------------------------------------------------------------

    @property
    def drawn(self) -> bool:
        """Whether there is any curve to see."""
        return bool(self._drawn)

    def show_runs(self, runs: list[DrawnRun]) -> None:
        """Draw other runs, or the same ones as they are by now."""
        if [run.id for run in runs] != [run.id for run in self.runs]:
            self._whole = True
        self.runs = runs
        self.redraw()

    def redraw(self) -> None:
        """Draw everything anew."""
        across = self.controls.across
        found = {name: points(run.curve, one, across) for name, run, one in self._named() if run.curve is not None}
        self._drawn = {name: line for name, line in found.items() if len(line[0])}
        self.empty.setText(self._why_empty())
        self._stack.setCurrentIndex(int(self.drawn))
        self.readout.show_text(HINT if self.drawn else "")
        if self.drawn:
            self._draw()

    def line_of(self, run: DrawnRun) -> Line:
        """Return how one run among several is drawn."""
        few: Style = "points" if self.controls.quantity.is_held_back else "line"
        return Line(run.id, run.title, f"series:{run.slot}", "dashed" if run.slot >= COLOURS else few)

    @property
    def lines(self) -> tuple[Line, ...]:
        """How everything that can be seen is drawn."""
        if len(self.runs) != 1:
            return tuple(self.line_of(run) for run in self.runs if run.id in self._drawn)
        training, validation = Line("", "training", "accent"), Line("", "validation", "text", "dashed")
        looks = {key: validation if QUANTITIES[key].is_held_back else training for key in self._drawn}
        return tuple(Line(key, look.label, look.colour, look.style) for key, look in looks.items())

    def _named(self) -> list[tuple[str, DrawnRun, Quantity]]:
        """Return what is to be drawn under which name: of a single run both training and validation."""
        quantity = self.controls.quantity
        if len(self.runs) != 1:
            return [(run.id, run, quantity) for run in self.runs]
        kind = quantity.key.removeprefix("validation_")
        return [(key, self.runs[0], QUANTITIES[key]) for key in (kind, f"validation_{kind}")]

    def _draw(self) -> None:
        self._use_axes()
        self.plot.set_lines(self.lines)
        self.plot.legend.setVisible(len(self.runs) == 1)
        factor = UNITS.get(self._axes[0], 1.0)
        self._show_places(factor)
        ends = [self.plot.draw(name, x / factor, y) for name, (x, y) in self._drawn.items()]
        self._fit([pair for pair in ends if pair is not None])

    def _use_axes(self) -> None:
        """Count in epochs, or in seconds, minutes or hours after the longest run; other axes need another plot."""
        last = max(float(x[-1]) for x, _ in self._drawn.values())
        unit = ""
        if self.controls.across == "seconds":
            unit = next((name for name, size in UNITS.items() if last < FEW * size), "h")
        if (axes := (unit, self.controls.quantity.unit)) != self._axes:
            self._axes, self._whole = axes, True
            self.plot = self._new_plot()

    def _show_places(self, factor: float) -> None:
        """Bring all of the horizontal axis into view, unless the user looks at a part of it."""
        first = min(float(x[0]) for x, _ in self._drawn.values()) / factor
        last = max(max(float(x[-1]) for x, _ in self._drawn.values()) / factor, 1e-6)
        step = round_step(last, 20)
        end = math.ceil(last / step - 1e-9) * step * (1 + AIR)
        self.plot.limit_epochs(end)
        if self._whole:
            # The first epoch of a run that is drawn by epochs ends at 1, and it began at 0.
            self.plot.show_epochs(max(math.ceil(first) - 1.0, 0.0) if not self._axes[0] else 0.0, end)

    def _fit(self, ends: list[tuple[float, float]]) -> None:
        if ends:
            low, high = min(end[0] for end in ends), max(end[1] for end in ends)
            bounds = (0.0, 100.0 if self.controls.quantity.is_share else math.inf)
            self.plot.show_values(low, high, (-math.inf, math.inf) if self.plot.logarithmic else bounds)

    def _why_empty(self) -> str:
        if not self.runs:
            return NO_SELECTION
        known = [run.curve for run in self.runs if run.curve is not None and len(run.curve.batches["epoch"])]
        if known and self.controls.across == "seconds":
            return NO_TIME
        return NO_VALIDATION if known and self.controls.quantity.is_held_back else NO_CURVE

    # --- what is pointed at -------------------------------------------------------------------------------

    def tell(self) -> None:
        """Tell the last values, which stand as long as nobody points at others."""
        lasts = {name: y[np.isfinite(y)][-1] for name, (_, y) in self._drawn.items()}
        self.pointed.emit("last", {name: self._words(name, float(value)) for name, value in lasts.items()})

    def _on_pointed(self, place: float | None) -> None:
        self.plot.show_crosshair(place)
        if place is None:
            self.readout.show_text(HINT)
            self.tell()
            return
        factor = UNITS.get(self._axes[0], 1.0)
        values = {name: value_at(x, y, place * factor) for name, (x, y) in self._drawn.items()}
        where = duration(max(place * factor, 0.1)) if self._axes[0] else f"epoch {place:.2f}"
        self.readout.show_text(f"{where[0].upper()}{where[1:]} · {self._summary(values)}")
        self.pointed.emit(where, {name: self._words(name, value) for name, value in values.items()})

    def _words(self, name: str, value: float) -> str:
        return QUANTITIES.get(name, self.controls.quantity).words(value)

    def _summary(self, values: dict[str, float]) -> str:
        """Return the values of a single run, or the highest and the lowest of several."""
        labels = {line.name: line.label for line in self.lines}
        known = {name: value for name, value in values.items() if math.isfinite(value)}
        if not known:
            return "no run was here"
        if len(self.runs) == 1:
            return " · ".join(f"{labels[name]} {self._words(name, value)}" for name, value in known.items())
        high, low = max(known, key=known.__getitem__), min(known, key=known.__getitem__)
        ends = {"highest": high, "lowest": low} if high != low else {"only": high}
        return " · ".join(f"{end}: {self._words(name, known[name])} {labels[name]}" for end, name in ends.items())

    def _on_moved(self, low: float, high: float) -> None:
        self._whole = False
        self.plot.show_epochs(low, high)

    def _on_everything(self) -> None:
        self._whole = True
        self.redraw()

    def _on_choice(self) -> None:
        self.plot.set_logarithmic(self.controls.log.isChecked())
        self._whole = True
        self.redraw()

    def _new_plot(self) -> CurvePlot:
        """Put an empty plot with the present axes into the place of the one before."""
        unit, upright = self._axes
        plot = CurvePlot("Runs", upright, HELP, across=f"time, {unit}" if unit else "epoch")
        plot.title.hide()
        plot.set_logarithmic(self.controls.log.isChecked())
        plot.pointed.connect(self._on_pointed)
        plot.moved.connect(self._on_moved)
        plot.everything.connect(self._on_everything)
        before = self._stack.widget(1)
        if before is not None:
            self._stack.removeWidget(before)
            before.deleteLater()
        self._stack.addWidget(plot)
        self._stack.setCurrentIndex(int(self.drawn))
        return plot
