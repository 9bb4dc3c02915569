from __future__ import annotations

import gzip
import tracemalloc
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.inflating import BrokenGzipError, Inflater, UnpackedTooLargeError


def unpacked(packed: bytes, *, longest: int = 1 << 20, step: int = 1000) -> bytes:
    inflater, out = Inflater(longest), b""
    for start in range(0, len(packed), step):
        out += inflater.feed(packed[start : start + step])
    inflater.end()
    return out


@given(st.binary(max_size=5000), st.integers(1, 700))
def test_what_was_packed_comes_out_in_pieces_of_any_size(plain: bytes, step: int) -> None:
    assert unpacked(gzip.compress(plain), step=step) == plain


def test_one_byte_too_many_is_refused_sec_32() -> None:
    packed = gzip.compress(b"0123456789" * 100)

    assert len(unpacked(packed, longest=1000)) == 1000
    with pytest.raises(UnpackedTooLargeError):
        unpacked(packed, longest=999)


def test_a_bomb_is_refused_by_its_ratio_and_never_held_in_memory_sec_32() -> None:
    bomb = gzip.compress(b"0" * (64 << 20))
    tracemalloc.start()

    with pytest.raises(UnpackedTooLargeError):
        unpacked(bomb, longest=128 << 20)

    assert tracemalloc.get_traced_memory()[1] < 16 << 20
    tracemalloc.stop()


@pytest.mark.parametrize(
    "broken",
    [
        b"{}",
        gzip.compress(b"{}")[:-1],
        gzip.compress(b"{}") + b"{}",
        gzip.compress(b"{}") + gzip.compress(b"{}"),
        zlib.compress(b"{}"),
        b"",
    ],
    ids=["plain", "cut", "followed", "two-members", "zlib", "nothing"],
)
def test_what_is_not_one_whole_gzip_is_refused(broken: bytes) -> None:
    with pytest.raises(BrokenGzipError):
        unpacked(broken)
