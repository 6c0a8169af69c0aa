"""What is said about the part of a diagram that is under the mouse."""

from __future__ import annotations

import numpy as np

from gui.widgets.color_legend import signed
from gui.widgets.diagram_inspector import DiagramInspector
from gui.widgets.diagram_reading import DiagramReading
from gui.widgets.diagram_scene import Scene, Spot

EMPTY = "Draw a digit, and see how it goes through the network. Until then the lines are the largest weights."
REST = "Lines: the strongest connections, weight × activation. Point at a unit for its own; click to look closer."


def column_words(scene: Scene, column: int | None, order: str) -> str:
    """Return what there is to say about a column, or about all of the diagram."""
    view = scene.columns[column] if column else None
    if view is None or len(view.units) == view.column.units:
        return EMPTY if scene.image is None else REST
    which = "those that the drawing excites most" if order == "active" and scene.image is not None else "by number"
    kind = "filters" if view.column.kind == "conv" else "units"
    return (
        f"{view.name}: {len(view.units)} of {view.column.units:,} {kind} are in view, {which}. "
        "Turn the wheel here to see others, or find one by its number above."
    )


def spot_words(reading: DiagramReading, inspector: DiagramInspector, scene: Scene, spot: Spot) -> str:
    """Return what there is to say about a unit or a pixel: its activation, and its strongest connections."""
    column, unit = spot
    if column == 0:
        rows, columns = reading.columns[0].shape
        ink = _ink(scene, unit // columns / rows, unit % columns / columns)
        return f"Drawing, {_place(reading, unit)}: input {ink:.2f}.{_strongest(reading, inspector, scene, spot)}"
    activations = reading.activations(column)
    if activations is None:
        return f"{inspector.name(spot)}: draw something to see its activation."
    value = float(activations[unit])
    text = f"{value:.3g}".replace("-", "−")
    place = "at its strongest place " if reading.columns[column].kind == "conv" else ""
    silent = " It passes nothing on." if value == 0 and column + 1 < len(reading.columns) else ""
    return f"{inspector.name(spot)}: activation {place}{text}.{silent}{_strongest(reading, inspector, scene, spot)}"


def _strongest(reading: DiagramReading, inspector: DiagramInspector, scene: Scene, spot: Spot) -> str:
    """Return the strongest connection that comes in, and the one that goes out."""
    said = ""
    incoming = next((line for line in scene.lines if line.target == spot), None)
    outgoing = next((line for line in scene.lines if line.source == spot), None)
    if incoming is not None:
        column, unit = incoming.source
        source = inspector.name(incoming.source) if column else _place(reading, unit)
        said += f" Strongest in: {source}, {signed(incoming.value)}."
    if outgoing is not None:
        said += f" Strongest out: {inspector.name(outgoing.target)}, {signed(outgoing.value)}."
    return said


def _place(reading: DiagramReading, pixel: int) -> str:
    """Return where a pixel is, in words."""
    row, column = divmod(pixel, reading.columns[0].shape[1])
    return f"row {row + 1}, column {column + 1}"


def _ink(scene: Scene, down: float, across: float) -> float:
    """Return the ink of the drawing, 0 to 1, at a place given as shares of its sides."""
    if scene.image is None:
        return 0.0
    image = np.asarray(scene.image)
    value = float(image[int(down * len(image)), int(across * len(image[0]))])
    return value / 255 if image.dtype == np.uint8 else value
