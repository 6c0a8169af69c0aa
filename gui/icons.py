"""Icons from an icon font, in the colours of the theme."""

from __future__ import annotations

from PySide6.QtGui import QIcon

from gui import theme


def icon(name: str, *, accent: bool = False) -> QIcon:
    """Return an icon by its name in the Material Design icon font, e.g. ``"mdi6.play"``.

    Icons are pictures in a fixed colour: make them anew when the theme changes.
    """
    import qtawesome  # reads a font of 1 MB: not before a window needs it

    look = theme.current()
    colour = look.on_accent if accent else look.text
    return qtawesome.icon(name, color=colour, color_disabled=look.muted)
