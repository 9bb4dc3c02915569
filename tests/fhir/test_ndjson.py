"""NDJSON in pieces: lines stay whole, gzip stays within bounds (SEC-32)."""

from __future__ import annotations

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir.ndjson import PIECE, Inflater, Splitter, UnreadableUploadError, type_of


def split(pieces: list[bytes], longest: int = 1000) -> list[bytes | None]:
    splitter = Splitter(longest)
    lines = [line for piece in pieces for line in splitter.feed(piece)]
    return lines + splitter.end()


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@given(st.lists(st.binary(max_size=40).map(lambda b: b.replace(b"\n", b"")), max_size=20))
def test_lines_are_the_same_however_they_arrive(lines: list[bytes]) -> None:
    data = b"".join(line + b"\n" for line in lines)

    for size in (1, 3, 1000):
        assert split(cut(data, size)) == lines


def test_a_last_line_needs_no_end() -> None:
    assert split([b"a\nb"]) == [b"a", b"b"]


def test_a_line_that_is_too_long_is_named_and_its_neighbours_are_whole_sec_32() -> None:
    data = b"a\n" + b"x" * 5000 + b"\nb\n"

    assert split(cut(data, 7), longest=100) == [b"a", None, b"b"]
    assert split([b"x" * 5000], longest=100) == [None]


def test_gzip_is_inflated_in_pieces_and_over_members() -> None:
    first, second = b"".join(b"%d\n" % n for n in range(200_000)), b"two\n"
    data = gzip.compress(first) + gzip.compress(second)
    inflater = Inflater()

    pieces = [piece for part in cut(data, 5) for piece in inflater.feed(part)]
    inflater.end()

    assert b"".join(pieces) == first + second
    assert max(map(len, pieces)) <= PIECE


def test_a_bomb_is_not_inflated_sec_32() -> None:
    steep, long = Inflater(), Inflater(largest=1 << 20)
    bomb = gzip.compress(bytes(64 << 20))
    even = gzip.compress(b"".join(b"%d\n" % n for n in range(300_000)))

    with pytest.raises(UnreadableUploadError, match="too long"):
        list(steep.feed(bomb))
    with pytest.raises(UnreadableUploadError, match="too long"):
        list(long.feed(even))

    assert steep.inflated < 16 << 20
    assert long.inflated < 2 << 20


def test_what_is_no_gzip_or_half_of_one_is_refused() -> None:
    with pytest.raises(UnreadableUploadError, match="not gzip"):
        list(Inflater().feed(b'{"resourceType"'))
    half = Inflater()
    list(half.feed(gzip.compress(b"a" * 100)[:-5]))
    with pytest.raises(UnreadableUploadError, match="too early"):
        half.end()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        (b'{"resourceType": "Patient", "id": "1"}', "Patient"),
        (b'{"id": "1"}', ""),
        (b"[1]", ""),
        (b"", ""),
        (b'{"resourceType": 1}', ""),
        (b'{"a":' * 100_000, ""),
    ],
)
def test_a_line_says_its_type_or_nothing(line: bytes, kind: str) -> None:
    assert type_of(line) == kind
