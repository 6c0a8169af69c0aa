"""What a network and a run are: validated, immutable, JSON both ways."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, Self

from pydantic import Field, ValidationError, model_validator

from engine.activations import ACTIVATION_HELP, ActivationName
from engine.augmentation import AugmentationSpec
from engine.errors import SettingError
from engine.fields import Settings, explain, setting
from engine.initializers import INITIALIZER_HELP, InitializerName
from engine.ink.spec import InkSpec
from engine.layers import DenseSpec, LayerSpec
from engine.layers.layer import Shape
from engine.losses import LOSS_HELP, LossName, misfit
from engine.optimizers import SGD, OptimizerSpec
from engine.schedules import Constant, ScheduleSpec

INPUT_SHAPE = (28, 28)
CLASSES = 10
MAX_PARAMETERS = 50_000_000


class NetworkSpec(Settings):
    """The architecture: hidden layers in order, and the output layer of ten units behind them."""

    layers: tuple[LayerSpec, ...] = Field(default=(DenseSpec(units=350),), max_length=32)
    output_activation: ActivationName = setting(
        "softmax",
        "Output activation",
        "What the ten output units do with their weighted sums.",
        rebuilds=True,
        choice_help=ACTIVATION_HELP,
    )
    initializer: InitializerName = setting(
        "he",
        "Initializer",
        "How the weights start. Biases start at 0.",
        rebuilds=True,
        choice_help=INITIALIZER_HELP,
    )
    initializer_scale: float = setting(
        1.0, "Initial scale", "What the initial weights are multiplied by.", low=0, high=100, rebuilds=True
    )
    dtype: Literal["float32", "float64"] = setting(
        "float32",
        "Precision",
        "How many bits each number has: float32 is fast, float64 is exact enough to check gradients.",
        rebuilds=True,
    )

    @model_validator(mode="after")
    def _possible_and_affordable(self) -> Self:
        if self.parameter_count > MAX_PARAMETERS:
            raise ValueError(
                f"This network would have {self.parameter_count:,} parameters; at most {MAX_PARAMETERS:,} are allowed. "
                "Make a layer smaller."
            )
        return self

    def rows(self) -> Iterator[tuple[Shape, int]]:
        """Yield output shape and parameter count of each hidden layer and, last, of the output layer.

        Raises
        ------
        ValueError
            When a layer cannot follow the one before; the sentence names its number and the sizes.
        """
        shape: Shape = INPUT_SHAPE
        for number, layer in enumerate((*self.layers, DenseSpec(units=CLASSES)), start=1):
            try:
                shape, count = layer.output_shape(shape), layer.parameter_count(shape)
            except SettingError as error:
                raise ValueError(f"Layer {number}: {error.what}") from error
            yield shape, count

    @property
    def parameter_count(self) -> int:
        """How many numbers the network has: what it learns, and what `kept_counts` counts."""
        return sum(count for _, count in self.rows())

    @property
    def kept_counts(self) -> tuple[int, ...]:
        """How many of each hidden layer's parameters no gradient moves: running means and variances."""
        shapes = [INPUT_SHAPE, *(shape for shape, _ in self.rows())]
        return tuple(layer.kept_count(shape) for layer, shape in zip(self.layers, shapes, strict=False))

    @property
    def learned_count(self) -> int:
        """How many parameters training adjusts."""
        return self.parameter_count - sum(self.kept_counts)

    @property
    def count_text(self) -> str:
        """The parameters in words, e.g. ``"1,290 parameters"``; what is not learned among them is named."""
        kept = sum(self.kept_counts)
        named = f" ({kept:,} of them running means and variances)" if kept else ""
        return f"{self.parameter_count:,} parameters{named}"

    @property
    def title(self) -> str:
        """The sizes in a line, e.g. ``"784 → 350 → 10"`` or ``"28x28 → conv 32 → 128 → 10"``."""
        names = [layer.short for layer in self.layers if layer.short]
        height, width = INPUT_SHAPE
        convolutional = any(layer.kind == "conv" for layer in self.layers)
        start = f"{height}x{width}" if convolutional else str(height * width)
        return " → ".join((start, *names, str(CLASSES)))


