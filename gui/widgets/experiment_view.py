"""The results of an experiment: a table and a plot of the same runs."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import partial
from pathlib import Path

from PySide6.QtCore import QSettings, QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QMenu,
    QSplitter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.errors import DigitLabError
from gui import theme
from gui.icons import icon
from gui.widgets.check_box import CheckBox
from gui.widgets.experiment_fields import combo
from gui.widgets.experiment_files import PICTURES, TABLES, write_picture, write_table
from gui.widgets.experiment_plot import ExperimentPlot
from gui.widgets.experiment_points import NUMBER, SEED, can_colour, points_of
from gui.widgets.experiment_results import SCORES, Entry, Score, columns_of, grouped, score_cell, value_words
from gui.widgets.experiment_table import ExperimentTable
from gui.widgets.figures import ElidedLabel

MEANS, SPLITTER = "experiments/means", "experiments/splitter"
HINT = "A click selects a run here and in the table; a double click opens its model."


class ExperimentView(QWidget):
    """Shows entries, and lets the user choose what is plotted.

    Attributes
    ----------
    entries : tuple of Entry
        What is shown.
    name : str
        What files that are written are called at first.

    Signals
    -------
    opened : (int,)
        The number of the entry whose model is wanted.
    written : (str,)
        The results, or the plot, are in a file: a sentence.
    refused : (DigitLabError,)
        Why they are not.
    """

    opened = Signal(int)
    written = Signal(str)
    refused = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.entries: tuple[Entry, ...] = ()
        self.name = "experiment"
        self._labels: dict[str, str] = {}
        self._experiment = ""
        self._settings: QSettings | None = None
        self.table, self.plot = ExperimentTable(), ExperimentPlot()
        self.readout = ElidedLabel(HINT, "muted")
        self.means = CheckBox("Means")
        self.means.setToolTip("A line per combination: the mean over its seeds ± the standard deviation.")
        self.means.setWhatsThis(self.means.toolTip())
        self.across = combo((), "Along", "The setting along the horizontal axis.")
        self.upright = combo(
            [(score.label, score.name) for score in SCORES], "Score", "The score along the vertical axis."
        )
        self.colour = combo((), "Colours", "The setting that colours and lines stand for.")
        self.export = QToolButton()
        self.export.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.export.setAccessibleName("Export")
        self.export.setToolTip("Export: writes the results as a table, or the plot as a picture.")
        self.export.setWhatsThis(self.export.toolTip())
        for control in (self.means, self.export):
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self._arrange()
        self._connect()
        self._dress()

    def remember_in(self, settings: QSettings) -> None:
        """Use the sizes and choices that `settings` know, and keep them there from now on."""
        self._settings = settings
        self.means.setChecked(bool(settings.value(MEANS, False, bool)))
        state = settings.value(SPLITTER)
        if state is not None:
            self.splitter.restoreState(state)

    def show_entries(self, entries: Sequence[Entry], labels: dict[str, str], experiment: str = "") -> None:
        """Show the entries of an experiment; `labels` names the settings that vary, by path."""
        self.entries = tuple(entries)
        if (experiment, labels) != (self._experiment, self._labels) or not self.across.count():
            self._experiment, self._labels = experiment, dict(labels)
            self._offer_settings()
            self.table.forget()
            self._describe(())
        several = len({entry.seed for entry in entries}) > 1
        self.means.setVisible(several)
        self._show_table()
        self._show_plot()

    @property
    def score(self) -> Score:
        """The score that is plotted."""
        return SCORES[max(self.upright.currentIndex(), 0)]

    # --- what is shown ------------------------------------------------------------------------------------

    def _offer_settings(self) -> None:
        """Offer the settings that vary, the number of the run where they are too many to tell apart by one."""
        choices = [(label, path) for path, label in self._labels.items()]
        numbers = [("Number", NUMBER)]
        for box, offered in (
            (self.across, [*choices, ("Seed", SEED), *numbers]),
            (self.colour, [("one colour", ""), *choices, ("Seed", SEED)]),
        ):
            with QSignalBlocker(box):
                box.clear()
                for text, data in offered:
                    box.addItem(text, data)
        self._choose_first()

    def _choose_first(self) -> None:
        """Plot the setting with the most values, and colour by another one that has few."""
        counts = {path: len({value_words(entry.values.get(path)) for entry in self.entries}) for path in self._labels}
        referenced = any(entry.reference is not None for entry in self.entries)
        best = NUMBER if referenced else max(counts, key=counts.__getitem__, default=NUMBER)
        with QSignalBlocker(self.across), QSignalBlocker(self.colour):
            self.across.setCurrentIndex(self.across.findData(best))
            others = [path for path in counts if path != best and can_colour(self.entries, path)]
            self.colour.setCurrentIndex(self.colour.findData(others[0] if others and not referenced else ""))

    def _show_table(self) -> None:
        several = not self.means.isHidden()
        means = self.means.isChecked() and several
        referenced = any(entry.reference is not None for entry in self.entries)
        columns = columns_of(self._labels, means=means, seeds=several, referenced=referenced)
        self.table.show_lines(columns, grouped(self.entries) if means else [(entry,) for entry in self.entries])

    def _show_plot(self) -> None:
        path, colour = str(self.across.currentData() or NUMBER), str(self.colour.currentData() or "")
        if colour and not can_colour(self.entries, colour):
            colour = ""
        points = points_of(self.entries, path, self.score, colour)
        self.plot.show_points(points, self.across.currentText() or "Number", self.score.heading)
        self.plot.show_chosen(self.table.numbers)
        self.plot.setVisible(bool(self.entries))

    def _describe(self, numbers: Collection[int]) -> None:
        """Say in a line what some runs are that differ by nothing but their seeds."""
        found = [entry for entry in self.entries if entry.number in numbers]
        one = len(grouped(found)) == 1
        self.readout.show_text(self.words(found) if one else f"{len(found):,} runs selected." if found else HINT)

    def words(self, entries: Sequence[Entry]) -> str:
        """Return a run in a line, or the mean of some that differ by their seeds: settings, seed, figures."""
        first = entries[0]
        settings = [f"{label} {value_words(first.values.get(path))}" for path, label in self._labels.items()]
        seeds = f"seed {first.seed}" if len(entries) == 1 else f"{len(entries)} seeds"
        cells = [(score, score_cell(score)(entries)) for score in SCORES[:2]]
        figures = [f"{score.label.lower()} {cell.text} %" for score, cell in cells if cell.key is not None]
        return " · ".join([", ".join([*settings, seeds]), ", ".join(figures) or first.word])

    # --- the user -----------------------------------------------------------------------------------------

    def _on_pointed(self, number: int | None) -> None:
        self._describe([number] if number is not None else self.table.numbers)

    def _on_table(self, numbers: list[int]) -> None:
        self.plot.show_chosen(numbers)
        self._describe(numbers)

    def _on_point(self, number: int) -> None:
        self.table.select([number])
        self.table.reveal(number)

    def _on_means(self, on: bool) -> None:
        if self._settings is not None:
            self._settings.setValue(MEANS, on)
        self._show_table()

    def _on_moved(self) -> None:
        if self._settings is not None:
            self._settings.setValue(SPLITTER, self.splitter.saveState())

    def export_table(self) -> None:
        """Ask for a file, and write the results to it."""
        self._write("Export the results", TABLES, ".csv", partial(write_table, self.entries, self._labels))

    def export_picture(self) -> None:
        """Ask for a file, and write what is plotted to it."""
        self._write("Export the plot", PICTURES, ".png", partial(write_picture, self.plot))

    def _write(self, title: str, kinds: str, ending: str, write: Callable[[Path], None]) -> None:
        name, _ = QFileDialog.getSaveFileName(self, title, f"{self.name.replace('/', '-')}{ending}", kinds)
        if not name:
            return
        path = Path(name) if Path(name).suffix else Path(name + ending)
        try:
            write(path)
        except DigitLabError as error:
            self.refused.emit(error)
        else:
            self.written.emit(f"Written to {path}.")

    # --- construction -------------------------------------------------------------------------------------

    def _connect(self) -> None:
        self.table.chosen.connect(self._on_table)
        self.table.opened.connect(self.opened)
        self.plot.chosen.connect(self._on_point)
        self.plot.opened.connect(self.opened)
        self.plot.pointed.connect(self._on_pointed)
        self.means.toggled.connect(self._on_means)
        for box in (self.across, self.upright, self.colour):
            box.currentIndexChanged.connect(self._show_plot)
        self.splitter.splitterMoved.connect(self._on_moved)
        theme.switch().changed.connect(self._dress)

    def _dress(self) -> None:
        self.export.setIcon(icon("mdi6.tray-arrow-down"))

    def _arrange(self) -> None:
        menu = QMenu(self.export)
        menu.setToolTipsVisible(True)
        for text, do in (("Table (CSV)…", self.export_table), ("Plot as a picture…", self.export_picture)):
            menu.addAction(text).triggered.connect(do)
        self.export.setMenu(menu)
        plotted = QWidget()
        column = QVBoxLayout(plotted)
        column.setContentsMargins(0, theme.SPACE, 0, 0)
        column.setSpacing(theme.SPACE // 2)
        column.addLayout(self._choices())
        column.addWidget(self.plot, 1)
        column.addWidget(self.readout)
        self.splitter = QSplitter(Qt.Orientation.Vertical)
        self.splitter.setChildrenCollapsible(False)
        self.splitter.addWidget(self.table)
        self.splitter.addWidget(plotted)
        self.splitter.setSizes([200, 260])
        self.table.setMinimumHeight(88)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.splitter)

    def _choices(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(theme.SPACE)
        for box in (self.upright, self.across, self.colour):
            box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            box.setMinimumContentsLength(5)
            box.setMaximumWidth(200)
        for part in (self.upright, QLabel("against"), self.across, QLabel("by"), self.colour):
            row.addWidget(part, 8 if isinstance(part, QComboBox) else 0)
        row.addStretch(1)
        row.addWidget(self.means)
        row.addWidget(self.export)
        return row
