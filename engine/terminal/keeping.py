"""Runs of the terminal in the library: kept while they train, and gone on with after they were cut off."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from engine import kept_models
from engine.errors import DigitLabError, SettingError
from engine.model import TrainingRecord
from engine.reports import EndReport, Report
from engine.runs.keeper import Keeper
from engine.runs.recall import Recalled, cut_off, recall
from engine.runs.row import RunState
from engine.runs.store import RunStore
from engine.terminal.output import say
from engine.training import Training

LAST = "last"


def add_resume(parser: argparse.ArgumentParser) -> None:
    """Declare ``--resume``."""
    parser.add_argument(
        "--resume",
        metavar="RUN",
        nargs="?",
        const=LAST,
        help="go on with a training that was cut off, exactly where its last checkpoint was: the one of that id, or "
        "the latest one. Its settings are its own; others cannot be given besides. A run of an experiment stays as it "
        "is; what goes on is another run",
    )


def resumed(options: argparse.Namespace) -> Recalled | None:
    """Return the run to go on with, if that is what is wanted.

    Raises
    ------
    DigitLabError
        When there is none, it cannot be read, or other settings are given besides.
    """
    if options.resume is None:
        return None
    others = [name for name, value in vars(options).items() if "." in name and value is not None]
    if others or options.dataset is not None or options.extra:
        given = others[0] if others else "dataset"
        raise SettingError(f"--resume goes on with the settings of the run; {given} cannot be given besides.")
    if options.resume != LAST:
        found = recall(options.resume)
        if found.note:
            say(found.note)
        return found
    with closing(RunStore()) as store:
        waiting = cut_off(store)
    if not waiting:
        raise DigitLabError("No training was cut off: there is nothing to go on with.", "Train without --resume.")
    return recall(waiting[0].id)


def followed(training: Training, keeper: Keeper) -> Iterator[Report]:
    """Yield the reports of a training that is kept meanwhile; says once where it cannot be."""
    keeper.begin()
    said = ""
    for report in training.reports():
        if isinstance(report, EndReport):
            keeper.leave(RunState(report.reason), report.message)
        else:
            keeper.note(report)
        trouble = str(keeper.trouble or "")
        if trouble and trouble != said:
            say(f"{trouble} The training goes on.")
        said = trouble
        yield report


def note_model(run_id: str, path: Path | None, record: TrainingRecord) -> None:
    """Note in the library where the network of a run is kept, and how it reads the test images."""
    try:
        with closing(RunStore()) as store:
            inside = path is not None and path.parent == kept_models.folder()
            known = {"model": path.name} if path is not None and inside else {}
            figures = {"test_loss": record.test_loss, "test_accuracy": record.test_accuracy}
            kept_models.save_owner(store, store.row(run_id).changed(**known, **figures))
    except DigitLabError as error:
        say(error.what)
