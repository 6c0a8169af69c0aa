"""The form of an experiment: what varies, how its values are chosen, and with which seeds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QComboBox,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from engine.presets import PRESETS
from engine.specs import RunSpec
from engine.sweep.checkpoints import why_no_checkpoints
from engine.sweep.spec import SweepSpec
from gui import theme
from gui.icons import icon
from gui.widgets.check_box import CheckBox
from gui.widgets.experiment_axis import ExperimentAxis
from gui.widgets.experiment_draft import FORMS, KEPT, AxisDraft, Checked, Draft
from gui.widgets.experiment_fields import PlanEdit, combo
from gui.widgets.experiment_settings import offers_of
from gui.widgets.field import ErrorLine, set_look
from gui.widgets.figures import ElidedLabel, label, sentences
from gui.widgets.wheel_guard import WheelGuard

MOST_AXES = 16
LISTED = "Listed combinations"
SEARCHES = (("Grid: every value with every other", "grid"), ("Random: combinations are drawn", "random"))
FIRST = ("training.learning_rate", "training.batch_size", "training.epochs")


class ExperimentEditor(QScrollArea):
    """Shows a draft and what is wrong with it, and says what the user wants instead.

    Signals
    -------
    edited : (Draft, str, str)
        Another draft, what was done, and the field it was typed into (empty: it is a step of its own).
    """

    edited = Signal(object, str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.draft, self.axes = Draft(), list[ExperimentAxis]()
        self._run = RunSpec()
        self._make_fields()
        self._arrange()
        self._connect()
        self._dress()
        self._guard = WheelGuard(self)
        self._guard.watch(self.viewport())
        for control in (self.models, self.add):  # a click leaves the focus where it is, and Space with the training
            control.setFocusPolicy(Qt.FocusPolicy.TabFocus)

    def show_draft(self, draft: Draft, forms: RunSpec) -> None:
        """Show a draft; `forms` are the settings in the forms."""
        self.draft, self._run = draft, draft.run(forms)
        for field in ("name", "count", "seeds"):
            getattr(self, field).show_text(getattr(draft, field))
        self._show_bases()
        listed = draft.search == "list"
        self._offer_searches()
        for widget in (self.count, self._count_label):
            widget.setVisible(draft.search == "random")
        with QSignalBlocker(self.models):
            self.models.setChecked(draft.keep_models)
        self._show_axes()
        self._cases.setVisible(listed)
        self._cases.setText("\n".join(self._case_lines()))
        self._nothing.setVisible(not listed and not draft.axes)
        self.add.setVisible(not listed)
        self.add.setEnabled(len(draft.axes) < MOST_AXES)

    def show_complaints(self, complaints: Mapping[str, str]) -> None:
        """Say beside each field what is wrong with it; see :class:`gui.widgets.experiment_draft.Checked`."""
        for number, axis in enumerate(self.axes):
            axis.complain(complaints.get(f"axis {number}", ""))
        for name, line in self._errors.items():
            line.say(complaints.get(name, ""))
            if name != "whole":
                set_look(getattr(self, name), "wrong", name in complaints)

    def show_room(self, plan: Checked) -> None:
        """Say whether what it takes to go on with the runs would be too much to be kept."""
        self.room.setText("" if plan.spec is None else why_no_checkpoints(plan.spec, plan.count))

    # --- what is shown ------------------------------------------------------------------------------------

    def _show_bases(self) -> None:
        draft = self.draft
        choices = [("The settings in the forms", FORMS)]
        if draft.kept is not None:
            choices.insert(0, ("As planned", KEPT))
        choices += [(f"Preset: {preset.title}", name) for name, preset in PRESETS.items()]
        _offer(self.base, choices, draft.base)
        run = self._run
        self._base_words.show_text(
            f"{run.network.title} · {run.training.optimizer.label}, rate {run.training.learning_rate:g} · "
            f"batch {run.training.batch_size:,} · {run.training.epochs:,} "
            f"epoch{'s' * (run.training.epochs > 1)} · {run.dataset}"
        )

    def _offer_searches(self) -> None:
        listed = [(LISTED, "list")] if self.draft.cases else []
        _offer(self.search, [*SEARCHES, *listed], self.draft.search)

    def _show_axes(self) -> None:
        """Show a row per setting that varies; rows that are there already are used again."""
        shown = () if self.draft.search == "list" else self.draft.axes
        while len(self.axes) > len(shown):
            row = self.axes.pop()
            self._rows.removeWidget(row)
            row.hide()
            row.deleteLater()
        while len(self.axes) < len(shown):
            row = ExperimentAxis(self)
            row.edited.connect(partial(self._on_axis, len(self.axes)))
            row.removed.connect(partial(self._on_removed, len(self.axes)))
            self.axes.append(row)
            self._rows.addWidget(row)
        offers = offers_of(self._run)
        for row, axis in zip(self.axes, shown, strict=True):
            row.show_axis(axis, offers, self.draft.search)

    def _case_lines(self) -> list[str]:
        lines = []
        for number, case in enumerate(self.draft.cases if self.draft.search == "list" else (), start=1):
            theirs = "" if case.reference is None else f" · theirs {100 * case.reference:.2f} %"
            lines.append(f"{number}.  {case.title or case.values}{theirs}")
        return lines

    # --- the user -----------------------------------------------------------------------------------------

    def _on_text(self, field: str, text: str) -> None:
        changes: dict[str, Any] = {field: text}
        self.edited.emit(replace(self.draft, **changes), f"another {field}", field)

    def _on_base(self) -> None:
        self.edited.emit(replace(self.draft, base=self.base.currentData()), "other settings", "")

    def _on_search(self) -> None:
        self.edited.emit(replace(self.draft, search=self.search.currentData()), "another search", "")

    def _on_models(self, on: bool) -> None:
        self.edited.emit(replace(self.draft, keep_models=on), "whether models are kept", "")

    def _on_add(self) -> None:
        """Let one more setting vary, the first of the usual ones that does not yet."""
        offers, taken = offers_of(self._run), {axis.path for axis in self.draft.axes}
        path = next(path for path in (*FIRST, *offers) if path in offers and path not in taken)
        axis = AxisDraft(path, ranged=self.draft.search == "random" and offers[path].numeric, log=offers[path].log)
        self.edited.emit(replace(self.draft, axes=(*self.draft.axes, axis)), "one more setting", "")
        self.axes[-1].setting.setFocus()

    def _on_axis(self, number: int, axis: AxisDraft, field: str) -> None:
        axes = list(self.draft.axes)
        axes[number] = axis
        key = f"axis {number} {field}" if field else ""
        self.edited.emit(replace(self.draft, axes=tuple(axes)), "other values", key)

    def _on_removed(self, number: int) -> None:
        axes = self.draft.axes[:number] + self.draft.axes[number + 1 :]
        self.add.setFocus()
        self.edited.emit(replace(self.draft, axes=axes), "one setting less", "")

    # --- construction -------------------------------------------------------------------------------------

    def _make_fields(self) -> None:
        fields = SweepSpec.model_fields
        self.name = PlanEdit("Name", "What the experiment is called.")
        self.name.setMaxLength(200)
        self.base = combo((), "Other settings", "Where the settings come from that do not vary.")
        self._base_words = ElidedLabel("", "muted")
        self.search = combo((), "Search", f"{fields['search'].description}")
        self.count = PlanEdit("Combinations", f"{fields['count'].description} 1 to 10,000.", width=72)
        self._count_label = QLabel("combinations")
        self.seeds = PlanEdit(
            "Seeds",
            "Every combination is trained once with each of these seeds: 0, 1, 2 or 0-4. The spread over the "
            "seeds shows what is chance.",
            width=160,
        )
        self._seeds_words = label("one run per seed and combination", "muted")
        self.models = CheckBox("Keep the models")
        self.models.setToolTip(
            "Keeps the best weights of every run, so that they can be opened, and what it takes to go on with it. "
            "Each takes some MB."
        )
        self.models.setWhatsThis(self.models.toolTip())
        self.room = sentences()
        self.room.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.room.setAccessibleName("What of the runs is not kept")
        self.add = QPushButton("Add a setting")
        self.add.setToolTip("Lets one more setting vary.")
        self.add.setWhatsThis("Lets one more setting vary. Ctrl+Z takes it away again.")
        self._nothing = label("Nothing varies yet but the seed: add a setting.", "muted")
        self._cases = label("", "muted")
        self._errors = {name: ErrorLine(self) for name in ("count", "seeds", "whole")}

    def _connect(self) -> None:
        for field in ("name", "count", "seeds"):
            getattr(self, field).textEdited.connect(partial(self._on_text, field))
        self.base.currentIndexChanged.connect(self._on_base)
        self.search.currentIndexChanged.connect(self._on_search)
        self.models.toggled.connect(self._on_models)
        self.add.clicked.connect(self._on_add)
        theme.switch().changed.connect(self._dress)

    def _dress(self) -> None:
        self.add.setIcon(icon("mdi6.plus"))

    def _arrange(self) -> None:
        form = QWidget()
        grid = QGridLayout(form)
        grid.setContentsMargins(0, theme.SPACE, theme.SPACE, theme.SPACE)
        grid.setHorizontalSpacing(2 * theme.SPACE)
        grid.setVerticalSpacing(theme.SPACE)
        grid.setColumnStretch(1, 1)
        lines: tuple[tuple[str, Any], ...] = (
            ("Name", self.name),
            ("Other settings", _line(self.base, self._base_words)),
            ("Search", _line(self.search, self.count, self._count_label, None)),
            ("", self._errors["count"]),
            ("What varies", self._varying()),
            ("Seeds", _line(self.seeds, self._seeds_words, None)),
            ("", self._errors["seeds"]),
            ("Models", _line(self.models, None)),
            ("", self.room),
            ("", self._errors["whole"]),
        )
        for row, (name, content) in enumerate(lines):
            if name:
                heading = label(name, "heading")
                heading.setMinimumHeight(theme.CONTROL_HEIGHT)
                grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
            (grid.addWidget if isinstance(content, QWidget) else grid.addLayout)(content, row, 1)
        grid.setRowStretch(len(lines), 1)
        self.setWidget(form)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def _varying(self) -> QVBoxLayout:
        self._rows = QVBoxLayout()
        self._rows.setSpacing(theme.SPACE)
        column = QVBoxLayout()
        column.setSpacing(theme.SPACE)
        column.addWidget(self._nothing)
        column.addWidget(self._cases)
        column.addLayout(self._rows)
        column.addLayout(_line(self.add, None))
        return column


def _line(*parts: QWidget | None) -> QHBoxLayout:
    """Return widgets side by side; None is the room that is left."""
    row = QHBoxLayout()
    row.setSpacing(theme.SPACE)
    for part in parts:
        if part is None:
            row.addStretch(1)
        else:
            row.addWidget(part, 1 if isinstance(part, ElidedLabel) else 0)
    return row


def _offer(box: QComboBox, choices: list[tuple[str, str]], chosen: str) -> None:
    """Offer choices in a combo box, and show one of them, without telling anybody."""
    with QSignalBlocker(box):
        if [box.itemData(row) for row in range(box.count())] != [data for _, data in choices]:
            box.clear()
            for text, data in choices:
                box.addItem(text, data)
        box.setCurrentIndex(box.findData(chosen))
