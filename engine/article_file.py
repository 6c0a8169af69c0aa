"""The article's own model files: a pickled list in an ``.npy`` file.

Nothing else in this program reads pickles, because a pickle is a program that may run anything. The article however
saved its models that way (``np.save(path, layers)``, a list with one dict per layer), and they should open: this
one file type goes through :class:`engine.data_only_pickle.DataOnlyUnpickler`, which cannot run anything.
"""

from __future__ import annotations

import io
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import numpy as np
from numpy.lib import format as npy
from numpy.typing import NDArray

from engine.data_only_pickle import DataArray, DataOnlyUnpickler
from engine.errors import SettingError
from engine.model import Model, TrainingRecord, checked_size, reading, refused
from engine.network import Network
from engine.presets import PRESETS
from engine.specs import CLASSES, RunSpec

MAGIC = npy.MAGIC_PREFIX
PICKLE = b"\x80"
_HEADERS = {(1, 0): npy.read_array_header_1_0, (2, 0): npy.read_array_header_2_0}


def load_article_model(path: str | Path) -> Model:
    """Read a model file of the article's.

    Parameters
    ----------
    path : path
        An ``.npy`` file with one dict per layer, the output layer last: ``weights``, one vector per neuron, and
        ``biases``, one number per neuron.

    Returns
    -------
    Model
        The *Article* preset with these layers. Its precision is float64, as in the file, so that every weight stays
        what it was and the outputs equal the article's up to the rounding of their sums.

    Raises
    ------
    ModelFileError
        When the file is damaged, asks for anything but plain data, or is no network for 28x28 images.
    """
    path = Path(path)
    with reading(path):
        checked_size(path)
        try:
            layers = DataOnlyUnpickler(_pickle_inside(path)).load()
        except UnpicklingError as error:
            raise refused(path, str(error)) from error
        return _model(path, _checked_layers(path, layers))


def is_article_file(path: Path, start: bytes) -> bool:
    """Tell by its first bytes whether a file is one of the article's; a bare pickle only if it is called ``.npy``."""
    return start.startswith(MAGIC) or (path.suffix == ".npy" and start.startswith(PICKLE))


def _pickle_inside(path: Path) -> bytes:
    """Return the pickle of an ``.npy`` file, after a look at its header if it has one."""
    file = io.BytesIO(path.read_bytes())
    if file.getvalue().startswith(PICKLE):
        return file.read()
    version = npy.read_magic(file)
    if version not in _HEADERS:
        raise refused(path, f"its .npy header has the version {version[0]}.{version[1]}, which is not read here")
    shape, _, dtype = _HEADERS[version](file)
    if not dtype.hasobject:
        raise refused(path, f"it holds an array of {dtype} of shape {shape}, not the article's list of layers")
    return file.read()


def _checked_layers(path: Path, found: Any) -> list[tuple[list[Any], list[Any]]]:
    """Return weights and biases of each layer, as lists with one entry per neuron."""
    layers = _values(found)
    if not isinstance(layers, list) or not layers:
        raise refused(path, "it does not hold the article's list of layers")
    checked = []
    for number, layer in enumerate(layers, start=1):
        if not isinstance(layer, dict) or not {"weights", "biases"} <= layer.keys():
            raise refused(path, f"its layer {number} is not a dict with weights and biases")
        weights, biases = list(_values(layer["weights"])), list(_values(layer["biases"]))
        if len(weights) != len(biases):
            raise refused(path, f"its layer {number} has {len(weights):,} weight vectors but {len(biases):,} biases")
        checked.append((weights, biases))
    return checked


def _values(found: Any) -> Any:
    return found.values if isinstance(found, DataArray) else found


def _model(path: Path, layers: list[tuple[list[Any], list[Any]]]) -> Model:
    units = [len(weights) for weights, _ in layers]
    if units[-1] != CLASSES:
        raise refused(path, f"its last layer has {units[-1]:,} neurons; one per digit, {CLASSES}, are needed")
    run = _run(path, units[:-1])
    network = Network(run.network)
    for number, (layer, (weights, biases)) in enumerate(zip(network.dense, layers, strict=True), start=1):
        for unit, vector in enumerate(weights):
            where = f"the weights of neuron {unit + 1} in layer {number}"
            layer.weights[:, unit] = _vector(path, where, vector, layer.inputs)
        layer.bias[:] = _vector(path, f"the biases of layer {number}", biases, layer.units)
    return Model(network.snapshot(), run, TrainingRecord(dataset="MNIST", program="the article's train.py"))


def _run(path: Path, hidden: list[int]) -> RunSpec:
    rows = [{"kind": "dense", "units": units, "activation": "relu"} for units in hidden]
    try:
        return PRESETS["article"].run.changed(network={"layers": rows, "dtype": "float64"})
    except SettingError as error:
        raise refused(path, f"its layers are not possible here ({error.what.rstrip('.')})") from error


def _vector(path: Path, where: str, found: Any, length: int) -> NDArray[np.float64]:
    """Return `length` finite numbers from an array, or from a list of numbers."""
    content = _values(found)
    if not isinstance(content, (list, np.ndarray)):
        raise refused(path, f"{where} are not numbers")
    if len(content) != length:
        raise refused(path, f"{where} are {len(content):,} numbers; {length:,} are needed")
    numbers = [_number(path, where, entry) for entry in content] if isinstance(content, list) else content
    vector = np.asarray(numbers).astype(np.float64).reshape(length)
    if not np.isfinite(vector).all():
        raise refused(path, f"{where} are not all finite numbers")
    return vector


def _number(path: Path, where: str, found: Any) -> float:
    """Return a number, which may stand in an array of its own."""
    content = _values(found)
    if isinstance(content, np.ndarray) and content.size == 1:
        return float(content.item())
    if not isinstance(content, (int, float)):
        raise refused(path, f"{where} are not numbers")
    return float(content)
