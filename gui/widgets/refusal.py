"""Why a layer cannot be added, doubled, moved or removed, in a sentence about what was wanted."""

from __future__ import annotations

import re

from engine.errors import SettingError

COMPLAINT = re.compile(r"Layer (?P<number>\d+): (?P<name>[^:.]+): (?P<reason>.+)", re.DOTALL)
# Advice for a layer that stands in the network; one that was refused does not.
ADVICE = re.compile(r" (Remove this layer|Move it in front of)\b[^.]*\.")


def refusal(name: str, deed: str, number: int, error: SettingError) -> str:
    """Return the sentence.

    Parameters
    ----------
    name : str
        The kind of the layer, as people know it.
    deed : str
        What was wanted, e.g. ``"added"``.
    number : int
        Which layer it would be, counted from 1; 0 if it would be none.
    error : SettingError
        What is wrong with the layers as they were wanted.
    """
    found = COMPLAINT.fullmatch(str(error))
    if found is None:
        return f"{name} cannot be {deed}: {error}"
    reason = ADVICE.sub("", found["reason"])
    if int(found["number"]) == number:
        return f"{name} cannot be {deed}: {reason}"
    return f"{name} cannot be {deed} because of {found['name']}, then layer {found['number']}: {reason}"
