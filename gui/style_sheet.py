"""The Qt style sheet, filled with a theme's colours."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gui.theme import Theme


def style_sheet(theme: Theme) -> str:
    """Return the style sheet of the whole program in the colours of `theme`."""
    folder = files("resources")
    sheet = folder.joinpath("styles", "digitlab.qss").read_text(encoding="utf-8")
    words = {name: value for name, value in vars(theme).items() if isinstance(value, str)}
    return Template(sheet).substitute(words, icons=Path(str(folder.joinpath("icons"))).as_posix())
