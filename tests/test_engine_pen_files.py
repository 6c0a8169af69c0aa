"""UNIPEN and InkML files are read as drawings or refused in a sentence that names the line; writing keeps them."""

from __future__ import annotations

import gzip
import re
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from engine.datasets import LoadingCancelledError, load_dataset
from engine.datasets.reading import Watch
from engine.errors import DataError, DigitLabError
from engine.ink.spec import InkSpec
from engine.pen import Drawn, reading
from engine.pen.files import read_pen_file, write_unipen
from engine.pen.hands import draw_digit

REAL = Path(__file__).parents[2] / "shared" / "data" / "pendigits-orig.tra.gz"
ON_FILES = settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])

UNIPEN = """.VERSION 1.0
.DATA_SOURCE here
.COMMENT a page of
  two lines
.HIERARCHY DIGIT
.SEGMENT DIGIT 0 ? "8"
.COMMENT 8 12 224
.PEN_DOWN
 10  20
 13  24
.PEN_UP
.DT 100
.SEGMENT DIGIT 1-2 OK "4"
.COMMENT 4 13 225
.PEN_DOWN
 1 2
 3 4
.PEN_UP
.DT 250
.PEN_DOWN
 5 6
.PEN_UP
"""

INKML = """<?xml version="1.0" encoding="UTF-8"?>
<ink xmlns="http://www.w3.org/2003/InkML">
  <annotation type="writer">Ada</annotation>
  <traceFormat>
    <channel name="T" units="ms"/><channel name="F"/><channel name="X"/><channel name="Y"/>
  </traceFormat>
  <traceGroup><annotation type="truth">8</annotation>
    <trace>1000 1 10 20, 1010 1 13 24</trace>
  </traceGroup>
  <traceGroup><annotation type="truth">a</annotation><annotation type="writer">Ben</annotation>
    <trace>0 1 1 2,
      20 1 3 4</trace>
    <trace>30 1 5 6</trace>
  </traceGroup>
</ink>
"""


def written(folder: Path, content: str | bytes, name: str = "pen.txt") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def read(folder: Path, content: str | bytes) -> list[Drawn]:
    return read_pen_file(written(folder, content))


def refusal(folder: Path, content: str | bytes) -> str:
    """Return the sentence with which a file is refused."""
    with pytest.raises(DataError) as caught:
        read(folder, content)
    assert "pen.txt cannot be used: " in caught.value.what
    assert caught.value.what.endswith(".")
    assert "Traceback" not in str(caught.value)
    return caught.value.what


def ink(*traces: str, channels: str = "XY") -> str:
    declared = "".join(f'<channel name="{name}"/>' for name in channels)
    lines = "".join(f"<trace>{trace}</trace>\n" for trace in traces)
    return f"<ink>\n<traceFormat>{declared}</traceFormat>\n{lines}</ink>"


@pytest.fixture(scope="session")
def hands() -> list[Drawn]:
    """Sixty digits in the project's own hands, by six writers."""
    rng = np.random.default_rng(4)
    return [Drawn(draw_digit(n % 10, rng), n % 10, f"hand{n % 6}") for n in range(60)]


@pytest.fixture(scope="session")
def collection(hands: list[Drawn], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[int], int]:
    """A pen file with its counts per digit and of its writers: the UCI digits where they are, else our own."""
    if REAL.exists():
        return REAL, [780, 779, 780, 719, 780, 720, 720, 778, 719, 719], 30
    path = tmp_path_factory.mktemp("pen") / "own.unp"
    write_unipen(path, hands)
    return path, [6] * 10, 6


# ------------------------------------------------------------------ real files


def test_a_collection_is_read_whole_and_fast(collection: tuple[Path, list[int], int]) -> None:
    path, counts, writers = collection
    begun = time.process_time()
    found = read_pen_file(path)
    assert time.process_time() - begun < 1.5
    assert np.bincount([drawing.label for drawing in found if drawing.label is not None]).tolist() == counts
    assert len({drawing.writer for drawing in found}) == writers
    for drawing in found:
        assert drawing.strokes[0][0, 2] == 0
        assert all(stroke.shape[1] == 3 and len(stroke) and stroke.dtype == np.float64 for stroke in drawing.strokes)
        times = np.concatenate(drawing.strokes)[:, 2]
        assert (np.diff(times) >= 0).all()


