"""What the rounds come to: medians, spread, ratios of ours to theirs, and whether the demands are met."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from statistics import median
from typing import Any

from engine.bench.rounds import Round
from engine.bench.workloads import Workload

Result = dict[str, Any]


def summary(workload: Workload, rounds: dict[str, list[Round]], *, telling: bool = True) -> Result:
    """Return all figures of a workload.

    Parameters
    ----------
    workload : Workload
        What was done.
    rounds : dict of str to list
        The rounds of every contender that took part.
    telling : bool
        Whether they are enough to judge by; if not, no demand is met or missed.

    Returns
    -------
    dict
        ``contenders`` with the figures of each, a ratio ``vs_X`` per other contender (None where it is absent),
        ``added_seconds`` where augmentation is compared, and the ``demands``.
    """
    contenders = {name: figures(list_) for name, list_ in rounds.items()}
    ours = contenders["ours"]["median"]
    measures: dict[str, float | None] = {"seconds": ours}
    for name in workload.contenders:
        if name != "ours":
            measures[f"vs_{name}"] = ours / contenders[name]["median"] if name in contenders else None
    if "plain" in contenders:
        measures["added_seconds"] = ours - contenders["plain"]["median"]
    return {
        "title": workload.title,
        "network": workload.run.network.title,
        "per": workload.unit,
        "contenders": contenders,
        **measures,
        "demands": {
            entry.measure: _judged(measures.get(entry.measure), entry.limit, telling) for entry in workload.demands
        },
    }


def figures(rounds: list[Round]) -> Result:
    """Return median, spread and threads of the variant of a contender that is the fastest in the median.

    ``spread`` is the difference between its slowest and its fastest round as a share of the median.
    """
    seconds = {name: [turn[name]["seconds"] for turn in rounds] for name in rounds[0]}
    medians = {name: median(taken) for name, taken in seconds.items()}
    best = min(medians, key=medians.__getitem__)
    low, high = min(seconds[best]), max(seconds[best])
    return {
        "median": medians[best],
        "low": low,
        "high": high,
        "spread": (high - low) / medians[best],
        "rounds": seconds[best],
        "threads": max(turn[best]["threads"] for turn in rounds),
        "variant": best,
        "variants": medians,
    }


def machine() -> Result:
    """Return what the figures depend on besides the programs; nothing that tells one machine from its like."""
    return {
        "processor": _processor(),
        "processors": os.cpu_count() or 1,
        "architecture": platform.machine(),
        "system": platform.system(),
    }


def _judged(value: float | None, limit: float, telling: bool) -> Result:
    return {"limit": limit, "value": value, "met": value <= limit if telling and value is not None else None}


def _processor() -> str:
    """Return the name of the processor, where the system tells."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:  # only Linux has this file
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()
