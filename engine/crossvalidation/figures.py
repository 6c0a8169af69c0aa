"""The figures of all folds together, as they are printed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.crossvalidation.measure import Answers, Measured, joined
from engine.evaluation import wilson
from engine.specs import RunSpec


@dataclass(frozen=True, eq=False)
class Figures:
    """What a recipe does with hands it never learned from.

    Attributes
    ----------
    recipe : RunSpec
    folds : tuple of Measured
    answers : Answers
        Of all folds: every digit once, read by a network that never saw its writer.
    """

    recipe: RunSpec
    folds: tuple[Measured, ...]
    answers: Answers

    @property
    def accuracies(self) -> list[float]:
        """The share of digits that were read right, per fold."""
        return [float(fold.answers.right.mean()) for fold in self.folds]

    @property
    def writers(self) -> list[dict[str, Any]]:
        """Every writer with count and accuracy, the worst first."""
        found = self.answers.by_writer().items()
        rows = [{"writer": name, "count": count, "accuracy": right / count} for name, (right, count) in found]
        return sorted(rows, key=lambda row: (row["accuracy"], row["writer"]))

    @property
    def numbers(self) -> dict[str, Any]:
        """How many numbers of three digits were read wholly right."""
        scores = [fold.numbers for fold in self.folds]
        right, count = sum(score.numbers.right for score in scores), sum(score.numbers.count for score in scores)
        broken = [score.singles_broken for score in scores]
        gaps = {gap for score in scores for gap in score.by_gap}
        return {
            "count": count,
            "right": right,
            "accuracy": right / count,
            "interval": list(wilson(right, count)),
            "folds": [score.numbers.share for score in scores],
            "by_gap": {
                gap: [
                    sum(score.by_gap[gap].right for score in scores if gap in score.by_gap),
                    sum(score.by_gap[gap].count for score in scores if gap in score.by_gap),
                ]
                for gap in sorted(gaps)
            },
            "on_square": sum(score.on_square.right for score in scores) / count,
            "singles_broken": sum(part.right for part in broken) / max(sum(part.count for part in broken), 1),
        }

    @property
    def teaching(self) -> dict[str, Any]:
        """What five samples per digit of their own do for the writers' other digits, and for MNIST."""
        taught = [writer for fold in self.folds for writer in fold.taught]
        return {
            "writers": len(taught),
            "digits": sum(writer.count for writer in taught),
            "errors_before": sum(writer.errors_before for writer in taught),
            "errors_after": sum(writer.errors_after for writer in taught),
            "mnist_change": float(np.mean([writer.mnist_after - writer.mnist_before for writer in taught])),
            "mnist_worst_change": min(writer.mnist_after - writer.mnist_before for writer in taught),
            "longest_seconds": max(writer.seconds for writer in taught),
        }

    def as_json(self) -> dict[str, Any]:
        """Return all of it as one JSON object."""
        found = self.answers
        right, count = int(found.right.sum()), len(found.labels)
        return {
            "digits": count,
            "accuracy": right / count,
            "interval": list(wilson(right, count)),
            "folds": self.accuracies,
            "writers": self.writers,
            "mnist": list(found.mnist),
            "calibration_error": found.calibration_error,
            "auroc": found.auroc,
            "auroc_of_new_kinds": list(found.new_kinds),
            "digits_refused": float(found.refused.mean()),
            "others_refused": float(found.other_refused.mean()),
            "others_read_as_numbers": float(found.other_numbers.mean()),
            "numbers": self.numbers,
            "teaching": self.teaching,
            "spec": self.recipe.model_dump(mode="json"),
        }


def figures(recipe: RunSpec, folds: Sequence[Measured]) -> Figures:
    """Return the figures of some folds, at least one."""
    return Figures(recipe, tuple(folds), joined(fold.answers for fold in folds))
