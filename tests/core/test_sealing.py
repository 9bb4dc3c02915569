"""Sealed fields open only where they were put, and only with the right key (SEC-27)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.sealing import Keyring, UnsealedError

TEXT = Keyring.fresh()
RING = Keyring.read(TEXT)


@given(st.binary(max_size=200), st.text(max_size=40))
def test_what_was_sealed_opens_in_its_place(plain: bytes, place: str) -> None:
    assert RING.open(RING.seal(plain, place=place), place=place) == plain


def test_two_swapped_ciphertexts_do_not_open_sec_27() -> None:
    sealed = RING.seal(b"Canary", place="patient.name/1")

    assert b"Canary" not in sealed
    with pytest.raises(UnsealedError):
        RING.open(sealed, place="patient.name/2")


def test_a_changed_ciphertext_does_not_open() -> None:
    sealed = RING.seal(b"Canary", place="a")

    with pytest.raises(UnsealedError):
        RING.open(sealed[:-1] + bytes([sealed[-1] ^ 1]), place="a")


def test_processes_that_restart_one_by_one_read_each_other_all_the_time_sec_27() -> None:
    """Before and after each restart both rings are at work: what one seals, the other opens."""
    behind = Keyring.read(RING.with_new("2027", behind=True))
    first = Keyring.read(behind.led_by("2027"))

    for one, other in ((RING, behind), (behind, first)):
        for writes, reads in ((one, other), (other, one)):
            assert reads.open(writes.seal(b"x", place="a"), place="a") == b"x"
    assert (behind.current, first.current) == (RING.current, "2027")
    assert first.index == RING.index


def test_an_older_key_still_opens_and_the_first_one_seals() -> None:
    newer = Keyring.read("second:" + Keyring.fresh().split(",")[0].partition(":")[2] + "," + TEXT)
    old = RING.seal(b"x", place="a")

    assert newer.open(old, place="a") == b"x"
    assert newer.key_name(newer.seal(b"x", place="a")) == "second"
    with pytest.raises(UnsealedError):
        RING.open(newer.seal(b"x", place="a"), place="a")


def test_a_digest_is_the_same_for_the_same_parts_only() -> None:
    assert RING.blind("a", "bc") == RING.blind("a", "bc")
    assert RING.blind("a", "bc") != RING.blind("ab", "c")
    assert RING.blind("a") != Keyring.read(Keyring.fresh()).blind("a")


@pytest.mark.parametrize(
    "text",
    ["", "a:b", TEXT.split(",")[0], TEXT.split(",")[1], f"{TEXT},{TEXT}", "first"],
    ids=["nothing", "no-key", "no-index", "index-only", "twice", "name-only"],
)
def test_a_ring_that_cannot_work_is_refused_without_telling_its_keys(text: str) -> None:
    with pytest.raises(ValueError, match="key") as refused:
        Keyring.read(text)

    assert not text or text not in str(refused.value)


def test_a_ring_does_not_show_its_keys() -> None:
    assert TEXT.split(":")[1][:8] not in repr(RING)
