"""The figures of a cross-validation in lines for people."""

from __future__ import annotations

from collections.abc import Sequence

from engine.crossvalidation.figures import Figures
from engine.terminal.output import percent, table


def lines(found: Figures) -> list[str]:
    """Return a table of all figures, and one of the writers."""
    result = found.as_json()
    numbers, teaching, worst = result["numbers"], result["teaching"], result["writers"][0]
    rows = table(
        [
            (
                "Digits of unseen writers",
                f"{percent(result['accuracy'])} of {result['digits']:,}{_spread(result['folds'])}",
            ),
            ("Worst writer", f"{percent(worst['accuracy'])} of {worst['count']} ({worst['writer']})"),
            ("Test images", f"{percent(_mean(result['mnist']))}{_spread(result['mnist'])}"),
            ("Calibration error", percent(result["calibration_error"])),
            ("Digits taken for none", percent(result["digits_refused"])),
            ("Other drawings refused", percent(result["others_refused"])),
            ("Read as sure numbers", percent(result["others_read_as_numbers"])),
            (
                "Area under the curve",
                f"{result['auroc']:.4f}; kinds never fitted {_mean(result['auroc_of_new_kinds']):.4f}",
            ),
            (
                "Three-digit numbers",
                f"{percent(numbers['accuracy'])} of {numbers['count']:,} wholly right{_spread(numbers['folds'])}",
            ),
            ("On the pad for one digit", f"{percent(numbers['on_square'])} of them wholly right"),
            ("Single digits broken up", percent(numbers["singles_broken"])),
            (
                "Taught five of each digit",
                f"{teaching['errors_before']} → {teaching['errors_after']} errors in {teaching['digits']:,} "
                f"other digits of {teaching['writers']} writers",
            ),
            (
                "Test images after that",
                f"{100 * teaching['mnist_change']:+.2f} points on average, "
                f"{100 * teaching['mnist_worst_change']:+.2f} at worst; at most {teaching['longest_seconds']:.1f} s",
            ),
        ]
    )
    writers = [(row["writer"], f"{percent(row['accuracy'])} of {row['count']}") for row in result["writers"]]
    return [*rows, "", "Writers, the worst first:", *(f"  {line}" for line in table(writers))]


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _spread(values: Sequence[float]) -> str:
    return f" (folds {percent(min(values))} to {percent(max(values))})"
