"""Whose a number is, and what a yes or a no to one of them means for the others."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from ingest.consent import Noted, holder, standing

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
NOTHING = Noted()


def said(minutes: int, *, agreed: bool) -> Noted:
    return Noted(agreed, uuid4(), NOW + timedelta(minutes=minutes))


def yes(minutes: int) -> Noted:
    return said(minutes, agreed=True)


def no(minutes: int) -> Noted:
    return said(minutes, agreed=False)


@pytest.mark.parametrize(
    ("own", "others", "agreed"),
    [
        (NOTHING, [], None),
        (NOTHING, [yes(1)], None),
        (NOTHING, [no(1)], False),
        (yes(1), [], True),
        (yes(1), [no(2)], False),
        (yes(2), [no(1)], True),
        (yes(1), [no(1)], False),
        (no(1), [yes(2)], False),
        (no(1), [], False),
        (NOTHING, [no(1), yes(2)], False),
    ],
    ids=range(10),
)
def test_a_no_is_the_persons_and_a_yes_lifts_it_for_its_own_number_sec_47(
    own: Noted, others: list[Noted], *, agreed: bool | None
) -> None:
    assert standing(own, [own, *others]).agreed is agreed


def test_who_noted_it_goes_with_what_stands() -> None:
    refusal = no(2)

    assert standing(NOTHING, [NOTHING, no(1), refusal]) == refusal


def test_carers_are_known_apart_by_name_and_without_one_each_number_is_somebody() -> None:
    one, other = uuid4(), uuid4()

    assert holder(carer=False, name="", number_id=one) == ""
    assert holder(carer=True, name="Kim  Min-ji", number_id=one) == holder(
        carer=True, name="kim min-ji ", number_id=other
    )
    assert holder(carer=True, name=" ", number_id=one) != holder(
        carer=True, name="", number_id=other
    )
