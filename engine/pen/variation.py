"""What a hand does to a drawing: nobody draws the same thing twice, and no two people alike.

All of it happens to strokes, never to pixels: points are missed, parts grow and shrink, the whole leans,
bends and trembles, ends run over or stop short, the pen is quick on straight lines and slow in corners,
and a device reports where it is so and so many times a second, at times in whole pixels.

References
----------
Viviani, Flash (1995), "Minimum-jerk, two-thirds power law, and isochrony": speed and curvature of a pen.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.pen.drawn import Strokes
from engine.pen.prototypes import Floats, Prototype

_WAVES = 4
_TREMBLES = 3
_PADS = (1.0, 28.0, 280.0, 500.0, 1000.0)
_MOST_POINTS = 2000
# Per height of path: with fewer a circle would be a square, and nobody could say which was meant.
_FEWEST_POINTS = 7
# Heights of path within which a pen gets up its speed, and loses it again.
_GETTING_GOING = 0.06
_DEVICE_ERROR = 0.0015
# Of fewer whole pixels than these no drawing could be made out.
_WHOLE_PIXELS_FROM = 30


@dataclass(frozen=True)
class Hand:
    """How somebody writes; lengths are shares of the height of the drawing.

    Attributes
    ----------
    slant : float
        Shear to the right per height.
    rotation : float
        Turn in radians.
    aspect : float
        Width is multiplied, height divided by it.
    scatter : float
        How far points are missed: standard deviation.
    softness : float
        0 for sharp corners, towards 1 for rounded ones.
    tremor : float
        How far the hand trembles.
    speed : float
        Heights per second on a straight line.
    slowing : float
        Seconds lost per radian that the pen turns.
    rate : float
        Points per second that the device reports.
    """

    slant: float
    rotation: float
    aspect: float
    scatter: float
    softness: float
    tremor: float
    speed: float
    slowing: float
    rate: float

    @classmethod
    def random(cls, rng: np.random.Generator) -> Hand:
        """Return somebody's hand.

        Parameters
        ----------
        rng : numpy.random.Generator
            The only source of chance.

        Returns
        -------
        Hand
            Most write upright and with some care; a few lean, tremble or hurry.
        """
        slant, rotation, aspect = rng.standard_normal(3) * (0.2, 0.07, 0.14)
        scatter, tremor, speed, slowing, rate = rng.random(5)
        return cls(
            slant=float(np.clip(slant, -0.5, 0.6)),
            rotation=float(np.clip(rotation, -0.2, 0.2)),
            aspect=float(np.exp(np.clip(aspect, -0.28, 0.28))),
            scatter=0.01 + 0.025 * scatter,
            softness=0.6 * float(rng.random()) ** 2,
            tremor=0.008 * tremor**3,
            speed=1.5 * 4**speed,
            slowing=0.02 + 0.06 * slowing,
            rate=20.0 * 10**rate,
        )


def missed(drawing: Prototype, hand: Hand, rng: np.random.Generator) -> list[Floats]:
    """Return the curves of a drawing whose points and strokes have not quite been met.

    Parameters
    ----------
    drawing : Prototype
        What is meant.
    hand : Hand
        Who draws.
    rng : numpy.random.Generator
        The only source of chance.

    Returns
    -------
    list of ndarray of shape (k, 2)
        One curve per stroke; the drawing is about 1 high.
    """
    # Neighbours are missed alike, so that round parts stay round.
    misses = rng.normal(0, hand.scatter / np.sqrt(3), (len(drawing.points) + 2, 2))
    points = drawing.points + misses[:-2] + misses[1:-1] + misses[2:]
    if drawing.strokes > 1:
        points += rng.normal(0, hand.scatter, (drawing.strokes, 2))[drawing.stroke_of]
    return drawing.paths(points, hand.softness)


def written(paths: list[Floats], hand: Hand, rng: np.random.Generator, *, extent: float | None = None) -> Strokes:
    """Return the strokes that a device reports when a hand draws these curves.

    Parameters
    ----------
    paths : list of ndarray of shape (k, 2)
        One curve per stroke, closely spaced, x to the right and y down, in any unit.
    hand : Hand
        Who draws.
    rng : numpy.random.Generator
        The only source of chance.
    extent : float, optional
        The longer side as a share of the pad's; 0.2 to 0.9 by default.

    Returns
    -------
    tuple of ndarray of shape (k, 3)
        x, y on a pad of some size, somewhere on it, and seconds since the pen first came down, which
        rise from point to point and from stroke to stroke.
    """
    cuts = np.cumsum([len(path) for path in paths])[:-1].tolist()
    shaped = _leaning(_bent(_upright(np.concatenate(paths)), hand, rng), hand)
    ordered = _reordered(_ends(np.split(shaped, cuts), rng), rng)
    return _on_a_pad(_timed(ordered, hand, rng), rng.uniform(0.2, 0.9) if extent is None else extent, rng)


def _upright(points: Floats) -> Floats:
    """Put the middle of the drawing at the origin and make its longer side 1."""
    low, high = points.min(axis=0), points.max(axis=0)
    return (points - (low + high) / 2) / max(float((high - low).max()), 1e-9)


def _bent(points: Floats, hand: Hand, rng: np.random.Generator) -> Floats:
    """Shift the proportions, upper part against lower and left against right, and bend the paper a little."""
    points = points + rng.normal(0, 0.035, 2) * np.cos(np.pi * np.clip(points, -0.5, 0.5))
    waves, phases, sizes = rng.standard_normal((3, _WAVES, 2))
    bent: Floats = points + np.sin(points @ (3.0 * waves.T) + 3.0 * phases[:, 0]) @ (0.9 * hand.scatter * sizes)
    return bent


def _leaning(points: Floats, hand: Hand) -> Floats:
    """Stretch, slant and turn."""
    cosine, sine = np.cos(hand.rotation), np.sin(hand.rotation)
    stretch = np.array([[hand.aspect, -hand.slant], [0.0, 1 / hand.aspect]])
    turned: Floats = points @ (np.array([[cosine, -sine], [sine, cosine]]) @ stretch).T
    return turned


def _ends(paths: list[Floats], rng: np.random.Generator) -> list[Floats]:
    """Let strokes stop short or run over, and now and then land or leave with a small hook."""
    return [_landed(_landed(path, rng)[::-1], rng)[::-1] for path in paths]


def _landed(path: Floats, rng: np.random.Generator) -> Floats:
    """Change where a stroke begins."""
    chance, amount, aside = rng.random(3)
    if len(path) < 12 or chance < 0.5:
        return path
    if chance < 0.7:
        return path[int(0.06 * amount * len(path)) :]
    ahead = path[0] - path[3]
    ahead = ahead / max(float(np.hypot(*ahead)), 1e-9)
    if chance < 0.93:
        return np.concatenate([path[:1] + 0.06 * amount * ahead, path])
    across = np.array([-ahead[1], ahead[0]]) * (1 if aside < 0.5 else -1)
    return np.concatenate([path[:1] + 0.05 * amount * (across - 0.5 * ahead), path])


def _reordered(paths: list[Floats], rng: np.random.Generator) -> list[Floats]:
    """Draw now and then a stroke the other way round, or the strokes in another order."""
    backwards = rng.random(len(paths)) < 0.08
    paths = [path[::-1] if back else path for path, back in zip(paths, backwards, strict=True)]
    if len(paths) > 1 and rng.random() < 0.12:
        return [paths[place] for place in rng.permutation(len(paths))]
    return paths


def _timed(paths: list[Floats], hand: Hand, rng: np.random.Generator) -> list[Floats]:
    """Let the pen run along the curves, quick where they are straight and slow where they turn, and report.

    Between strokes it runs through the air, so one clock serves for all of them.
    """
    sizes = np.array([len(path) for path in paths])
    lasts = np.cumsum(sizes) - 1
    points = np.concatenate(paths)
    along, clock = _run(points, lasts - sizes + 1, lasts, hand, rng)
    starts, spans = clock[lasts - sizes + 1], clock[lasts] - clock[lasts - sizes + 1]
    fewest = _FEWEST_POINTS * (along[lasts] - along[lasts - sizes + 1])
    counts = 1 + np.clip(np.maximum(spans * hand.rate, fewest).astype(int), np.minimum(sizes - 1, 1), _MOST_POINTS)
    ends = np.cumsum(counts)
    place = np.arange(ends[-1]) - np.repeat(ends - counts, counts)
    when = np.repeat(starts, counts) + place * np.repeat(spans / np.maximum(counts - 1, 1), counts)
    reported = np.empty((len(when), 3))
    reported[:, 0], reported[:, 1] = np.interp(when, clock, points[:, 0]), np.interp(when, clock, points[:, 1])
    reported[:, 2] = when
    reported[:, :2] += _trembling(np.interp(when, clock, along), hand, rng)
    return np.split(reported, ends[:-1])


def _run(
    points: Floats, firsts: NDArray[np.intp], lasts: NDArray[np.intp], hand: Hand, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Return how far the pen has run on reaching each point, and when."""
    steps = points[1:] - points[:-1]
    lengths = np.sqrt((steps * steps).sum(axis=1))
    along = np.concatenate([[0.0], np.cumsum(lengths)])
    cross = steps[:-1, 0] * steps[1:, 1] - steps[:-1, 1] * steps[1:, 0]
    turns = np.abs(np.arctan2(cross, (steps[:-1] * steps[1:]).sum(axis=1)))
    seconds = lengths / hand.speed + 1e-6
    seconds[1:] += hand.slowing * turns
    stroke = np.repeat(np.arange(len(firsts)), lasts - firsts + 1)
    begun, left = along - along[firsts][stroke], along[lasts][stroke] - along
    seconds *= 1 + np.exp(-begun[1:] / _GETTING_GOING) + np.exp(-left[:-1] / _GETTING_GOING)
    seconds[lasts[:-1]] = rng.uniform(0.06, 0.35, len(lasts) - 1)
    return along, np.concatenate([[0.0], np.cumsum(seconds)])


