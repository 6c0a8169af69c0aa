"""What is found out about a network once it is trained: how far it is to be trusted, and how much it reads right."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from engine.datasets import DATASET_WORDS, joined, load_dataset, pen_strokes
from engine.datasets.dataset import DIGITS, Dataset
from engine.datasets.reading import LoadingCancelledError, Watch
from engine.datasets.split import Split, split
from engine.errors import DigitLabError, SettingError
from engine.evaluation import Evaluation, evaluate
from engine.judge import Judge
from engine.judging import judge_of
from engine.memory import require_memory_to_read
from engine.model import Model, finite
from engine.network import Network
from engine.own_digits.digit import OwnDigit
from engine.reader import Reader
from engine.score import Score
from engine.specs import RunSpec
from engine.teaching.record import already_taught

OWN_DIGITS = "My digits"
MNIST_TEST = "MNIST, test images"
_MNIST_ITSELF = ("mnist", "keras:mnist")
_PEN = "unipen:"
Cancelled = Callable[[], bool]


@dataclass(frozen=True)
class Findings:
    """What is found out with the data that a network was trained on.

    Attributes
    ----------
    judge : Judge
        How far its answers are to be trusted.
    scores : tuple of Score
        On the test images; where the data names them, on writers that were held back; and of every network that reads
        digits on MNIST's test images.
    """

    judge: Judge = field(default_factory=Judge)
    scores: tuple[Score, ...] = ()


@dataclass(frozen=True)
class Measured:
    """Scores on what the user has, and sentences about what could not be measured."""

    scores: tuple[Score, ...]
    remarks: tuple[str, ...] = ()


def findings(
    network: Network, data: Split, run: RunSpec, test: Evaluation | None, cancelled: Cancelled = lambda: False
) -> Findings:
    """Return what can be found out about a network that was trained on `data`.

    Parameters
    ----------
    network : Network
        Its buffers are used: it must not be training at the same time.
    data : Split
    run : RunSpec
        What it was trained with.
    test : Evaluation or None
        What it made of the test images; without it, or where its answers are not numbers, nothing is found out.
    cancelled : callable
        The answer True ends it early.
    """
    if test is None or not np.isfinite(test.probabilities).all():
        return Findings()
    scores = [Score(title=_test_title(data.dataset), right=_right(test), count=test.count)]
    more = [part(network, data, run.training.loss, cancelled) for part in (_held_back, _on_mnist)]
    return Findings(judge_of(network, data, run.ink, cancelled=cancelled), (*scores, *filter(None, more)))


def measured(model: Model, dataset: Dataset, cancelled: Cancelled = lambda: False) -> Model:
    """Return a model with its judge, its scores and its test figures; as it is when it was cancelled meanwhile.

    Parameters
    ----------
    model : Model
        It is copied into a network of its own, which takes memory; the whole takes seconds.
    dataset : Dataset
        What it was trained on; divided as for the training.
    cancelled : callable

    Raises
    ------
    SettingError
        When there is too little memory.
    """
    if cancelled() or not model.network.step or not np.isfinite(model.network.parameters).all():
        return model
    require_memory_to_read(model.network.spec)
    network = Network.from_snapshot(model.network)
    test = evaluate(network, dataset.test_images, dataset.test_labels, model.run.training.loss, cancelled)
    if test is None:
        return model
    found = findings(network, _divided(dataset, model.run), model.run, test, cancelled)
    if cancelled():
        return model
    scores = with_scores(found.scores, model.record.scores)  # somebody may have measured it on more
    figures = {"test_loss": finite(test.loss), "test_accuracy": test.accuracy, "scores": scores}
    return replace(model, record=model.record.model_copy(update=figures), judge=found.judge)


def measured_on(
    model: Model,
    files: Sequence[Path],
    digits: Sequence[OwnDigit],
    progress: Callable[[str], None] | None = None,
    cancelled: Cancelled | None = None,
) -> Measured:
    """Return how a model reads pen files and the user's own digits, as far as it did not learn from them.

    Parameters
    ----------
    model : Model
    files : sequence of Path
        UNIPEN or InkML; one that cannot be read is named in a remark.
    digits : sequence of OwnDigit
        Those that the model was taught are left out.
    progress, cancelled : callable, optional
        Told what is being done; asked whether to stop.

    Raises
    ------
    LoadingCancelledError
        When `cancelled` said so.
    """
    watch, reader = Watch(progress, cancelled), Reader.of(model)
    scores, remarks = [], []
    # By name alone: a model that was given away does not say where its files lay.
    learned = {path.name for path in pen_files(model.run.dataset)}
    for path in files:
        if path.name in learned:
            remarks.append(f"{path.name} is not measured on: the network learned from it.")
            continue
        try:
            scores.append(_on_file(reader, path, watch))
        except LoadingCancelledError:
            raise
        except DigitLabError as error:
            remarks.append(error.what)
    own, remark = _on_own(reader, model, digits, watch)
    return Measured((*scores, *filter(None, [own])), (*remarks, *filter(None, [remark])))


def pen_files(word: str) -> list[Path]:
    """Return the pen files that a dataset word names."""
    return [Path(part.removeprefix(_PEN)) for part in _parts(word) if part.startswith(_PEN)]


def with_scores(known: Sequence[Score], new: Sequence[Score]) -> tuple[Score, ...]:
    """Return all scores, a new one in place of a known one of the same title."""
    return tuple({score.title: score for score in (*known, *new)}.values())


def _parts(word: str) -> list[str]:
    return joined.parts(word, (source.name for source in DATASET_WORDS))


def _divided(dataset: Dataset, run: RunSpec) -> Split:
    """Divide data as a training by `run` does: without validation images where there are too few."""
    try:
        return split(dataset, run.validation_split, run.seed)
    except SettingError:
        return split(dataset, 0.0, run.seed)


def _right(found: Evaluation) -> int:
    return int(np.trace(found.confusion))


def _test_title(dataset: Dataset) -> str:
    title = dataset.title.split(joined.SIGN)[0]
    writers = len(set(dataset.test_writers))
    return f"{title}, {_writers(writers)} held back" if writers else f"{title}, test images"


def _held_back(network: Network, data: Split, loss: str, cancelled: Cancelled) -> Score | None:
    """Return how the drawings of those writers are read who were held back; None where none were."""
    names = np.array(data.dataset.train_writers or [""] * len(data.dataset.train_labels))
    rows = data.validation_rows[names[data.validation_rows] != ""]
    rows = _one_each(rows, names, data.dataset.word)
    if not len(rows):
        return None
    found = evaluate(network, data.dataset.train_images[rows], data.dataset.train_labels[rows], loss, cancelled)
    if found is None:
        return None
    title = f"Pen digits of {_writers(len(set(names[rows])))} held back"
    return Score(title=title, right=_right(found), count=found.count)


def _on_mnist(network: Network, data: Split, loss: str, cancelled: Cancelled) -> Score | None:
    """Return how those of MNIST's test images are read that were not learned from; None where they are the data's own.

    They are what networks are compared on, whatever they learned from.
    """
    dataset = data.dataset
    if dataset.class_names != DIGITS or _parts(dataset.word)[0] in _MNIST_ITSELF or cancelled():
        return None
    images, labels = _mnist_test()
    learned = {hash(image.tobytes()) for image in dataset.train_images}
    fresh = np.array([hash(image.tobytes()) not in learned for image in images], bool)
    if not fresh.any():
        return None
    found = evaluate(network, images[fresh], labels[fresh], loss, cancelled)
    return None if found is None else Score(title=MNIST_TEST, right=_right(found), count=found.count)


@functools.cache
def _mnist_test() -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return MNIST's test images and their labels; the images to learn from are let go."""
    dataset = load_dataset("mnist")
    return dataset.test_images.copy(), dataset.test_labels.copy()


