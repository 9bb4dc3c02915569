"""Which readings and minutes count, by whose clock, as the database has them."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest

from alerts.spent.tables import TimeSpent
from app.programme import service
from app.programme.counting import clocks_of
from core.security import SYSTEM
from core.vitals import Precision, Quality, Vital
from ingest.contacts.service import PAGE_CLIENT
from ingest.enrolment import Absence
from ingest.merging.service import merge
from ingest.tables import Parcel, Resource
from reports.programme import Code, Left, Window
from tests.app.programme.world import CHICAGO, NOW, SEOUL, World

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from reports.programme import Clocks


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def clock(world: World, patient: UUID, *, on: date | None = None) -> Clocks:
    return clocks_of(world.session, [patient], on=on, now=NOW)[patient]


def local(zone: str, *when: int) -> datetime:
    return datetime(*when, tzinfo=ZoneInfo(zone)).astimezone(UTC)  # type: ignore[arg-type, misc]  # year, month, …


def test_days_are_those_of_the_persons_own_clock(world: World) -> None:
    """One instant is the 2nd in Seoul and the 1st in Chicago."""
    korean, american = world.admit(SEOUL), world.admit(CHICAGO)
    for who in (korean, american):
        world.send(who, datetime(2026, 11, 1, 15, tzinfo=UTC))
        world.send(who, datetime(2026, 11, 2, 3, tzinfo=UTC))

    assert clock(world, korean).days == (date(2026, 11, 2),)
    assert clock(world, american).days == (date(2026, 11, 1),)


def test_days_on_which_the_clocks_change_are_one_day_each(world: World) -> None:
    """In Chicago 2026-11-01 has 25 hours and 2026-03-08 has 23."""
    who = world.admit(CHICAGO)
    for hour in ((0, 5), (1, 30), (23, 55)):
        world.send(who, local(CHICAGO, 2026, 11, 1, *hour))
    world.send(who, local(CHICAGO, 2026, 11, 2, 0, 5))
    short = world.admit(CHICAGO)
    world.send(short, local(CHICAGO, 2026, 3, 7, 23, 55))
    world.send(short, local(CHICAGO, 2026, 3, 8, 0, 5))
    world.send(short, local(CHICAGO, 2026, 3, 8, 23, 55))

    assert clock(world, who).days == (date(2026, 11, 1), date(2026, 11, 2))
    assert clock(world, short, on=date(2026, 3, 20)).days == (date(2026, 3, 7), date(2026, 3, 8))


def test_a_night_is_of_the_day_on_which_it_ends_and_may_begin_the_first_window(
    world: World,
) -> None:
    who = world.admit()
    night = datetime(2026, 11, 3, 13, tzinfo=UTC)  # 22:00 of the 3rd
    world.send(
        who,
        night,
        vital=Vital.HEART_RATE,
        until=night + timedelta(hours=8),
        local_day=date(2026, 11, 4),
        precision=Precision.PERIOD,
    )
    world.send(who, night + timedelta(hours=1))  # 23:00 of the 3rd

    found = clock(world, who)

    assert found.days == (date(2026, 11, 3), date(2026, 11, 4))
    assert found.window == Window(date(2026, 11, 3), date(2026, 12, 2))


@pytest.mark.parametrize(("count", "code"), [(15, Code.FEW_DAYS), (16, Code.MANY_DAYS)])
def test_fifteen_and_sixteen_days_are_two_codes(world: World, count: int, code: Code) -> None:
    who = world.admit()
    world.send_days(who, date(2026, 11, 1), count)

    found = clock(world, who)

    assert found.reached == ((code, 1),)
    assert found.set_up == date(2026, 11, 2)
    assert len(found.days) == count


def test_what_was_taken_back_typed_late_or_no_measurement_counts_for_no_day(world: World) -> None:
    who = world.admit()
    world.send_days(who, date(2026, 11, 1), 2)
    at = datetime(2026, 11, 10, 3, tzinfo=UTC)
    typed = uuid4()
    _by_page(world.session, typed, who)
    left: list[dict[str, object]] = [
        {"superseded": True, "ordinal": 1},
        {"quality": Quality.WITHDRAWN, "ordinal": 2},
        {"quality": Quality.ABSENT, "value": None, "ordinal": 3},
        {"quality": Quality.FUTURE},
        {"quality": Quality.TIME_UNSURE},
        {"resource_id": typed, "device": ""},
        {"vital": Vital.STEPS},
        {"vital": Vital.BREATHLESS, "device": ""},
        {"vital": Vital.HUB_HEARTBEAT},
        {"received_at": at + timedelta(days=9 + 31)},
    ]
    for n, said in enumerate(left):
        world.send(who, at + timedelta(days=n), **said)
    service.turn(world.session, SYSTEM, world.team, on=True, now=NOW)

    found = service.evidence(world.session, SYSTEM, world.team, who, on=None, now=NOW)

    assert found.clocks.days == (date(2026, 11, 1), date(2026, 11, 2))
    assert {each.day for each in found.measured} == set(found.clocks.days)
    assert found.left_out == {
        Left.TAKEN_BACK: 2,
        Left.NO_DAY: 3,
        Left.BY_HAND: 1,
        Left.OTHER: 3,
        Left.LATE: 1,
    }


def _by_page(session: Session, resource: UUID, patient: UUID) -> None:
    parcel = Parcel(id=uuid4(), sealed=b"")
    session.add_all(
        [
            parcel,
            Resource(
                id=resource,
                client_id=PAGE_CLIENT,
                patient_id=patient,
                parcel_id=parcel.id,
                received_at=NOW,
                start=0,
                length=0,
                version=1,
                type="Observation",
                status="final",
            ),
        ]
    )
    session.flush()


def test_a_correction_that_arrives_late_keeps_its_day(world: World) -> None:
    who = world.admit()
    at = datetime(2026, 10, 1, 3, tzinfo=UTC)
    world.send(who, at, superseded=True, ordinal=1)
    world.send(who, at, value=96.0, resource_version=2, received_at=at + timedelta(days=50))

    assert clock(world, who, on=date(2026, 10, 2)).days == (date(2026, 10, 1),)


def test_a_reading_without_a_device_counts_and_its_day_says_so(world: World) -> None:
    who = world.admit()
    world.send_days(who, date(2026, 11, 1), 2)
    world.send(who, datetime(2026, 11, 2, 5, tzinfo=UTC), device="")
    world.send(who, datetime(2026, 11, 3, 5, tzinfo=UTC), device="")

    found = clock(world, who)

    assert len(found.days) == 3
    assert found.unnamed == 1


def test_two_records_of_one_person_count_once(world: World) -> None:
    who, other = world.admit(), world.admit(team=False)
    world.send_days(who, date(2026, 11, 1), 10)
    world.send_days(other, date(2026, 11, 6), 10)  # five of these days are the same
    _spend(world, who, 6)
    _spend(world, other, 5, live=False)
    merge(world.session, SYSTEM, who, other, reason="the same person", now=NOW)
    service.turn(world.session, SYSTEM, world.team, on=True, now=NOW)

    found = service.team_clocks(world.session, SYSTEM, world.team, on=None, now=NOW)
    behind = service.evidence(world.session, SYSTEM, world.team, who, on=None, now=NOW)

    assert list(found.people) == [who]
    assert len(found.people[who].days) == 15
    assert (found.people[who].minutes, found.people[who].contacts) == (11, 1)
    assert [each.count for each in behind.measured] == [1] * 15
    assert sorted(each.minutes for each in behind.entries) == [5, 6]


def _spend(
    world: World,
    patient: UUID,
    minutes: int,
    *,
    at: datetime = NOW - timedelta(days=1),
    live: bool = True,
    corrects: UUID | None = None,
) -> UUID:
    row = TimeSpent(
        id=uuid4(),
        patient_id=patient,
        actor_id=None,
        at=at,
        noted_at=at,
        minutes=minutes,
        work="call",
        live=live,
        corrects_id=corrects,
    )
    world.session.add(row)
    world.session.flush()
    return row.id


def test_minutes_are_those_that_stand_in_the_persons_calendar_month(world: World) -> None:
    korean, american = world.admit(SEOUL), world.admit(CHICAGO)
    edge = datetime(2026, 10, 31, 16, tzinfo=UTC)  # 01:00 of 1 November in Seoul
    for who in (korean, american):
        _spend(world, who, 7, at=edge)
        wrong = _spend(world, who, 50)
        _spend(world, who, 12, corrects=wrong)

    found, other = clock(world, korean), clock(world, american)

    assert (found.minutes, found.contacts, found.month_last) == (19, 2, date(2026, 11, 30))
    assert found.reached == ((Code.TEN_MINUTES, 1),)
    assert (other.minutes, other.contacts) == (12, 1)
    assert clock(world, american, on=date(2026, 10, 5)).minutes == 7


def test_a_month_without_a_live_contact_is_evidence_for_nothing(world: World) -> None:
    who = world.admit()
    _spend(world, who, 45, live=False)

    found = clock(world, who)

    assert found.reached == ()
    assert [(each.minutes, each.contact) for each in found.lacking] == [(0, True)]


def test_who_is_paused_is_not_asked_for_more(world: World, session: Session) -> None:
    from ingest.context.repository import keep_stays  # noqa: PLC0415 (of this test alone)
    from ingest.enrolment import Stay  # noqa: PLC0415 (as above)

    who = world.admit()
    world.send_days(who, date(2026, 11, 12), 13)
    assert [each.days for each in clock(world, who).lacking if each.days] == [3]

    stay = Stay(Absence.PAUSED, NOW - timedelta(days=1), NOW + timedelta(days=5))
    keep_stays(session, uuid4(), who, [stay])
    session.flush()
    found = clock(world, who)

    assert found.away
    assert found.lacking == ()
    assert len(found.days) == 13


def test_the_order_in_which_readings_arrived_changes_nothing(world: World) -> None:
    one, other = world.admit(), world.admit()
    times = [datetime(2026, 11, 1, 3, tzinfo=UTC) + timedelta(hours=17 * n) for n in range(20)]
    for at in times:
        world.send(one, at)
    random.Random(7).shuffle(times)  # noqa: S311 (the same order every time)
    for at in times:
        world.send(other, at)

    first, second = clock(world, one), clock(world, other)

    assert first == second
    assert len(first.days) > 12


def test_a_second_window_keeps_the_day_of_the_set_up(world: World) -> None:
    who = world.admit()
    world.send_days(who, date(2026, 9, 1), 1)  # one day, and then nothing for a window
    world.send_days(who, date(2026, 10, 5), 3)
    world.send_days(who, date(2026, 11, 4), 4)

    found = clock(world, who)

    assert found.window == Window(date(2026, 10, 31), date(2026, 11, 29))
    assert len(found.days) == 4
    assert found.set_up == date(2026, 10, 6)
