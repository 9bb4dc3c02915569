"""How much is known of somebody, and why they are not simply live (AL-22)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.vitals import Vital
from ingest.enrolment import Absence, Stay
from monitoring.findings import Awaited
from monitoring.liveness import JUDGED_WITHIN, Known, Liveness, known, quiet_streams

NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
PAUSE = Stay(Absence.PAUSED, NOW - DAY, NOW + DAY)


def state(
    *ages: timedelta, judged: timedelta | None = HOUR / 2, stays: tuple[Stay, ...] = ()
) -> Known:
    contacts = dict(zip((Vital.SPO2, Vital.BODY_WEIGHT), (NOW - age for age in ages), strict=False))
    judged_at = None if judged is None else NOW - judged
    last = max(contacts.values(), default=None)
    return known(contacts, last=last, judged_at=judged_at, stays=stays, now=NOW)


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (state(HOUR), Liveness.LIVE),
        (state(), Liveness.NEVER),
        (state(47 * HOUR), Liveness.LIVE),
        (state(48 * HOUR), Liveness.LATE),
        (state(48 * HOUR, stays=(PAUSE,)), Liveness.PAUSED),
        (state(HOUR, stays=(Stay(Absence.ADMITTED, NOW - DAY, NOW),)), Liveness.LIVE),
        (state(HOUR, stays=(Stay(Absence.ADMITTED, NOW),)), Liveness.PAUSED),
        (state(HOUR, judged=JUDGED_WITHIN), Liveness.LIVE),
        (state(HOUR, judged=JUDGED_WITHIN + timedelta(seconds=1)), Liveness.DEGRADED),
        (state(HOUR, judged=None), Liveness.DEGRADED),
        (state(HOUR, 6 * DAY), Liveness.LIVE),
        (state(HOUR, 7 * DAY), Liveness.DEGRADED),
        (state(HOUR, 28 * DAY), Liveness.LIVE),
    ],
)
def test_each_state_begins_where_it_says_al_22(found: Known, expected: Liveness) -> None:
    assert found.state is expected


def test_the_reason_is_said_in_words_al_22() -> None:
    assert state(HOUR, stays=(PAUSE,)).why == "paused"
    assert state(HOUR, 8 * DAY).quiet == ("Weight",)
    assert state(HOUR, judged=None).why == "not judged lately"


def test_who_was_heard_long_ago_only_is_late_and_not_never_al_22() -> None:
    found = known({}, last=NOW - 60 * DAY, judged_at=NOW, stays=(), now=NOW)

    assert found.state is Liveness.LATE


def test_who_measures_once_a_week_is_not_late_in_between_al_22() -> None:
    weekly = {Vital.BODY_WEIGHT: Awaited(NOW + 2 * DAY, 7, "as usual")}

    def after(age: timedelta) -> Liveness:
        contacts = {Vital.BODY_WEIGHT: NOW - age}
        found = known(contacts, last=NOW - age, judged_at=NOW, stays=(), now=NOW, expected=weekly)
        return found.state

    assert after(6 * DAY) is Liveness.LIVE
    assert after(8 * DAY) is Liveness.LATE


def test_a_stream_is_quiet_only_once_its_own_measurement_is_late_al_22() -> None:
    contacts = {Vital.BODY_WEIGHT: NOW - 10 * DAY}

    assert quiet_streams(contacts, now=NOW) == ["Weight"]
    fortnightly = {Vital.BODY_WEIGHT: Awaited(NOW + 5 * DAY, 14, "as asked")}
    assert quiet_streams(contacts, now=NOW, expected=fortnightly) == []
    late = {Vital.BODY_WEIGHT: Awaited(NOW, 7, "as asked")}
    assert quiet_streams(contacts, now=NOW, expected=late) == ["Weight"]
