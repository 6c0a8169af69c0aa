"""Train a network and keep its best model: progress on stderr, the result on stdout.

Ctrl+C or SIGTERM ends it after the current batch and still keeps the model; the exit code is then 130 or 143.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine import kept_models
from engine.card import score_lines, scores_as_json
from engine.compact_layers import compact
from engine.datasets import Dataset, load_dataset, without_folders
from engine.datasets.dataset import DIGITS
from engine.datasets.split import Split, split, split_if_possible
from engine.errors import DigitLabError, ModelFileError
from engine.evaluation import Evaluation, evaluate
from engine.files import check_target, data_folder, reason
from engine.measuring import findings, measured_on
from engine.memory import require_memory
from engine.model_files import Model, record_training, save_model
from engine.network import Network
from engine.own_digits.store import FILE_NAME, OwnDigits
from engine.reports import BatchReport, EndReport, EpochReport
from engine.runs.keeper import Keeper
from engine.runs.row import new_row
from engine.score import Score
from engine.specs import RunSpec
from engine.terminal.arguments import add_dataset, add_extra, add_run_options, run_from
from engine.terminal.keeping import add_resume, followed, note_model, resumed
from engine.terminal.output import announcer, complain, number, percent, say, show, table
from engine.terminal.progress import progress_for
from engine.terminal.signals import InterruptedBySignal, noted
from engine.training import Training


@dataclass
class Course:
    """What a training reported."""

    end: EndReport
    epochs: list[EpochReport] = field(default_factory=list)
    last: BatchReport | None = None

    @property
    def images_per_second(self) -> float:
        """Images learned from per second of learning, over the whole training."""
        if not self.epochs or self.last is None:
            return self.last.seen / max(self.last.seconds, 1e-9) if self.last else 0.0
        return len(self.epochs) / sum(1 / epoch.images_per_second for epoch in self.epochs)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_dataset(parser, "mnist")
    add_extra(parser)
    add_run_options(parser)
    add_resume(parser)
    parser.add_argument(
        "--out", metavar="FILE", type=_file, help="where the model goes (default: the models in the data folder)"
    )
    parser.add_argument(
        "--portable",
        action="store_true",
        help="name data files in the model without their folders: for a model that is given away",
    )


def _file(text: str) -> Path:
    if not text.strip():
        raise argparse.ArgumentTypeError("a file name is missing")
    return Path(text)


def run(options: argparse.Namespace) -> int:
    """Train, save, measure and print."""
    recalled = resumed(options)
    spec = recalled.run if recalled else run_from(options)
    _check_target(options.out)
    dataset = load_dataset(spec.dataset, progress=announcer(), ink=spec.ink)
    if dataset.note:
        say(dataset.note)
    # With the whole path, so that it is found from anywhere; that path is nobody's business elsewhere.
    spec = spec.changed(run={"dataset": dataset.word})
    data = (split_if_possible if recalled else split)(dataset, spec.validation_split, spec.seed)
    if vars(options).get("training.batch_size") is None:
        spec = _fitted(spec, data)
    require_memory(spec)
    if recalled is None:
        training = Training(Network(spec.network, spec.seed), data, spec.training, spec.seed)
    else:
        training = recalled.training(data)
    network, keeper = training.network, recalled.keeper(training) if recalled else Keeper(new_row(spec), training)
    spec = spec.changed(run={"dataset": without_folders(dataset.word)}) if options.portable else spec
    with noted() as signals:
        say(f"{spec.network.title}, {spec.network.count_text}, {len(data.train_rows):,} images.")
        if recalled is not None:
            say(f"Going on with run {recalled.row.id} after {training.step:,} batches.")
        course = _follow(training, keeper, signals, recalled.history.reports if recalled else [])
        test = _measure(network, dataset, spec, signals)
        found = findings(network, data, spec, test, lambda: bool(signals))
        record = record_training(
            dataset,
            course.epochs,
            steps=course.end.step,
            best_epoch=course.end.best_epoch,
            test=test,
            scores=found.scores,
        )
        snapshot = network.snapshot(course.end.step, course.end.epoch)
        model = Model(snapshot, spec, record, found.judge)
        if dataset.class_names == DIGITS and not options.portable and not signals:
            model = _with_own_digits(model)
        path, trouble = _save(options.out, model)
        note_model(keeper.row.id, path, model.record)
    record = model.record
    result = {**record.model_dump(exclude={"dataset"}), **_result(spec, course, path, options.threads, keeper.row.id)}
    result["test_interval"] = test.interval if test else None
    result["scores"] = scores_as_json(record.scores)
    show(result, [*_lines(result), *_more_scores(record.scores)], as_json=options.json)
    if trouble:
        complain(" ".join(error.what for error in trouble))
    return 2 if trouble else _exit_code(course.end, path, signals)


def _with_own_digits(model: Model) -> Model:
    """Return a model whose record says how it reads the user's own digits, if there are any."""
    if not (data_folder() / FILE_NAME).exists():
        return model
    try:
        with OwnDigits() as own:
            scores = measured_on(model, [], own.all()).scores
    except DigitLabError as error:
        say(error.what)  # the model is worth more than this score
        return model
    record = model.record.model_copy(update={"scores": (*model.record.scores, *scores)})
    return replace(model, record=record)


