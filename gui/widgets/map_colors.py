"""Ten colours for ten classes, one set for each look."""

from __future__ import annotations

from gui.theme import Theme

# Found by a search for the largest least distance (CIELAB, as seen with and without a green deficiency) among colours
# of a contrast of at least 3 on the surface. A class has about the same hue in both looks.
CLASS_COLOURS: dict[str, tuple[str, ...]] = {
    "dark": (
        *("#d20f78", "#f04b00", "#e1a587", "#69ff69", "#4b781e"),
        *("#5af0d2", "#0f7896", "#963ce1", "#e1b4ff", "#ffe100"),
    ),
    "light": (
        *("#ff0078", "#ff5a00", "#692d00", "#00a52d", "#1e5a3c"),
        *("#002d5a", "#1e87ff", "#2d0096", "#f03ce1", "#c378a5"),
    ),
}


def class_colours(look: Theme) -> tuple[str, ...]:
    """Return one colour per class, as ``#rrggbb``."""
    return CLASS_COLOURS[look.name]
