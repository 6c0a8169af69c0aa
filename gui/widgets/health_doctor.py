"""Looks at a training again and again, and decides which hint to show."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QObject, Signal

from engine.errors import SettingError
from engine.health import Hint, SteadyHint, hints, symptoms
from engine.specs import TrainingSpec
from gui.session import Session
from gui.widgets.health_reading import HealthReading

AFTER = 100
"""So many batches must be learned from by new settings before anything is said about them."""


class Doctor(QObject):
    """Finds hints, applies them, and waits for what comes of it.

    Signals
    -------
    changed : ()
        There is another hint, or none, or newer figures for it.
    apply_asked : (RunSpec,)
        These settings shall come into the forms.
    """

    changed = Signal()
    apply_asked = Signal(object)

    def __init__(self, session: Session, reading: HealthReading, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session, self._reading = session, reading
        self._steady = SteadyHint()
        self.applied: Hint | None = None
        self._diverged = False
        self._since = 0
        self._settings: TrainingSpec = session.built.training
        session.ended.connect(self._on_ended)
        session.pending_changed.connect(self._notice_settings)  # whenever settings change, looked at or not

    @property
    def hint(self) -> Hint | None:
        """The hint to show; one that was applied stands in :attr:`applied` until there is something to say about it."""
        return None if self.applied else self._steady.shown

    @property
    def waits(self) -> bool:
        """Whether too little was learned since the settings changed to say anything."""
        return self._since > 0 and self._step - self._since < AFTER

    @property
    def _step(self) -> int:
        """The last batch, also where earlier weights have been put back."""
        last = self._session.history.last
        return last.step if last else self._session.snapshot.step

    def restart(self) -> None:
        """Another network: nothing is known of it."""
        self._steady.forget()
        self.applied, self._diverged, self._since = None, False, 0
        self._settings = self._session.built.training
        self.changed.emit()

    def look(self) -> None:
        """Look at the training as it is now."""
        session, reading = self._session, self._reading
        if self.applied is not None and self._is_undone(self.applied):
            self.applied = None
        if not len(session.history.batches) or self._waits():
            return
        self.applied = None
        parts = session.parts
        seen = symptoms(
            session.history,
            session.built,
            reading.sizes,
            since=self._since,
            activity=() if session.travelling else reading.activity,
            names=reading.called,
            held_back=0 if parts is None else len(parts.validation_rows),
            diverged=self._diverged,
        )
        self._steady.look(hints(seen, self._steady.standing))
        self.changed.emit()

    def apply(self, hint: Hint) -> None:
        """Ask for the change that a hint proposes, made to what the forms say now."""
        try:
            run = self._session.run.changed(**(hint.change or {}))
        except SettingError as error:
            self._session.problem.emit(error)
            return
        self.applied = hint
        self._steady.forget()
        self._since, self._diverged = self._step, False
        self.apply_asked.emit(run)
        self._settings = self._session.built.training
        self.changed.emit()

    def _notice_settings(self, _pending: bool = False) -> None:
        """Take what was learned by other settings for no evidence about these; how long to train is none of them."""
        now = self._session.built.training
        if now.model_copy(update={"epochs": self._settings.epochs}) != self._settings:
            self._since, self._diverged = self._step, False
            self._steady.forget()
            self.changed.emit()
        self._settings = now

    def _is_undone(self, hint: Hint) -> bool:
        """Whether the forms say something else again than what was applied."""
        try:
            return self._session.run.changed(**(hint.change or {})) != self._session.run
        except SettingError:
            return True

    def _waits(self) -> bool:
        """Whether what was applied has not had the time to show."""
        if self.applied is None:
            return False
        learned = self._step - self._since
        return self.applied.applies == "new network" or learned < AFTER

    def _on_ended(self, report: Any) -> None:
        self._diverged = report.reason == "diverged"
