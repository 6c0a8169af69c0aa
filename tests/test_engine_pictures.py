"""Picture files of every kind become the image a network expects, or one sentence says why not."""

import io
import struct
import time
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image, ImageDraw

from engine.datasets import load_dataset
from engine.errors import DataError
from engine.ink.drawing import BOX, render
from engine.ink.spec import InkSpec
from engine.pictures.line_width import distance, thinned, with_line_width
from engine.pictures.paper import lift_ink
from engine.pictures.reading import (
    MAX_PIXELS,
    SUFFIXES,
    is_light_paper,
    prepare_picture,
    read_picture,
    read_picture_closely,
)
from engine.pictures.regions import filled, highest, holes, regions
from engine.pictures.sheet import find_sheet

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


def prepared(pixels):
    """Return the image alone of a picture in memory."""
    return prepare_picture(pixels).image


def alike(one, other):
    """Return the correlation of two images."""
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


def test_a_28x28_picture_passes_unchanged(tmp_path, digit):
    assert np.array_equal(read_picture(saved(tmp_path, digit)), digit)
    assert np.array_equal(read_picture(saved(tmp_path, digit), ink=InkSpec(line_width=4)), digit)


def test_a_picture_is_prepared_as_the_network_that_reads_it_knows_ink(tmp_path, drawing):
    """Line width and largest slant are the model's; without being told, they are the usual ones."""
    path, thick = saved(tmp_path, drawing), InkSpec(line_width=4.0)
    found = read_picture_closely(path, ink=thick)
    assert found.words.endswith("→ 4.0 px")
    for image in (found.image, read_picture(path, ink=thick), prepare_picture(drawing, ink=thick).image):
        assert image.sum() > 1.3 * read_picture(path).astype(int).sum()
    assert np.array_equal(read_picture(path, ink=InkSpec()), read_picture(path))
    slanted = 255 - np.pad(render([np.array([[0.0, 100], [100, 0]])], side=168), 30)
    straightened, left = (prepare_picture(slanted, ink=InkSpec(steepest=steepest)) for steepest in (5, 80))
    assert "40° less slanted" in straightened.words
    assert "slanted" not in left.words


def test_a_folder_of_pictures_is_read_with_the_ink_of_the_run(tmp_path, drawing):
    for name in ("3", "7"):
        (tmp_path / name).mkdir()
        for number in range(3):
            saved(tmp_path / name, drawing, f"{number}.png")
    usual, thick = (load_dataset(f"images:{tmp_path}", ink=ink).part("all")[0] for ink in (None, InkSpec(line_width=4)))
    assert np.array_equal(thick[0], prepare_picture(drawing, ink=InkSpec(line_width=4)).image)
    assert np.array_equal(usual[0], prepared(drawing))


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
    assert alike(read_picture(path), prepared(drawing)) > 0.98


@pytest.mark.parametrize("suffix", sorted(SUFFIXES))
def test_every_file_type_is_read(tmp_path, drawing, suffix):
    path = saved(tmp_path, drawing, "picture" + suffix)
    assert alike(read_picture(path), prepared(drawing)) > 0.98


@pytest.mark.parametrize("ink", [(0, 0, 0), (255, 255, 255), (20, 60, 200)])
def test_ink_on_transparent_ground_is_found(tmp_path, drawing, ink):
    picture = Image.new("RGBA", drawing.shape[::-1], (*ink, 0))
    picture.paste(ink, mask=Image.fromarray(255 - drawing))
    picture.putalpha(Image.fromarray(255 - drawing))
    assert alike(read_picture(saved(tmp_path, picture)), prepared(drawing)) > 0.98


def test_coloured_ink_on_coloured_paper(tmp_path, drawing):
    strength = (255 - drawing[..., None]) / 255
    picture = (strength * [30, 30, 160] + (1 - strength) * [250, 230, 150]).astype(np.uint8)
    assert alike(read_picture(saved(tmp_path, picture)), prepared(drawing)) > 0.98


def test_shadow_and_noise_of_a_photograph_are_removed(tmp_path, drawing):
    height, width = drawing.shape
    shadow = np.linspace(0.55, 1, width) * np.linspace(0.8, 1, height)[:, None]
    noise = np.random.default_rng(0).normal(0, 4, drawing.shape)
    photo = np.clip((60 + drawing * 0.65) * shadow + noise, 0, 255).astype(np.uint8)
    image = read_picture(saved(tmp_path, photo, "photo.jpg", quality=90))
    assert alike(image, prepared(drawing)) > 0.95


