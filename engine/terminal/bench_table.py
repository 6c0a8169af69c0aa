"""The result of a benchmark as an aligned table: a row per contender, the demand beside the figure it is about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.bench.contenders import CONTENDERS
from engine.bench.rounds import TELLING_IMAGES, TELLING_ROUNDS
from engine.bench.workloads import EPOCH_IMAGES, LIBRARIES

Row = tuple[str, ...]
HEAD: Row = ("", "median", "spread", "threads", "ours / theirs", "demand", "")
VERSIONED = ("ours", "floor", *LIBRARIES)
COMPARED = {"plain": "added_seconds"}
"""What a demand may be about besides the ratio, by the contender that it is shown beside."""


def lines(result: dict[str, Any]) -> Iterator[str]:
    """Yield the table of a result of the command ``bench``, under what it was measured with."""
    machine = result["machine"]
    few = result["images"] < EPOCH_IMAGES
    rounds = "1 round" if result["rounds"] == 1 else f"{result['rounds']} rounds"
    if not result["workloads"]:
        yield "No workload is complete."
        return
    if not result["telling"]:
        yield (
            f"These figures mean nothing, and nothing is judged by them: {rounds} of {result['images']:,} images. "
            f"It takes at least {TELLING_ROUNDS} rounds of {TELLING_IMAGES:,}."
        )
    elif result["quick"] or few or result["rounds"] < 5:
        yield f"A glance, no proof: {rounds} of {result['images']:,} images."
    yield (
        f"{machine['processor'] or machine['architecture']}, {machine['processors']} processors, "
        f"at most {result['threads']} threads. Medians of {rounds}; an epoch is {EPOCH_IMAGES:,} "
        f"images{', extrapolated' if few else ''}. Ours / theirs below 1: DigitLab is faster."
    )
    for name in VERSIONED:
        if name in result["versions"]:
            yield f"  {CONTENDERS[name].title}: {result['versions'][name]}"
    tables = {name: list(_rows(entry)) for name, entry in result["workloads"].items()}
    widths = [max(len(row[i]) for rows in ([HEAD], *tables.values()) for row in rows) for i in range(len(HEAD))]
    for name, rows in tables.items():
        entry = result["workloads"][name]
        yield ""
        yield f"{entry['title']}, per {entry['per']}"
        for row in (HEAD, *rows):
            yield "  ".join(["", row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip()


def _rows(entry: dict[str, Any]) -> Iterator[Row]:
    for name, figures in entry["contenders"].items():
        variant = f" ({figures['variant']})" if figures["variant"] else ""
        measure = "seconds" if name == "ours" else f"vs_{name}"
        yield (
            CONTENDERS[name].title + variant,
            _time(figures["median"], entry["per"]),
            f"{_time(figures['low'], entry['per'])} to {_time(figures['high'], entry['per'])}",
            str(figures["threads"]),
            "" if name == "ours" else f"{entry[measure]:.3g}",
            *_demand(entry, measure),
        )
        if name in COMPARED and COMPARED[name] in entry["demands"]:
            added = COMPARED[name]
            yield ("  added", _time(entry[added], entry["per"]), "", "", "", *_demand(entry, added))
    for measure, demand in entry["demands"].items():
        if demand["value"] is None:
            title = CONTENDERS[measure.removeprefix("vs_")].title
            yield (title, "", "", "", "absent", *_demand(entry, measure))


def _demand(entry: dict[str, Any], measure: str) -> tuple[str, str]:
    demand = entry["demands"].get(measure)
    if demand is None:
        return "", ""
    limit = f"{demand['limit']:.3g}" if measure.startswith("vs_") else _time(demand["limit"], entry["per"])
    return f"at most {limit}", {True: "met", False: "MISSED", None: ""}[demand["met"]]


def _time(seconds: float, unit: str) -> str:
    return f"{seconds:.3f} s" if unit == "epoch" else f"{1e6 * seconds:.1f} µs"
