"""Every source gives a checked dataset or one sentence that names the file; MNIST is byte-exact."""

import gzip
import hashlib
import io
import os
import pickle
import shutil
import struct
import subprocess
import sys
import zipfile
from importlib import resources
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from engine.datasets import (
    CLASSES,
    DATASET_WORDS,
    DIGITS,
    Dataset,
    LoadingCancelledError,
    keras_download,
    load_dataset,
    reading,
)
from engine.datasets.class_means import class_means
from engine.errors import DataError

PROJECT = Path(__file__).resolve().parents[1]
ON_FILES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="module")
def mnist():
    return load_dataset("mnist")


@pytest.fixture(scope="module")
def few():
    """Twelve training and four test images of noise, with labels, as NumPy arrays."""
    random = np.random.default_rng(7)
    images = random.integers(0, 256, (16, 28, 28), np.uint8)
    labels = np.arange(16, dtype=np.uint8) % 10
    return images[:12], labels[:12], images[12:], labels[12:]


def refusal(word):
    """Return the sentence with which `word` is refused; it must name the path."""
    with pytest.raises(DataError) as caught:
        load_dataset(word)
    error = caught.value
    path = word.partition(":")[2]
    assert Path(path).name in error.what
    assert error.what.endswith(".")
    assert "Traceback" not in str(error)
    return error.what


def same(dataset, train_x, train_y, test_x, test_y):
    assert np.array_equal(dataset.train_images, train_x)
    assert np.array_equal(dataset.train_labels, train_y)
    assert np.array_equal(dataset.test_images, test_x)
    assert np.array_equal(dataset.test_labels, test_y)
    assert {array.dtype for array in arrays(dataset)} == {np.dtype(np.uint8)}


def arrays(dataset):
    return dataset.train_images, dataset.train_labels, dataset.test_images, dataset.test_labels


def mutated(content, data):
    """Return `content` with some bytes changed and perhaps the end cut off."""
    changed = bytearray(content)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    return bytes(changed[: data.draw(st.integers(0, len(changed)))])


def outcome(word):
    """Return the dataset or the error that names its file; anything else fails the test."""
    try:
        return load_dataset(word)
    except DataError as error:
        return error


def dataset_or_sentence(word):
    result = outcome(word)
    if isinstance(result, DataError):
        assert Path(word.partition(":")[2]).name in result.what
        return
    assert isinstance(result, Dataset)
    assert result.train_images.shape[1:] == (28, 28)
    assert len(result.train_images) == len(result.train_labels)
    assert max(result.train_labels) < CLASSES


# ------------------------------------------------------------------ words


def test_the_nine_words_are_declared():
    forms = [source.form for source in DATASET_WORDS]
    assert forms == [
        "mnist",
        "keras:mnist",
        "keras:fashion_mnist",
        "npz:PATH",
        "idx:FOLDER",
        "csv:PATH",
        "images:FOLDER",
        "hands",
        "unipen:PATH",
    ]
    assert all(source.title and source.help.endswith(".") for source in DATASET_WORDS)


@pytest.mark.parametrize("word", ["", "emnist", "keras:cifar10", "npz", "keras:", "MNIST", "mnist:x", "a:b"])
def test_unknown_words_are_answered_with_the_legal_ones(word):
    with pytest.raises(DataError) as error:
        load_dataset(word)
    assert all(source.form in error.value.what for source in DATASET_WORDS)


@pytest.mark.parametrize("word", ["npz:", "idx:", "csv: ", "images:", "unipen:"])
def test_a_word_without_its_path_is_refused(word):
    with pytest.raises(DataError, match="names no"):
        load_dataset(word)


@given(st.text(max_size=40))
def test_any_word_is_a_dataset_or_a_sentence(word):
    if word.strip() in {source.name for source in DATASET_WORDS}:
        return
    with pytest.raises(DataError):
        load_dataset(word)


