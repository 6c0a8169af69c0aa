"""A map: images as points of the plane, by principal components or by t-SNE, and where another image lies on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.map.features import PIXELS, read_layer
from engine.map.pca import Components, principal_components, turn_like
from engine.map.tsne import embed
from engine.network import Network, Snapshot

Floats = NDArray[np.float32]
Place = Callable[[Floats], Floats]
Progress = Callable[[str], None]
Cancelled = Callable[[], bool]
Method = Literal["pca", "tsne"]


@dataclass(frozen=True)
class Layout:
    """Images as points.

    Attributes
    ----------
    method : {"pca", "tsne"}
    layer : int
        Of what layer, or :data:`engine.map.features.PIXELS`.
    step : int
        After how many batches the network was what the points and answers are of.
    rows : ndarray of shape (n,), int
        Which images of the data they are.
    points : ndarray of shape (n, 2), float32
        Where each lies; the unit has no meaning.
    answers : ndarray of shape (n,), int
        What each was read as.
    sure : ndarray of shape (n,), float32
        How sure the network was of that, 0 to 1.
    share : float
        The share of all variance that the plane shows, 0 to 1; NaN for t-SNE.
    network : Network
        With these weights; it belongs to whoever has the layout.
    place : callable
        Turns features of shape (m, d) into points of shape (m, 2).
    """

    method: Method
    layer: int
    step: int
    rows: NDArray[np.intp]
    points: Floats
    answers: NDArray[np.intp]
    sure: Floats
    share: float
    network: Network
    place: Place

    @property
    def weighs_nothing(self) -> bool:
        """Whether the points stay where they are whatever the network learns: they are of the pixels."""
        return self.layer == PIXELS

    def is_of(self, layer: int, rows: NDArray[np.intp]) -> bool:
        """Whether it shows a layer's view of these images."""
        return self.layer == layer and np.array_equal(self.rows, rows)

    def locate(self, image: NDArray[Any]) -> Floats | None:
        """Return where an image of shape (28, 28), uint8, lies among the points: an array of shape (2,).

        This takes a few milliseconds.

        Raises
        ------
        DigitLabError
            When some outputs of the layer are no finite numbers.
        """
        seen = read_layer(self.network, image[None], self.layer)
        return None if seen is None else self.place(seen.features)[0]


def lay_out(
    snapshot: Snapshot,
    images: NDArray[Any],
    rows: NDArray[np.intp],
    layer: int,
    before: Layout | None,
    progress: Progress | None = None,
    cancelled: Cancelled | None = None,
) -> Layout | None:
    """Return a map of a layer by principal components; None when cancelled.

    Parameters
    ----------
    snapshot : Snapshot
        The weights.
    images : ndarray of shape (m, 28, 28), uint8
        All the images of which `rows`, of shape (n,), are shown.
    layer : int
        The layer, or :data:`engine.map.features.PIXELS`.
    before : Layout or None
        The map that was shown before. A map of the same images is turned so that it lies like that one. One of their
        pixels is kept, whatever its method, and only the answers are new.
    progress, cancelled : callable, optional
        Takes a sentence; says whether to give up.

    Raises
    ------
    DigitLabError
        When some outputs of the layer are no finite numbers.
    """
    network = Network.from_snapshot(snapshot)
    seen = read_layer(network, images[rows], layer, cancelled)
    network.release()
    if seen is None:
        return None
    if before is not None and before.weighs_nothing and before.is_of(layer, rows):
        return replace(before, step=snapshot.step, answers=seen.answers, sure=seen.sure, network=network)
    found = _plane(seen.features)
    points = found.project(seen.features)
    if before is not None and np.array_equal(before.rows, rows):
        turn = turn_like(points, before.points)
        found, points = replace(found, axes=found.axes @ turn), points @ turn
    share = float(found.shares.sum())
    return Layout("pca", layer, snapshot.step, rows, points, seen.answers, seen.sure, share, network, found.project)


def lay_out_neighbours(
    snapshot: Snapshot,
    images: NDArray[Any],
    rows: NDArray[np.intp],
    layer: int,
    before: Layout | None,
    progress: Progress,
    cancelled: Cancelled,
) -> Layout | None:
    """Return a map of a layer by t-SNE; None when cancelled. The parameters are those of :func:`lay_out`.

    It begins with how the images lay `before`, so that groups stay where they were as far as possible.

    Raises
    ------
    DigitLabError
        When some outputs of the layer are no finite numbers, or too few images differ.
    """
    progress("t-SNE: reading the digits…")
    network = Network.from_snapshot(snapshot)
    seen = read_layer(network, images[rows], layer, cancelled)
    network.release()
    if seen is None:
        return None
    start = before.points if before is not None and np.array_equal(before.rows, rows) else None
    found = embed(seen.features, start, progress, cancelled)
    if found is None:
        return None
    return Layout(
        "tsne", layer, snapshot.step, rows, found.points, seen.answers, seen.sure, math.nan, network, found.place
    )


def _plane(features: Floats) -> Components:
    """Return two principal components; a second one of zeros where the features have only one number."""
    found = principal_components(features, 2)
    missing = 2 - found.axes.shape[1]
    if not missing:
        return found
    axes, shares = np.pad(found.axes, ((0, 0), (0, missing))), np.pad(found.shares, (0, missing))
    return Components(found.mean, axes, shares)