def test_orientation_of_a_camera_is_followed(tmp_path, drawing):
    turned = Image.fromarray(np.rot90(drawing))
    exif = Image.Exif()
    exif[0x0112] = 6
    path = saved(tmp_path, turned, "turned.jpg", exif=exif, quality=95)
    assert alike(read_picture(path), prepared(drawing)) > 0.98


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


def png_bomb(side):
    def chunk(kind, content):
        body = kind + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b""))


def gif_bomb(side):
    small = io.BytesIO()
    Image.new("L", (2, 2)).save(small, "GIF")
    return b"GIF89a" + struct.pack("<HH", side, side) + small.getvalue()[10:]


def webp_bomb(side):
    header = b"\x2f" + struct.pack("<I", (side - 1) | (side - 1) << 14) + b"\0" * 15
    body = b"WEBPVP8L" + struct.pack("<I", len(header)) + header
    return b"RIFF" + struct.pack("<I", len(body)) + body


def tiff_bomb(side):
    fields = [(256, side), (257, side), (258, 8), (259, 1), (262, 1), (273, 8), (277, 1), (278, side), (279, 9)]
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in fields)
    return b"II*\0" + struct.pack("<IH", 8, len(fields)) + entries + b"\0" * 4


def jpeg_bomb(side):
    small = io.BytesIO()
    Image.new("L", (8, 8)).save(small, "JPEG")
    content = bytearray(small.getvalue())
    where = content.index(b"\xff\xc0") + 5
    content[where : where + 4] = struct.pack(">HH", side, side)
    return bytes(content)


@pytest.mark.parametrize(
    ("name", "bomb", "side"),
    [
        ("a.png", png_bomb, 9_000),
        ("a.png", png_bomb, 60_000),
        ("a.gif", gif_bomb, 60_000),
        ("a.webp", webp_bomb, 16_000),
        ("a.tif", tiff_bomb, 60_000),
        ("a.jpg", jpeg_bomb, 60_000),
        ("a.pgm", lambda side: b"P5 %d %d 255\n0" % (side, side), 60_000),
    ],
)
def test_enormous_picture_is_refused_by_its_header(tmp_path, name, bomb, side):
    path = tmp_path / name
    path.write_bytes(bomb(side))
    start = time.process_time()
    with pytest.raises(DataError) as error:
        read_picture(path)
    assert time.process_time() - start < 0.5
    assert str(path) in str(error.value)
    assert f"{MAX_PIXELS:,} pixels" in str(error.value)


def test_enormous_array_is_refused():
    with pytest.raises(DataError, match=f"{MAX_PIXELS:,} pixels"):
        prepare_picture(np.broadcast_to(np.uint8(0), (10_000, 10_000)))


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n", b"no picture at all", b"%!PS-Adobe-3.0 EPSF-3.0\n"])
def test_foreign_content_is_a_sentence(tmp_path, content):
    path = tmp_path / "foreign.png"
    path.write_bytes(content)
    with pytest.raises(DataError, match="damaged, cut short or not a picture"):
        read_picture(path)