@pytest.mark.parametrize("source", [source for source in DATASET_WORDS if source.needs])
def test_missing_wrong_kind_and_forbidden_are_sentences(tmp_path, monkeypatch, source):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_bytes(b"x")
    folder.mkdir()
    assert "nothing of that name" in refusal(source.word(tmp_path / "missing"))
    wrong = folder if source.needs == "file" else file
    assert "it is a fol" in refusal(source.word(wrong)) or "it is a file" in refusal(source.word(wrong))

    def denied(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "stat", denied)
    assert "permission denied" in refusal(source.word(file))


def test_word_holds_the_absolute_path(tmp_path, monkeypatch, few):
    np.savez(tmp_path / "d.npz", x=few[0], y=few[1])
    monkeypatch.chdir(tmp_path)
    assert load_dataset("npz:d.npz").word == f"npz:{tmp_path / 'd.npz'}"


def test_importing_the_package_is_light():
    code = "import sys, engine.datasets; print(*{m.partition('.')[0] for m in sys.modules})"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"PIL", "tensorflow", "keras", "PySide6", "gui"} & set(loaded)


# ------------------------------------------------------------------ bundled MNIST


def idx_bytes(array):
    header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
    return header + array.tobytes()


def test_bundled_mnist_is_the_original_byte_by_byte(mnist):
    sums = [hashlib.sha256(idx_bytes(array)).hexdigest() for array in arrays(mnist)]
    assert sums == [
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ]
    stated = (resources.files("resources") / "SOURCES.md").read_text(encoding="utf-8")
    file = (resources.files("resources") / "data" / "mnist.npz").read_bytes()
    assert all(checksum in stated for checksum in [*sums, hashlib.sha256(file).hexdigest()])


def test_bundled_mnist_is_described(mnist):
    assert (mnist.word, mnist.title, mnist.class_names, mnist.note) == ("mnist", "MNIST", DIGITS, "")
    assert mnist.train_images.shape == (60000, 28, 28)
    assert {array.dtype for array in arrays(mnist)} == {np.dtype(np.uint8)}


# ------------------------------------------------------------------ NPZ


def test_means_of_classes_are_those_of_numpy(mnist):
    means = class_means(mnist.test_images, mnist.test_labels, np.arange(len(mnist.test_labels)))
    assert means.shape == (CLASSES, 28, 28)
    assert means.dtype == np.uint8
    for digit in range(CLASSES):
        assert np.array_equal(means[digit], np.rint(mnist.test_images[mnist.test_labels == digit].mean(axis=0)))


def test_mean_of_nothing_is_black_and_cancelling_gives_nothing(mnist):
    rows = np.flatnonzero(mnist.test_labels[:100] == 3)
    means = class_means(mnist.test_images, mnist.test_labels, rows)
    assert means is not None
    assert means[3].any()
    assert not np.delete(means, 3, axis=0).any()
    assert class_means(mnist.test_images, mnist.test_labels, rows, cancelled=lambda: True) is None


def saved_npz(folder, **members):
    path = folder / "data.npz"
    np.savez(path, **members)
    return f"npz:{path}"


def keras_layout(few, **changed):
    return dict(zip(("x_train", "y_train", "x_test", "y_test"), few, strict=True)) | changed


def test_npz_in_keras_layout(tmp_path, few):
    dataset = load_dataset(saved_npz(tmp_path, **keras_layout(few)))
    same(dataset, *few)
    assert (dataset.title, dataset.note) == ("data", "")


@pytest.mark.parametrize("names", [("x", "y"), ("x_train", "y_train")])
def test_npz_without_test_part_is_split_the_same_way_each_time(tmp_path, few, names):
    word = saved_npz(tmp_path, **dict(zip(names, few[:2], strict=True)))
    dataset, again = load_dataset(word), load_dataset(word)
    same(dataset, *arrays(again))
    assert (len(dataset.train_images), len(dataset.test_images)) == (10, 2)
    assert "2 of its 12 images became the test set" in dataset.note
    together = np.concatenate([dataset.train_images, dataset.test_images])
    assert {image.tobytes() for image in together} == {image.tobytes() for image in few[0]}


