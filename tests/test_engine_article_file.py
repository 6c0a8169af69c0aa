"""The article's own model files open; a pickle that could do anything is refused, and nothing of it runs."""

from __future__ import annotations

import contextlib
import io
import os
import pickle
import struct
import time
import tracemalloc
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.article_file import load_article_model
from engine.data_only_pickle import DataOnlyUnpickler
from engine.errors import ModelFileError
from engine.model_files import load_model, save_model
from engine.network import Network

Layers = list[dict[str, Any]]


def article_layers(*sizes: int, seed: int = 0) -> Layers:
    """Return layers as the article keeps them: one vector per neuron, some biases still whole numbers."""
    rng = np.random.default_rng(seed)
    return [
        {
            "weights": [rng.normal(0, np.sqrt(2 / inputs), inputs) for _ in range(units)],
            "biases": [0.0, *(float(number) for number in rng.normal(0, 0.1, units - 1))],
        }
        for inputs, units in pairwise(sizes)
    ]


def article_answer(layers: Layers, pixels: np.ndarray) -> np.ndarray:
    """Compute as the article does: neuron by neuron, max(0, w . x + b)."""
    values = pixels.ravel() / 255.0
    for layer in layers:
        pairs = zip(layer["weights"], layer["biases"], strict=True)
        values = np.array([max(0.0, float(np.dot(weights, values) + bias)) for weights, bias in pairs])
    return values


def written(path: Path, payload: bytes) -> Path:
    """Write a pickle into an .npy file, as np.save does."""
    with path.open("wb") as file:
        np.lib.format.write_array_header_1_0(file, {"descr": "|O", "fortran_order": False, "shape": (2,)})
        file.write(payload)
    return path


def refusal(path: Path) -> str:
    with pytest.raises(ModelFileError) as caught:
        load_model(path)
    text = str(caught.value)
    assert path.name in text
    assert "stays open" in text
    return text


def saved(path: Path, layers: Any) -> Path:
    np.save(path, np.array(layers, dtype=object), allow_pickle=True)
    return path


def test_a_file_as_the_article_saves_it_gives_the_articles_answers(tmp_path: Path, small: Any) -> None:
    layers = article_layers(784, 12, 7, 10)
    np.save(tmp_path / "model.npy", layers, allow_pickle=True)
    model = load_model(tmp_path / "model.npy")
    assert model.network.parameters.dtype == np.float64
    assert model.run.network.title == "784 → 12 → 7 → 10"
    assert (model.run.preset, model.run.training.loss, model.run.network.output_activation) == (
        "article",
        "mse",
        "relu",
    )
    network = Network.from_snapshot(model.network)
    np.testing.assert_array_equal(network.neuron(0, 5).weights, layers[0]["weights"][5])
    expected = [article_answer(layers, image) for image in small.test_images[:20]]
    np.testing.assert_allclose(network.predict(small.test_images[:20]), expected, rtol=1e-12, atol=1e-14)


def test_the_kinds_of_number_that_numpy_wrote_over_the_years_are_read(tmp_path: Path) -> None:
    layers = article_layers(784, 3, 10)
    expected = load_article_model(saved(tmp_path / "plain.npy", layers)).network.parameters
    variants = {
        "scalars": [{**layer, "biases": [np.float64(bias) for bias in layer["biases"]]} for layer in layers],
        "lists": [{**layer, "weights": [list(map(float, row)) for row in layer["weights"]]} for layer in layers],
        "matrix": [{key: np.array(rows) for key, rows in layer.items()} for layer in layers],
        "ones": [{**layer, "biases": [np.array([bias]) for bias in layer["biases"]]} for layer in layers],
        "swapped": [{**layer, "weights": [row.astype(">f8") for row in layer["weights"]]} for layer in layers],
    }
    for name, variant in variants.items():
        found = load_article_model(saved(tmp_path / f"{name}.npy", variant)).network.parameters
        np.testing.assert_array_equal(found, expected, err_msg=name)


@pytest.mark.parametrize("module", [b"numpy.core.multiarray", b"numpy._core.multiarray"])
def test_files_of_older_numpy_versions_are_read(tmp_path: Path, module: bytes) -> None:
    layers = article_layers(784, 3, 10)
    array = np.array(layers, dtype=object)
    payload = pickle.dumps(array, protocol=3).replace(b"numpy._core.multiarray", module)
    found = load_article_model(written(tmp_path / "old.npy", payload)).network.parameters
    expected = load_article_model(saved(tmp_path / "new.npy", layers)).network.parameters
    np.testing.assert_array_equal(found, expected)


def test_an_imported_model_is_kept_as_a_safe_file(tmp_path: Path) -> None:
    model = load_model(saved(tmp_path / "old.npy", article_layers(784, 4, 10)))
    save_model(tmp_path / "new.safetensors", model)
    back = load_model(tmp_path / "new.safetensors")
    assert back.run == model.run
    np.testing.assert_array_equal(back.network.parameters, model.network.parameters)


def with_change(change: Any) -> Layers:
    layers = article_layers(784, 3, 10)
    change(layers)
    return layers


