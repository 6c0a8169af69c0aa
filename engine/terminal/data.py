"""Describe a dataset: how many images it has of each class, and how it was read."""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np

from engine.datasets import CLASSES, DATASET_WORDS, Dataset, load_dataset
from engine.terminal.arguments import add_dataset
from engine.terminal.output import announcer, show


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_dataset(parser, "mnist")


def run(options: argparse.Namespace) -> int:
    """Load, count and print."""
    dataset = load_dataset(options.dataset or "mnist", progress=announcer())
    result = _result(dataset)
    show(result, _lines(result), as_json=options.json)
    return 0


def _result(dataset: Dataset) -> dict[str, Any]:
    return {
        "dataset": dataset.word,
        "title": dataset.title,
        "note": dataset.note,
        "image_shape": list(dataset.train_images.shape[1:]),
        "train": len(dataset.train_labels),
        "test": len(dataset.test_labels),
        "classes": list(dataset.class_names),
        "train_per_class": np.bincount(dataset.train_labels, minlength=CLASSES).tolist(),
        "test_per_class": np.bincount(dataset.test_labels, minlength=CLASSES).tolist(),
        "train_writers": len(set(dataset.train_writers)),
        "test_writers": len(set(dataset.test_writers)),
        "datasets": [source.form for source in DATASET_WORDS],
    }


def _lines(result: dict[str, Any]) -> list[str]:
    width = max(8, *(len(name) for name in result["classes"]))
    rows = zip(result["classes"], result["train_per_class"], result["test_per_class"], strict=True)
    words = [f"  {source.form:<20} {source.help}" for source in DATASET_WORDS]
    return [
        f"{result['title']}: {result['train']:,} images to learn from, {result['test']:,} to test with, 28x28 pixels",
        *_writers(result),
        *([result["note"]] if result["note"] else []),
        "",
        f"{'class':<{width}} {'training':>10} {'test':>8}",
        *(f"{name:<{width}} {train:>10,} {test:>8,}" for name, train, test in rows),
        "",
        "Datasets that can be named:",
        *words,
    ]


def _writers(result: dict[str, Any]) -> list[str]:
    """Return how many people wrote the images, where that is known."""
    train, test = result["train_writers"], result["test_writers"]
    return [f"Writers: {train:,} of the images to learn from, {test:,} of those to test with"] if train else []
