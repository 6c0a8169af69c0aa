"""What lies on the desk whatever is being trained: the data, the drawing, the latest weights and their evaluation."""

from __future__ import annotations

from functools import partial
from typing import Any

from numpy.typing import NDArray
from PySide6.QtCore import QObject, Signal

from engine.datasets import load_dataset
from engine.datasets.dataset import DIGITS, Dataset
from engine.datasets.sources import is_inked
from engine.datasets.split import Split, split
from engine.errors import DigitLabError, SettingError
from engine.evaluation import Evaluation, evaluate
from engine.ink.spec import InkSpec
from engine.judge import Judge
from engine.memory import require_memory, require_memory_to_read, training_need
from engine.network import Network, Snapshot
from engine.reader import Reader
from engine.specs import RunSpec, TrainingSpec
from gui.moments import Moments
from gui.shipped_reader import Found, ReadBy, load_reader
from gui.tasks import Tasks
from gui.worker import TaskThread


class Desk(Moments):
    """Holds what every page looks at, and loads and evaluates in the background.

    Attributes
    ----------
    built : RunSpec
        What the present network was made with.
    dataset : Dataset or None
        The data in use; None until it has been loaded.
    evaluation : Evaluation or None
        The latest evaluation of the present network on the test images; `evaluated` is what was measured,
        `evaluated_step` its step.
    remarks : str
        Why something that was wanted is not in force; empty if there is no such thing.
    drawing : ndarray of shape (28, 28), uint8, or None
        What is on the pad, as the network sees it.
    shipped : Reader or None
        The *Reader* that comes with the program, or what was made of it for the user's own hand; None until it has
        been loaded, or where it cannot be: `missing` says why.
    reading_by : {"auto", "reader", "network"}
        Who reads the pad: the *Reader*, the present network, or the one until the other has learned anything.
    """

    dataset_changed = Signal(object)  # Dataset
    dataset_failed = Signal(object)  # DigitLabError
    evaluation_changed = Signal(object)  # Evaluation or None
    drawing_changed = Signal(object)  # ndarray of shape (28, 28) or None
    noted = Signal(str)  # something that was done and that people should know
    remarked = Signal()  # there is another remark

    def __init__(self, run: RunSpec, network: Network, parent: QObject | None = None) -> None:
        super().__init__(network, parent)
        self.tasks = Tasks(self)
        self.remarks = ""
        self.built = run
        self.dataset: Dataset | None = None
        self.evaluation: Evaluation | None = None
        self.evaluated_step = -1
        self.evaluated: Snapshot | None = None
        self.drawing: NDArray[Any] | None = None
        self.shipped: Reader | None = None
        self.taught = False
        self.missing = "The Reader is still being loaded."
        self.reading_by: ReadBy = "auto"
        self._split: Split | None = None
        self._shortened: tuple[TrainingSpec, TrainingSpec] | None = (
            None  # settings before and after a batch was made smaller
        )
        self._loading: TaskThread | None = None
        self._asked = run.dataset, run.ink
        self._ink = run.ink
        self._evaluating: TaskThread | None = None
        self._loading_reader: TaskThread | None = None

    def remark(self, sentence: str) -> None:
        """Tell people why something they want is not in force; an empty sentence when that is over."""
        if sentence != self.remarks:
            self.remarks = sentence
            self.remarked.emit()

    # --- weights ------------------------------------------------------------------------------------------

    def _take(self, snapshot: Snapshot, *, learned: bool = False) -> None:
        """Make a copy of the weights the latest one; another network may know another ink."""
        super()._take(snapshot, learned=learned)
        if not learned:
            self._redraw()

    # --- who reads the pad --------------------------------------------------------------------------------

    @property
    def trained(self) -> bool:
        """Whether the network has learned anything."""
        return self.snapshot.step > 0 or self.travelling

    @property
    def names(self) -> tuple[str, ...]:
        """What the ten classes of the data are called."""
        return DIGITS if self.dataset is None else self.dataset.class_names

    @property
    def own(self) -> Reader:
        """A reader with the weights of the present network that are in view."""
        judge = Judge() if self.travelling else self.judge
        return Reader(self.reader, self.built.ink, judge, self.names)

    @property
    def pad_reader(self) -> Reader:
        """Whoever reads the pad now."""
        by = self.reading_by
        if by == "auto":  # the Reader knows digits and nothing else
            by = "network" if self.trained or self.names != DIGITS else "reader"
        return self.shipped if by == "reader" and self.shipped is not None else self.own

    @property
    def reads_itself(self) -> bool:
        """Whether the present network reads the pad."""
        return self.pad_reader is not self.shipped

    def read_by(self, who: ReadBy) -> None:
        """Choose who reads the pad."""
        if who != self.reading_by:
            self.reading_by = who
            self.reader_changed.emit()

    def load_reader(self) -> None:
        """Load the *Reader* in the background; the one before stays until that has worked."""
        if self._loading_reader is not None:
            self.tasks.forget(self._loading_reader)
        self._loading_reader = self.tasks.start("Loading the Reader…", load_reader, self._on_reader, self._on_no_reader)

    def _on_reader(self, found: Found) -> None:
        self._loading_reader = None
        self.shipped, self.taught, self.missing = found.reader, found.taught, ""
        if found.problem is not None:
            self.problem.emit(found.problem)
        self.reader_changed.emit()

    def _on_no_reader(self, error: DigitLabError) -> None:
        self._loading_reader = None
        self.missing = str(error)
        self.reader_changed.emit()

    # --- data ---------------------------------------------------------------------------------------------

    @property
    def loading(self) -> bool:
        """Whether data is being loaded."""
        return self._loading is not None

    @property
    def parts(self) -> Split | None:
        """Which training images are learned from and which are held back."""
        return self._split

    def fitted(self, run: RunSpec) -> RunSpec:
        """Return `run`, or the same with smaller batches if there are fewer images than one batch has; says so."""
        size = run.training.batch_size
        fitting = self._split.fitting(size) if self._split else size
        if fitting == size:
            return run
        self.noted.emit(f"The data has fewer images to learn from than a batch of {size:,}: a batch has {fitting} now.")
        return run.changed(training={"batch_size": fitting})

    def refitted(self, run: RunSpec) -> RunSpec:
        """Return :meth:`fitted` settings for data that has just been loaded; what was made smaller for less, grows."""
        before, self._shortened = self._shortened, None
        wanted = before[0] if before is not None and before[1] == run.training else run.training
        fitted = self.fitted(run.model_copy(update={"training": wanted}))
        if fitted.training != wanted:
            self._shortened = wanted, fitted.training
        elif wanted != run.training:
            self.noted.emit(f"A batch has {wanted.batch_size:,} images again.")
        return run if fitted == run else fitted

    def _require_fit(self, run: RunSpec, before: RunSpec | None = None) -> None:
        """Refuse settings for which there are too few images, or too little memory if they take more than others."""
        if self._split is not None:
            self._split.require_batch(run.training.batch_size)
        if before is None or training_need(run).total > training_need(before).total:
            require_memory(run)

    def _divide(self, dataset: Dataset) -> None:
        """Hold back the validation images; without that where the data is too small for it."""
        try:
            self._split = split(dataset, self.built.validation_split, self.built.seed)
        except SettingError as error:
            self._split = split(dataset, 0.0, self.built.seed)
            self.problem.emit(error)

    def load(self, word: str) -> None:
        """Load other data in the background; what was there before stays until that has worked."""
        if self._loading is not None:
            self.tasks.forget(self._loading)
        self._asked = word, self.built.ink
        self._loading = self.tasks.start(
            "Loading the data…", partial(_load, *self._asked), self._on_loaded, self._on_load_failed
        )

    def _redraw(self) -> None:
        """Load the data again where it is made of ink, and the present network knows another ink."""
        in_use = "" if self.dataset is None else self.dataset.word, self._ink
        word, ink = self._asked if self.loading else in_use
        if word and ink != self.built.ink and is_inked(word):
            self.load(word)

    def use(self, dataset: Dataset) -> None:
        """Use data that has been loaded elsewhere."""
        self._on_loaded(dataset)

    def _on_loaded(self, dataset: Dataset) -> None:
        if self._loading is not None:
            self._loading, self._ink = None, self._asked[1]
        self.dataset = dataset
        self._set_evaluation(None, -1)
        self.dataset_changed.emit(dataset)

    def _on_load_failed(self, error: DigitLabError) -> None:
        self._loading = None
        self.dataset_failed.emit(error)
        self.problem.emit(error)

    # --- evaluation ---------------------------------------------------------------------------------------

    @property
    def evaluating(self) -> bool:
        """Whether the test images are being read now."""
        return self._evaluating is not None

    def show_moment(self, index: int | None) -> None:
        """Look at a moment of the run; figures of the present are measured anew if others have taken their place."""
        super().show_moment(index)
        stale = self.evaluation is not None and self.evaluated is not self.snapshot
        if not self.travelling and stale and self._resting:
            self.evaluate()

    @property
    def _resting(self) -> bool:
        """Whether nothing is being trained."""
        return True

    def evaluate(self, snapshot: Snapshot | None = None) -> None:
        """Let the network in view, or another one, read the test images, in the background."""
        if self.dataset is None:
            return
        snapshot = snapshot or self.shown
        if self._evaluating is not None:
            self.tasks.forget(self._evaluating)
        work = partial(_evaluate, snapshot, self.dataset, self.built.training.loss)
        done = partial(self._on_evaluated, snapshot, self.dataset)
        self._evaluating = self.tasks.start("Evaluating…", work, done, self._on_evaluation_failed)

    def _on_evaluated(self, snapshot: Snapshot, dataset: Dataset, evaluation: Evaluation | None) -> None:
        self._evaluating = None
        if snapshot.spec == self.snapshot.spec and dataset is self.dataset:
            self.evaluated = snapshot
            self._set_evaluation(evaluation, snapshot.step)

    def _on_evaluation_failed(self, error: DigitLabError) -> None:
        self._evaluating = None
        self.problem.emit(error)

    def _set_evaluation(self, evaluation: Evaluation | None, step: int) -> None:
        if self._evaluating is not None and evaluation is None:
            self.tasks.forget(self._evaluating)
            self._evaluating = None
        self.evaluation, self.evaluated_step = evaluation, step
        self.evaluation_changed.emit(evaluation)

    # --- the drawing --------------------------------------------------------------------------------------

    def set_drawing(self, image: NDArray[Any] | None) -> None:
        """Tell everybody what is on the pad: an image of shape (28, 28), or None if it is empty."""
        self.drawing = image
        self.drawing_changed.emit(image)


def _load(word: str, ink: InkSpec, progress: Any, cancelled: Any) -> Dataset:
    return load_dataset(word, progress=progress, cancelled=cancelled, ink=ink)


def _evaluate(snapshot: Snapshot, dataset: Dataset, loss: str, progress: Any, cancelled: Any) -> Evaluation | None:
    require_memory_to_read(snapshot.spec)
    network = Network.from_snapshot(snapshot)
    return evaluate(network, dataset.test_images, dataset.test_labels, loss, cancelled)