@pytest.mark.parametrize(
    "convert",
    [
        lambda images: images.reshape(-1, 784),
        lambda images: images[..., None],
        lambda images: images.astype(np.int64),
        lambda images: images.astype(">u2"),
        lambda images: images.astype(np.float64),
        lambda images: images.astype(np.float32) / 255,
        np.asfortranarray,
    ],
)
def test_npz_in_other_shapes_and_types(tmp_path, few, convert):
    word = saved_npz(tmp_path, **keras_layout(few, x_train=convert(few[0]), x_test=convert(few[2])))
    dataset = load_dataset(word)
    same(dataset, *few)
    assert bool(dataset.note) == (convert(few[0]).dtype.kind == "f")


@pytest.mark.parametrize("labels", [lambda y: y[:, None], lambda y: y.astype(np.float64), np.int64])
def test_npz_labels_in_other_forms(tmp_path, few, labels):
    same(load_dataset(saved_npz(tmp_path, **keras_layout(few, y_train=labels(few[1])))), *few)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"x_train": np.zeros((12, 28, 27))}, r"shape \(12, 28, 27\)"),
        ({"x_train": np.zeros((12, 28, 28, 3))}, "shape"),
        ({"x_train": np.float64(3)}, "shape"),
        ({"x_train": np.zeros((0, 28, 28))}, "no training images|but 12"),
        ({"x_test": np.zeros((0, 28, 28))}, "no test images"),
        ({"x_train": np.zeros((11, 28, 28))}, "11 training images but 12 training labels"),
        ({"x_train": np.full((12, 28, 28), np.nan)}, "not finite"),
        ({"x_train": np.full((12, 28, 28), np.inf)}, "not finite"),
        ({"x_train": np.full((12, 28, 28), -1)}, "from -1 to 255"),
        ({"x_train": np.full((12, 28, 28), 256)}, "0 to 255"),
        ({"x_train": np.zeros((12, 28, 28), complex)}, "type complex128"),
        ({"x_train": np.full((12, 28, 28), "a")}, "type <U1"),
        ({"x_train": np.full((12, 28, 28), None)}, "pickled"),
        ({"y_train": np.full(12, 10)}, "label number 1 is 10"),
        ({"y_train": np.full(12, -1)}, "0 to 9"),
        ({"y_train": np.full(12, 1.5)}, "1.5"),
        ({"y_train": np.full(12, np.nan)}, "nan"),
        ({"y_train": np.eye(12, 10)}, "whole numbers"),
        ({"y_train": np.full(12, "7")}, "whole numbers"),
        ({"y_train": np.full(12, "7", object)}, "pickled"),
    ],
)
def test_npz_with_wrong_arrays_is_refused(tmp_path, few, changed, words):
    word = saved_npz(tmp_path, **keras_layout(few, **changed))
    with pytest.raises(DataError, match=words):
        load_dataset(word)
    refusal(word)


def test_npz_with_other_names_is_refused(tmp_path):
    assert "it holds images, labels; it must hold x_train" in refusal(
        saved_npz(tmp_path, images=np.zeros(3), labels=np.zeros(3))
    )


def test_npz_with_one_image_cannot_be_split(tmp_path):
    assert "single image" in refusal(saved_npz(tmp_path, x=np.ones((1, 28, 28)), y=[1]))


def npy_member(shape, body=b"", dtype="|u1"):
    out = io.BytesIO()
    np.lib.format.write_array_header_1_0(out, {"descr": dtype, "fortran_order": False, "shape": shape})
    return out.getvalue() + body


@pytest.mark.parametrize("shape", [(10**9, 28, 28), (3, 28, 28), (2**62, 28, 28)])
def test_npz_whose_header_promises_more_than_follows_is_refused(tmp_path, shape):
    path = tmp_path / "data.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", npy_member(shape, b"1234"))
        archive.writestr("y.npy", npy_member((4,), b"1234"))
    assert "not as long as its header says" in refusal(f"npz:{path}")


def test_npz_that_unpacks_to_too_much_is_refused_unread(tmp_path, few, monkeypatch):
    monkeypatch.setattr(reading, "MAX_BYTES", 10_000)
    assert "allowed" in refusal(saved_npz(tmp_path, **keras_layout(few)))


