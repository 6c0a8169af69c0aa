"""One hint at a time, which neither flickers nor stays when its reason has gone."""

from __future__ import annotations

from collections.abc import Sequence

from engine.health.hints import Hint

TO_COME, TO_GO = 2, 3
"""In how many looks in a row a hint must be found before it is shown, and missing before it goes."""


class SteadyHint:
    """Chooses what to show from what was found by one look after the other.

    Attributes
    ----------
    shown : Hint or None
        The hint to show now.
    """

    def __init__(self) -> None:
        self.shown: Hint | None = None
        self._found: dict[str, int] = {}
        self._missing = 0

    @property
    def standing(self) -> str:
        """The kind of the hint that is shown; empty if there is none."""
        return self.shown.kind if self.shown else ""

    def look(self, found: Sequence[Hint]) -> Hint | None:
        """Take what was found now, the gravest first, and return what to show.

        A shown hint gives way to a graver one that has been found often enough, and goes when it has been missing
        often enough. While it stands, its words follow the figures.
        """
        self._found = {hint.kind: self._found.get(hint.kind, 0) + 1 for hint in found}
        lasting = [hint for hint in found if self._found[hint.kind] >= TO_COME]
        same = next((hint for hint in found if hint.kind == self.standing), None)
        self._missing = 0 if same else self._missing + 1
        if same is not None:
            graver = lasting[0] if lasting and found.index(lasting[0]) < found.index(same) else None
            self.shown = graver or same
        elif self.shown is None or self._missing >= TO_GO:
            self.shown = lasting[0] if lasting else None
        return self.shown

    def forget(self) -> None:
        """Show nothing, and begin to count anew."""
        self.shown, self._missing = None, 0
        self._found.clear()
