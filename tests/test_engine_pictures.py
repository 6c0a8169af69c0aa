"""Picture files of every kind become the image a network expects, or one sentence says why not."""

import io
import struct
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from engine.datasets import load_dataset
from engine.errors import DataError
from engine.ink import BOX, render
from engine.pictures import MAX_PIXELS, SUFFIXES, is_light_paper, picture_to_ink_image, read_picture

STROKES = [np.array([[60.0, 40.0], [200.0, 40.0], [120.0, 240.0]]), np.array([[90.0, 140.0], [180.0, 140.0]])]


@pytest.fixture(scope="module")
def digit():
    return load_dataset("mnist").test_images[0]


@pytest.fixture
def drawing():
    """A large grey picture of a 7: black ink on white paper, off the centre."""
    ink = render(STROKES, side=168)
    return 255 - np.pad(ink, ((40, 90), (100, 30)))


def saved(folder, picture, name="picture.png", **options):
    path = folder / name
    Image.fromarray(picture).save(path, **options) if isinstance(picture, np.ndarray) else picture.save(path, **options)
    return path


def alike(one, other):
    """Return the correlation of two images."""
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_a_28x28_picture_passes_unchanged(tmp_path, digit):
    assert np.array_equal(read_picture(saved(tmp_path, digit)), digit)


def test_a_28x28_picture_with_dark_ink_is_inverted(tmp_path, digit):
    assert np.array_equal(read_picture(saved(tmp_path, 255 - digit)), digit)


def test_polarity_can_be_given(tmp_path, digit):
    path = saved(tmp_path, digit)
    assert not is_light_paper(path)
    assert np.array_equal(read_picture(path, light_paper=True), 255 - digit)


def test_large_drawing_looks_like_its_strokes(tmp_path, drawing):
    image = read_picture(saved(tmp_path, drawing))
    columns, rows = np.flatnonzero(image.any(axis=0)), np.flatnonzero(image.any(axis=1))
    assert max(np.ptp(columns), np.ptp(rows)) + 1 == BOX
    assert alike(image, render(STROKES)) > 0.9


def test_dark_and_light_paper_give_the_same(tmp_path, drawing):
    dark = read_picture(saved(tmp_path, drawing, "a.png"))
    light = read_picture(saved(tmp_path, 255 - drawing, "b.png"))
    assert np.abs(dark.astype(int) - light).max() <= 2


@pytest.mark.parametrize("mode", ["1", "P", "RGB", "RGBA", "LA", "CMYK", "I;16", "I", "F"])
def test_every_mode_is_read(tmp_path, drawing, mode):
    grey = Image.fromarray(drawing)
    if mode == "I;16":
        picture = Image.fromarray(drawing.astype(np.uint16) * 257)
    else:
        picture = grey.convert(mode)
    path = saved(tmp_path, picture, "picture.tif" if mode in ("CMYK", "F", "I") else "picture.png")
    assert alike(read_picture(path), picture_to_ink_image(drawing)) > 0.98


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_file_type_is_read(tmp_path, drawing, suffix):
    path = saved(tmp_path, drawing, "picture" + suffix)
    assert alike(read_picture(path), picture_to_ink_image(drawing)) > 0.98


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (20, 60, 200)])
def test_ink_on_transparent_ground_is_found(tmp_path, drawing, ink):
    picture = Image.new("RGBA", drawing.shape[::-1], (*ink, 0))
    picture.paste(ink, mask=Image.fromarray(255 - drawing))
    picture.putalpha(Image.fromarray(255 - drawing))
    assert alike(read_picture(saved(tmp_path, picture)), picture_to_ink_image(drawing)) > 0.98


def test_coloured_ink_on_coloured_paper(tmp_path, drawing):
    strength = (255 - drawing[..., None]) / 255
    picture = (strength * [30, 30, 160] + (1 - strength) * [250, 230, 150]).astype(np.uint8)
    assert alike(read_picture(saved(tmp_path, picture)), picture_to_ink_image(drawing)) > 0.98


