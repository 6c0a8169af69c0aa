"""The real program among signals, terminals, pipes and full disks, as Unix has them."""

from __future__ import annotations

import json
import os
import pty
import re
import resource
import signal
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.model_files import load_model

ROOT = Path(__file__).resolve().parent.parent
LONG = ("--hidden", "8", "--epochs", "10000", "--batch-size", "50", "--json")


@pytest.fixture(scope="module")
def digits(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("digits") / "small.npz"
    with np.load(ROOT / "resources/data/mnist.npz") as file:
        np.savez(path, **{name: file[name][:600] for name in ("x_train", "y_train", "x_test", "y_test")})
    return f"npz:{path}"


def start(*argv: str | Path) -> subprocess.Popen[str]:
    command = [sys.executable, str(ROOT / "main.py"), *map(str, argv)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def finished(*argv: str | Path, stdout: Any = subprocess.PIPE, **settings: Any) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(ROOT / "main.py"), *map(str, argv)]
    return subprocess.run(
        command, stdout=stdout, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **settings
    )


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stopped_training_keeps_its_model(digits: str, tmp_path: Path, number: signal.Signals, code: int) -> None:
    out = tmp_path / "m.safetensors"
    with start("train", "--dataset", digits, *LONG, "--out", out) as process:
        assert process.stderr is not None
        for line in process.stderr:
            if line.startswith("epoch 3/"):
                break
        process.send_signal(number)
        printed, told = process.communicate(timeout=30)
    assert process.returncode == code
    last = told.splitlines()[-1]
    assert re.fullmatch(rf"digitlab: Stopped\. .*The model is in {re.escape(str(out))}\.", last)
    result = json.loads(printed)
    assert (result["outcome"], result["test_accuracy"]) == ("stopped", None)
    model = load_model(out)
    assert model.record.epochs == result["epochs"] >= 3
    assert np.isfinite(model.network.parameters).all()


def test_a_stop_before_the_first_epoch_keeps_a_model_too(digits: str, user_folders: Path) -> None:
    with start("train", "--dataset", digits, *LONG, "--batch-size", "1", "--hidden", "2048") as process:
        assert process.stderr is not None
        for line in process.stderr:
            if "parameters" in line:
                break
        process.send_signal(signal.SIGINT)
        printed, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert Path(json.loads(printed)["model"]).parent == user_folders / "models"
    assert "No epoch is complete: the model has learned from" in told.splitlines()[-1]
    assert "accuracy was not measured" in told


def test_other_commands_end_at_once_with_a_sentence(tmp_path: Path) -> None:
    source = tmp_path / "digits.csv"
    source.write_text("\n".join(["0," + ",".join(["0"] * 784)] * 20_000))
    with start("data", "--dataset", f"csv:{source}") as process:
        assert process.stderr is not None
        process.stderr.readline()
        process.send_signal(signal.SIGTERM)
        printed, told = process.communicate(timeout=30)
    assert (process.returncode, printed) == (143, "")
    assert told.splitlines()[-1] == "digitlab: Stopped; nothing was changed."


def test_a_terminal_gets_a_bar(digits: str, tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    termios.tcsetwinsize(theirs, (24, 120))
    command = [sys.executable, str(ROOT / "main.py"), "train", "--dataset", digits, *LONG, "--epochs", "2"]
    with subprocess.Popen([*command, "--out", str(tmp_path / "m")], stdout=subprocess.PIPE, stderr=theirs) as process:
        os.close(theirs)
        shown = bytearray()
        while True:
            try:
                part = os.read(ours, 4096)
            except OSError:  # Linux's way of saying that the other side closed
                break
            if not part:
                break
            shown += part
        os.close(ours)
        assert process.stdout is not None
        assert json.loads(process.stdout.read())["epochs"] == 2
    assert b"100%" in shown
    assert b"epoch 2/2" in shown


def test_a_file_that_really_cannot_grow_gets_one_sentence(digits: str, tmp_path: Path) -> None:
    old = tmp_path / "m.safetensors"
    old.write_bytes(b"what stood here before")

    def little_room() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))

    done = finished("train", "--dataset", digits, *LONG, "--epochs", "2", "--out", old, preexec_fn=little_room)
    assert done.returncode == 2
    assert json.loads(done.stdout)["model"] is None
    assert json.loads(done.stdout)["test_accuracy"] > 0
    assert "could not be written" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert old.read_bytes() == b"what stood here before"


def test_a_result_that_cannot_be_printed_gets_a_sentence() -> None:
    with open("/dev/full", "w") as full:
        done = finished("info", stdout=full)
    assert done.returncode == 2
    assert done.stderr == "digitlab: The result could not be printed: the disk is full.\n"


def test_a_reader_that_goes_away_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = finished("info", stdout=writing)
    os.close(writing)
    assert (done.returncode, done.stderr) == (141, "")