def test_npz_empty_cut_short_pickled_and_foreign(tmp_path, few):
    whole = saved_npz(tmp_path, **keras_layout(few))
    path = tmp_path / "data.npz"
    content = path.read_bytes()
    for bad in (b"", content[:300], content[:-30], pickle.dumps([1]), b"hello", b"\x93NUMPY" + bytes(200)):
        path.write_bytes(bad)
        assert "empty" in refusal(whole) or "damaged, cut short or not an NPZ file" in refusal(whole)


@given(data=st.data())
@ON_FILES
def test_mutated_npz_is_a_dataset_or_a_sentence(tmp_path, few, data):
    buffer = io.BytesIO()
    save = data.draw(st.sampled_from([np.savez, np.savez_compressed]))
    save(buffer, x=few[0][:2], y=few[1][:2])
    (tmp_path / "m.npz").write_bytes(mutated(buffer.getvalue(), data))
    dataset_or_sentence(f"npz:{tmp_path / 'm.npz'}")


@given(st.binary(max_size=300), st.sampled_from(["|u1", "<f4", "|O", "<U3"]))
@ON_FILES
def test_npz_of_random_members_is_a_dataset_or_a_sentence(tmp_path, content, dtype):
    path = tmp_path / "r.npz"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", content)
        archive.writestr("y.npy", npy_member((2,), content, dtype))
    dataset_or_sentence(f"npz:{path}")


# ------------------------------------------------------------------ IDX

IDX_NAMES = (
    "train-images-idx3-ubyte",
    "train-labels-idx1-ubyte",
    "t10k-images-idx3-ubyte",
    "t10k-labels-idx1-ubyte",
)


def saved_idx(folder, few, names=IDX_NAMES):
    for name, array in zip(names, few, strict=False):
        content = idx_bytes(array)
        (folder / name).write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return f"idx:{folder}"


@pytest.mark.parametrize("dot", ["-", "."])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_plain_or_compressed(tmp_path, few, dot, suffix):
    names = [name.replace("-idx", dot + "idx") + suffix for name in IDX_NAMES]
    dataset = load_dataset(saved_idx(tmp_path, few, names))
    same(dataset, *few)
    assert dataset.title == tmp_path.name


def test_idx_without_test_files_is_split(tmp_path, few):
    dataset = load_dataset(saved_idx(tmp_path, few[:2]))
    assert len(dataset.test_images) == 2
    assert "became the test set" in dataset.note


@pytest.mark.parametrize("name", IDX_NAMES)
def test_idx_with_a_missing_file_is_refused(tmp_path, few, name):
    word = saved_idx(tmp_path, few)
    (tmp_path / name).unlink()
    assert name in refusal(word)


def test_idx_of_an_empty_folder_is_refused(tmp_path):
    assert "train-images-idx3-ubyte" in refusal(f"idx:{tmp_path}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\0\0\x08", "cut short"),
        (b"\0\0\x08\x03\0\0", "cut short"),
        (b"PK\x03\x04" + bytes(40), "does not begin like an IDX file"),
        (struct.pack(">HBB3I", 0, 0x0D, 3, 12, 28, 28), "0x0d"),
        (struct.pack(">HBB1I", 0, 8, 1, 12) + bytes(12), "1 dimensions; it must have 3"),
        (struct.pack(">HBB3I", 0, 8, 3, 12, 28, 27) + bytes(9072), "28x27"),
        (struct.pack(">HBB3I", 0, 8, 3, 12, 28, 28) + bytes(100), "only 100 follow"),
        (struct.pack(">HBB3I", 0, 8, 3, 1, 28, 28) + bytes(785), "more bytes follow"),
        (struct.pack(">HBB3I", 0, 8, 3, 2**32 - 1, 28, 28), "GB allowed"),
        (struct.pack(">HBB3I", 0, 8, 3, 0, 28, 28), "no training images"),
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_idx_with_a_wrong_file_is_refused(tmp_path, few, content, words, suffix):
    names = [name + suffix for name in IDX_NAMES]
    word = saved_idx(tmp_path, few, names)
    (tmp_path / names[0]).write_bytes(gzip.compress(content) if suffix and content else content)
    with pytest.raises(DataError, match=words):
        load_dataset(word)