def test_shadow_and_noise_of_a_photograph_are_removed(tmp_path, drawing):
    height, width = drawing.shape
    shadow = np.linspace(0.55, 1, width) * np.linspace(0.8, 1, height)[:, None]
    noise = np.random.default_rng(0).normal(0, 4, drawing.shape)
    photo = np.clip((60 + drawing * 0.65) * shadow + noise, 0, 255).astype(np.uint8)
    image = read_picture(saved(tmp_path, photo, "photo.jpg", quality=90))
    assert alike(image, picture_to_ink_image(drawing)) > 0.95


def test_orientation_of_a_camera_is_followed(tmp_path, drawing):
    turned = Image.fromarray(np.rot90(drawing))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, turned, "turned.jpg", exif=exif, quality=95)
    assert alike(read_picture(path), picture_to_ink_image(drawing)) > 0.98


@pytest.mark.parametrize("size", [(28, 28), (100, 60), (1, 1)])
@pytest.mark.parametrize("grey", [0, 128, 255])
def test_blank_picture_is_a_sentence(tmp_path, size, grey):
    path = saved(tmp_path, np.full(size, grey, np.uint8))
    with pytest.raises(DataError, match="shows nothing") as error:
        read_picture(path)
    assert str(path) in str(error.value)


def test_brightness_beyond_16_bits_is_a_sentence(tmp_path):
    path = saved(tmp_path, Image.fromarray(np.array([[0, 70000], [5, 9]], np.int32)), "deep.tif")
    with pytest.raises(DataError, match=r"0 to 65,535"):
        read_picture(path)


@pytest.mark.parametrize("value", [np.nan, np.inf, -1.0])
def test_impossible_brightness_is_a_sentence(tmp_path, value):
    path = saved(tmp_path, Image.fromarray(np.array([[0, value], [5, 9]], np.float32)), "odd.tif")
    with pytest.raises(DataError, match=r"must lie in 0 to 65,535"):
        read_picture(path)


@pytest.mark.parametrize("side", [9_000, 40_000])
def test_enormous_picture_is_refused_by_its_header(tmp_path, side):
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path = tmp_path / "bomb.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")))
    with pytest.raises(DataError, match=f"{MAX_PIXELS:,} pixels"):
        read_picture(path)


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"no picture at all", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_foreign_content_is_a_sentence(tmp_path, content):
    path = tmp_path / "foreign.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged, cut short or not a picture"):
        read_picture(path)


def test_cut_short_picture_is_a_sentence(tmp_path, drawing):
    path = saved(tmp_path, drawing)
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(DataError, match="cut short"):
        read_picture(path)


def test_missing_empty_and_folder_are_sentences(tmp_path):
    (tmp_path / "empty.png").touch()
    for path, words in [
        (tmp_path / "none.png", "nothing of that name"),
        (tmp_path, "a folder"),
        (tmp_path / "empty.png", "empty"),
    ]:
        with pytest.raises(DataError, match=words) as error:
            read_picture(path)
        assert str(path) in str(error.value)


@pytest.mark.parametrize("array", [np.zeros((0, 4)), np.zeros(5), np.full((3, 3), np.nan), np.full((3, 3), 300)])
def test_what_is_no_brightness_is_refused(array):
    with pytest.raises(DataError, match="brightness"):
        picture_to_ink_image(array)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_picture_gives_an_image_or_a_sentence(array):
    try:
        image = picture_to_ink_image(array)
    except DataError:
        return
    assert image.shape == (28, 28)
    assert image.dtype == np.uint8


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP", "GIF", "TIFF", "WEBP", "PPM"])
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_mutated_picture_gives_an_image_or_a_sentence(tmp_path, digit, kind, data):
    buffer = io.BytesIO()
    Image.fromarray(digit).save(buffer, kind)
    content = bytearray(buffer.getvalue())
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "mutated"
    path.write_bytes(content[: data.draw(st.integers(1, len(content)))])
    try:
        result = read_picture(path)
    except DataError as error:
        result = error
    assert str(path) in str(result) if isinstance(result, DataError) else result.shape == (28, 28)
