"""Brings the list of runs up to what the files of the runs say, after a process was killed between the two."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from engine.errors import DigitLabError
from engine.locks import locked
from engine.runs.curve import Curve, curve_of
from engine.runs.figures import history_of
from engine.runs.reading import looked_at
from engine.runs.row import RunRow, RunState
from engine.runs.run_file import SUFFIX, RunFile, folder, remove
from engine.runs.store import RunStore


def catch_up(store: RunStore) -> None:
    """Let the list know what became of runs that nobody trains any more.

    A run is written to its own file first, then to the list. Those that the list does not know yet are added, and
    those that it takes to be running are brought up to date: they have ended, or else were interrupted. A file that
    was made and never written to goes.

    Raises
    ------
    DigitLabError
        When the list or the folder of the runs cannot be used.
    """
    states = {glance.id: glance.state for glance in store.rows()}
    for path in sorted(folder().glob(f"*{SUFFIX}")):
        if states.get(path.stem, RunState.RUNNING) == RunState.RUNNING:
            _settle(store, path)


def _settle(store: RunStore, path: Path) -> None:
    """Bring one run up to date, unless it is being trained."""
    try:
        lock = locked(path)
    except DigitLabError:
        return
    try:
        row, curve = _as_written(path)
        known = _known(store, path.stem)
        if row is None and known is not None and known.state == RunState.RUNNING:
            row = known  # the file is damaged, or was lost
        if row is not None and (known is None or known.state == RunState.RUNNING):
            store.save(row.changed(state=_settled(row.state)))
            if curve is not None:
                store.save_curve(row.id, curve)
    finally:
        lock.release()


def _as_written(path: Path) -> tuple[RunRow | None, Curve | None]:
    """Return what the file of a run says of it; nothing if it is damaged, or empty and therefore gone now."""
    with suppress(DigitLabError):  # whoever asks for this very run is told
        if found := looked_at(path, _content):
            return found
        remove(path)
    return None, None


def _content(file: RunFile) -> tuple[RunRow, Curve] | None:
    return None if file.empty else (file.row(), curve_of(history_of(file)))


def _known(store: RunStore, run_id: str) -> RunRow | None:
    """Return a run of the list, a deleted one too."""
    with suppress(DigitLabError):
        return store.row(run_id)
    return None


def _settled(state: RunState) -> RunState:
    return RunState.INTERRUPTED if state == RunState.RUNNING else state
