"""Between the form controls and the session: joins changes into whole runs, and remembers them for undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.errors import SettingError
from engine.presets import named
from engine.specs import RunSpec
from gui.session import Session, State
from gui.widgets.field import Field

Extra = Callable[[RunSpec, Any], dict[str, Any]]


@dataclass(frozen=True)
class Change:
    """New values by name for one group of a run: ``"network"``, ``"training"``, ``"run"`` or ``"training.…"``."""

    group: str
    values: dict[str, Any]


class RunCommand(QUndoCommand):
    """A change from one run to another; what is typed into one field is one change."""

    def __init__(self, editor: RunEditor, before: RunSpec, after: RunSpec, title: str, stroke: int) -> None:
        super().__init__(title)
        self._editor, self._before, self._after, self._stroke = editor, before, after, stroke
        self._done = True  # it is pushed when it has been carried out already

    def id(self) -> int:
        """Return a number that commands to be merged share."""
        return self._stroke

    def mergeWith(self, other: QUndoCommand) -> bool:
        """Take a later change of the same field in."""
        assert isinstance(other, RunCommand)
        self._after = other._after
        self.setObsolete(self._after == self._before)
        return True

    def undo(self) -> None:
        """Go back to the run before."""
        self.setObsolete(not self._editor.restore(self._before))

    def redo(self) -> None:
        """Go on to the run after, except when that is where we are."""
        if self._done:
            self._done = False
        else:
            self.setObsolete(not self._editor.restore(self._after))


class RunEditor(QObject):
    """Offers the session whole runs made of what the fields want, and shows the fields what is in force.

    A value may be legal and yet contradict another. It is then refused and kept as a draft: as soon as a later
    change makes the two fit, both come into force together.

    Signals
    -------
    changed : (RunSpec,)
        The run that is now in force.
    """

    changed = Signal(object)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.session = session
        self.undo_stack = QUndoStack(self)
        self._fields: dict[str, tuple[Field, str, str]] = {}
        self._drafts: dict[str, Change] = {}
        self._stroke, self._stroke_key = 0, ""
        session.run_changed.connect(self._on_run_changed)
        session.pending_changed.connect(self.show_built)
        session.dataset_changed.connect(self._on_dataset_changed)
        session.state_changed.connect(self._on_state)
        session.network_replaced.connect(self._remark)
        session.tasks.said.connect(self._on_task)

    @property
    def run(self) -> RunSpec:
        """The run that is in force."""
        return self.session.run

    def bind(self, field: Field, group: str, name: str, extra: Extra | None = None) -> None:
        """Let `field` edit the value `name` of a group of the run.

        Parameters
        ----------
        extra : callable, optional
            ``extra(run, value)`` returns further values of the group that shall change along with this one.
        """
        key = f"{group}.{name}"
        self._fields[key] = (field, group, name)
        field.proposed.connect(partial(self._on_proposed, key, extra))
        field.withdrawn.connect(partial(self._on_withdrawn, key))
        field.reverted.connect(partial(self._on_reverted, key))
        field.sealed.connect(self.seal)

    def fill(self, *, fresh: bool) -> None:
        """Show every field what is in force; a `fresh` run replaces what was refused, too."""
        if fresh:
            self._drafts.clear()
        for field, group, name in self._fields.values():
            field.show_value(_value(self.run, group, name), fresh=fresh)
        self.show_built()
        self.session.remark("")
        self.changed.emit(self.run)

    def give_up(self, group: str) -> None:
        """Forget what was refused in a group of settings, and show what is in force."""
        for key, (field, owner, name) in self._fields.items():
            if owner == group:
                self._drafts.pop(key, None)
                field.show_value(_value(self.run, group, name), fresh=True)

    @property
    def complaint(self) -> str:
        """Why a field shows what is not in force; the first one's."""
        return next((field.complaint for field, _, _ in self._fields.values() if field.complaint), "")

    def replace(self, run: RunSpec, title: str) -> None:
        """Use another run, as one step for undo.

        Raises
        ------
        SettingError
            When it does not fit the data.
        """
        self.seal()
        self._use(run, title, "")
        self.fill(fresh=True)

    def restore(self, run: RunSpec) -> bool:
        """Go to a run that was in force before, on the data of today; return whether that was possible."""
        self.seal()
        try:
            self.session.set_run(run.changed(run={"dataset": self.run.dataset}))
        except SettingError as error:
            self.session.problem.emit(error)
            return False
        self.fill(fresh=True)
        return True

    def seal(self) -> None:
        """Let the next change be another step for undo."""
        self._stroke_key = ""

    def show_built(self, _pending: bool = False) -> None:
        """Mark the fields that wait for a new network."""
        for field, group, name in self._fields.values():
            field.show_built(_value(self.session.built, group, name))

    # --- one change ---------------------------------------------------------------------------------------

    def _on_proposed(self, key: str, extra: Extra | None, value: object) -> None:
        field, group, name = self._fields[key]
        change = Change(group, {name: value, **(extra(self.run, value) if extra else {})})
        drafts = [draft for other, draft in self._drafts.items() if other != key]
        try:
            self._propose(drafts, change, field.title, key)
        except SettingError as error:
            self._drafts[key] = change
            field.refuse(error)
        else:
            self._drafts.pop(key, None)
            self.fill(fresh=False)

    def _propose(self, drafts: list[Change], change: Change, title: str, key: str) -> None:
        """Try the change together with what was refused before, then alone."""
        if drafts:
            try:
                self._use(self._with([*drafts, change]), title, key)
            except SettingError:
                self._use(self._with([change]), title, key)
            else:
                self._drafts.clear()
        else:
            self._use(self._with([change]), title, key)

    def _with(self, changes: list[Change]) -> RunSpec:
        groups: dict[str, dict[str, Any]] = {}
        for change in changes:
            group, _, inner = change.group.partition(".")
            values = groups.setdefault(group, {})
            # Of a group within a group the rest stays: what an earlier change wants, or what is in force.
            rest = values.get(inner) or (_value(self.run, group, inner).model_dump() if inner else {})
            values.update({inner: {**rest, **change.values}} if inner else change.values)
        return self.run.changed(**groups)

    def _use(self, run: RunSpec, title: str, key: str) -> None:
        before, after = self.run, named(run)
        self.session.set_run(after)
        if after == before:
            return
        if not key or key != self._stroke_key:
            self._stroke += 1
        self._stroke_key = key
        self.undo_stack.push(RunCommand(self, before, after, title, self._stroke))

    def _on_reverted(self, key: str, value: object) -> None:
        field, group, name = self._fields[key]
        try:
            self._use(self._with([Change(group, {name: value})]), field.title, key)
        except SettingError:
            return  # the rest has changed so that it no longer fits: what is in force stays, and the field says so
        self.fill(fresh=False)

    def _on_withdrawn(self, key: str) -> None:
        self._drafts.pop(key, None)
        self.session.remark("")

    # --- from outside -------------------------------------------------------------------------------------

    def _on_state(self, state: str) -> None:
        if state == State.RUNNING:
            self._remark()

    def _on_task(self, title: str) -> None:
        if title and self.complaint:  # a check, say
            self._remark()

    def _remark(self) -> None:
        """Say which value that stands in the forms is not used by what begins now."""
        self.session.remark(self.complaint)

    def _on_run_changed(self, _run: RunSpec) -> None:
        self.undo_stack.clear()
        self.fill(fresh=True)

    def _on_dataset_changed(self, _dataset: object) -> None:
        """Say so at once when the batch has become larger than the data."""
        self.fill(fresh=False)
        parts, size = self.session.parts, self.run.training.batch_size
        if parts is not None and "training.batch_size" in self._fields:
            try:
                parts.require_batch(size)
            except SettingError as error:
                self._fields["training.batch_size"][0].refuse(error)


def _value(run: RunSpec, group: str, name: str) -> Any:
    return attrgetter(name if group == "run" else f"{group}.{name}")(run)
