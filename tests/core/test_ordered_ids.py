"""Ids that sort by time, whoever compares them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.ordered_ids import first_id, ordered_id, ordered_ids

NOW = datetime(2026, 11, 23, 8, 0, 0, 123000, tzinfo=UTC)


def test_ids_of_one_moment_ascend_and_are_of_version_7() -> None:
    ids = ordered_ids(10_000, now=NOW)

    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {each.version for each in ids} == {7}
    assert {each.variant for each in ids} == {"specified in RFC 4122"}


def test_an_id_begins_with_its_moment() -> None:
    id_ = ordered_id(NOW)

    assert id_.int >> 80 == int(NOW.timestamp() * 1000)
    assert first_id(NOW) <= id_ < first_id(NOW + timedelta(milliseconds=1))


def test_ids_of_one_moment_differ_between_calls() -> None:
    assert not set(ordered_ids(100, now=NOW)) & set(ordered_ids(100, now=NOW))
