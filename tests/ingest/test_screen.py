"""What a body asks for, and whether it may wait, without storing anything (SEC-36, REL-25)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ingest.screen import cannot_wait, resources_in
from tests.door import bundle, heart_rate


def body(resource: dict[str, Any]) -> bytes:
    return json.dumps(resource).encode()


@pytest.mark.parametrize("entries", [1, 2, 100, 1000])
def test_a_bundle_costs_as_much_as_it_has_entries_sec_36(entries: int) -> None:
    many = bundle("batch", *[heart_rate("Patient/1")] * entries)

    assert resources_in("Bundle", body(many)) == entries


def test_member_names_in_escapes_do_not_hide_a_thousand_readings_sec_36() -> None:
    many = body(bundle("batch", *[heart_rate("Patient/1")] * 1000))

    hidden = many.replace(b"resourceType", b"resource\\u0054ype")

    assert resources_in("Bundle", hidden) > 100


def test_a_single_resource_costs_one() -> None:
    assert resources_in("Observation", body(heart_rate("Patient/1"))) == 1


@pytest.mark.parametrize(("value", "alarming"), [(72, False), (135, True)])
def test_an_alarming_reading_is_seen_alone_and_in_a_bundle_rel_25(
    value: float, *, alarming: bool
) -> None:
    one = heart_rate("Patient/1", value)

    assert cannot_wait("Observation", body(one)) is alarming
    assert cannot_wait("Bundle", body(bundle("batch", heart_rate("Patient/1"), one))) is alarming


@pytest.mark.parametrize("raw", [b"", b"{", b"[]", b'{"resourceType": "Observation"}'])
def test_what_cannot_be_read_may_wait(raw: bytes) -> None:
    assert not cannot_wait("Observation", raw)
    assert not cannot_wait("Bundle", raw)
