"""Which entries of a batch were refused, and the answer once these were tried again."""

from __future__ import annotations

import json

from fhir.refused_entries import merged, refused_in


def said(*statuses: str, kind: str = "batch-response") -> str:
    entries = [{"response": {"status": each}} for each in statuses]
    return json.dumps({"resourceType": "Bundle", "type": kind, "entry": entries})


def test_entries_are_refused_by_their_status_and_only_in_a_batch() -> None:
    statuses = ("201 Created", "409 Conflict", "304 Not Modified", "500 Internal Server Error")

    assert refused_in(said(*statuses)) == {1, 3}
    assert refused_in(said(*statuses, kind="transaction-response")) == frozenset()
    assert refused_in('{"resourceType":"Basic","language":"batch-response"}') == frozenset()
    assert refused_in("") == frozenset()


def test_what_is_answered_now_stands_in_the_places_of_what_was_refused() -> None:
    first = said("400 a", "201 b", "409 c")

    now = merged(first, said("201 x", "201 z"))

    assert json.loads(now) == json.loads(said("201 x", "201 b", "201 z"))
