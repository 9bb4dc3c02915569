"""What a report says is read back as it was, and what is of another program is refused."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.weekly.codec import UnreadableError, decode, digest, encode
from app.weekly.hiding import NOBODY, is_somebody, lists_without, stand_ins, without
from core.vitals import Severity
from monitoring.findings import Problem
from reports.adherence import Adherence
from reports.week import Week
from reports.weekly import Change, Episode, Rate, Report, World, weekly

if TYPE_CHECKING:
    from collections.abc import Mapping

WEEK = Week(date(2026, 11, 16), ZoneInfo("Asia/Seoul"))
AT = datetime(2026, 11, 17, 9, 30, 15, 42, tzinfo=UTC)
AN, BAK = uuid4(), uuid4()


class Stranger(Enum):
    A = "a"


def episode(who: UUID, **more: Any) -> Episode:
    facts: dict[str, Any] = {
        "id": uuid4(),
        "problem": next(iter(Problem)),
        "severity": Severity.RED,
        "opened_at": AT,
        "acknowledged_at": AT + timedelta(minutes=3),
        "closed_at": None,
        "outcome": "",
        "owner_id": uuid4(),
    }
    return Episode(patient_id=who, **{**facts, **more})


def report(*people: UUID) -> Report:
    mine = tuple(episode(who) for who in people)
    days: Mapping[UUID, frozenset[date]] = {who: frozenset({WEEK.monday}) for who in people}
    world = World(people, mine, (), days, dict.fromkeys(people, AT))
    return weekly(world, WEEK, now=WEEK.end)


def stored(value: Any) -> Any:
    """Return what a database gives back of it."""
    return json.loads(json.dumps(encode(value), sort_keys=True))


def test_a_report_is_read_back_as_it_was() -> None:
    whole = report(AN, BAK)

    back = decode(stored(whole))

    assert back == whole
    assert digest(stored(whole)) == digest(encode(whole))
    assert digest(encode(whole)) != digest(encode(report(AN)))


PLAIN = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.uuids(),
    st.dates(),
    st.datetimes(timezones=st.just(UTC)),
    st.timedeltas(),
    st.sampled_from(Severity),
    st.builds(Rate, st.integers(), st.integers()),
    st.frozensets(st.uuids()),
)
VALUES = st.recursive(
    PLAIN,
    lambda inner: st.lists(inner).map(tuple) | st.dictionaries(st.uuids() | st.text(), inner),
    max_leaves=12,
)


@given(VALUES)
@settings(max_examples=60, deadline=None)
def test_every_value_that_a_report_may_hold_is_read_back(value: Any) -> None:
    assert decode(stored(value)) == value


def test_what_is_no_value_of_a_report_is_refused_when_it_is_written() -> None:
    with pytest.raises(TypeError):
        encode(object())
    with pytest.raises(TypeError):
        encode(Stranger.A)


@pytest.mark.parametrize(
    "change",
    [
        {"~": "reports.weekly:Report"},  # the fields of another
        {"~": "reports.weekly:Gone"},
        {"~": "reports.gone:Rate"},
        {"~": "os:system"},  # nothing but our own values is ever made
        {"~": "reports.service:team_week"},
        {"more": 1},
    ],
)
def test_a_form_of_another_program_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(UnreadableError):
        decode({**stored(Rate(1, 2)), **change})


def test_a_field_that_is_new_and_may_be_unknown_may_be_absent() -> None:
    old = stored(report(AN))
    del old["made_on_time"]  # None by default: not known

    assert decode(old).made_on_time is None
    del old["ppv"]
    with pytest.raises(UnreadableError):
        decode(old)


def test_who_is_taken_out_stays_counted_and_nothing_leads_to_them_sec_44() -> None:
    whole = report(AN, BAK)
    instead = stand_ins([AN], [AN, BAK])
    ids = {str(AN), *(str(e.id) for e in whole.still_open if e.patient_id == AN)}

    left = without(stored(whole), instead)

    found: Report = decode(left)
    assert not any(each in json.dumps(left) for each in ids)
    assert {str(BAK)} <= {str(each.patient_id) for each in found.worse}
    assert len(found.still_open) == len(whole.still_open)
    assert (found.patients, found.opened, found.ppv) == (whole.patients, whole.opened, whole.ppv)
    gone = next(e for e in found.still_open if e.patient_id == instead[AN])
    assert gone.id == NOBODY


def test_who_may_not_be_shown_is_in_no_list_and_in_every_total_sec_11() -> None:
    whole = report(AN, BAK)

    left: Report = decode(lists_without(stored(whole), [AN]))

    assert str(AN) not in json.dumps(encode(left))
    assert [each.patient_id for each in left.worse] == [BAK]
    assert [each.patient_id for each in left.alerts] == [BAK]
    assert (left.patients, left.opened, left.tiers) == (2, 2, whole.tiers)
    assert len(left.still_open) < len(whole.still_open) == left.open
    assert left.open_people == whole.open_people


def test_each_who_is_taken_out_is_another_nobody() -> None:
    first = stand_ins([AN], [AN, BAK])
    second = stand_ins([BAK], [*first.values(), BAK])

    assert first[AN] != second[BAK]
    assert not is_somebody(first[AN])
    assert is_somebody(AN)


def test_a_map_by_person_loses_the_person_and_keeps_the_rest() -> None:
    lines = {AN: Adherence(AN, 3, 4), BAK: Change(BAK, None, Severity.RED)}

    left = decode(without(stored(lines), {AN: UUID(int=1)}))

    assert left == {UUID(int=1): Adherence(UUID(int=1), 3, 4), BAK: lines[BAK]}
