"""The writers of pen files divided into folds, and a network trained without each of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from engine.datasets import joined
from engine.datasets.dataset import Dataset
from engine.datasets.reading import Watch
from engine.datasets.split import split
from engine.errors import DataError, SettingError
from engine.judging import judge_of
from engine.model import Model, record_training
from engine.model_files import SUFFIX, load_model, save_model
from engine.network import Network
from engine.pen.drawn import Drawn
from engine.pen.files import read_pen_file
from engine.reports import BatchReport, EpochReport
from engine.specs import RunSpec
from engine.training import Training


@dataclass(frozen=True)
class Fold:
    """One part of the writers, kept from the network that is measured on them.

    Attributes
    ----------
    number, count : int
        Which of how many, counted from 1.
    writers : tuple of str
        Who is kept out; see `writer_of`.
    """

    number: int
    count: int
    writers: tuple[str, ...]


@dataclass(frozen=True)
class PenFile:
    """The digits of a pen file, with its name for people."""

    path: Path
    digits: tuple[Drawn, ...]


def read_pens(paths: Sequence[Path], watch: Watch) -> list[PenFile]:
    """Read pen files; drawings without label are left out.

    Raises
    ------
    DataError
        When one cannot be read, or holds digits whose writers are not known.
    """
    found = []
    for path in paths:
        digits = tuple(drawn for drawn in read_pen_file(path, watch) if drawn.label is not None)
        if any(not drawn.writer for drawn in digits):
            raise DataError(f"{path} does not say who wrote each of its digits, so that no writer can be kept out.")
        found.append(PenFile(path, digits))
    return found


def folds_of(pens: Sequence[PenFile], count: int, seed: int) -> list[Fold]:
    """Divide all writers at random, the same for the same seed.

    Raises
    ------
    SettingError
        When there are fewer writers than folds.
    """
    names = sorted({writer_of(pen, drawn) for pen in pens for drawn in pen.digits})
    if len(names) < count:
        raise SettingError(
            f"Folds: {count} is not allowed; the files have {len(names)} writers, and each fold needs one."
        )
    mixed = np.random.default_rng([seed, 8]).permutation(names)
    return [Fold(k + 1, count, tuple(sorted(part.tolist()))) for k, part in enumerate(np.array_split(mixed, count))]


def writer_of(pen: PenFile, drawn: Drawn) -> str:
    """Return a writer's name that no writer of another file has."""
    return f"{pen.path.name}: {drawn.writer}"


def kept_out(pens: Sequence[PenFile], fold: Fold) -> list[Drawn]:
    """Return the digits of the writers that a fold keeps out, named so that no two files' writers are confused."""
    found = [replace(drawn, writer=writer_of(pen, drawn)) for pen in pens for drawn in pen.digits]
    return [drawn for drawn in found if drawn.writer in fold.writers]


def joined_with(base: Dataset, pens: Sequence[PenFile], run: RunSpec, watch: Watch) -> Dataset:
    """Return `base` with all digits of all files to learn from."""
    for pen in pens:
        base = joined.with_drawings(base, f"unipen:{pen.path}", pen.path.name, pen.digits, watch, run.ink)
    return base


def without(dataset: Dataset, fold: Fold) -> Dataset:
    """Return a dataset without the images of the writers that a fold keeps out."""
    left = ~np.isin(np.array(dataset.train_writers), fold.writers)
    return replace(
        dataset,
        train_images=dataset.train_images[left],
        train_labels=dataset.train_labels[left],
        train_writers=tuple(name for name, stays in zip(dataset.train_writers, left, strict=True) if stays),
    )


def trained(
    run: RunSpec, dataset: Dataset, report: Callable[[BatchReport | EpochReport], None], stopped: Callable[[], bool]
) -> Model | None:
    """Return a network trained on a dataset with its judge; None when it was stopped."""
    data = split(dataset, run.validation_split, run.seed)
    network = Network(run.network, run.seed)
    training = Training(network, data, run.training, run.seed)
    epochs: list[EpochReport] = []
    for news in training.reports():
        if stopped():
            training.stop()
        if isinstance(news, EpochReport):
            epochs.append(news)
        if isinstance(news, BatchReport | EpochReport):
            report(news)
    if stopped():
        return None
    record = record_training(dataset, epochs, steps=training.step)
    judge = judge_of(network, data, run.ink)
    return Model(network.snapshot(training.step, training.epoch), run, record, judge)


def kept_model(folder: Path, fold: Fold, run: RunSpec) -> Model | None:
    """Return the model of a fold that an earlier run left in a folder, if there is one.

    Raises
    ------
    SettingError
        When it was trained by another recipe.
    """
    path = _path(folder, fold)
    if not path.exists():
        return None
    model = load_model(path)
    if model.run != run:
        raise SettingError(f"{path} was trained by another recipe.", "Name another folder, or move it away.")
    return model


def keep(folder: Path, fold: Fold, model: Model) -> None:
    """Leave the model of a fold in a folder, for the next run."""
    folder.mkdir(parents=True, exist_ok=True)
    save_model(_path(folder, fold), model)


def _path(folder: Path, fold: Fold) -> Path:
    return folder / f"fold-{fold.number}-of-{fold.count}{SUFFIX}"