@pytest.mark.parametrize(
    ("layers", "expected"),
    [
        (article_layers(1024, 3, 10), "1,024 numbers; 784 are needed"),
        (article_layers(784, 3, 9), "last layer has 9 neurons"),
        (article_layers(784, 9000, 10)[:1] + article_layers(9000, 10), "Units: 9000 is not allowed"),
        (with_change(lambda layers: layers[1]["weights"].__setitem__(4, np.zeros(4))), "neuron 5 in layer 2"),
        (with_change(lambda layers: layers[0]["biases"].pop()), "3 weight vectors but 2 biases"),
        (with_change(lambda layers: layers[0]["biases"].__setitem__(0, "x")), "biases of layer 1 are not numbers"),
        (with_change(lambda layers: layers[0]["weights"][0].__setitem__(3, np.nan)), "not all finite"),
        (with_change(lambda layers: layers[0].pop("weights")), "weights and biases"),
        (with_change(lambda layers: layers[0].__setitem__("weights", {})), "weight vectors"),
        ([1, 2], "weights and biases"),
    ],
)
def test_lists_that_are_no_network_for_mnist_are_refused(tmp_path: Path, layers: Any, expected: str) -> None:
    assert expected in refusal(saved(tmp_path / "model.npy", layers))


def test_arrays_that_are_no_list_of_layers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "array.npy"
    np.save(path, np.zeros((784, 350)))
    assert "array of float64" in refusal(path)
    np.save(path, np.array({"weights": 1}, dtype=object), allow_pickle=True)
    refusal(path)
    np.save(path, np.array([[{}], [{}]], dtype=object), allow_pickle=True)
    assert "shape (2, 1)" in refusal(path)


