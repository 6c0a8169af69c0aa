"""The commands, called as a person calls them: results on stdout, one sentence and exit code 2 for bad input."""

from __future__ import annotations

import errno
import gzip
import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from engine import kept_models, memory
from engine.compact_layers import parse_layers
from engine.datasets import Dataset, load_dataset
from engine.evaluation import evaluate
from engine.fields import parameters_of
from engine.layers import LAYER_KINDS, DenseSpec
from engine.model_files import load_model
from engine.network import Network
from engine.optimizers import OPTIMIZERS
from engine.own_digits.store import OwnDigits
from engine.pen.drawn import Drawn
from engine.pen.hands import draw_digit
from engine.presets import PRESETS
from engine.reader import Reader
from engine.schedules import SCHEDULES
from engine.specs import NetworkSpec, RunSpec, TrainingSpec
from engine.terminal import command_line
from engine.terminal.arguments import run_from

ROOT = Path(__file__).resolve().parent.parent
QUICK = ("--hidden", "16", "--epochs", "2", "--batch-size", "20")

Call = Callable[..., tuple[int, str, str]]


@pytest.fixture(scope="session")
def digits(small: Dataset, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The dataset word of a small part of MNIST."""
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    np.savez(
        path,
        x_train=small.train_images,
        y_train=small.train_labels,
        x_test=small.test_images,
        y_test=small.test_labels,
    )
    return f"npz:{path}"


@pytest.fixture
def trained(digitlab: Call, digits: str, tmp_path: Path) -> Path:
    path = tmp_path / "trained.safetensors"
    assert digitlab("train", "--dataset", digits, *QUICK, "--out", path)[0] == 0
    return path


def sentence(result: tuple[int, str, str]) -> str:
    """Check that a command was refused with nothing but one line, and return that line."""
    code, out, err = result
    lines = [line for line in err.splitlines() if line.startswith("digitlab: ")]
    assert (code, out, len(lines)) == (2, "", 1), (code, out, err)
    return lines[0]


def in_a_process(*argv: str | Path, **settings: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "main.py"), *map(str, argv)]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, **settings)


def test_the_real_program_trains_evaluates_and_predicts(digits: str, small: Dataset, tmp_path: Path) -> None:
    model = tmp_path / "m.safetensors"
    done = in_a_process("train", "--dataset", digits, *QUICK, "--epochs", "4", "--seed", "3", "--out", model, "--json")
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert {
        "test_accuracy",
        "test_loss",
        "epochs",
        "parameters",
        "seconds_per_epoch",
        "images_per_second",
        "model",
    } <= set(result)
    assert (result["epochs"], len(result["seconds_per_epoch"]), result["parameters"]) == (4, 4, 785 * 16 + 17 * 10)
    assert result["test_accuracy"] > 0.5
    assert result["images_per_second"] > 0
    assert Path(result["model"]) == model
    assert "epoch 4/4" in done.stderr
    Image.fromarray(small.test_images[0]).save(tmp_path / "seven.png")
    done = in_a_process("predict", model, tmp_path / "seven.png", "--json")
    entry = json.loads(done.stdout)["predictions"][0]
    reading = Reader.of(load_model(model)).read(small.test_images[0])
    np.testing.assert_allclose(entry["probabilities"], reading.shares, atol=1e-6)
    assert entry["digit"] == int(np.argmax(entry["probabilities"]))


def test_training_again_with_the_same_seed_gives_the_same_bits(digitlab: Call, digits: str, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in "abc"]
    for path, seed in zip(paths, ("5", "5", "6"), strict=True):
        digitlab("train", "--dataset", digits, *QUICK, "--dropout", "0.2", "--seed", seed, "--out", path)
    first, second, other = (load_model(path).network.parameters for path in paths)
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_evaluate_tells_what_the_engine_finds(digitlab: Call, trained: Path, digits: str, small: Dataset) -> None:
    code, out, _ = digitlab("evaluate", trained, "--json")
    result = json.loads(out)
    network = Network.from_snapshot(load_model(trained).network)
    found = evaluate(network, small.test_images, small.test_labels, "cross_entropy")
    assert found is not None
    assert (code, result["accuracy"], result["loss"]) == (0, found.accuracy, found.loss)
    assert result["count"] == np.sum(result["confusion"]) == 200
    assert result["confusion"] == found.confusion.tolist()
    assert result["accuracy"] == load_model(trained).record.test_accuracy
    code, out, _ = digitlab("evaluate", trained, "--dataset", digits)
    assert code == 0
    assert f"{100 * found.accuracy:.2f} %" in out


def test_evaluate_reads_the_articles_own_model(digitlab: Call, digits: str, small: Dataset, tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    layers = [
        {"weights": [rng.normal(0, 0.05, inputs) for _ in range(units)], "biases": [0.01] * units}
        for inputs, units in ((784, 20), (20, 10))
    ]
    np.save(tmp_path / "article.npy", layers, allow_pickle=True)
    code, out, _ = digitlab("evaluate", tmp_path / "article.npy", "--dataset", digits, "--json")
    values = small.test_images.reshape(-1, 784) / 255
    for layer in layers:
        values = np.maximum(values @ np.array(layer["weights"]).T + layer["biases"], 0)
    assert code == 0
    assert json.loads(out)["accuracy"] == np.mean(values.argmax(axis=1) == small.test_labels)


def test_predict_answers_for_the_good_pictures_and_refuses_the_bad_ones(
    digitlab: Call, trained: Path, small: Dataset, tmp_path: Path
) -> None:
    good = [tmp_path / f"{number}.png" for number in range(2)]
    for number, path in enumerate(good):
        Image.fromarray(small.test_images[number]).save(path)
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"no picture")
    code, out, err = digitlab("predict", trained, good[0], bad, good[1])
    assert code == 2
    assert [line.split(":")[0] for line in out.splitlines()] == [str(path) for path in good]
    assert len(err.splitlines()) == 1
    assert "bad.png" in err
    code, out, _ = digitlab("predict", trained, good[0], bad, "--json")
    first, second = json.loads(out)["predictions"]
    assert (code, len(first["probabilities"])) == (2, 10)
    assert sum(first["probabilities"]) == pytest.approx(1)
    assert "bad.png" in second["error"]
    assert digitlab("predict", trained, *good)[0] == 0


def test_data_counts_the_images_of_each_class(digitlab: Call, digits: str, small: Dataset) -> None:
    code, out, _ = digitlab("data", "--dataset", digits, "--json")
    result = json.loads(out)
    assert (code, result["train"], result["test"]) == (0, 600, 200)
    assert result["train_per_class"] == np.bincount(small.train_labels, minlength=10).tolist()
    assert result["datasets"][:3] == ["mnist", "keras:mnist", "keras:fashion_mnist"]
    code, out, _ = digitlab("data", "--dataset", digits)
    assert "csv:PATH" in out


def test_info_shows_the_program_or_a_models_card(digitlab: Call, trained: Path, user_folders: Path) -> None:
    code, out, _ = digitlab("info", "--json")
    result = json.loads(out)
    assert (code, result["data_folder"], set(result["presets"])) == (0, str(user_folders), set(PRESETS))
    assert result["blas"][0]["threads"] == 1
    assert "Presets" in digitlab("info")[1]
    card = json.loads(digitlab("info", trained, "--json")[1])
    assert (card["network"], card["training"]["epochs"]) == ("784 → 16 → 10", 2)
    assert "Test accuracy" in digitlab("info", trained)[1]


def test_without_out_the_model_is_kept_in_the_data_folder(digitlab: Call, digits: str) -> None:
    _, out, _ = digitlab("train", "--dataset", digits, *QUICK, "--json")
    assert kept_models.kept() == [Path(json.loads(out)["model"])]
    _, out, _ = digitlab("train", "--dataset", digits, *QUICK)
    assert str(kept_models.kept()[0]) in out


def options(*argv: str) -> RunSpec:
    return run_from(command_line.parser().parse_args(["train", *argv]))


def test_a_dataset_named_from_its_own_folder_is_found_again_from_elsewhere(
    digitlab: Call, digits: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = Path(digits.removeprefix("npz:"))
    monkeypatch.chdir(path.parent)
    assert digitlab("train", "--dataset", f"npz:{path.name}", *QUICK, "--out", tmp_path / "m")[0] == 0
    monkeypatch.chdir(tmp_path)
    assert digitlab("evaluate", "m")[0] == 0


def test_every_hyperparameter_has_its_option() -> None:
    assert options() == PRESETS["quick"].run
    run = options(
        *("--preset", "article", "--hidden", "64,32", "--activation", "tanh", "--dropout", "0.25"),
        *("--output-activation", "softmax", "--loss", "cross_entropy", "--initializer", "glorot"),
        *("--initializer-scale", "2", "--dtype", "float64", "--learning-rate", "0.02", "--batch-size", "7"),
        *("--epochs", "9", "--shuffle", "--l2", "0.001", "--clip", "5", "--early-stopping", "3", "--keep-best"),
        *(
            "--optimizer",
            "adamw",
            "--beta1",
            "0.8",
            "--weight-decay",
            "0.1",
            "--schedule",
            "step",
            "--schedule-every",
            "2",
        ),
        *("--seed", "11", "--validation-split", "0.2", "--dataset", "csv:x.csv"),
    )
    layer = DenseSpec(activation="tanh", dropout=0.25)
    assert run.network == NetworkSpec(
        layers=(layer.model_copy(update={"units": 64}), layer.model_copy(update={"units": 32})),
        initializer="glorot",
        initializer_scale=2,
        dtype="float64",
    )
    assert run.training == TrainingSpec(
        optimizer=OPTIMIZERS["adamw"](beta1=0.8, weight_decay=0.1),  # type: ignore[call-arg]
        schedule=SCHEDULES["step"](every=2),  # type: ignore[call-arg]
        learning_rate=0.02,
        batch_size=7,
        epochs=9,
        l2=0.001,
        clip=5,
        early_stopping=3,
    )
    assert (run.seed, run.validation_split, run.dataset) == (11, 0.2, "csv:x.csv")


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_brings_its_usual_rate_unless_one_is_given(name: str) -> None:
    assert options("--preset", "article", "--optimizer", name).training.learning_rate == (
        0.001 if name == "sgd" else OPTIMIZERS[name].usual_rate
    )
    assert options("--optimizer", name, "--learning-rate", "0.5").training.learning_rate == 0.5
    assert options("--optimizer", name).training.optimizer == OPTIMIZERS[name]()


def test_a_preset_keeps_what_is_not_changed() -> None:
    deep = options("--preset", "deep", "--dropout", "0.5")
    assert [layer.dropout for layer in deep.network.layers if isinstance(layer, DenseSpec)] == [0.5, 0.5, 0.5]
    assert options("--optimizer", "adam", "--beta1", "0.5").training.learning_rate == 0.004
    assert options("--hidden", "none").network.layers == ()


def test_help_explains_every_option_with_its_range(digitlab: Call) -> None:
    code, out, _ = digitlab("train", "--help")
    shown = " ".join(out.split())
    assert code == 0
    for cls in (TrainingSpec, NetworkSpec, DenseSpec, *OPTIMIZERS.values(), *SCHEDULES.values()):
        for entry in parameters_of(cls):
            assert " ".join(entry.help.split()) in shown or entry.name == "units"
    for name in ("evaluate", "predict", "data", "info"):
        assert digitlab(name, "--help")[0] == 0
    code, out, _ = digitlab("--help")
    assert all(name in out for name in command_line.COMMANDS)
    assert digitlab("--version")[0] == 0


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        *((("--learning-rate", value), "Learning rate") for value in ("0", "-1", "nan", "1e9", "inf", "", "fast")),
        *((("--hidden", value), "Units") for value in ("0", "-3", "", "10,,10", "10,x", "99999", "1.5")),
        (("--hidden", "8192,8192"), "parameters"),
        (("--layers", "conv:8:29"), "Layer 1 (conv:8:29): Kernel: 29 is not allowed"),
        (
            ("--layers", "conv:8:20,conv:8:10"),
            "Layer 2: Convolution: a kernel of 10x10 does not fit into an image of 9x9",
        ),
        (("--layers", "conv:8:3:s0"), "Layer 1 (conv:8:3:s0): Stride: 0 is not allowed"),
        (("--layers", "flatten,dense:4,flatten"), "Layer 3: Flatten: its 4 inputs are in a row already"),
        (("--layers", "dense:4,conv:8"), "Layer 2: Convolution: it needs an image, but gets 4 numbers in a row"),
        (("--layers", "dense:4,dropout:1"), "Layer 2 (dropout:1): Rate: 1 is not allowed"),
        (
            ("--layers", "conv:8:26,max_pool:4"),
            "Layer 2: Max pooling: a window of 4x4 does not fit into an image of 3x3",
        ),
        (("--layers", "conv:8", "--hidden", "3"), "--layers and --hidden contradict each other"),
        (("--layers", "dense:8", "--activation", "tanh"), "--layers and --activation contradict each other"),
        (("--hidden", "none", "--dropout", "0.2"), "--dropout changes nothing"),
        *((("--epochs", value), "Epochs") for value in ("0", "-1", "1.5", "x")),
        *((("--batch-size", value), "Batch size") for value in ("0", "-1", "601", "1000001")),
        (("--validation-split", "1"), "Validation share"),
        (("--validation-split", "0.0001"), "Validation share"),
        (("--seed", "-1"), "Seed"),
        (("--optimizer", "magic"), "one of sgd, momentum"),
        (("--schedule", "magic"), "one of constant"),
        (("--preset", "magic"), "one of quick"),
        (("--loss", "magic"), "one of cross_entropy"),
        (("--activation", "softmax"), "Activation"),
        (("--momentum", "0.5"), "only momentum, nesterov"),
        (("--loss", "cross_entropy", "--output-activation", "relu"), "Softmax"),
        (("--threads", "0"), "Threads"),
        (("--threads", "1e9"), "Threads"),
        (("--no-such-option",), "--no-such-option"),
        (("--epochs",), "expected one argument"),
        (("--dataset", "imagenet"), "imagenet"),
        (("--out", "/"), "/ cannot be written: there is a folder of that name"),
        (("--out", "/no/such/folder/m"), "does not exist"),
        (("--out", "m" * 300), "name is too long"),
    ],
)
def test_bad_settings_get_one_sentence(digitlab: Call, digits: str, argv: tuple[str, ...], expected: str) -> None:
    assert expected in sentence(digitlab("train", "--dataset", digits, *argv))
    assert kept_models.kept() == []


def test_a_network_too_large_for_the_memory_is_refused_before_it_is_made(
    digitlab: Call, digits: str, monkeypatch: pytest.MonkeyPatch, trained: Path
) -> None:
    monkeypatch.setattr(memory, "available", lambda: 5 * 10**7)
    argv = ("train", "--dataset", digits, "--layers", "conv:8,conv:512:3:same,dense:10", "--batch-size", "500")
    found = sentence(digitlab(*argv))
    assert "Layer 2 (conv:512:3:same) takes most" in found
    assert re.search(r"training would take about \d+\.\d GB of memory, and 0\.1 GB are free", found)
    assert digitlab("evaluate", trained)[0] == 0
    monkeypatch.setattr(memory, "available", lambda: 10**4)
    assert "an evaluation would take about" in sentence(digitlab("evaluate", trained))


def test_layers_of_all_kinds_are_trained_and_named(digitlab: Call, digits: str, tmp_path: Path) -> None:
    layers = "conv:4:5:s2:same,batch_norm:relu,max_pool:2,flatten,dense:8:tanh,dropout:0.1"
    path = tmp_path / "m.safetensors"
    argv = ("--layers", layers, "--epochs", "1", "--out", path)
    code, out, err = digitlab("train", "--dataset", digits, *argv, "--json")
    assert (code, json.loads(out)["layers"]) == (0, layers)
    assert "28x28 → conv 4 → 8 → 10" in err
    card = json.loads(digitlab("info", path, "--json")[1])
    assert [layer["output_shape"] for layer in card["layers"]] == [[14, 14, 4]] * 2 + [[7, 7, 4], [196], [8], [8]]
    assert [layer["parameters"] for layer in card["layers"]] == [104, 16, 0, 0, 197 * 8, 0]
    shown = digitlab("info", path)[1]
    assert layers in shown
    assert "→ 14 x 14 x 4, 104 parameters" in shown
    assert options("--layers", "none").network.layers == ()
    assert options("--layers", layers).network == load_model(path).run.network


def test_no_command_and_a_wrong_one_get_one_sentence(digitlab: Call) -> None:
    assert "COMMAND" in sentence(digitlab())
    assert "dance" in sentence(digitlab("dance"))


def bad_models(folder: Path, good: bytes) -> dict[str, Path]:
    contents = {
        "empty": b"",
        "truncated": good[: len(good) // 2],
        "foreign": b"\x89PNG\r\n\x1a\n" + bytes(100),
        "pickle": b"\x80\x04\x8c\x05posix\x8c\x06system\x93\x8c\x04true\x85R.",
        "enormous": struct.pack("<Q", 2**60) + good[8:],
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    np.save(folder / "array.npy", np.zeros((2, 3)))
    return {
        **{name: folder / name for name in contents},
        "array": folder / "array.npy",
        "missing": folder / "missing",
        "folder": folder,
    }


def test_bad_model_files_get_one_sentence(digitlab: Call, trained: Path, digits: str, tmp_path: Path) -> None:
    for name, path in bad_models(tmp_path, trained.read_bytes()).items():
        for argv in (("evaluate", path, "--dataset", digits), ("predict", path, "x.png"), ("info", path)):
            assert path.name in sentence(digitlab(*argv)), name


def bad_data(folder: Path) -> dict[str, str]:
    images, labels = np.zeros((20, 28, 28), np.uint8), np.zeros(20, np.uint8)
    good = {"x_train": images, "y_train": labels, "x_test": images, "y_test": labels}
    variants: dict[str, dict[str, Any]] = {
        "shape": {"x_train": np.zeros((20, 32, 32), np.uint8)},
        "dtype": {"x_train": np.full((20, 28, 28), "a")},
        "labels": {"y_train": labels + 10},
        "count": {"y_train": labels[:5]},
        "pickled": {"x_train": np.array([{}] * 20, dtype=object)},
    }
    for name, change in variants.items():
        np.savez(folder / f"{name}.npz", **{**good, **change})
    for name, content in {
        "empty": b"",
        "foreign": b"hello" * 100,
        "cut": (folder / "shape.npz").read_bytes()[:99],
    }.items():
        (folder / f"{name}.npz").write_bytes(content)
    (folder / "idx").mkdir()
    with gzip.open(folder / "idx" / "train-images-idx3-ubyte.gz", "wb") as file:
        file.write(struct.pack(">IIII", 0x803, 2**31, 28, 28))
    (folder / "bad.csv").write_text("1,2,3\n4,5\n")
    (folder / "nothing").mkdir()
    words = [f"npz:{folder / name}.npz" for name in (*variants, "empty", "foreign", "cut", "missing")]
    words += [
        f"idx:{folder / 'idx'}",
        f"csv:{folder / 'bad.csv'}",
        f"images:{folder / 'nothing'}",
        "npz:",
        f"npz:{folder}",
    ]
    return {word: word for word in words}


def test_bad_datasets_get_one_sentence(digitlab: Call, tmp_path: Path) -> None:
    for word in bad_data(tmp_path):
        for command in (("data",), ("train", *QUICK)):
            assert sentence(digitlab(*command, "--dataset", word)), word
    assert kept_models.kept() == []


def test_bad_pictures_get_one_sentence(digitlab: Call, trained: Path, small: Dataset, tmp_path: Path) -> None:
    Image.fromarray(small.test_images[0]).save(tmp_path / "good.png")
    content = (tmp_path / "good.png").read_bytes()
    (tmp_path / "cut.png").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.png").write_bytes(b"")
    np.save(tmp_path / "pickle.png", np.array([{}], dtype=object), allow_pickle=True)
    Image.new("L", (60, 60), 255).save(tmp_path / "blank.png")
    for name in ("cut.png", "empty.png", "pickle.png.npy", "blank.png", "missing.png"):
        assert name in sentence(digitlab("predict", trained, tmp_path / name)), name


def test_an_unwritable_place_is_noticed_before_training(
    digitlab: Call, digits: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("a file, not a folder")
    code, out, err = digitlab("train", "--dataset", digits, *QUICK, "--out", tmp_path / "file" / "m.safetensors")
    assert "not a folder" in sentence((code, out, err))
    assert "epoch" not in err
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path / "file" / "data"))
    code, out, err = digitlab("train", "--dataset", digits, *QUICK)
    assert "DIGITLAB_DATA" in sentence((code, out, err))
    assert "epoch" not in err


def test_a_disk_that_fills_up_while_training_does_not_lose_the_model(
    digitlab: Call, digits: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = Path.write_bytes

    def full_there(path: Path, content: bytes) -> int:
        if path.parent == tmp_path:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(path, content)

    monkeypatch.setattr(Path, "write_bytes", full_there)
    code, out, err = digitlab("train", "--dataset", digits, *QUICK, "--out", tmp_path / "m.safetensors", "--json")
    assert code == 2
    text = err.splitlines()[-1]
    assert "disk is full" in text
    (rescued,) = kept_models.kept()
    assert str(rescued) in text
    assert json.loads(out)["model"] == str(rescued)
    assert load_model(rescued).record.epochs == 2


@pytest.mark.parametrize(
    ("argv", "loss", "output"),
    [
        (("--preset", "article", "--loss", "cross_entropy"), "cross_entropy", "softmax"),
        (("--output-activation", "sigmoid"), "mse", "sigmoid"),
    ],
)
def test_loss_and_output_follow_one_another(
    digitlab: Call, digits: str, argv: tuple[str, ...], loss: str, output: str
) -> None:
    code, out, err = digitlab("train", "--dataset", digits, *QUICK, *argv, "--json")
    assert code == 0
    spec = json.loads(out)["spec"]
    assert (spec["training"]["loss"], spec["network"]["output_activation"]) == (loss, output)
    assert "because" in err


def test_what_was_decided_about_a_file_is_said(digitlab: Call, tmp_path: Path) -> None:
    rows = [f"{label}," + ",".join(["0"] * 400 + [str(20 * label)] * 384) for label in range(10) for _ in range(6)]
    (tmp_path / "d.csv").write_text("\n".join(rows))
    code, _, err = digitlab("train", "--dataset", f"csv:{tmp_path / 'd.csv'}", "--epochs", "1", "--batch-size", "10")
    assert code == 0
    assert "label" in err
    assert "test" in err


def test_a_training_that_diverges_says_why_and_keeps_finite_weights(
    digitlab: Call, digits: str, tmp_path: Path
) -> None:
    out = tmp_path / "m.safetensors"
    argv = ("--preset", "article", "--output-activation", "linear", "--learning-rate", "10", "--json")
    code, printed, err = digitlab("train", "--dataset", digits, *argv, "--out", out)
    assert code == 2
    assert "Learning rate".lower() in err.lower()
    assert json.loads(printed)["outcome"] == "diverged"
    assert np.isfinite(load_model(out).network.parameters).all()


def test_too_little_memory_gets_a_sentence(digitlab: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_much(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(command_line.COMMANDS["data"], "load_dataset", too_much)
    assert "not enough memory" in sentence(digitlab("data"))


def test_the_bundled_data_are_the_default(digitlab: Call) -> None:
    result = json.loads(digitlab("data", "--json")[1])
    assert (result["train"], result["test"]) == (60_000, 10_000)
    assert result["test_per_class"] == np.bincount(load_dataset("mnist").test_labels).tolist()


def test_the_help_of_layers_tells_the_defaults_of_each_kind(digitlab: Call) -> None:
    _, out, _ = digitlab("train", "--help")
    text = "".join(out.split())  # without the line breaks
    for kind in LAYER_KINDS:
        (layer,) = parse_layers(kind)
        assert kind == "flatten" or f"({kind}:" in text
        for defaults in re.findall(rf"\(({kind}:[^)]*)\)", text):
            assert parse_layers(defaults) == (layer,)


@pytest.mark.parametrize("argv", [("evaluate",), ("predict",), ("info",)])
def test_a_model_that_cannot_be_opened_is_refused_without_words_of_the_window(
    digitlab: Call, argv: tuple[str, ...], tmp_path: Path
) -> None:
    missing = tmp_path / "m.safetensors"
    pictures = ["a.png"] if argv == ("predict",) else []
    code, out, err = digitlab(*argv, str(missing), *pictures)
    assert (code, out) == (2, "")
    assert err == f"digitlab: {missing} cannot be opened: there is no file of that name.\n"


def test_a_training_tells_how_it_reads_the_users_own_digits(digitlab: Call, digits: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    with OwnDigits() as own:
        for digit in range(6):
            own.add(Drawn(draw_digit(digit, rng), label=digit))
    model = tmp_path / "own.safetensors"
    code, out, _ = digitlab("train", "--dataset", digits, *QUICK, "--out", model, "--json")
    scores = {score["title"]: score["count"] for score in json.loads(out)["scores"]}
    assert (code, scores["My digits"]) == (0, 6)
    assert "My digits" in {score.title for score in load_model(model).record.scores}
    digitlab("train", "--dataset", digits, *QUICK, "--out", model, "--portable")
    assert "My digits" not in {score.title for score in load_model(model).record.scores}
