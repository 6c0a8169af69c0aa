"""Proof against TensorFlow: the same training once more by Keras, and how far the two come apart."""

from __future__ import annotations

import tempfile
from pathlib import Path

from engine.datasets.split import Split
from engine.errors import DigitLabError
from engine.fields import Settings, setting
from engine.files import reason
from engine.memory import require_memory
from engine.network import Snapshot
from engine.specs import RunSpec
from engine.verification.child import TwinError, require_tensorflow, train_twins
from engine.verification.comparison import FEWEST_TIMED, HOW, LIMIT, UNTIMED, WHY_FLOAT64, Check, Comparison
from engine.verification.exchange import THEIRS, Course
from engine.verification.recording import record
from engine.verification.watch import CheckCancelledError, Watch


class CheckSettings(Settings):
    """What may be chosen for a check."""

    steps: int = setting(
        200, "Steps", "How many batches both learn from, one after the other.", low=2, high=10_000, unit="batches"
    )


__all__ = [
    "FEWEST_TIMED",
    "HOW",
    "LIMIT",
    "UNTIMED",
    "WHY_FLOAT64",
    "Check",
    "CheckCancelledError",
    "CheckSettings",
    "Comparison",
    "Course",
    "TwinError",
    "Watch",
    "record",
    "require_tensorflow",
    "train_twins",
    "verify",
]


def verify(run: RunSpec, start: Snapshot, data: Split, steps: int = 200, watch: Watch | None = None) -> Comparison:
    """Train a copy of a network and a Keras twin of it from the same weights on the same batches, and compare.

    Where the two come apart in float32, both are trained again in float64: some settings let any difference grow,
    and only so can rounding be told from a mistake.

    Parameters
    ----------
    run : RunSpec
        How they learn.
    start : Snapshot
        The network and the weights to begin with.
    data : Split
        The images to learn from.
    steps : int
        How many batches, 2 to 10,000.
    watch : Watch, optional
        Told what is being done, and asked whether to stop.

    Raises
    ------
    TwinError
        When TensorFlow is missing or fails.
    CheckCancelledError
        When the watch says so.
    SettingError
        When there is too little memory, or a batch is larger than the data.
    DigitLabError
        When there is nothing to compare, or no room for the recorded batches.
    """
    watch = watch or Watch()
    require_tensorflow()
    require_memory(run)
    first = _check(run, start, data, steps, watch)
    if first.agrees or start.spec.dtype == "float64":
        return Comparison((first,))
    spec = start.spec.model_copy(update={"dtype": "float64"})
    exact = Snapshot(spec, start.parameters.astype("float64"), start.step, start.epoch)
    watch.say("They came apart in float32: both learn once more, in float64, which decides…")
    watch.remark = " in float64"
    return Comparison((first, _check(run, exact, data, steps, watch)))


def _check(run: RunSpec, start: Snapshot, data: Split, steps: int, watch: Watch) -> Check:
    try:
        with tempfile.TemporaryDirectory(prefix="digitlab-") as root:
            folder = Path(root) / "case"
            folder.mkdir()
            ours = record(run, start, data, steps, folder, watch)
            train_twins(Path(root), watch)
            return Check(start.spec.dtype, ours, Course.load(folder / THEIRS))
    except OSError as error:
        raise DigitLabError(
            f"The check needs room for its batches, but nothing can be written: {reason(error)}.",
            "Make room in the folder for temporary files, or check fewer steps.",
        ) from error