@pytest.mark.parametrize("name", ["a.png", "a.jpg"])
def test_cut_short_picture_is_a_sentence(tmp_path, drawing, name):
    path = saved(tmp_path, drawing, name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
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
        prepared(array)


@given(hnp.arrays(np.uint8, st.tuples(st.integers(1, 40), st.integers(1, 40))))
def test_any_picture_gives_an_image_or_a_sentence(array):
    try:
        image = prepared(array)
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


# Photographs: of every one the ink must come out as it does from the drawing itself.


def photo(drawing, ink=(40, 45, 60), paper=(235, 230, 220), around=60):
    """Return the drawing as colours, float64 of shape (h, w, 3), with more paper around it."""
    strength = np.pad((255 - drawing) / 255.0, around)[..., None]
    return strength * np.array(ink) + (1 - strength) * np.array(paper)


def finished(values, noise=4.0):
    values = values + np.random.default_rng(1).normal(0, noise, values.shape)
    return np.clip(values, 0, 255).astype(np.uint8)


def light_from(side, least, shape):
    height, width = shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    falling = {"left": (x + 1) / 2, "top": (y + 1) / 2, "corner": (x + y + 2) / 4, "middle": (x * x + y * y) / 2}[side]
    return (1 - (1 - least) * falling)[..., None]


def ruled(values, squared):
    values = values.copy()
    lines = np.zeros(values.shape[:2], bool)
    lines[12::45, :] = True
    if squared:
        lines[:, 7::45] = True
    values[lines] = np.minimum(values[lines], [165, 185, 225])
    return values


def on_table(values, colour, *margins):
    return np.stack(
        [np.pad(values[..., band], margins, constant_values=level) for band, level in enumerate(colour)], axis=-1
    )


@pytest.mark.parametrize("side", ["left", "top", "corner", "middle"])
@pytest.mark.parametrize("least", [0.7, 0.3])
def test_falling_light_is_followed(drawing, side, least):
    values = photo(drawing)
    found = prepare_picture(finished(values * light_from(side, least, values.shape)))
    assert alike(found.image, prepared(drawing)) > 0.95
    assert found.light_paper
    assert "paper removed" in found.words


def test_hard_edge_of_a_shadow_is_no_ink(drawing):
    values = photo(drawing)
    values[:, values.shape[1] // 2 :] *= 0.65
    assert alike(prepared(finished(values)), prepared(drawing)) > 0.93


@pytest.mark.parametrize("squared", [False, True])
@pytest.mark.parametrize("least", [1.0, 0.6])
def test_rules_are_no_ink(drawing, squared, least):
    values = ruled(photo(drawing), squared)
    found = prepare_picture(finished(values * light_from("corner", least, values.shape)))
    assert alike(found.image, prepared(drawing)) > 0.95


@pytest.mark.parametrize(
    ("ink", "paper", "light"),
    [
        ((40, 70, 190), (250, 250, 250), True),
        ((220, 40, 50), (250, 250, 250), True),
        ((30, 30, 60), (240, 220, 120), True),
        ((180, 180, 180), (230, 230, 230), True),
        ((230, 230, 220), (40, 70, 60), False),
        ((255, 220, 60), (20, 40, 130), False),
    ],
)
def test_ink_and_paper_of_any_colour(drawing, ink, paper, light):
    found = prepare_picture(finished(photo(drawing, ink, paper)))
    assert found.light_paper == light
    assert alike(found.image, prepared(drawing)) > 0.95


def test_colours_of_one_brightness_are_told_apart(drawing):
    assert (
        alike(
            prepared(finished(photo(drawing, (220, 60, 60), (60, 110, 220)))),
            prepared(drawing),
        )
        > 0.95
    )


@pytest.mark.parametrize("margins", [((0, 0), (60, 0)), ((50, 0), (0, 70)), ((50, 60), (80, 40))])
@pytest.mark.parametrize("table", [(60, 45, 35), (150, 110, 80)])
def test_the_table_under_the_page_is_no_ink(drawing, margins, table):
    found = prepare_picture(finished(on_table(photo(drawing), table, *margins)))
    assert found.light_paper
    assert alike(found.image, prepared(drawing)) > 0.95


def test_dirt_is_left_out_and_counted(drawing):
    values = photo(drawing)
    for y, x in [(20, 30), (380, 300), (60, 350), (300, 40)]:
        values[y : y + 6, x : x + 6] = 40
    found = prepare_picture(finished(values, 2))
    assert found.specks == 4
    assert "4 specks left out" in found.words
    assert alike(found.image, prepared(drawing)) > 0.95


def test_parts_of_a_digit_that_do_not_touch_stay():
    picture = Image.new("L", (200, 200), 255)
    pen = ImageDraw.Draw(picture)
    pen.line([(70, 60), (65, 100), (110, 105), (120, 140), (65, 160)], 0, 9)
    pen.line([(82, 50), (125, 48)], 0, 9)
    mask = lift_ink(picture).mask
    assert len(regions(mask).areas) == 2


@pytest.mark.parametrize("side", [12, 20, 56, 400, 1500])
def test_mnist_digits_at_any_size(mnist, side):
    for digit in mnist.test_images[:6]:
        picture = Image.fromarray(digit).resize((side, side), Image.Resampling.BICUBIC)
        assert alike(prepared(np.asarray(picture)), digit) > (0.75 if side > 12 else 0.6)


@pytest.mark.parametrize("pen", [0.02, 0.06, 0.12, 0.2, 0.25])
def test_the_line_is_brought_to_one_width(pen):
    picture = Image.new("L", (400, 400), 255)
    draw = ImageDraw.Draw(picture)
    around = round(200 * pen / 2)
    draw.ellipse([150 - around, 100 - around, 250 + around, 300 + around], outline=0, width=2 * around)
    found = prepare_picture(np.asarray(picture))
    assert found.line_width == pytest.approx(20 * pen / (1 + pen), abs=0.45)
    assert found.image[14].astype(float).sum() / 255 / 2 == pytest.approx(2.4, abs=0.6)
    assert holes(found.image > 127) == 1
    assert "→ 2.4 px" in found.words


def test_a_small_loop_stays_open():
    picture = Image.new("L", (300, 300), 255)
    draw = ImageDraw.Draw(picture)
    draw.ellipse([136, 40, 158, 62], outline=0, width=3)
    draw.line([(147, 62), (147, 260)], 0, 3)
    ink = lift_ink(picture)
    assert holes(with_line_width(ink.mask, 0.12).ink > 0.5) == holes(ink.mask) == 1


def test_pictures_that_move_give_their_first(tmp_path, drawing):
    first, second = Image.fromarray(drawing), Image.new("L", drawing.shape[::-1], 255)
    for name in ("a.gif", "a.png", "a.webp", "a.tif"):
        first.save(tmp_path / name, save_all=True, append_images=[second])
        assert alike(read_picture(tmp_path / name), prepared(drawing)) > 0.98


def test_a_28x28_picture_says_so(tmp_path, digit):
    found = read_picture_closely(saved(tmp_path, digit))
    assert found.words == "28×28 already: taken as it is"
    assert not found.light_paper
    assert 1 < found.line_width < 5


def test_twelve_megapixels_are_read_at_once(drawing):
    large = np.asarray(Image.fromarray(finished(photo(drawing))).resize((4000, 3000)))
    prepare_picture(large)
    start = time.process_time()
    found = prepare_picture(large)
    assert time.process_time() - start < 0.5
    assert 0 < found.line_width < 4


# What it is built of.

MASKS = hnp.arrays(bool, st.tuples(st.integers(1, 25), st.integers(1, 25)))


@given(MASKS)
def test_thinning_keeps_parts_and_holes(mask):
    thin = thinned(mask)
    assert not (thin & ~mask).any()
    assert len(regions(thin).areas) == len(regions(mask).areas)
    assert holes(thin) == holes(mask)


@given(MASKS)
def test_distances_are_exact(mask):
    found = distance(mask)
    outside = np.argwhere(~np.pad(mask, 1)) - 1
    for y, x in np.argwhere(mask):
        assert found[y, x] == pytest.approx(np.hypot(*(outside - (y, x)).T).min(), rel=1e-5)
    assert not found[~mask].any()


@given(MASKS, st.booleans())
def test_regions_are_what_flooding_finds(mask, diagonal):
    found, left = regions(mask, diagonal=diagonal), {(int(y), int(x)) for y, x in np.argwhere(mask)}
    count = 0
    while left:
        todo, part = [left.pop()], []
        while todo:
            y, x = todo.pop()
            part.append((y, x))
            for near in [(y + a, x + b) for a in (-1, 0, 1) for b in (-1, 0, 1) if diagonal or not a * b]:
                if near in left:
                    left.remove(near)
                    todo.append(near)
        rows, columns = np.array(part).T
        number = found.labels[rows[0], columns[0]]
        assert (found.labels[rows, columns] == number).all()
        assert found.areas[number] == len(part)
        assert found.boxes[number].tolist() == [rows.min(), columns.min(), rows.max() + 1, columns.max() + 1]
        count += 1
    assert count == len(found.areas)


@given(MASKS, st.floats(0.02, 0.4))
def test_any_mask_is_given_another_width(mask, wanted):
    if mask.any():
        line = with_line_width(mask, wanted)
        assert line.ink.max() > 0
        assert np.isfinite(line.ink).all()
        assert 0 < line.found <= 1.5


def test_filling_and_spreading():
    ring = np.zeros((7, 9), bool)
    ring[1:6, 2:7] = True
    ring[3, 4] = False
    assert filled(ring).sum() == 25
    assert highest(np.eye(5), 1).sum() == 19
    assert find_sheet(np.full((20, 30), 7.0)).all()


@pytest.mark.parametrize("margin", [0, 20])
def test_drawing_cropped_tightly_is_read(drawing, margin):
    rows, columns = np.flatnonzero((drawing < 128).any(axis=1)), np.flatnonzero((drawing < 128).any(axis=0))
    tight = np.pad(drawing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], margin, constant_values=255)
    assert alike(prepared(tight), prepared(drawing)) > 0.95
