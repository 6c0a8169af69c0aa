"""Drawings as pen strokes: what they are, the files they come from, and what can be done with them."""

from engine.pen.drawn import Drawn, Stroke, Strokes

__all__ = ["Drawn", "Stroke", "Strokes"]
