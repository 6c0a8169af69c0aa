"""Measure a recipe on hands it never learned from: train it several times, each time without some of the writers.

Every digit of the pen files is then read by a network that saw nothing of its writer. Ctrl+C or SIGTERM ends it; with
--models the same command, given again, goes on where it was.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.crossvalidation.figures import figures
from engine.crossvalidation.folds import (
    Fold,
    PenFile,
    folds_of,
    joined_with,
    keep,
    kept_model,
    kept_out,
    read_pens,
    trained,
    without,
)
from engine.crossvalidation.measure import Measured, measure
from engine.datasets import Dataset, load_dataset
from engine.datasets.joined import SIGN
from engine.datasets.reading import Watch
from engine.errors import DigitLabError, SettingError
from engine.memory import require_memory
from engine.model import Model
from engine.reports import BatchReport, EpochReport
from engine.specs import RunSpec
from engine.terminal.arguments import add_dataset, add_extra, add_run_options, run_from
from engine.terminal.crossvalidation_table import lines
from engine.terminal.output import announcer, complain, say, show
from engine.terminal.progress import progress_for
from engine.terminal.signals import InterruptedBySignal, noted

WORD = "unipen:"
FEWEST, MOST = 2, 100


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_dataset(parser, "mnist")
    add_extra(parser)
    parser.add_argument(
        "--folds",
        metavar="N",
        type=_folds,
        default=5,
        help=f"into how many parts the writers are divided, {FEWEST} to {MOST} (default: 5)",
    )
    parser.add_argument(
        "--models",
        metavar="FOLDER",
        type=Path,
        help="where the network of every fold is kept; those that are there already are not trained again",
    )
    add_run_options(parser)
    parser.set_defaults(preset="reader")


def run(options: argparse.Namespace) -> int:
    """Train what is not there yet, measure, and print."""
    paths = _pen_files(options.extra)
    options.extra = [word for word in options.extra if not word.startswith(WORD)]
    spec = run_from(options)
    watch = Watch(announcer())
    pens = read_pens(paths, watch)
    folds = folds_of(pens, options.folds, spec.seed)
    base = load_dataset(spec.dataset, progress=watch.progress, ink=spec.ink)
    require_memory(spec)
    recipe = spec.changed(run={"dataset": SIGN.join([base.word, *(f"{WORD}{pen.path}" for pen in pens)])})
    found: list[Measured] = []
    with noted() as signals:
        joined: Dataset | None = None
        for fold in folds:
            model = kept_model(options.models, fold, recipe) if options.models else None
            if model is None and not signals:
                joined = joined or joined_with(base, pens, recipe, watch)
                model = _train(fold, recipe, joined, options.models, lambda: bool(signals))
            if model is None or signals:
                break
            found.append(_measure(fold, model, pens, base))
    if found:
        result = figures(recipe, found)
        show(result.as_json(), lines(result), as_json=options.json)
    return _exit_code(found, folds, options.models, signals)


def _train(
    fold: Fold, recipe: RunSpec, joined: Dataset, folder: Path | None, stopped: Callable[[], bool]
) -> Model | None:
    data = without(joined, fold)
    say(f"Fold {fold.number} of {fold.count}: {len(data.train_images):,} images, {len(fold.writers)} writers kept out.")
    progress = progress_for(recipe.training.epochs * len(data.train_images))

    def report(news: BatchReport | EpochReport) -> None:
        if isinstance(news, EpochReport):
            progress.epoch(news, recipe.training.epochs)
        else:
            progress.batch(news)

    try:
        model = trained(recipe, data, report, stopped)
    finally:
        progress.close()
    if model is not None and folder is not None:
        keep(folder, fold, model)
    return model


def _measure(fold: Fold, model: Model, pens: Sequence[PenFile], base: Dataset) -> Measured:
    say(f"Fold {fold.number} of {fold.count}: reading the digits, numbers and drawings of the writers kept out…")
    found = measure(model, fold, kept_out(pens, fold), base)
    say(f"Fold {fold.number} of {fold.count}: {found.answers.right.mean():.2%} of the digits right.")
    return found


def _pen_files(words: Sequence[str]) -> list[Path]:
    paths = [Path(word.removeprefix(WORD)).expanduser().absolute() for word in words if word.startswith(WORD)]
    if not paths:
        raise SettingError(
            f"Extra: {WORD}PATH is missing; a pen file must be named, whose writers are kept out in turn."
        )
    return paths


def _folds(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 4 and FEWEST <= int(text) <= MOST):
        raise SettingError(f"Folds: {text[:40]} is not allowed; it must be a whole number from {FEWEST} to {MOST}.")
    return int(text)


def _exit_code(found: Sequence[Measured], folds: Sequence[Fold], folder: Path | None, signals: Sequence[int]) -> int:
    if not signals:
        return 0
    kept = f"The networks are in {folder}." if folder else "Nothing was kept: --models FOLDER would do so."
    complain(DigitLabError(f"Stopped with {len(found)} of {len(folds)} folds measured. {kept}"))
    return InterruptedBySignal(signals[0]).exit_code
