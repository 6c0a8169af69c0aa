"""t-SNE by openTSNE: a map on which images that a layer finds alike are neighbours."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.errors import DigitLabError
from engine.garbage import no_collection
from engine.map.pca import Components, principal_components

Floats = NDArray[np.float32]
FEWEST, PERPLEXITY, COMPONENTS, NEIGHBOURS = 10, 30.0, 50, 10
EXAGGERATED, REFINED, ASKED_EVERY = 250, 500, 5
# The spread of the start, along its widest axis, that t-SNE's authors recommend.
SPREAD = 1e-4


@dataclass(frozen=True)
class Embedding:
    """Points of a t-SNE map, and the means to add others.

    Attributes
    ----------
    points : ndarray of shape (n, 2), float32
    """

    points: Floats
    _components: Components
    _fitted: Any

    def place(self, features: Floats) -> Floats:
        """Return where features of shape (m, d) lie, as an array of shape (m, 2).

        Each lies at the median of the points that are its nearest neighbours: openTSNE's start for new points. What
        it would do from there, hundreds of steps of descent, often drives a single point out of its group.
        """
        neighbours = min(NEIGHBOURS, len(self.points) - 1)
        found = self._fitted.prepare_partial(
            self._components.project(features), initialization="median", k=neighbours, perplexity=neighbours / 3
        )
        return np.asarray(found, np.float32)


def embed(
    features: Floats, start: Floats | None, progress: Callable[[str], None], cancelled: Callable[[], bool]
) -> Embedding | None:
    """Return a t-SNE map of features of shape (n, d); None when cancelled.

    t-distributed stochastic neighbour embedding (van der Maaten & Hinton, 2008, *JMLR* 9) of the first 50 principal
    components, by openTSNE (Poličar, Stražar & Zupan, 2024, *Journal of Statistical Software* 109(3)).
    The same features and the same start give the same map.

    Parameters
    ----------
    features : ndarray of shape (n, d), float32
    start : ndarray of shape (n, 2), or None
        Where the points lie at first; their first two principal components by default.
    progress : callable
        Takes sentences about how far it is.
    cancelled : callable
        Says whether to give up; asked several times a second.

    Raises
    ------
    DigitLabError
        When there are fewer than 10 images, or all features are the same.
    """
    _require(features)
    progress("t-SNE: loading openTSNE…")
    with no_collection():  # one during a long import would stop all threads, the window's too, for 0.1 s
        # A second of scientific libraries, which nobody needs who does not ask for this map.
        import openTSNE

    if cancelled():
        return None
    components = principal_components(features, COMPONENTS)
    reduced = components.project(features)
    progress("t-SNE: looking for neighbours…")
    report = _Report(progress, cancelled)
    method = openTSNE.TSNE(
        perplexity=min(PERPLEXITY, (len(features) - 1) / 3),
        early_exaggeration_iter=EXAGGERATED,
        n_iter=REFINED,
        initialization=_scaled(_plane(reduced) if start is None else start),
        neighbors="exact",
        negative_gradient_method="bh",
        n_jobs=1,  # the other processor learns and paints
        random_state=0,
        callbacks=report,
        callbacks_every_iters=ASKED_EVERY,
    )
    fitted = method.fit(reduced)
    if report.gave_up:
        return None
    return Embedding(np.asarray(fitted, np.float32), components, fitted)


class _Report:
    """Called by openTSNE now and then: tells how far it is, and makes it stop when nobody wants it any more."""

    def __init__(self, progress: Callable[[str], None], cancelled: Callable[[], bool]) -> None:
        self._progress, self._cancelled = progress, cancelled
        self._calls = 0
        self.gave_up = False

    def __call__(self, _iteration: int, _error: float, _embedding: Any) -> bool:
        self._calls += 1
        part = self._calls * ASKED_EVERY / (EXAGGERATED + REFINED)
        self._progress(f"t-SNE: {100 * min(part, 1):.0f} %")
        self.gave_up = self._cancelled()
        return self.gave_up


def _require(features: Floats) -> None:
    """Refuse features that have no neighbours to speak of."""
    if len(features) < FEWEST:
        raise DigitLabError(
            f"t-SNE needs at least {FEWEST} images, and there are {len(features)}.", "Choose the principal components."
        )
    if not np.ptp(features, axis=0).any():
        raise DigitLabError(
            "t-SNE has nothing to lay out: this layer gives the same output for every image.",
            "Choose another layer, or train first.",
        )


def _plane(reduced: Floats) -> Floats:
    return np.pad(reduced[:, :2], ((0, 0), (0, max(2 - reduced.shape[1], 0))))


def _scaled(start: Floats) -> NDArray[np.float64]:
    """Return a start of the right spread, with a trace of noise that keeps points apart that lie on each other."""
    points = np.asarray(start, float)
    points = points - points.mean(axis=0)
    noise = np.random.default_rng(0).normal(scale=0.01 * SPREAD, size=points.shape)
    return points * (SPREAD / (points.std(axis=0).max() or 1.0)) + noise
