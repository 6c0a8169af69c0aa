"""Model files: what is saved comes back, and whatever else is opened gets one sentence."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import struct
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.numpy import save_file

from engine import kept_models
from engine.blas import allow_threads, allowed_threads, libraries, most_threads, use_threads
from engine.compact_layers import parse_layers
from engine.datasets import Dataset
from engine.datasets.split import Split
from engine.errors import DigitLabError, ModelFileError, SettingError
from engine.evaluation import evaluate
from engine.layers import DenseSpec, DropoutSpec
from engine.model_files import Model, TrainingRecord, load_model, record_training, save_model
from engine.network import Network, Snapshot
from engine.optimizers import OPTIMIZERS
from engine.presets import PRESETS
from engine.reports import EpochReport
from engine.runs.row import new_row
from engine.runs.store import RunStore
from engine.schedules import SCHEDULES
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from engine.training import train

SMALL = RunSpec(network=NetworkSpec(layers=(DenseSpec(units=3, activation="tanh"), DropoutSpec(rate=0.1))))
RECORD = TrainingRecord(
    dataset="MNIST",
    created="2026-01-02T03:04:05+00:00",
    epochs=2,
    steps=844,
    seconds_per_epoch=(0.5, 0.4),
    train_loss=0.5,
    test_accuracy=0.9,
)


def a_model(run: RunSpec = SMALL, seed: int = 1) -> Model:
    return Model(Network(run.network, seed).snapshot(RECORD.steps, RECORD.epochs), run, RECORD)


@pytest.fixture
def saved(tmp_path: Path) -> Path:
    path = tmp_path / "model.safetensors"
    save_model(path, a_model())
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    text = str(caught.value)
    assert path.name in text
    assert "stays open" in text
    assert "\n" not in text
    return text


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_model_comes_back_bit_for_bit(tmp_path: Path, dtype: str) -> None:
    run = SMALL.changed(network={"dtype": dtype}, run={"seed": 7})
    model = a_model(run)
    save_model(tmp_path / "m", model)
    back = load_model(tmp_path / "m")
    assert back.run == run
    assert back.record == RECORD
    assert (back.network.step, back.network.epoch) == (844, 2)
    assert back.network.parameters.dtype == dtype
    np.testing.assert_array_equal(back.network.parameters, model.network.parameters)


def test_every_preset_predicts_the_same_after_reopening(tmp_path: Path, small: Dataset) -> None:
    images = small.test_images[:50]
    for preset in PRESETS.values():
        network = Network(preset.run.network, 5)
        before = network.predict(images)
        save_model(tmp_path / preset.name, Model(network.snapshot(), preset.run))
        after = Network.from_snapshot(load_model(tmp_path / preset.name).network).predict(images)
        np.testing.assert_array_equal(before, after)


@pytest.fixture
def images_model(small_split: Split) -> Model:
    """A network of every kind of layer that has learned a little, so that running means are not what they were."""
    layers = parse_layers(
        "conv:4:5:s2:same,batch_norm:relu,max_pool:2,conv:6:3,flatten,batch_norm,dense:8:d0.1,dropout"
    )
    run = SMALL.changed(network={"layers": layers}, training={"batch_size": 50, "epochs": 1})
    network = Network(run.network, 3)
    for _ in train(network, small_split, run.training):
        pass
    return Model(network.snapshot(RECORD.steps, RECORD.epochs), run, RECORD)


def test_convolutions_and_batch_normalization_come_back_bit_for_bit(
    images_model: Model, small: Dataset, tmp_path: Path
) -> None:
    path = tmp_path / "m.safetensors"
    save_model(path, images_model)
    back = load_model(path)
    assert back.run == images_model.run
    np.testing.assert_array_equal(back.network.parameters, images_model.network.parameters)
    before, after = (Network.from_snapshot(model.network).predict(small.test_images) for model in (images_model, back))
    np.testing.assert_array_equal(before, after)
    with safe_open(path, framework="np") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        variance = file.get_tensor("batch_norm_1.variance")
    assert (shapes["conv_1.weights"], shapes["conv_2.weights"]) == ((5, 5, 1, 4), (3, 3, 4, 6))
    assert (shapes["batch_norm_2.gamma"], shapes["dense_1.weights"]) == ((150,), (150, 8))
    assert (variance != 1).all()


@pytest.mark.parametrize(
    ("tensors", "expected"),
    [
        ({"conv_1.weights": np.zeros((3, 3, 1, 4), np.float32)}, "conv_1.weights has the shape (3, 3, 1, 4)"),
        ({"dense_1.weights": np.zeros((784, 8), np.float32)}, "(784, 8), but (150, 8) is needed."),
        ({"batch_norm_1.mean": np.zeros(5, np.float32)}, "batch_norm_1.mean has the shape (5,), but (4,) is needed"),
        ({"batch_norm_2.variance": np.full(150, -1, np.float32)}, "batch_norm_2.variance holds negative numbers"),
        ({"conv_3.bias": np.zeros(4, np.float32)}, "conv_3.bias"),
    ],
)
def test_wrong_arrays_of_other_kinds_of_layer_are_named(
    images_model: Model, tmp_path: Path, tensors: dict, expected: str
) -> None:
    save_model(tmp_path / "m.safetensors", images_model)
    assert expected in rewritten(tmp_path / "m.safetensors", tensors)


def test_a_file_with_impossible_layers_is_refused_with_number_and_sizes(saved: Path) -> None:
    spec = '{"network": {"layers": [{"kind": "conv", "kernel": 28}, {"kind": "max_pool"}]}}'
    assert "Layer 2: Max pooling: a window of 2x2 does not fit into an image of 1x1" in rewritten(saved, spec=spec)


def test_a_kept_convolutional_network_has_a_name_that_can_be_read(images_model: Model) -> None:
    assert kept_models.title(kept_models.keep(images_model)).startswith("28x28-conv-4-conv-6-8-10 · ")


def test_tensors_have_names_and_shapes_that_other_programs_can_read(saved: Path) -> None:
    with safe_open(saved, framework="np") as file:
        shapes = {name: tuple(file.get_slice(name).get_shape()) for name in file.keys()}  # noqa: SIM118
        about = file.metadata()
        weights = file.get_tensor("dense_1.weights")
    assert shapes == {
        "dense_1.weights": (784, 3),
        "dense_1.bias": (3,),
        "dense_2.weights": (3, 10),
        "dense_2.bias": (10,),
    }
    np.testing.assert_array_equal(weights, Network(SMALL.network, 1).dense[0].weights)
    assert json.loads(about["preprocessing"])["input_shape"] == [28, 28]
    assert RunSpec.model_validate_json(about["spec"]) == SMALL


def test_a_record_tells_of_the_epoch_whose_weights_were_kept(small: Dataset) -> None:
    epochs = [
        EpochReport(number, number * 10, loss, 0.5, loss + 1, 0.4, 1.5, 1000.0, False)
        for number, loss in ((1, 2.0), (2, 1.0), (3, float("inf")))
    ]
    test = evaluate(Network(SMALL.network), small.test_images, small.test_labels, "cross_entropy")
    record = record_training(small, epochs, steps=30, best_epoch=2, test=test)
    assert (record.epochs, record.steps, record.train_loss, record.validation_loss) == (3, 30, 1.0, 2.0)
    assert record.seconds_per_epoch == (1.5, 1.5, 1.5)
    assert test is not None
    assert record.test_accuracy == test.accuracy
    assert datetime.fromisoformat(record.created).utcoffset() == datetime.now(UTC).utcoffset()
    assert record_training(small, epochs, steps=30).train_loss is None  # JSON has no infinity


def test_missing_foreign_and_special_files_get_a_sentence(tmp_path: Path) -> None:
    assert "no file of that name" in refusal(tmp_path / "nothing")
    assert "folder" in refusal(tmp_path)
    path = tmp_path / "bad"
    path.write_bytes(b"")
    assert "empty" in refusal(path)
    for content in (
        b"abc",
        b"hello, I am a text file\n" * 40,
        b"\x89PNG\r\n\x1a\n" + bytes(99),
        b"PK\x03\x04" + bytes(99),
    ):
        path.write_bytes(content)
        assert "not a model file" in refusal(path)
    save_file({"x": np.zeros(3, np.float32)}, path)
    assert "not one that DigitLab wrote" in refusal(path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
        assert "ordinary file" in refusal(tmp_path / "pipe")


def test_truncated_and_enormous_files_are_refused_before_they_are_read(saved: Path, tmp_path: Path) -> None:
    content = saved.read_bytes()
    for length in (1, 7, 8, 9, 200, len(content) // 2, len(content) - 1):
        saved.write_bytes(content[:length])
        assert "cut short" in refusal(saved)
    saved.write_bytes(struct.pack("<Q", 2**62) + content[8:])
    refusal(saved)
    huge = tmp_path / "huge"
    with huge.open("wb") as file:
        file.write(struct.pack("<Q", 2**27))
        file.truncate(2**28)
    assert "far too much" in refusal(huge)
    with huge.open("wb") as file:
        file.truncate(2**40)
    assert "at most" in refusal(huge)


def rewritten(saved: Path, tensors: dict[str, np.ndarray] | None = None, **metadata: str) -> str:
    """Change a saved file and return how it is refused."""
    with safe_open(saved, framework="np") as file:
        about = file.metadata()
        old = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    save_file({**old, **(tensors or {})}, saved, {**about, **metadata})
    return refusal(saved)


@pytest.mark.parametrize(
    ("tensors", "expected"),
    [
        ({"dense_1.weights": np.zeros((1024, 3), np.float32)}, "1,024 inputs"),
        ({"dense_1.weights": np.zeros((784, 4), np.float32)}, "(784, 4)"),
        ({"dense_1.weights": np.zeros((784, 3), np.float64)}, "F64"),
        ({"dense_1.weights": np.zeros((784, 3), np.int32)}, "I32"),
        ({"dense_1.weights": np.full((784, 3), np.nan, np.float32)}, "not finite"),
        ({"dense_2.bias": np.full(10, np.inf, np.float32)}, "not finite"),
        ({"dense_3.bias": np.zeros(10, np.float32)}, "dense_3.bias"),
    ],
)
def test_weights_that_do_not_fit_the_description_are_refused(saved: Path, tensors: dict, expected: str) -> None:
    assert expected in rewritten(saved, tensors)


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ({"format_version": "2"}, "newer DigitLab"),
        ({"format_version": "x"}, "version"),
        ({"format_version": "9" * 5000}, "version"),
        ({"format": "other"}, "not one that DigitLab wrote"),
        ({"spec": "{"}, "description"),
        ({"spec": "[" * 5000}, "description"),
        ({"spec": '{"seed": -1}'}, "Seed: -1 is not allowed"),
        ({"spec": '{"network": {"layers": [{"kind": "conv9"}]}}'}, "conv9"),
        (
            {"spec": '{"network": {"layers": [{"kind": "dense", "units": 8192}, {"kind": "dense", "units": 4000}]}}'},
            "fewer",
        ),
        ({"training": '{"epochs": -3}'}, "description"),
        ({"training": '{"test_loss": NaN}'}, "description"),
        ({"preprocessing": '{"input_shape": [32, 32, 3]}'}, "32x32x3"),
        ({"preprocessing": "7"}, "damaged"),
    ],
)
def test_descriptions_that_cannot_be_used_are_refused(saved: Path, metadata: dict, expected: str) -> None:
    assert expected in rewritten(saved, **metadata)


def test_a_failed_save_leaves_the_old_file_and_no_leftovers(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = saved.read_bytes()

    def disk_full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", disk_full)
    with pytest.raises(ModelFileError, match=r"disk is full.*unchanged"):
        save_model(saved, a_model(seed=2))
    assert saved.read_bytes() == before
    assert list(saved.parent.iterdir()) == [saved]


def test_saving_into_what_is_no_folder_gets_a_sentence(saved: Path) -> None:
    with pytest.raises(ModelFileError, match="not a folder"):
        save_model(saved / "m.safetensors", a_model())
    with pytest.raises(ModelFileError, match="does not exist"):
        save_model(saved.parent / "none" / "m.safetensors", a_model())


def test_a_network_with_nan_is_not_saved_over_a_good_one(saved: Path) -> None:
    before = saved.read_bytes()
    broken = Snapshot(SMALL.network, np.full(SMALL.network.parameter_count, np.nan, np.float32))
    with pytest.raises(ModelFileError, match="not finite"):
        save_model(saved, Model(broken, SMALL))
    assert saved.read_bytes() == before


def test_kept_models_never_overwrite_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path / "data"))
    assert kept_models.kept() == []

    class StoppedClock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:
            return datetime(2026, 1, 1, tzinfo=UTC)

    first = kept_models.keep(a_model())
    monkeypatch.setattr(kept_models, "datetime", StoppedClock)
    older = {kept_models.keep(a_model(seed=seed)) for seed in range(5)}
    assert len(older) == 5
    assert kept_models.kept()[0] == first
    assert set(kept_models.kept()[1:]) == older
    assert load_model(first).run == SMALL


def test_an_unusable_data_folder_gets_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models").write_text("a file where the folder should be")
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path))
    with pytest.raises(DigitLabError, match="cannot be made"):
        kept_models.keep(a_model())


def test_threads_are_set_and_checked() -> None:
    use_threads(1)
    assert libraries()
    assert all(pool["threads"] == 1 for pool in libraries())
    for count in (0, -1, most_threads() + 1):
        with pytest.raises(SettingError, match=f"from 1 to {most_threads()}"):
            allow_threads(count)
    assert 1 <= allowed_threads() <= most_threads()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = tmp_path_factory.mktemp("mutated") / "model.safetensors"
    save_model(path, a_model())
    return path, path.read_bytes()


@given(data=st.data())
def test_mutated_files_are_refused_or_hold_a_valid_model(bench: tuple[Path, bytes], data: st.DataObject) -> None:
    path, content = bench
    changed = bytearray(content)
    header = 8 + int.from_bytes(content[:8], "little")
    places = st.one_of(st.integers(0, header - 1), st.integers(0, len(content) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=6)):
        changed[place] = value
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    path.write_bytes(changed[:cut])
    with contextlib.suppress(ModelFileError):
        model = load_model(path)
        assert model.network.parameters.shape == (model.run.network.parameter_count,)
        assert np.isfinite(model.network.parameters).all()


@given(content=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused(bench: tuple[Path, bytes], content: bytes) -> None:
    path, _ = bench
    path.write_bytes(content)
    refusal(path)


NAMES = st.sampled_from(["relu", "tanh", "sigmoid", "linear", "leaky_relu"])
LAYERS = st.one_of(
    st.builds(DenseSpec, units=st.integers(1, 500), activation=NAMES, dropout=st.floats(0, 0.9)),
    st.builds(DropoutSpec, rate=st.floats(0, 0.9)),
)
RUNS = st.builds(
    RunSpec,
    seed=st.integers(0, 2**32 - 1),
    validation_split=st.floats(0, 0.9),
    dataset=st.text(max_size=50),
    network=st.builds(
        NetworkSpec,
        layers=st.lists(LAYERS, max_size=5).map(tuple),
        initializer_scale=st.floats(0, 100),
        dtype=st.sampled_from(["float32", "float64"]),
    ),
    training=st.builds(
        TrainingSpec,
        optimizer=st.sampled_from(list(OPTIMIZERS.values())).map(lambda cls: cls()),
        schedule=st.sampled_from(list(SCHEDULES.values())).map(lambda cls: cls()),
        learning_rate=st.floats(1e-6, 10),
        batch_size=st.integers(1, 1_000_000),
        l2=st.floats(0, 1),
    ),
)


@given(run=RUNS)
def test_every_run_comes_back_from_its_json(run: RunSpec) -> None:
    assert RunSpec.model_validate_json(run.model_dump_json()) == run


def test_a_run_has_one_kept_model_and_what_others_name_stays() -> None:
    run, other = (new_row(a_model().run) for _ in range(2))
    paths = [kept_models.keep(a_model(seed=seed)) for seed in range(4)]
    mine = kept_models.folder() / "mine.safetensors"
    save_model(mine, a_model())
    with RunStore() as store:
        kept_models.save_owner(store, run.changed(model=paths[0].name))
        kept_models.save_owner(store, run.changed(model=paths[0].name))
        kept_models.save_owner(store, run)
        assert paths[0].exists(), "the same one, and none that is new"
        kept_models.save_owner(store, run.changed(model=paths[1].name))
        assert not paths[0].exists()
        kept_models.save_owner(store, other.changed(model=paths[1].name))
        store.delete([other.id])
        kept_models.save_owner(store, run.changed(model=mine.name))
        assert paths[1].exists(), "a deleted run can be brought back"
        kept_models.save_owner(store, run.changed(model=paths[2].name))
        assert mine.exists(), "somebody has called it so"
        paths[2].unlink()
        kept_models.save_owner(store, run.changed(model=paths[3].name))
        assert store.model(run.id) == paths[3].name
        assert store.model("nobody") == ""


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("20261122-140512-000001_quick-784-350-10_98.3_0a1b2c.safetensors", "quick 784-350-10 · 98.3 % · 2026-11-2"),
        ("20261122-140512-000001_784-16-10_0a1b2c.safetensors", "784-16-10 · 2026-11-2"),
        ("99999999-999999-000001_784-16-10_0a1b2c.safetensors", "99999999-999999-000001_784-16-10_0a1b2c.safetensors"),
        ("mine.safetensors", "mine.safetensors"),
    ],
)
def test_a_kept_model_is_called_by_what_it_is(name: str, title: str) -> None:
    assert kept_models.title(Path(name)).startswith(title)