def _one_each(rows: NDArray[np.intp], names: NDArray[np.str_], word: str) -> NDArray[np.intp]:
    """Return one row per drawing: of pen files that were joined, each has several images, the first as it is."""
    starts = tuple(f"{path.name}: " for path in pen_files(word)[word.startswith(_PEN) :])
    several = np.array([name.startswith(starts) for name in names[rows].tolist()], bool)
    return np.sort(np.concatenate([rows[~several], rows[several][:: joined.RENDITIONS]]))


def _on_file(reader: Reader, path: Path, watch: Watch) -> Score:
    dataset = pen_strokes.load(path, watch, reader.ink)
    images, labels, writers = dataset.part("all")
    right = _count_right(reader, images, labels)
    title = f"{path.name}, {_writers(len(set(writers)))}" if writers else path.name
    return Score(title=title, right=right, count=len(labels))


def _on_own(reader: Reader, model: Model, digits: Sequence[OwnDigit], watch: Watch) -> tuple[Score | None, str]:
    """Return how the user's digits are read that the model was not taught, and why not, if none can be."""
    taught = model.record.taught or (model.record.created if already_taught(model) else "")
    fresh = [digit for digit in digits if digit.created > taught]
    if not fresh:
        return None, f"{OWN_DIGITS} are not measured on: the network learned all of them." if digits else ""
    watch.say(f"Reading {len(fresh):,} of your digits…")
    images = [digit.image if digit.drawn is None else reader.images([digit.drawn.strokes])[0] for digit in fresh]
    labels = np.array([digit.label for digit in fresh], np.uint8)
    right = _count_right(reader, np.array(images, np.uint8), labels)
    return Score(title=OWN_DIGITS, right=right, count=len(fresh)), ""


def _count_right(reader: Reader, images: NDArray[np.uint8], labels: NDArray[np.uint8]) -> int:
    return int((reader.network.probabilities(images).argmax(axis=1) == labels).sum())


def _writers(count: int) -> str:
    return "1 writer" if count == 1 else f"{count:,} writers"
