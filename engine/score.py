"""How many of some drawings a network read right."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from engine.evaluation import wilson
from engine.fields import Settings


class Score(Settings):
    """What a network made of drawings that it did not learn from.

    Attributes
    ----------
    title : str
        Which drawings, e.g. ``"MNIST, test images"``.
    right, count : int
        How many were read right, of how many; at least one.
    """

    title: str = Field(max_length=300)
    right: int = Field(ge=0)
    count: int = Field(ge=1)

    @model_validator(mode="after")
    def _not_more_than_all(self) -> Self:
        if self.right > self.count:
            raise ValueError(f"{self.title}: {self.right:,} right answers to {self.count:,} drawings are too many.")
        return self

    @property
    def accuracy(self) -> float:
        """The share that was read right, 0 to 1."""
        return self.right / self.count

    @property
    def interval(self) -> tuple[float, float]:
        """The 95 % confidence interval of the accuracy (Wilson 1927)."""
        return wilson(self.right, self.count)

    @property
    def words(self) -> tuple[str, str, str]:
        """Accuracy, interval and count: ``("98.31 %", "97.1 to 99.0 %", "1,002 of 1,019")``."""
        low, high = self.interval
        return (
            f"{100 * self.accuracy:.2f} %",
            f"{100 * low:.1f} to {100 * high:.1f} %",
            f"{self.right:,} of {self.count:,}",
        )