def test_idx_cut_short_gz_is_refused(tmp_path, few):
    word = saved_idx(tmp_path, few, [name + ".gz" for name in IDX_NAMES])
    path = tmp_path / (IDX_NAMES[0] + ".gz")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(DataError, match="cut short") as error:
        load_dataset(word)
    assert str(path) in error.value.what


@given(data=st.data())
@ON_FILES
def test_mutated_idx_is_a_dataset_or_a_sentence(tmp_path, few, data):
    names = [name + data.draw(st.sampled_from(["", ".gz"])) for name in IDX_NAMES]
    folder = tmp_path / "idx"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    word = saved_idx(folder, few, names)
    victim = folder / data.draw(st.sampled_from(names))
    victim.write_bytes(mutated(victim.read_bytes(), data))
    dataset_or_sentence(word)


# ------------------------------------------------------------------ CSV

HEADER = [f"pixel{number}" for number in range(784)]


def rows(few, last=False):
    images, labels = np.concatenate(few[::2]).reshape(-1, 784), np.concatenate(few[1::2])[:, None]
    return np.concatenate([images, labels] if last else [labels, images], axis=1)


def saved_csv(folder, table, header=None, delimiter=",", end="\n", encoding="utf-8"):
    lines = [delimiter.join(map(str, row)) for row in ([header] if header else []) + list(table)]
    path = folder / "table.csv"
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return f"csv:{path}"


def holds(dataset, few):
    """Check that training and test part together are the images of `few` with their labels."""
    expected = {
        (image.tobytes(), label)
        for image, label in zip(np.concatenate(few[::2]), np.concatenate(few[1::2]).tolist(), strict=True)
    }
    images, labels = np.concatenate(arrays(dataset)[::2]), np.concatenate(arrays(dataset)[1::2])
    return {(i.tobytes(), y) for i, y in zip(images, labels.tolist(), strict=True)} == expected


@pytest.mark.parametrize("last", [False, True])
@pytest.mark.parametrize("name", [None, "label", "Class", " digit "])
@pytest.mark.parametrize(("delimiter", "end"), [(",", "\n"), (";", "\r\n"), ("\t", "\r")])
def test_csv_in_either_order(tmp_path, few, last, name, delimiter, end):
    header = name and ([*HEADER, name] if last else [name, *HEADER])
    dataset = load_dataset(saved_csv(tmp_path, rows(few, last), header, delimiter, end))
    assert holds(dataset, few)
    assert f"the {'last' if last else 'first'} column" in dataset.note
    assert "became the test set" in dataset.note


@pytest.mark.parametrize(
    "header", [list(range(785)), ['"label"', *HEADER], [f'"{name}"' for name in ["what", *HEADER]]]
)
def test_csv_headers_of_other_programs(tmp_path, few, header):
    assert holds(load_dataset(saved_csv(tmp_path, rows(few), header, encoding="utf-8-sig")), few)


def test_csv_named_label_wins_over_what_the_columns_hold(tmp_path, few):
    table = rows(few)
    table[:, -1] = 3
    dataset = load_dataset(saved_csv(tmp_path, table, [*HEADER, "label"]))
    assert set(dataset.train_labels) == {3}


@pytest.mark.parametrize("last", [False, True])
def test_csv_empty_corner_pixel_is_not_taken_for_the_label(tmp_path, mnist, last):
    """In MNIST the first and the last pixel are always 0, which is a legal label too."""
    part = mnist.test_images[:50], mnist.test_labels[:50], mnist.test_images[50:60], mnist.test_labels[50:60]
    dataset = load_dataset(saved_csv(tmp_path, rows(part, last)))
    assert holds(dataset, part)


def test_csv_undecidable_takes_the_first_column_and_says_so(tmp_path):
    dataset = load_dataset(saved_csv(tmp_path, [[1] + [0] * 784, [1] + [9] * 783 + [0]]))
    assert set(dataset.train_labels) | set(dataset.test_labels) == {1}
    assert "first column, as is usual" in dataset.note


def test_csv_of_fractions(tmp_path, few):
    table = rows(few).astype(object)
    table[:, 1:] = table[:, 1:] / 255
    dataset = load_dataset(saved_csv(tmp_path, table))
    assert holds(dataset, few)
    assert "multiplied by 255" in dataset.note