def test_a_sixth_of_the_writers_becomes_the_test_set(tmp_path: Path, collection: tuple[Path, list[int], int]) -> None:
    drawings = read_pen_file(collection[0])[::25]
    path, said, writers = tmp_path / "some.tra.unp", [], len({drawing.writer for drawing in drawings})
    counts = np.bincount([drawing.label or 0 for drawing in drawings]).tolist()
    write_unipen(path, drawings)
    dataset = load_dataset(f"unipen:{path}", progress=said.append)
    assert len(said) > len(drawings) / 100
    assert dataset.whole
    assert len(dataset.part("all").labels) == len(dataset.part("all").writers) == sum(counts)
    assert np.bincount(dataset.part("all").labels).tolist() == counts
    assert not set(dataset.train_writers) & set(dataset.test_writers)
    assert len(set(dataset.test_writers)) == max(1, writers // 6)
    assert f"{max(1, writers // 6)} of its {writers} writers" in dataset.note
    assert dataset.title == "some.tra"
    assert dataset.part("all").images.any(axis=(1, 2)).all()
    assert np.array_equal(dataset.part("test").images, dataset.test_images)


def test_the_same_writers_are_held_back_whatever_their_order(tmp_path: Path, hands: list[Drawn]) -> None:
    held = []
    for order in (hands, hands[::-1]):
        write_unipen(tmp_path / "own.unp", order)
        held.append(set(load_dataset(f"unipen:{tmp_path / 'own.unp'}").test_writers))
    assert held[0] == held[1]


# ------------------------------------------------------------------ UNIPEN


def test_unipen_is_turned_over_and_timed(tmp_path: Path) -> None:
    for content in (UNIPEN, UNIPEN.replace("\n", "\r\n"), gzip.compress(UNIPEN.encode()), "\ufeff" + UNIPEN):
        eight, four = read(tmp_path, content)
        assert (eight.label, eight.writer, four.label, four.writer) == (8, "12", 4, "13")
        np.testing.assert_allclose(eight.strokes[0], [[10, -20, 0], [13, -24, 0.01]])
        np.testing.assert_allclose(four.strokes[0], [[1, -2, 0], [3, -4, 0.01]])
        np.testing.assert_allclose(four.strokes[1], [[5, -6, 0.27]])


def test_columns_rates_and_pen_lifts_are_heeded(tmp_path: Path) -> None:
    text = (
        '.COORD T Y P X\n.SEGMENT CHARACTER ? ? "3"\n.PEN_DOWN\n500 2 0.5 1\n520 4 .5 -3e1\n'
        '.COORD X Y\n.POINTS_PER_SECOND 50\n.SEGMENT CHARACTER ? ? "5"\n.PEN_DOWN\n1 1 2 2\n.PEN_UP\n7 7\n8 8\n'
        ".PEN_DOWN\n9 9\n"
    )
    three, five = read(tmp_path, text)
    np.testing.assert_allclose(three.strokes[0], [[1, -2, 0], [-30, -4, 0.02]])
    np.testing.assert_allclose(five.strokes[0], [[1, -1, 0], [2, -2, 0.02]])
    np.testing.assert_allclose(five.strokes[1], [[9, -9, 0.08]])


@pytest.mark.parametrize("ranges", ["0-1,3", "0,1,3", "0-0,1-1,3-3", "0:0-1:5,3", "0-1, 3"])
def test_segments_name_strokes_before_or_behind_them(tmp_path: Path, ranges: str) -> None:
    strokes = "".join(f".PEN_DOWN\n{n} 0\n.PEN_UP\n.DT 10\n" for n in range(5))
    segment = f'.SEGMENT CHARACTER {ranges} GOOD "7"\n'
    for text in (segment + strokes, strokes + segment):
        (seven,) = read(tmp_path, text)
        assert seven.label == 7
        assert [stroke[0, 0] for stroke in seven.strokes] == [0, 1, 3]


def test_strokes_may_be_counted_with_the_ways_between_them(tmp_path: Path) -> None:
    text = '.SEGMENT DIGIT 0-2 ? "4"\n.SEGMENT DIGIT 4 ? "1"\n'
    text += "".join(f".PEN_DOWN\n{n} 0\n.PEN_UP\n{n} 1\n" for n in range(3))
    four, one = read(tmp_path, text)
    assert [stroke[0, 0] for stroke in four.strokes] == [0, 1]
    assert [stroke[0, 0] for stroke in one.strokes] == [2]


def test_the_finest_kind_of_segments_is_what_was_drawn(tmp_path: Path) -> None:
    text = (
        '.HIERARCHY PAGE WORD CHARACTER\n.WRITER_ID Ada Lovelace\n.SEGMENT WORD 0-1 ? "20"\n.SEGMENT CHARACTER 0 ? "2"'
        '\n.SEGMENT CHARACTER 1 ? "0"\n.PEN_DOWN\n1 1\n.PEN_UP\n.PEN_DOWN\n2 2\n.PEN_UP\n.NOTHING known\n3 4 5\n'
    )
    assert [(drawing.label, drawing.writer) for drawing in read(tmp_path, text)] == [
        (2, "Ada Lovelace"),
        (0, "Ada Lovelace"),
    ]


@pytest.mark.parametrize(("label", "digit"), [('"7"', 7), ("7", 7), ('"a"', None), ('"12"', None), ('"\\""', None)])
def test_labels_are_digits_or_nothing(tmp_path: Path, label: str, digit: int | None) -> None:
    (found,) = read(tmp_path, f".SEGMENT CHARACTER 0 ? {label}\n.PEN_DOWN\n1 1\n")
    assert found.label == digit


def test_strokes_without_segments_are_one_drawing(tmp_path: Path) -> None:
    (found,) = read(tmp_path, ".PEN_DOWN\n1 1\n.PEN_UP\n.PEN_DOWN\n2 2\n.PEN_UP\n")
    assert (found.label, found.writer, len(found.strokes)) == (None, "", 2)


@pytest.mark.parametrize(
    ("change", "line", "words"),
    [
        ((" 13  24", " 13  x"), 10, "holds 'x' as Y; it must be a number within ±1,000,000,000"),
        ((" 13  24", " 13  nan"), 10, "holds 'nan' as Y"),
        ((" 13  24", " inf  24"), 10, "holds 'inf' as X"),
        ((" 13  24", " 13  2e9"), 10, "holds '2e9' as Y"),
        ((" 13  24", " 1_3  24"), 10, "holds '1_3' as X"),
        ((" 13  24", " ١  24"), 10, "a point must have 2 numbers"),
        ((" 13  24", " 13"), 10, "holds '13'; a point must have 2 numbers, X Y"),
        ((" 13  24", " 13 24 5"), 10, "a point must have 2 numbers, X Y"),
        ((" 10  20\n 13  24", " 10 20 30\n 13"), 9, "a point must have 2 numbers"),
        (('"8"', '"x"'), 6, "labels a DIGIT 'x'; it must be a digit from 0 to 9"),
        (('"8"', '"12"'), 6, "labels a DIGIT '12'"),
        (("1-2", "1-3"), 13, "names stroke 3, but the file holds 3 strokes, counted from 0"),
        (("1-2", "2-1"), 13, "names the strokes '2-1'; legal are numbers and ranges such as 0-1,3"),
        (("1-2", "1--2"), 13, "names the strokes '1--2'"),
        ((' DIGIT 0 ? "8"', ""), 6, "ends a .SEGMENT that says nothing"),
        ((".DT 100", ".DT soon"), 12, "holds 'soon'; it must be a number of milliseconds"),
        ((".DT 100", ".DT -1"), 12, "from 0 to 1,000,000,000"),
        ((".DATA_SOURCE here", ".COORD X P"), 2, "declares the columns 'X P'; they must be X and Y"),
        ((".DATA_SOURCE here", ".POINTS_PER_SECOND 0"), 2, "from 1 to 1,000,000"),
        ((".VERSION 1.0", "VERSION 1.0"), 1, "holds 'VERSION 1.0'; a UNIPEN file begins with a keyword"),
        (("here", "he\0re"), 2, "holds bytes that are no text"),
        ((" 10  20\n 13  24\n", ""), 6, "announces a drawing, but no points of it are in the file"),
    ],
)
def test_damaged_unipen_names_its_line(tmp_path: Path, change: tuple[str, str], line: int, words: str) -> None:
    damaged = UNIPEN.replace(*change, 1)
    assert damaged != UNIPEN
    said = refusal(tmp_path, damaged)
    assert f"line {line} " in said
    assert words in said


def test_files_of_nothing_or_something_else_are_refused(tmp_path: Path) -> None:
    assert "it is empty" in refusal(tmp_path, "")
    assert "line 1 holds 'label,pixel'" in refusal(tmp_path, "label,pixel\n1,2\n")
    assert "line 1 holds bytes that are no text" in refusal(tmp_path, b"\x89PNG\0\0")
    assert "no pen strokes" in refusal(tmp_path, ".VERSION 1.0\n")
    assert "'strokes.dat', which it names but which is not opened" in refusal(
        tmp_path, '.INCLUDE strokes.dat\n.SEGMENT DIGIT 0 ? "1"\n'
    )
    assert "packed by compress (.Z)" in refusal(tmp_path, b"\x1f\x9d\x90" + bytes(20))
    with pytest.raises(DataError, match="nothing of that name"):
        read_pen_file(tmp_path / "none")
    with pytest.raises(DataError, match="it is a folder"):
        read_pen_file(tmp_path)


def test_damaged_gzip_names_the_line_it_breaks_off_at(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    points = "".join(f"{x} {y}\n" for x, y in rng.integers(0, 10**6, (4000, 2)))
    packed = gzip.compress(f'.SEGMENT DIGIT 0 ? "1"\n.PEN_DOWN\n{points}'.encode())
    for bad in (packed[: len(packed) * 3 // 4], packed[:-4], packed[:-8] + bytes(8)):
        found = re.search(r"line ([\d,]+) cannot be unpacked: its gzip compression is damaged", refusal(tmp_path, bad))
        assert found
        assert 1000 < int(found[1].replace(",", "")) <= 4003


def test_what_unpacks_to_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 10**6)
    assert "more than 1 MB of text" in refusal(tmp_path, gzip.compress(bytes(10**7)))


@pytest.mark.parametrize(
    ("limit", "most", "words"),
    [
        ("MAX_POINTS", 4, "line 20 is reached after 4 points"),
        ("MAX_STROKES", 2, "line 20 is reached after 2 strokes"),
        ("MAX_STROKE", 1, "line 8 begins a stroke of 2 points; at most 1"),
    ],
)
def test_limits_name_their_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, limit: str, most: int, words: str
) -> None:
    monkeypatch.setattr(reading, limit, most)
    assert words in refusal(tmp_path, UNIPEN)


def test_many_drawings_of_the_same_strokes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_STROKES", 20)
    strokes = ".PEN_DOWN\n1 1\n" * 10
    assert "line 24 names more than the 40 strokes" in refusal(tmp_path, strokes + '.SEGMENT DIGIT 0-9 ? "1"\n' * 8)


def test_drawings_may_not_share_points_without_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_POINTS", 1000)
    text = ".PEN_DOWN\n" + "1 1\n" * 500 + '.SEGMENT DIGIT 0,0,0,0 ? "1"\n' * 2
    assert "line 503 names more than the 2,000,000 strokes and 2,000 points" in refusal(tmp_path, text)
    points = ", ".join(["1 1"] * 500)
    view = '<traceGroup><traceView traceDataRef="#a #a #a #a #a"/></traceGroup>'
    assert "line 2 names more than" in refusal(tmp_path, f'<ink><trace id="a">{points}</trace>\n{view}</ink>')


def test_a_stroke_of_a_hundred_megabytes_is_not_split(tmp_path: Path) -> None:
    text = ".PEN_DOWN\n" + "1 1\n" * 1_700_000
    assert "line 1 begins 6.5 MB of text that belong together; at most 6.1 MB" in refusal(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        ".PEN_DOWN\n1 " + "1" * 200_000 + "x\n",
        '.SEGMENT DIGIT 0 ? "' + '\\"' * 200_000 + "\n.PEN_DOWN\n1 1\n",
        ".SEGMENT DIGIT " + "0," * 30_000 + ' ? "1"\n.PEN_DOWN\n1 1\n',
        "<ink>" + "<traceGroup>" * 100_000,
        "<ink><trace>" + "'1" * 200_000 + "</trace></ink>",
        "<ink><trace>" + "1" * 200_000 + "x</trace></ink>",
        ".COMMENT\n" * 200_000,
    ],
)
def test_files_made_to_take_long_do_not(tmp_path: Path, text: str) -> None:
    begun = time.process_time()
    drawings_or_sentence(written(tmp_path, text))
    assert time.process_time() - begun < 2


def test_reading_tells_how_far_it_is_and_can_be_stopped(tmp_path: Path) -> None:
    said: list[str] = []
    path = written(tmp_path, UNIPEN)
    read_pen_file(path, Watch(said.append))
    assert said
    assert all("pen.txt" in sentence for sentence in said)
    with pytest.raises(LoadingCancelledError):
        read_pen_file(path, Watch(cancelled=lambda: True))


# ------------------------------------------------------------------ InkML


def test_inkml_has_groups_labels_writers_and_times(tmp_path: Path) -> None:
    for content in (INKML, gzip.compress(INKML.encode()), INKML.replace("UTF-8", "UTF-16").encode("utf-16")):
        eight, letter = read(tmp_path, content)
        assert (eight.label, eight.writer, letter.label, letter.writer) == (8, "Ada", None, "Ben")
        np.testing.assert_allclose(eight.strokes[0], [[10, 20, 0], [13, 24, 0.01]])
        np.testing.assert_allclose(letter.strokes[0], [[1, 2, 0], [3, 4, 0.02]])
        np.testing.assert_allclose(letter.strokes[1], [[5, 6, 0.03]])


@pytest.mark.parametrize(
    ("trace", "points"),
    [
        ("1125 18432,'23'43,\"7\"-8,3-5,7 -3,6 2,6 8,3 6", None),
        ("1 2,!3!4,'1'1,2 2", [(1, 2), (3, 4), (4, 5), (6, 7)]),
        ("1 2,'1'1,* *,!9!9,*-1", [(1, 2), (2, 3), (3, 4), (9, 9), (9, -1)]),
        ("1-2,.5 -3.,1e1 +2 ,", [(1, -2), (0.5, -3), (10, 2)]),
        ("#A 3,#ff 4", [(10, 3), (255, 4)]),
        ("\n 1   2 ,\n3\t4\n", [(1, 2), (3, 4)]),
    ],
)
def test_traces_hold_values_and_differences(
    tmp_path: Path, trace: str, points: list[tuple[float, float]] | None
) -> None:
    (found,) = read(tmp_path, ink(trace.replace('"', "&quot;")))
    # The first is the recommendation's own example.
    expected = points or [
        (1125, 18432),
        (1148, 18475),
        (1178, 18510),
        (1211, 18540),
        (1251, 18567),
        (1297, 18596),
        (1349, 18633),
        (1404, 18676),
    ]
    np.testing.assert_allclose(found.strokes[0][:, :2], expected)
    np.testing.assert_allclose(found.strokes[0][:, 2], np.arange(len(expected)) / 100)


def test_the_file_is_one_drawing_when_nothing_is_grouped(tmp_path: Path) -> None:
    head = '<ink><annotation type="label">3</annotation><annotation type="writerInfo">Cy</annotation>'
    text = (
        head + '<sampleRate value="50"/><trace>1 1,2 2</trace><trace type="penUp">3 3</trace><trace>4 4</trace></ink>'
    )
    (three,) = read(tmp_path, text)
    assert (three.label, three.writer) == (3, "Cy")
    np.testing.assert_allclose(three.strokes[0], [[1, 1, 0], [2, 2, 0.02]])
    np.testing.assert_allclose(three.strokes[1], [[4, 4, 0.12]])


def test_groups_may_name_traces_that_stand_elsewhere(tmp_path: Path) -> None:
    text = """<ink xmlns:inkml="x"><annotation type="truth">$4 + 1$</annotation>
    <inkml:trace id="a">1 1</inkml:trace><trace xml:id="b" timeOffset="500">2 2</trace><trace id="c">3 3</trace>
    <traceGroup xml:id="all"><annotation type="truth">Segmentation</annotation>
      <traceGroup><annotation type="truth">4</annotation><traceView traceDataRef="a"/><traceView traceDataRef="#b"/>
      </traceGroup>
      <traceView><annotation type="truth">$1$</annotation><traceView traceDataRef="#c"/></traceView>
    </traceGroup></ink>"""
    four, one = read(tmp_path, text)
    assert (four.label, one.label) == (4, 1)
    np.testing.assert_allclose(np.concatenate(four.strokes), [[1, 1, 0], [2, 2, 0.5]])
    np.testing.assert_allclose(one.strokes[0], [[3, 3, 0]])


def test_channels_say_their_direction_and_unit(tmp_path: Path) -> None:
    text = """<ink><context><inkSource><traceFormat><channel name="Y" orientation="-ve"/><channel name="X"/>
    <channel name="T" units="s"/><intermittentChannels><channel name="F"/></intermittentChannels>
    </traceFormat></inkSource><canvas><traceFormat><channel name="X"/><channel name="Y"/></traceFormat></canvas>
    </context><trace>1 2 3,4 5 6 7</trace></ink>"""
    (found,) = read(tmp_path, text)
    np.testing.assert_allclose(found.strokes[0], [[2, -1, 0], [5, -4, 3]])


@pytest.mark.parametrize(
    ("content", "line", "words"),
    [
        (INKML.replace("20 1 3 4", "20 1 3 x"), 12, "holds '20 1 3 x'; a point must have 4 numbers, T F X Y"),
        (INKML.replace("20 1 3 4", "20 1 3"), 12, "holds '20 1 3'"),
        (INKML.replace("20 1 3 4", "20 1 3 4 5"), 12, "holds '20 1 3 4 5'"),
        (INKML.replace("20 1 3 4", "20 1 3 4e9"), 12, "beyond the limits"),
        (INKML.replace("20 1 3 4", "20 1 3 ?"), 12, "a point must have 4 numbers"),
        (INKML.replace("20 1 3 4", "20 1 3 nan"), 12, "a point must have 4 numbers"),
        (INKML.replace("</trace>\n  </traceGroup>", "</trace>\n", 1), 15, "is no XML: mismatched tag"),
        (INKML.replace("<ink ", "<!DOCTYPE ink><ink "), 2, "declares a document type"),
        (INKML.replace("<ink ", '<!DOCTYPE ink [<!ENTITY a "b">]><ink '), 2, "declares a document type"),
        (INKML.replace('name="X"', 'name="Q"'), 8, "of the channels 'T F Q Y'; they must be X, Y and others"),
        (INKML[:500], 12, "is no XML"),
        (INKML.replace("UTF-8", "UTF-9"), 1, "declares an encoding that is not read here"),
        (INKML.replace("Ada", "&unknown;"), 3, "is no XML: undefined entity"),
        ("<ink>\n<trace>1 1</trace><traceGroup>\n<traceView traceDataRef='#z'/></traceGroup></ink>", 2, "'z'"),
    ],
)
def test_damaged_inkml_names_its_line(tmp_path: Path, content: str, line: int, words: str) -> None:
    said = refusal(tmp_path, content)
    assert f"line {line} " in said
    assert words in said


def test_xml_of_another_kind_holds_no_strokes(tmp_path: Path) -> None:
    assert "no pen strokes" in refusal(tmp_path, "<svg><path d='M 1 1'/></svg>")


def test_entities_are_never_unfolded(tmp_path: Path) -> None:
    bomb = '<!DOCTYPE b [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY a{n} "{f"&a{n - 1 or str()};" * 10}">' for n in range(1, 12)
    )
    assert "line 1 declares a document type" in refusal(tmp_path, bomb + "]><ink>&a11;</ink>")
    outside = '<!DOCTYPE b [<!ENTITY a SYSTEM "file:///etc/hostname">]><ink>&a;</ink>'
    assert "line 1 declares a document type" in refusal(tmp_path, outside)