def _trembling(along: Floats, hand: Hand, rng: np.random.Generator) -> Floats:
    """Return by how much each reported point is off: the hand trembles, and the device errs a little."""
    pitch, phase = rng.uniform(12, 90, _TREMBLES), rng.uniform(0, 2 * np.pi, _TREMBLES)
    trembling = np.sin(along[:, None] * pitch + phase) @ rng.normal(0, hand.tremor, (_TREMBLES, 2))
    off: Floats = trembling + rng.normal(0, _DEVICE_ERROR, trembling.shape)
    return off


def _on_a_pad(strokes: list[Floats], extent: float, rng: np.random.Generator) -> Strokes:
    """Put the drawing somewhere on a pad of some size; many devices know whole pixels only."""
    points = np.concatenate(strokes)[:, :2]
    low, high = points.min(axis=0), points.max(axis=0)
    pad = _PADS[rng.integers(len(_PADS))]
    scale = pad * extent / max(float((high - low).max()), 0.05)
    offset = rng.random(2) * np.maximum(pad - scale * (high - low), 0)
    whole = pad * extent >= _WHOLE_PIXELS_FROM and rng.random() < 0.4
    for stroke in strokes:
        stroke[:, :2] = (stroke[:, :2] - low) * scale + offset
        if whole:
            stroke[:, :2] = np.rint(stroke[:, :2])
    return tuple(strokes)