@pytest.mark.parametrize(
    ("row", "column", "cell", "words"),
    [
        (5, 3, "x", "line 6, column 4 holds 'x'"),
        (5, 3, "", "line 6, column 4 holds ''"),
        (15, 784, "256", "line 16, column 785 holds '256'"),
        (0, 0, "-1", "line 1, column 1 holds '-1'"),
        (7, 2, "nan", "line 8, column 3 holds 'nan'"),
        (7, 2, "1e999", "line 8, column 3 holds '1e999'"),
        (3, 9, "1,2", "line 4 has 786 columns; it must have 785"),
        (0, 0, "77", "neither its first nor its last column"),
    ],
)
def test_csv_errors_name_line_and_column(tmp_path, few, row, column, cell, words):
    table = rows(few).astype(object)
    table[row, column] = cell
    assert words in refusal(saved_csv(tmp_path, table))


def test_csv_wrong_label_in_a_named_column(tmp_path, few):
    table = rows(few)
    table[4, 0] = 12
    assert "label number 5 is 12" in refusal(saved_csv(tmp_path, table, ["label", *HEADER]))


def test_csv_error_beyond_the_first_piece(tmp_path):
    """Lines are read by the thousand; their numbers count on, blank lines and header included."""
    lines = [",".join(map(str, ["label", *HEADER])), ""] + [",".join(["1"] * 785)] * 5000
    lines[4500] = "1,2"
    path = tmp_path / "table.csv"
    path.write_text("\n".join(lines))
    assert "line 4,501 has 2 columns" in refusal(f"csv:{path}")


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"\n\n", "no images"),
        (",".join(["label", *HEADER]).encode(), "no images"),
        (b"1,2,3\n", "3 columns"),
        (b"\x89PNG\r\n\x1a\n\xff\xfe", "not a CSV table in UTF-8"),
        (b"0," * 784 + b"0\n", "single image"),
        (b"7" * 200_000, "1 columns"),
        (b"\0" * 5000, "no images"),
    ],
)
def test_csv_foreign_content_is_refused(tmp_path, content, words):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        load_dataset(f"csv:{path}")


def test_csv_of_too_many_images_is_refused(tmp_path, few, monkeypatch):
    monkeypatch.setattr(reading, "MAX_BYTES", 10_000)
    assert "allowed" in refusal(saved_csv(tmp_path, rows(few)))


@given(data=st.data())
@ON_FILES
def test_mutated_csv_is_a_dataset_or_a_sentence(tmp_path, few, data):
    table = "\n".join(",".join(map(str, row)) for row in rows(few)[:3])
    (tmp_path / "m.csv").write_bytes(mutated(table.encode(), data))
    dataset_or_sentence(f"csv:{tmp_path / 'm.csv'}")


@given(st.one_of(st.binary(), st.text(alphabet='0123456789.,;"\n\r\t -eENnaif', max_size=200)))
@ON_FILES
def test_random_csv_is_a_dataset_or_a_sentence(tmp_path, content):
    (tmp_path / "r.csv").write_bytes(content if isinstance(content, bytes) else content.encode())
    dataset_or_sentence(f"csv:{tmp_path / 'r.csv'}")


# ------------------------------------------------------------------ folder of images


def saved_images(folder, images, labels, names=DIGITS, invert=False):
    for number, (image, label) in enumerate(zip(images, labels, strict=True)):
        target = folder / names[label]
        target.mkdir(parents=True, exist_ok=True)
        Image.fromarray(255 - image if invert else image).save(target / f"{number:03}.png")
    return f"images:{folder}"


@pytest.mark.parametrize("invert", [False, True])
def test_images_in_folders_of_digits(tmp_path, mnist, invert):
    part = mnist.test_images[:20], mnist.test_labels[:20], mnist.test_images[20:24], mnist.test_labels[20:24]
    images, labels = np.concatenate(part[::2]), np.concatenate(part[1::2])
    dataset = load_dataset(saved_images(tmp_path / "digits", images, labels, invert=invert))
    assert holds(dataset, part)
    assert dataset.class_names == DIGITS
    assert ("dark ink on light" in dataset.note) == invert


