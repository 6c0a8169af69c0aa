"""Colours between two colours, and the one that can be read upon them."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QColor

from gui.theme import Theme, rgb

# The least contrast of text that the guidelines allow.
READABLE = 4.5


def mix(low: str, high: str, part: float) -> str:
    """Return the colour that lies `part` (0 to 1) of the way from `low` to `high`, as ``#rrggbb``."""
    channels = (round(a + (b - a) * part) for a, b in zip(rgb(low), rgb(high), strict=True))
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21, as the accessibility guidelines (WCAG 2) define it."""
    bright, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def readable(background: str, look: Theme) -> QColor:
    """Return a colour of text that can be read on `background`: the theme's if its contrast is at least 4.5."""
    for colour in (look.text, look.surface):
        if contrast(colour, background) >= READABLE:
            return QColor(colour)
    # On a middling colour only black or white is far enough away, and one of them always is.
    return QColor(max(("#000000", "#ffffff"), key=partial(contrast, background)))


def _luminance(colour: str) -> float:
    channels = [value / 255 for value in rgb(colour)]
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
