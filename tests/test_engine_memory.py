"""What a training takes is predicted as it really is, and refused in time when there is too little."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from engine import memory
from engine.compact_layers import parse_layers
from engine.errors import SettingError
from engine.memory import GB, reading_need, require_memory, require_memory_to_read, training_need
from engine.presets import PRESETS
from engine.specs import RunSpec

ROOT = Path(__file__).resolve().parent.parent
FACTOR = 1.3
MEASURE = """
import json, sys, tempfile
import numpy as np, psutil
from engine.datasets.dataset import Dataset
from engine.datasets.split import split
from engine.evaluation import evaluate
from engine.model_files import Model, save_model
from engine.network import Network
from engine.specs import RunSpec
from engine.training import Training

def peak():
    if sys.platform == "win32":
        return psutil.Process().memory_info().peak_wset
    if sys.platform == "darwin":
        import resource
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with open("/proc/self/status") as file:  # elsewhere the peak of the parent would count, too
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))

run = RunSpec.model_validate_json(sys.argv[1])
count = run.training.batch_size + 280
images = np.zeros((count, 28, 28), np.uint8)
images[:, 8:20, 8:20] = 200
labels = np.arange(count, dtype=np.uint8) % 10
data = split(Dataset("mnist", "Squares", images, labels, images, labels), 270 / count, 0)
before = psutil.Process().memory_info().rss
network = Network(run.network)
training = Training(network, data, run.training)
for report in training.reports():
    pass
evaluate(network, images[:256], labels[:256], run.training.loss)
with tempfile.TemporaryDirectory() as folder:
    save_model(folder + "/model.safetensors", Model(network.snapshot(), run))
print(json.dumps(peak() - before))
"""


def a_run(layers: str, batch_size: int = 128, optimizer: str = "sgd") -> RunSpec:
    training = {"batch_size": batch_size, "optimizer": {"kind": optimizer}, "epochs": 2}
    return PRESETS["quick"].run.changed(network={"layers": parse_layers(layers)}, training=training)


@pytest.mark.parametrize(
    "run",
    [
        a_run("dense:3000,dense:1000", 16, "adam"),
        a_run("conv:128:3:same,max_pool:2,conv:16:3,batch_norm:tanh,avg_pool:2", 130),
        a_run("conv:64:5:s2:d0.2,conv:128:3:s2:same", 500, "momentum"),
    ],
    ids=["parameters", "maps", "strides"],
)
def test_the_prediction_is_near_what_a_process_really_takes(run: RunSpec) -> None:
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, run.model_dump_json()],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    taken, predicted = json.loads(done.stdout), training_need(run).total
    assert taken > 100e6, "too little to tell"
    assert 1 / FACTOR < predicted / taken < FACTOR, f"{predicted / GB:.3f} GB predicted, {taken / GB:.3f} GB taken"


def test_more_of_anything_takes_more() -> None:
    plain = training_need(a_run("conv:8:3,dense:100")).total
    for other in (
        a_run("conv:9:3,dense:100"),
        a_run("conv:8:3:same,dense:100"),
        a_run("conv:8:3:d0.1,dense:100"),
        a_run("conv:8:3,batch_norm,dense:100"),
        a_run("conv:8:3,dense:101"),
        a_run("conv:8:3,dense:100", optimizer="adam"),
        a_run("conv:8:3,dense:100", 1000),
        a_run("conv:8:3,dense:100").changed(network={"dtype": "float64"}),
        a_run("conv:8:3,dense:100").changed(training={"augmentation": {"rotation": 10}}),
    ):
        assert training_need(other).total > plain
    assert reading_need(a_run("conv:8:3,dense:100").network).total < plain


def test_a_layer_too_large_is_refused_with_the_figures_and_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "available", lambda: 4 * 10**9)
    require_memory(a_run("conv:32:5:s2,dense:128"))
    with pytest.raises(SettingError) as refused:
        require_memory(a_run("conv:8:3:same,conv:1024:3:same,dense:10", 20_000))
    assert refused.value.what.startswith("Layer 2 (conv:1024:3:same) takes most, ")
    need = training_need(a_run("conv:8:3:same,conv:1024:3:same,dense:10", 20_000))
    assert f"{need.total / GB:.1f} GB of memory, and 4.0 GB are free" in refused.value.what
    assert "20,000" in refused.value.do
    monkeypatch.setattr(memory, "available", lambda: 10**6)
    with pytest.raises(SettingError, match=r"^Layer 2 \(dense:2000\) takes most"):
        require_memory(a_run("batch_norm,dense:2000", 16))
    with pytest.raises(SettingError, match=r"^Batch size: .* Make it smaller\.$"):
        require_memory(a_run("none", 100_000))


def test_an_evaluation_too_large_is_refused_too(monkeypatch: pytest.MonkeyPatch) -> None:
    network = a_run("conv:1024:3:same").network
    monkeypatch.setattr(memory, "available", lambda: reading_need(network).total)
    require_memory_to_read(network)
    monkeypatch.setattr(memory, "available", lambda: 10**8)
    with pytest.raises(SettingError, match=r"Layer 1 \(conv:1024:3:same\) takes most.*an evaluation would take"):
        require_memory_to_read(network)


def test_the_memory_of_this_machine_is_known() -> None:
    assert 10**7 < memory.available() < 10**14


def test_a_container_that_leaves_less_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(memory, "CONTAINER", tmp_path)
    everything = memory.available()
    (tmp_path / "memory.current").write_text("1000000\n")
    (tmp_path / "memory.max").write_text("max\n")
    assert memory.available() > everything / 2
    (tmp_path / "memory.max").write_text("3000000\n")
    assert memory.available() == 2_000_000
