"""scikit-learn's ``MLPClassifier``: the same dense network, an epoch by ``partial_fit``."""

from __future__ import annotations

import time
from typing import Any

from engine import blas
from engine.bench.contenders import Prepared, Task, blas_threads, in_memory, per_epoch
from engine.layers import DenseSpec
from engine.specs import CLASSES, RunSpec


def prepare(task: Task) -> Prepared:
    """Return a classifier that no longer checks whether all its inputs are finite: the others do not, either."""
    import sklearn
    from sklearn.neural_network import MLPClassifier

    blas.use_threads(task.threads)
    sklearn.set_config(assume_finite=True)
    X, labels = in_memory(task.images)
    classifier = MLPClassifier(**_settings(task.work.run))

    def epoch() -> float:
        started = time.perf_counter()
        classifier.partial_fit(X, labels, classes=range(CLASSES))
        return per_epoch(time.perf_counter() - started, task.images)

    return Prepared({"": epoch}, blas_threads, str(sklearn.__version__))


def _settings(run: RunSpec) -> dict[str, Any]:
    training = run.training
    return {
        "hidden_layer_sizes": [layer.units for layer in run.network.layers if isinstance(layer, DenseSpec)],
        "activation": "relu",
        "solver": training.optimizer.kind,
        "momentum": 0.0,
        "alpha": 0.0,
        "batch_size": training.batch_size,
        "learning_rate_init": training.learning_rate,
    }
