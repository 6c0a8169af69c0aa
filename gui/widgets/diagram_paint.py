"""How the parts of a diagram are painted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen

from gui import theme
from gui.widgets.diagram_layout import EDGE, DiagramLayout
from gui.widgets.diagram_scene import ColumnView, Line, Scene, Spot
from gui.widgets.painted_text import LEFT, RIGHT, paint_line
from gui.widgets.picture import paint_picture
from gui.widgets.weight_colors import color_table, picture
from gui.widgets.wording import percent

DIM = 0.22
FAINTEST, HAIRS, HAIR = 60, 3, 0.9
CONTRAST = 1.6  # the strongest connections are often nearly alike
SHARP = 2  # from so many pixels per cell of a feature map on
FIGURE = 46  # the width of a share in words
CENTRE = Qt.AlignmentFlag.AlignCenter
Boxes = Mapping[Spot, QRectF]


def paint_scene(painter: QPainter, scene: Scene, layout: DiagramLayout, boxes: Boxes) -> None:
    """Paint a scene whose units lie in `boxes`."""
    look, lit = theme.current(), scene.lit
    painter.setRenderHints(QPainter.RenderHint.Antialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    _paint_drawing(painter, layout.image(), scene, look)
    for line in reversed(scene.lines):  # the strongest on top
        _paint_line(painter, line, layout, boxes, look, drawn=scene.image is not None)
    for index, view in enumerate(scene.columns):
        _paint_head(painter, layout.head(index), view, look)
        for box, words in zip(layout.steps(index), view.steps, strict=True):
            _paint_step(painter, box, words, look)
    for index, view in enumerate(scene.columns[1:], start=1):
        maps = None if view.maps is None else picture(view.maps.reshape(-1, view.maps.shape[2]))
        for number, unit in enumerate(view.units.tolist()):
            spot = (index, unit)
            painter.setOpacity(1 if lit is None or spot in lit else DIM)
            _paint_unit(painter, boxes[spot], view, number, maps, look)
            if index == len(scene.columns) - 1:
                _paint_answer(painter, boxes[spot], layout, scene, unit, look)
            painter.setOpacity(1)
            _paint_ring(painter, boxes[spot], spot, view, scene, look)


def _paint_line(
    painter: QPainter, line: Line, layout: DiagramLayout, boxes: Boxes, look: theme.Theme, *, drawn: bool
) -> None:
    target = boxes.get(line.target)
    source = boxes.get(line.source)
    if target is None or (source is None and line.source[0]):
        return
    start = layout.pixel(line.source[1]) if source is None else QPointF(source.right(), source.center().y())
    end = QPointF(target.left(), target.center().y())
    colour = QColor((look.positive if line.value > 0 else look.negative) if drawn else look.muted)
    strength = line.strength**CONTRAST
    colour.setAlpha(round(FAINTEST + (255 - FAINTEST) * strength) // (1 if drawn else 2))
    painter.setPen(QPen(colour, 0))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    bend = QPointF((end.x() - start.x()) * 0.4, 0)
    path = QPainterPath(start)
    path.cubicTo(start + bend, end - bend, end)
    # Qt paints a hairline more than ten times as fast as a wider curve: three of them cost less than one wide one.
    hairs = 1 + round((HAIRS - 1) * strength)
    path.translate(0, -(hairs - 1) / 2 * HAIR)
    for _ in range(hairs):
        painter.drawPath(path)
        path.translate(0, HAIR)


def _paint_head(painter: QPainter, area: QRectF, view: ColumnView, look: theme.Theme) -> None:
    upper, lower = area.adjusted(0, 0, 0, -area.height() / 2), area.adjusted(0, area.height() / 2 - 3, 0, -3)
    paint_line(painter, upper, view.name, theme.font(9, bold=True), look.text, CENTRE)
    paint_line(painter, lower, view.note, theme.font(8.5), look.muted, CENTRE)


def _paint_step(painter: QPainter, box: QRectF, words: str, look: theme.Theme) -> None:
    painter.setPen(QColor(look.line))
    painter.setBrush(QColor(look.raised))
    painter.drawRoundedRect(box, 4, 4)
    painter.save()
    painter.translate(box.center())
    painter.rotate(-90)
    turned = QRectF(-box.height() / 2 + 4, -box.width() / 2, box.height() - 8, box.width())
    paint_line(painter, turned, words, theme.font(8.5), look.muted, CENTRE)
    painter.restore()


def _paint_drawing(painter: QPainter, frame: QRectF, scene: Scene, look: theme.Theme) -> None:
    if scene.image is None:
        painter.setPen(QPen(QColor(look.muted), 1, Qt.PenStyle.DashLine))
        painter.setBrush(QColor(look.surface))
        painter.drawRoundedRect(frame, 4, 4)
        paint_line(painter, frame, "?", theme.font(20), look.muted, CENTRE)
        return
    lit = scene.lit
    painter.setOpacity(1 if lit is None or any(column == 0 for column, _ in lit) else DIM)
    paint_picture(painter, frame, np.ascontiguousarray(scene.image))
    painter.setOpacity(1)


def _paint_unit(
    painter: QPainter, box: QRectF, view: ColumnView, number: int, maps: QImage | None, look: theme.Theme
) -> None:
    """Paint one of the column's feature maps, or a disc in the colour of the activation; grey without a drawing."""
    if maps is not None:
        side = maps.height() / len(view.units)
        # Large cells have sharp edges, as on the page of weights; that is also ten times as fast.
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, box.width() < SHARP * maps.width())
        painter.drawImage(box, maps, QRectF(0, number * side, maps.width(), side))
        painter.setBrush(Qt.BrushStyle.NoBrush)
    else:
        tone = None if view.tones is None else int(view.tones[number])
        painter.setBrush(QColor(look.raised) if tone is None else QColor(color_table()[tone]))
    painter.setPen(QPen(QColor(look.muted if view.tones is not None else look.line), 1))
    if view.column.kind == "conv":
        painter.drawRect(box)
    else:
        painter.drawEllipse(box)