def test_images_with_names_of_their_own(tmp_path, mnist):
    names = ("cat", "ant", "bee")
    dataset = load_dataset(saved_images(tmp_path, mnist.test_images[:9], [0, 1, 2] * 3, names))
    assert dataset.class_names[:3] == ("ant", "bee", "cat")
    assert len(dataset.class_names) == CLASSES
    assert np.bincount(np.concatenate([dataset.train_labels, dataset.test_labels])).tolist() == [3, 3, 3]


def test_images_with_a_training_and_a_test_part(tmp_path, mnist):
    saved_images(tmp_path / "training", mnist.train_images[:8], mnist.train_labels[:8])
    saved_images(tmp_path / "testing", mnist.test_images[:4], mnist.test_labels[:4])
    dataset = load_dataset(f"images:{tmp_path}")
    assert (len(dataset.train_images), len(dataset.test_images)) == (8, 4)
    assert "became the test set" not in dataset.note


def test_one_polarity_serves_pictures_that_fill_their_border(tmp_path):
    """A coat reaches the border; read alone it would be taken for light paper."""
    images = np.zeros((9, 28, 28), np.uint8)
    images[:, 9:19, 9:19] = 200
    images[4] = np.indices((28, 28)).sum(axis=0) % 9 * 3 + 200
    images[4, 10:18, 10:18] = 0
    dataset = load_dataset(saved_images(tmp_path, images, [0, 1, 2] * 3))
    together = np.concatenate([dataset.train_images, dataset.test_images])
    assert any(np.array_equal(image, images[4]) for image in together)


def test_images_passes_over_other_files_and_says_so(tmp_path, mnist):
    word = saved_images(tmp_path, mnist.test_images[:4], [0, 1, 2, 3])
    (tmp_path / "0" / "readme.txt").write_text("hello")
    (tmp_path / "0" / ".hidden.png").write_text("hello")
    assert "1 files that are no pictures were passed over" in load_dataset(word).note


def test_images_without_or_with_too_many_classes_is_refused(tmp_path, mnist):
    assert "0 sub-folders" in refusal(f"images:{tmp_path}")
    for number in range(11):
        (tmp_path / str(number)).mkdir()
    assert "11 sub-folders" in refusal(f"images:{tmp_path}")
    for number in range(9):
        (tmp_path / str(number)).rmdir()
    assert "no pictures" in refusal(f"images:{tmp_path}")


def test_images_names_the_picture_that_is_damaged(tmp_path, mnist):
    word = saved_images(tmp_path, mnist.test_images[:4], [0, 1, 2, 3])
    bad = tmp_path / "2" / "002.png"
    bad.write_bytes(bad.read_bytes()[:60])
    with pytest.raises(DataError, match="cut short") as error:
        load_dataset(word)
    assert str(bad) in error.value.what


# ------------------------------------------------------------------ progress and cancelling


@pytest.mark.parametrize("make", ["npz", "idx", "csv", "images"])
def test_progress_is_told_and_cancelling_stops(tmp_path, few, make):
    word = {
        "npz": lambda: saved_npz(tmp_path, **keras_layout(few)),
        "idx": lambda: saved_idx(tmp_path, few),
        "csv": lambda: saved_csv(tmp_path, rows(few)),
        "images": lambda: saved_images(tmp_path, few[0], few[1]),
    }[make]()
    told = []
    load_dataset(word, progress=told.append)
    assert told
    assert all(text.startswith("Reading ") for text in told)
    with pytest.raises(LoadingCancelledError, match="stays"):
        load_dataset(word, cancelled=lambda: True)


# ------------------------------------------------------------------ Keras