class Payload:
    """Pickles to a call of `function`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


def attacks(marker: str) -> dict[str, Any]:
    touch = f"open({marker!r}, 'w').close()"
    layers = article_layers(784, 2, 10)
    return {
        "system": Payload(os.system, f"touch {marker}"),
        "eval": Payload(eval, touch),
        "exec": Payload(exec, touch),
        "open": Payload(open, marker, "w"),
        "getattr": Payload(getattr, Path, "unlink"),
        "in the biases": [{**layers[0], "biases": [0.0, Payload(eval, touch)]}, layers[1]],
        "in an array": [{**layers[0], "weights": np.array([Payload(eval, touch), 1], dtype=object)}, layers[1]],
        "as a key": [{Payload(eval, touch): 1}],
        "numpy's own": Payload(np.load, marker),
        "a subclass": np.ma.zeros(3),
        "a record": np.zeros(2, dtype=[("a", "f8")]),
        "complex": np.zeros(2, complex),
        "a set": {1, 2},
        "a bytearray": bytearray(b"x"),
        "a class": Path,
    }


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("name", attacks(""))
def test_pickles_that_could_run_something_are_refused_and_nothing_runs(
    tmp_path: Path, name: str, protocol: int
) -> None:
    marker = tmp_path / "marker"
    payload = pickle.dumps(attacks(str(marker))[name], protocol=protocol)
    refusal(written(tmp_path / "model.npy", payload))
    assert not marker.exists()


def test_the_attacks_are_real(tmp_path: Path) -> None:
    marker = tmp_path / "marker"
    pickle.loads(pickle.dumps(attacks(str(marker))["in the biases"]))
    assert marker.exists()


NUMPY = b"cnumpy.core.multiarray\n"
HAND_MADE = {
    "old style call": b"(S'touch %s'\nios\nsystem\n.",
    "object by class": b"(cos\nsystem\nS'touch %s'\no.",
    "new object": b"cos\nsystem\n(S'touch %s'\nt\x81.",
    "persistent id": b"Ptouch %s\n.",
    "extension": b"\x82\x01.",
    "a name that hides a call": b"cnumpy\nndarray.tofile\n(S'%s'\ntR.",
    "state of a name": NUMPY + b"scalar\n}\x8c\x08__code__K\x01sb.",
    "call of a text": b"\x8c\x06system\x8c\x05touch\x85R.",
    "call of a class": b"cnumpy\nndarray\nK\x05\x85R.",
    "enormous array": b"cnumpy\nndarray\nJ\xff\xff\xff\x7f\x85R.",
    "enormous shape": NUMPY
    + b"_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86cnumpy\ndtype\n"
    + b"\x8c\x02f8\x89\x88\x87R\x89C\x00tb.",
    "shape of a list": NUMPY
    + b"_reconstruct\ncnumpy\nndarray\nK\x00\x85C\x01b\x87R(K\x01J\xff\xff\xff\x7f]\x86cnumpy\ndtype\n"
    + b"\x8c\x02f8\x89\x88\x87R\x89C\x00tb.",
    "enormous text": b"\x8d" + struct.pack("<Q", 2**40) + b"x.",
    "enormous bytes": b"\x8e" + struct.pack("<Q", 2**62) + b"x.",
    "enormous frame": b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b".",
    "enormous memo": b"Nr\xff\xff\xff\xff.",
    "unknown memo": b"h\x07.",
    "empty stack": b".",
    "no mark": b"Nt.",
    "no stop": b"NNNN",
    "odd dict": b"}(\x8c\x01au.",
    "list as a key": b"}]Ns.",
    "list that is none": b"NK\x01a.",
    "global of a list": b"]]\x93.",
    "deep list": b"]" * 100_000 + b"a" * 99_999 + b".",
    "deep tuple": b"N" + b"\x85" * 100_000 + b".",
    "deep tuple as a key": b"}N" + b"\x85" * 100_000 + b"Ns.",
    "hash bomb": b"}N" + b"q\x00h\x00\x86" * 200 + b"Ns.",
    "text bomb": b"]q\x00" + b"".join(b"](h%ch%cedq%c" % (n, n, n + 1) for n in range(30)) + b"K\x01\x93.",
    "list in itself": b"]q\x00h\x00a.",
    "many values": b"N" * 2_100_000 + b".",
    "long number": b"\x8b" + struct.pack("<I", 2**31 - 1) + b"\x01.",
    "number in digits": b"L" + b"9" * 100_000 + b"L\n.",
}


@pytest.mark.parametrize("name", HAND_MADE)
def test_hand_made_traps_are_refused_quickly_and_in_little_memory(tmp_path: Path, name: str) -> None:
    marker = tmp_path / "marker"
    payload = HAND_MADE[name].replace(b"%s", str(marker).encode())
    path = written(tmp_path / "model.npy", payload)
    started = time.perf_counter()
    if name == "many values":  # tracing each of them would take longer than reading them
        refusal(path)
    else:
        tracemalloc.start()
        try:
            refusal(path)
            assert tracemalloc.get_traced_memory()[1] < 64 * 2**20
        finally:
            tracemalloc.stop()
    assert time.perf_counter() - started < 20
    assert not marker.exists()


def test_the_answer_to_an_attack_names_what_it_asked_for(tmp_path: Path) -> None:
    payload = pickle.dumps(Payload(os.system, "true"))
    assert f"asks for {os.name}.system" in refusal(written(tmp_path / "model.npy", payload))


def test_references_cannot_multiply_memory(tmp_path: Path) -> None:
    vector = np.zeros(100_000)
    layers = [{"weights": [vector] * 8000, "biases": [vector] * 8000}, *article_layers(8000, 10)]
    assert "100,000 numbers" in refusal(saved(tmp_path / "model.npy", layers))


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, bytes]:
    path = saved(tmp_path_factory.mktemp("mutated") / "model.npy", article_layers(784, 2, 10))
    return path, path.read_bytes()


@given(data=st.data())
def test_mutated_files_are_refused_or_hold_a_valid_model(bench: tuple[Path, bytes], data: st.DataObject) -> None:
    path, content = bench
    changed = bytearray(content)
    places = st.one_of(st.integers(0, 500), st.integers(0, len(content) - 1))
    for place, value in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), max_size=6)):
        changed[place] = value
    path.write_bytes(changed[: data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))])
    with contextlib.suppress(ModelFileError):
        model = load_model(path)
        assert np.isfinite(model.network.parameters).all()


@given(content=st.binary(max_size=200))
def test_arbitrary_pickles_never_run_anything(content: bytes) -> None:
    with contextlib.suppress(pickle.UnpicklingError, ValueError, LookupError, TypeError, AttributeError):
        DataOnlyUnpickler(content).load()


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**31), 2**60) | st.floats(allow_nan=False) | st.text() | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
)


@given(value=VALUES, protocol=st.integers(3, 5))
def test_plain_data_are_read_as_python_reads_them(value: Any, protocol: int) -> None:
    file = io.BytesIO(pickle.dumps(value, protocol=protocol))
    assert DataOnlyUnpickler(file.getvalue()).load() == value


def test_a_list_in_an_array_without_dimensions_and_a_bare_pickle_are_read(tmp_path: Path) -> None:
    layers = article_layers(784, 3, 10)
    expected = load_article_model(saved(tmp_path / "plain.npy", layers)).network.parameters
    wrapped = np.empty((), dtype=object)
    wrapped[()] = layers
    np.save(tmp_path / "wrapped.npy", wrapped, allow_pickle=True)
    for protocol in (2, 3, 4):
        plain = [
            {"weights": [row.tolist() for row in layer["weights"]], "biases": list(map(float, layer["biases"]))}
            for layer in layers
        ]
        (tmp_path / f"bare{protocol}.npy").write_bytes(pickle.dumps(plain, protocol))
    (tmp_path / "bare_arrays.npy").write_bytes(pickle.dumps(layers, 4))
    for name in ("wrapped", "bare2", "bare3", "bare4", "bare_arrays"):
        found = load_model(tmp_path / f"{name}.npy").network.parameters
        np.testing.assert_array_equal(found, expected, err_msg=name)


def test_a_bare_pickle_under_another_name_stays_closed(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(pickle.dumps(article_layers(784, 3, 10), 4))
    assert "model.safetensors" in refusal(tmp_path / "model.safetensors")