def _paint_ring(painter: QPainter, box: QRectF, spot: Spot, view: ColumnView, scene: Scene, look: theme.Theme) -> None:
    """Mark the unit that is looked at closely, and the one under the mouse."""
    if spot not in (scene.selected, scene.hovered):
        return
    painter.setPen(QPen(QColor(look.accent if spot == scene.selected else look.text), 2))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    ring = box.adjusted(-2, -2, 2, 2)
    if view.column.kind == "conv":
        painter.drawRect(ring)
    else:
        painter.drawEllipse(ring)


def _paint_answer(
    painter: QPainter, box: QRectF, layout: DiagramLayout, scene: Scene, unit: int, look: theme.Theme
) -> None:
    """Paint the class of an output unit and its share, and a bar where there is room."""
    area = layout.area(len(scene.columns) - 1)
    left = box.right() + 6
    room = QRectF(left, box.top(), area.right() + EDGE - left, box.height())
    font, share = theme.font(9), float("nan") if scene.shares is None else float(scene.shares[unit])
    best = scene.shares is not None and unit == int(np.argmax(scene.shares)) and float(np.ptp(scene.shares)) > 0
    colour = look.text if best or scene.shares is None else look.muted
    figure = QRectF(room.right() - FIGURE, room.top(), FIGURE, room.height())
    name = QRectF(left, room.top(), 12 if layout.is_tight else 22, room.height())
    paint_line(painter, name, scene.names[unit], theme.font(9, bold=best), colour, LEFT)
    paint_line(painter, figure, percent(share, 0), font, colour, RIGHT)
    if layout.is_tight or not np.isfinite(share):
        return
    groove = QRectF(name.left() + 14, room.center().y() - 3, figure.left() - name.left() - 16, 6)
    if len(scene.names[unit]) > 1:
        groove.setLeft(name.right() + 2)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(look.raised))
    painter.drawRoundedRect(groove, 3, 3)
    painter.setBrush(QColor(look.accent if best else look.muted))
    painter.drawRoundedRect(QRectF(groove.left(), groove.top(), groove.width() * min(share, 1), 6), 3, 3)
