"""Whether the runs of an experiment can be gone on with: what that takes on disk, and how much is too much."""

from __future__ import annotations

from engine.sweep.spec import SweepSpec

MOST_BYTES = 1_000_000_000
"""More than this is not kept of all runs of an experiment."""


def why_no_checkpoints(spec: SweepSpec, count: int) -> str:
    """Return why nothing is kept to go on with the `count` runs of an experiment, in a sentence.

    It is empty if that is kept, and if the experiment is to keep nothing at all.
    """
    total = count * spec.checkpoint_bytes
    if total <= MOST_BYTES or not spec.keep_models:
        return ""
    whose = "Its run" if count == 1 else f"Its {count:,} runs"
    return f"{whose} can be opened, not gone on with: checkpoints would take {total / 1e9:,.1f} GB."