# ------------------------------------------------------------------ anything at all


def outcome(path: Path) -> list[Drawn] | DataError:
    """Return the drawings or the error; anything else fails the test."""
    try:
        return read_pen_file(path)
    except DataError as error:
        return error


def drawings_or_sentence(path: Path) -> None:
    found = outcome(path)
    if isinstance(found, DataError):
        assert path.name in found.what
        return
    assert found
    for drawing in found:
        assert drawing.strokes
        assert all(len(stroke) and np.isfinite(stroke).all() for stroke in drawing.strokes)


@given(st.one_of(st.binary(max_size=400), st.text(".PENDOWUSGT\n 0123456789-<>/inktrace\"'?", max_size=400)))
@ON_FILES
def test_any_bytes_are_drawings_or_a_sentence(tmp_path: Path, content: bytes | str) -> None:
    drawings_or_sentence(written(tmp_path, content))


@given(data=st.data())
@ON_FILES
def test_mutated_files_are_drawings_or_a_sentence(tmp_path: Path, data: st.DataObject) -> None:
    start = data.draw(st.sampled_from([UNIPEN.encode(), INKML.encode(), gzip.compress(UNIPEN.encode(), mtime=0)]))
    changed = bytearray(start)
    for _ in range(data.draw(st.integers(1, 6))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(
            st.one_of(st.integers(0, 255), st.sampled_from(list(b"\n .,-'\"<>0123456789")))
        )
    drawings_or_sentence(written(tmp_path, bytes(changed[: data.draw(st.integers(0, len(changed)))])))


# ------------------------------------------------------------------ writing

NAMES = st.text(st.characters(codec="utf-8", exclude_categories=["Z", "C"]), max_size=8).filter(
    lambda name: name != "?"
)


@st.composite
def some_drawings(draw: st.DrawFn) -> list[Drawn]:
    size = draw(st.sampled_from([1e-3, 1.0, 400.0, 1e6]))
    number = st.floats(-size, size)
    points = hnp.arrays(np.float64, st.tuples(st.integers(1, 5), st.just(3)), elements=number)
    strokes = st.lists(points, min_size=1, max_size=3).map(tuple)
    label = st.one_of(st.none(), st.integers(0, 9))
    return draw(st.lists(st.builds(Drawn, strokes, label, NAMES), min_size=1, max_size=4))


@given(some_drawings())
@example([Drawn((np.zeros((1, 3)),), None, "Ada"), Drawn((np.ones((1, 3)),), 3, "")])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_is_written_is_read_again(tmp_path: Path, drawings: list[Drawn]) -> None:
    path = tmp_path / "round.unp"
    write_unipen(path, drawings)
    again = read_pen_file(path)
    assert [(drawing.label, drawing.writer) for drawing in again] == [(d.label, d.writer) for d in drawings]
    for old, new in zip(drawings, again, strict=True):
        assert [len(stroke) for stroke in new.strokes] == [len(stroke) for stroke in old.strokes]
        before, after = np.concatenate(old.strokes), np.concatenate(new.strokes)
        extent = float(np.ptp(before[:, :2], axis=0).max())
        np.testing.assert_allclose(
            after[:, :2], before[:, :2], rtol=1e-12, atol=max(min(0.01, extent / 1e4 or 0.01), 1e-15)
        )
        np.testing.assert_allclose(after[:, 2], before[:, 2] - before[0, 2], rtol=1e-12, atol=0.0011)


def test_writers_with_spaces_and_none_are_kept(tmp_path: Path, hands: list[Drawn]) -> None:
    names = ["Ada Lovelace", "", "Ada Lovelace", "b"]
    path = tmp_path / "own.unp"
    write_unipen(path, [Drawn(hands[n].strokes, 1, name) for n, name in enumerate(names)])
    assert [drawing.writer for drawing in read_pen_file(path)] == names
    assert ".COMMENT 1 b 3\n" in path.read_text()


def test_what_cannot_be_written_leaves_the_old_file(tmp_path: Path) -> None:
    path = written(tmp_path, "old")
    for stroke in (np.full((2, 3), np.nan), np.zeros((0, 3)), np.full((1, 3), 2e9), np.zeros((2, 2))):
        with pytest.raises(DataError, match="Drawing 1 cannot be written"):
            write_unipen(path, [Drawn((stroke,))])
    with pytest.raises(DigitLabError, match="could not be written"):
        write_unipen(tmp_path, [])
    assert path.read_text() == "old"
    assert list(tmp_path.glob("*.part")) == []


# ------------------------------------------------------------------ the dataset


def test_letters_are_left_out_and_counted(tmp_path: Path) -> None:
    strokes = "".join(
        f'.SEGMENT CHARACTER {n} ? "{label}"\n.PEN_DOWN\n0 0\n{n} 5\n.PEN_UP\n' for n, label in enumerate("12a3b")
    )
    dataset = load_dataset(f"unipen:{written(tmp_path, strokes)}")
    assert (len(dataset.train_labels), len(dataset.test_labels)) == (2, 1)
    assert sorted(dataset.part("all").labels) == [1, 2, 3]
    assert dataset.part("all").writers == dataset.train_writers == ()
    assert "no two writers, so 1 of its 3 digits became the test set" in dataset.note
    assert "2 drawings without a digit for their label were left out" in dataset.note
    with pytest.raises(DataError, match="2 drawings, 1 of which has a digit from 0 to 9 for its label"):
        load_dataset(f"unipen:{written(tmp_path, strokes.split('.SEGMENT CHARACTER 2')[0].replace('1', 'x', 1))}")


def test_the_ink_decides_how_strokes_become_images(tmp_path: Path, hands: list[Drawn]) -> None:
    path = tmp_path / "own.unp"
    write_unipen(path, hands[:12])
    word = f"unipen:{path}"
    usual, broad = load_dataset(word), load_dataset(word, ink=InkSpec(line_width=4))
    assert np.array_equal(usual.train_images, load_dataset(word, ink=InkSpec()).train_images)
    assert broad.train_images.mean() > 1.3 * usual.train_images.mean()


def test_drawing_the_digits_can_be_stopped(tmp_path: Path, hands: list[Drawn]) -> None:
    path, said = tmp_path / "own.unp", []
    write_unipen(path, hands)
    with pytest.raises(LoadingCancelledError):
        load_dataset(f"unipen:{path}", progress=said.append, cancelled=lambda: any("Drawing" in s for s in said))


def test_parts_without_writers_beside_others_stay_in_step(tmp_path: Path, hands: list[Drawn]) -> None:
    path = tmp_path / "own.unp"
    write_unipen(path, hands[:30])
    dataset = replace(load_dataset(f"unipen:{path}"), test_writers=())
    images, labels, writers = dataset.part("all")
    assert len(images) == len(labels) == len(writers) == 30
    assert writers == dataset.train_writers + ("",) * len(dataset.test_labels)