@pytest.fixture
def child_folder(tmp_path, monkeypatch):
    """A fresh data folder and Keras cache, and a folder from which the child process imports first."""
    folder = tmp_path / "imported_first"
    folder.mkdir()
    monkeypatch.setenv("DIGITLAB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    return folder


def files_kept():
    return [path.name for path in keras_download.cache_file("mnist").parent.iterdir()]


def test_keras_mnist_through_the_real_loader(child_folder, monkeypatch, mnist):
    """Keras' own load_data runs in the child; only its download step is given the local file."""
    local = resources.files("resources") / "data" / "mnist.npz"
    (child_folder / "sitecustomize.py").write_text(
        "import sys\n"
        "if 'engine.datasets.keras_download' in sys.orig_argv:\n"
        "    import keras.src.datasets.mnist as module\n"
        f"    module.get_file = lambda **asked: {str(local)!r}\n"
    )
    told = []
    dataset = load_dataset("keras:mnist", progress=told.append)
    same(dataset, *arrays(mnist))
    assert (dataset.word, dataset.title) == ("keras:mnist", "MNIST (Keras)")
    assert any("through TensorFlow" in text for text in told)
    assert files_kept() == ["keras-mnist.npz"]
    # From now on no process is needed.
    monkeypatch.setattr(sys, "executable", str(child_folder / "no python"))
    same(load_dataset("keras:mnist"), *arrays(mnist))


def test_keras_fashion_through_the_real_loader_and_a_damaged_cache(child_folder, few):
    """All of Keras runs but the network call: four local IDX files are what the server sends."""
    served = child_folder / "served"
    served.mkdir()
    saved_idx(served, few, [name + ".gz" for name in IDX_NAMES])
    (child_folder / "sitecustomize.py").write_text(
        "import os, shutil, urllib.request\n"
        f"served = {str(served)!r}\n"
        "def retrieve(url, target, *_):\n"
        "    shutil.copyfile(os.path.join(served, os.path.basename(url)), target)\n"
        "urllib.request.urlretrieve = retrieve\n"
    )
    cached = keras_download.cache_file("fashion_mnist")
    cached.parent.mkdir(parents=True)
    cached.write_bytes(b"damaged")
    dataset = load_dataset("keras:fashion_mnist")
    same(dataset, *few)
    assert dataset.class_names[9] == "Ankle boot"
    assert len(dataset.class_names) == CLASSES


def test_keras_without_a_network_is_a_sentence(child_folder, monkeypatch):
    """A proxy at a port where nobody listens: the real download fails at once."""
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DataError, match=r"could not be downloaded: .* no connection .* stays") as error:
        load_dataset("keras:mnist")
    assert "URL fetch failure" in error.value.details
    assert files_kept() == []


def test_keras_without_tensorflow_is_a_sentence(child_folder):
    (child_folder / "tensorflow.py").write_text("raise ImportError('libsomething.so is missing')")
    with pytest.raises(DataError, match="needs TensorFlow, which cannot be imported") as error:
        load_dataset("keras:mnist")
    assert "libsomething" in error.value.details
    assert "pip install tensorflow" in error.value.do


def test_keras_child_that_dies_is_a_sentence(child_folder):
    (child_folder / "tensorflow.py").write_text("import os; print('last words', flush=True); os._exit(9)")
    with pytest.raises(DataError, match="ended with code 9") as error:
        load_dataset("keras:mnist")
    assert "last words" in error.value.details


def test_keras_child_is_stopped_by_cancelling_and_by_time(child_folder, monkeypatch, tmp_path):
    alive = tmp_path / "alive"
    (child_folder / "tensorflow.py").write_text(
        f"import os, pathlib\npathlib.Path({str(alive)!r}).write_text(str(os.getpid()))\n"
        "import threading; threading.Event().wait()\n"
    )
    with pytest.raises(LoadingCancelledError):
        load_dataset("keras:mnist", cancelled=lambda: alive.exists() and alive.read_text())
    with pytest.raises(OSError, match=r"\S"):
        os.kill(int(alive.read_text()), 0)
    monkeypatch.setattr(keras_download, "MAX_SECONDS", 0)
    with pytest.raises(DataError, match="not finished"):
        load_dataset("keras:fashion_mnist")
    assert files_kept() == []


def test_keras_python_that_does_not_start_is_a_sentence(child_folder, monkeypatch):
    monkeypatch.setattr(sys, "executable", str(child_folder / "none"))
    with pytest.raises(DataError, match="no child process starts"):
        load_dataset("keras:mnist")