class TrainingSpec(Settings):
    """How a network learns. All of it may change between two batches."""

    loss: LossName = setting("cross_entropy", "Loss", "What training makes small.", choice_help=LOSS_HELP)
    optimizer: OptimizerSpec = Field(default=SGD())
    learning_rate: float = setting(
        0.1,
        "Learning rate",
        "How far each step goes. Too small learns slowly; too large makes the loss jump or explode. "
        "Takes effect at the next batch.",
        low=1e-6,
        high=10,
        log=True,
    )
    schedule: ScheduleSpec = Field(default=Constant())
    augmentation: AugmentationSpec = AugmentationSpec()
    batch_size: int = setting(
        128, "Batch size", "How many images are looked at before each step.", low=1, high=1_000_000, unit="images"
    )
    epochs: int = setting(
        5, "Epochs", "How often the whole training set is gone through per press on Train.", low=1, high=10_000
    )
    shuffle: bool = setting(True, "Shuffle", "Whether every epoch goes through the images in a new random order.")
    l2: float = setting(
        0.0,
        "L2 regularization",
        "Pulls every weight towards 0: λ w is added to its gradient. Biases are left alone.",
        low=0,
        high=1,
    )
    clip: float = setting(
        0.0,
        "Gradient clipping",
        "The largest length that the gradient of a batch may have; a longer one is shortened. 0 is off.",
        low=0,
        high=1000,
    )
    early_stopping: int = setting(
        0,
        "Early stopping",
        "Ends the training when the validation loss has not improved for so many epochs. 0 is off.",
        low=0,
        high=1000,
        unit="epochs",
    )
    keep_best: bool = setting(
        True,
        "Keep the best epoch",
        "When training ends, the weights of the epoch with the lowest validation loss come back "
        "(without validation images: the lowest training loss).",
    )


class RunSpec(Settings):
    """Everything that determines a run: with the same one, a machine gives the same weights, bit for bit."""

    preset: str = ""
    dataset: str = setting("mnist", "Data", "Where the images come from.", rebuilds=True)
    seed: int = setting(
        0,
        "Seed",
        "Decides everything that is random: initial weights, order, dropout, the validation images. "
        "The same seed gives the same run.",
        low=0,
        high=2**32 - 1,
        rebuilds=True,
    )
    validation_split: float = setting(
        0.1,
        "Validation share",
        "The share of the training images that is held back, to see how the network does on images it did not learn.",
        low=0,
        high=0.9,
        rebuilds=True,
    )
    ink: InkSpec = InkSpec()
    network: NetworkSpec = NetworkSpec()
    training: TrainingSpec = TrainingSpec()

    @model_validator(mode="after")
    def _loss_fits_output(self) -> Self:
        if sentence := misfit(self.training.loss, self.network.output_activation):
            raise ValueError(sentence)
        return self

    @model_validator(mode="after")
    def _batches_have_a_spread(self) -> Self:
        shapes: list[Shape] = [INPUT_SHAPE, *(shape for shape, _ in self.network.rows())]
        for number, (layer, shape) in enumerate(zip(self.network.layers, shapes, strict=False), start=1):
            if layer.kind == "batch_norm" and len(shape) < 3 and self.training.batch_size == 1:
                raise ValueError(
                    f"Layer {number}: Batch normalization: in a batch of one image every value is its own mean, and "
                    "nothing is left of it. The batch size must be at least 2."
                )
        return self

    def changed(self, **groups: dict[str, object]) -> RunSpec:
        """Return a validated copy with some settings replaced.

        Parameters
        ----------
        **groups : dict
            ``network={…}``, ``training={…}`` and ``run={…}``: new values by name.

        Raises
        ------
        SettingError
            When a value is outside its range or two contradict each other.
        """
        data = self.model_dump()
        data.update(groups.pop("run", {}))
        for group, values in groups.items():
            data[group].update(values)
        return checked_run(data)


def checked_run(data: dict[str, object]) -> RunSpec:
    """Return the run that `data` describes, or raise a SettingError with one sentence."""
    try:
        return RunSpec.model_validate(data)
    except ValidationError as error:
        raise explain(error, RunSpec) from error
