"""Matrix products: right to rounding, and with the same bits however many threads compute them."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import blas
from engine.blas import allow_threads, allowed_threads, libraries, most_threads, use_threads
from engine.errors import SettingError
from engine.products import LONGEST, keeps_bits, product

SHAPES = [
    (128, 784, 350), (784, 128, 350), (128, 350, 10), (350, 128, 10), (128, 10, 350),  # one hidden layer
    (16, 784, 256), (100, 256, 128), (128, 128, 64), (33, 64, 10),  # several
    (1, 784, 350), (1, 449, 100), (7, 500, 33), (96, 6272, 128), (6400, 96, 64), (64, 6400, 128),
]  # fmt: skip


@pytest.fixture
def threads_put_back() -> Iterator[None]:
    """Leave the number of threads as it was found."""
    allowed = allowed_threads()
    yield
    allow_threads(allowed)


def some(rows: int, columns: int, dtype: str, seed: int, *, turned: bool = False) -> np.ndarray:
    """Return random numbers of that shape, as a transpose if that is wanted."""
    shape = (columns, rows) if turned else (rows, columns)
    found = np.random.default_rng(seed).standard_normal(shape).astype(dtype)
    return found.T if turned else found


@pytest.mark.parametrize("turned", [(False, False), (True, False), (False, True)])
@pytest.mark.parametrize("shape", SHAPES)
def test_the_bits_do_not_depend_on_the_number_of_threads(
    shape: tuple[int, int, int], turned: tuple[bool, bool], threads_put_back: None
) -> None:
    m, k, n = shape
    A, B = some(m, k, "float32", 1, turned=turned[0]), some(k, n, "float32", 2, turned=turned[1])
    found = []
    for count in (1, most_threads()):
        use_threads(count)
        found.append(product(A, B, np.empty((m, n), np.float32)).tobytes())
    assert found[0] == found[1] or not keeps_bits("float32", most_threads())


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_products_that_differ_are_noticed(dtype: str, threads_put_back: None) -> None:
    use_threads(most_threads())
    assert keeps_bits(dtype, 1)
    steady = keeps_bits.__wrapped__(dtype, most_threads())
    assert {library["threads"] for library in libraries()} == {1}
    found = []
    A, B = some(90, 440, dtype, 1), some(440, 373, dtype, 2)
    for count in (1, most_threads()):
        use_threads(count)
        found.append(product(A, B, np.empty((90, 373), dtype)).tobytes())
    assert found[0] == found[1] or not steady


@given(
    st.integers(1, 40),
    st.integers(1, 30) | st.integers(LONGEST - 2, LONGEST + 2) | st.integers(1, 6400),
    st.integers(1, 40),
    st.sampled_from(["float32", "float64"]),
    st.booleans(),
)
def test_products_are_right_to_rounding(m: int, k: int, n: int, dtype: str, spare: bool) -> None:
    A, B = some(m, k, dtype, 1), some(k, n, dtype, 2)
    out = np.full((m, n), np.nan, dtype)
    given_back = product(A, B, out, np.full((m, n), np.nan, dtype) if spare else None)
    assert given_back is out
    exact = A.astype(np.longdouble) @ B.astype(np.longdouble)
    bound = np.abs(A).astype(float) @ np.abs(B).astype(float)  # how large rounding errors may be (Higham 2002, 3.5)
    assert (np.abs(out - exact) <= 50 * np.finfo(dtype).eps * bound).all()


@pytest.mark.parametrize("inner", [1, LONGEST])
def test_a_short_product_is_a_single_one(inner: int) -> None:
    A, B = some(20, inner, "float32", 1), some(inner, 30, "float32", 2)
    assert product(A, B, np.empty((20, 30), np.float32)).tobytes() == (A @ B).tobytes()


def test_the_number_of_threads_is_set_and_told(threads_put_back: None) -> None:
    for count in (1, most_threads()):
        use_threads(count)
        assert {library["threads"] for library in libraries()} == {count}
    for library in libraries():
        assert library["name"]
        assert library["version"]


def test_whoever_sets_the_number_of_threads_is_obeyed(threads_put_back: None) -> None:
    use_threads(1)
    found = []

    def train() -> None:
        for count in (most_threads(), 1, most_threads()):
            use_threads(count)
            found.append({library["threads"] for library in libraries()})

    thread = Thread(target=train)
    thread.start()
    thread.join()
    assert found == [{most_threads()}, {1}, {most_threads()}]
    use_threads(1)
    assert {library["threads"] for library in libraries()} == {1}


def test_what_is_allowed_starts_with_one_thread(threads_put_back: None) -> None:
    assert 1 <= allowed_threads() <= most_threads()
    use_threads(most_threads())
    allow_threads(most_threads())
    assert allowed_threads() == most_threads()
    assert {library["threads"] for library in libraries()} == {1}
    allow_threads(1)
    assert allowed_threads() == 1


@pytest.mark.parametrize("count", [0, -1, 9])
def test_a_number_of_threads_out_of_range_is_refused(
    count: int, monkeypatch: pytest.MonkeyPatch, threads_put_back: None
) -> None:
    before = allowed_threads()
    monkeypatch.setattr(blas, "most_threads", lambda: 8)
    with pytest.raises(SettingError, match=rf"Threads: {count} is not allowed; .* a whole number from 1 to 8"):
        allow_threads(count)
    assert allowed_threads() == before