def _fitted(spec: RunSpec, data: Split) -> RunSpec:
    """Make a batch smaller that nobody asked for and that is larger than the data, and say so."""
    size, fitting = spec.training.batch_size, data.fitting(spec.training.batch_size)
    if fitting == size:
        return spec
    say(f"The data has fewer images to learn from than the preset's batch of {size:,}: a batch has {fitting}.")
    return spec.changed(training={"batch_size": fitting})


def _check_target(out: Path | None) -> None:
    """Find out before the training, not after it, whether its model can be written."""
    folder = kept_models.folder() if out is None else out.absolute().parent
    try:
        if out is not None:
            check_target(out)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise ModelFileError(f"{out or folder} cannot be written: {reason(error)}.", "Nothing was trained.") from error


def _follow(training: Training, keeper: Keeper, signals: list[int], before: list[EpochReport]) -> Course:
    """Train to the end, or until a signal has come."""
    images = training.settings.epochs * len(training.data.train_rows)
    progress = progress_for(images)
    epochs = [*before]
    last: BatchReport | None = None
    try:
        for report in followed(training, keeper):
            if signals:
                training.stop()
            if isinstance(report, BatchReport):
                last = report
                progress.batch(report)
            elif isinstance(report, EpochReport):
                epochs.append(report)
                progress.epoch(report, training.settings.epochs)
            else:
                return Course(report, epochs, last)
    finally:
        progress.close()
    raise AssertionError("a training ends with a report of its end")


def _measure(network: Network, dataset: Dataset, spec: RunSpec, signals: list[int]) -> Evaluation | None:
    """Return what the network makes of the test images; nothing once a signal has come."""
    return evaluate(network, dataset.test_images, dataset.test_labels, spec.training.loss, lambda: bool(signals))


def _save(out: Path | None, model: Model) -> tuple[Path | None, list[DigitLabError]]:
    """Write the model where it was asked for, or else into the data folder; return where it is and what went wrong."""
    trouble: list[DigitLabError] = []
    if out is not None:
        try:
            save_model(out, model)
            return out.absolute(), trouble
        except DigitLabError as error:
            trouble.append(error)
    try:
        path = kept_models.keep(model)
    except DigitLabError as error:
        return None, [*trouble, error]
    if trouble:
        trouble.append(ModelFileError(f"The model is in {path} instead."))
    return path, trouble


def _result(spec: RunSpec, course: Course, path: Path | None, threads: int, run_id: str) -> dict[str, Any]:
    return {
        "model": str(path) if path else None,
        "network": spec.network.title,
        "layers": compact(spec.network.layers),
        "parameters": spec.network.parameter_count,
        "images_per_second": round(course.images_per_second, 1),
        "run": run_id,
        "outcome": course.end.reason,
        "message": course.end.message,
        "preset": spec.preset,
        "dataset": spec.dataset,
        "seed": spec.seed,
        "threads": threads,
        "spec": spec.model_dump(mode="json"),
    }


def _lines(result: dict[str, Any]) -> list[str]:
    low, high = result["test_interval"] or (None, None)
    between = f" (95 % interval {percent(low)} to {percent(high)})" if result["test_interval"] else ""
    seconds = result["seconds_per_epoch"]
    return table(
        [
            ("Test accuracy", percent(result["test_accuracy"]) + between or "not measured"),
            ("Test loss", number(result["test_loss"])),
            ("Validation accuracy", percent(result["validation_accuracy"])),
            ("Epochs", _epochs(result)),
            ("Seconds per epoch", f"{sum(seconds) / len(seconds):.2f}" if seconds else ""),
            ("Images per second", f"{result['images_per_second']:,.0f}"),
            ("Hidden layers", result["layers"]),
            ("Parameters", f"{result['parameters']:,}"),
            ("Model", result["model"]),
        ]
    )


def _more_scores(scores: Sequence[Score]) -> list[str]:
    """Return the table of scores, where there are others than that on the test images."""
    return ["", *score_lines(tuple(scores))] if len(scores) > 1 else []


def _epochs(result: dict[str, Any]) -> str:
    if result["epochs"]:
        return str(result["epochs"])
    return f"0: it ended in the first one, after {_batches(result['steps'])}"


def _batches(count: int) -> str:
    return "1 batch" if count == 1 else f"{count:,} batches"


def _exit_code(end: EndReport, path: Path | None, signals: list[int]) -> int:
    """Say what ended the training early, if anything did, and return the exit code for it."""
    if signals:
        early = f" No epoch is complete: the model has learned from {_batches(end.step)} only." if not end.epoch else ""
        complain(f"{end.message}{early} Its accuracy was not measured. The model is in {path}.")
        return InterruptedBySignal(signals[0]).exit_code
    if end.reason == "diverged":
        complain(end.message)
        return 2
    if end.reason == "early":
        say(end.message)
    return 0
