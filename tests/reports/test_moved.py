"""A person counts for a team for the time in which it had them (decision 61).

Malsun is with Riverside until the end of the Wednesday, and with Hillside from then on; her alerts
opened on the Wednesday and are open at the end of the week.
"""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from app.weekly.service import issued
from core.clock import utc_now
from core.security import SYSTEM, Caller
from ingest.context.tables import PatientAbsence
from ingest.repository import raise_wall
from ingest.tables import CareTeamParticipant, StoredReading
from reports.quality import By, lines, whole
from reports.service import quality, team_week
from reports.week import Week
from tests.reported import alerts_of, doctor
from tests.stays import join, leave
from tests.ward import MALSUN, SOOJA, Ward, open_ward

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from reports.quality import World
    from reports.weekly import Report

DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    week = Week.of(utc_now(), zone=UTC).shifted(-1)
    noon = week.start + timedelta(days=2, hours=12)
    return open_ward(database, now=noon, people=(MALSUN, SOOJA))


@pytest.fixture
def session(database: Database) -> Iterator[Session]:
    """What moves here is back where it was: the ward is shared."""
    with database.transaction() as session:
        yield session
        session.rollback()


def week_of(ward: Ward) -> Week:
    return Week.of(ward.now, zone=UTC)


def move(session: Session, ward: Ward, *, after_days: int = 3) -> datetime:
    at, who = week_of(ward).start + after_days * DAY, ward.patients["Oh Malsun"]
    leave(session, ward.team, who, until=at)
    join(session, ward.other_team, who, since=at)
    return at


def of(session: Session, ward: Ward, team: UUID) -> Report:
    session.flush()
    return team_week(session, SYSTEM, team, week_of(ward), now=utc_now()).report


def both(session: Session, ward: Ward) -> tuple[Report, Report]:
    return of(session, ward, ward.team), of(session, ward, ward.other_team)


def test_what_happened_counts_for_the_team_that_had_the_person_then(
    session: Session, ward: Ward
) -> None:
    who, opened = ward.patients["Oh Malsun"], len(alerts_of(session, ward, "Oh Malsun"))
    before, before_there = both(session, ward)
    assert opened

    move(session, ward)

    here, there = both(session, ward)
    assert (here.patients, there.patients) == (2, before_there.patients + 1)
    assert (here.opened, there.opened) == (before.opened, before_there.opened)
    assert here.burden.patient_weeks == pytest.approx(before.burden.patient_weeks - 4 / 7)
    assert there.burden.patient_weeks == pytest.approx(before_there.burden.patient_weeks + 4 / 7)
    days = [next(a for a in each.adherence if a.patient_id == who) for each in (here, there)]
    assert [line.possible for line in days] == [3, 4]
    assert days[0].days + days[1].days == next(
        a.days for a in before.adherence if a.patient_id == who
    )


def test_what_is_open_and_who_got_worse_is_told_of_whom_the_team_has_at_the_end(
    session: Session, ward: Ward
) -> None:
    who, mine = ward.patients["Oh Malsun"], set(alerts_of(session, ward, "Oh Malsun"))
    before, before_there = both(session, ward)
    assert who in {each.patient_id for each in before.worse}

    move(session, ward)

    here, there = both(session, ward)
    for told in (here.worse, here.silent, here.overdue):
        assert who not in {each.patient_id for each in told}
    assert who in {each.patient_id for each in there.worse}
    assert not mine & {each.id for each in here.still_open}
    assert mine <= {each.id for each in there.still_open}
    assert (here.open + there.open) == before.open + before_there.open
    assert [a.risk for a in here.adherence if a.patient_id == who] == [None]


def test_who_came_before_the_alerts_has_them_in_the_new_team(session: Session, ward: Ward) -> None:
    before, before_there = both(session, ward)
    mine = len(alerts_of(session, ward, "Oh Malsun"))

    move(session, ward, after_days=1)

    here, there = both(session, ward)
    assert (here.opened, there.opened) == (before.opened - mine, before_there.opened + mine)
    assert (here.patients, there.patients) == (2, before_there.patients + 1)


def test_readings_are_of_the_team_that_had_the_person_as_they_were_taken(
    session: Session, ward: Ward
) -> None:
    who, week, row = ward.patients["Oh Malsun"], week_of(ward), StoredReading
    before, before_there = both(session, ward)
    query = select(func.count()).where(row.patient_id == who, row.effective >= week.start)

    at = move(session, ward, after_days=2)

    later = session.scalar(query.where(row.effective >= at, row.effective < week.end)) or 0
    here, there = both(session, ward)
    assert later
    assert here.readings.received == before.readings.received - later
    assert there.readings.received == before_there.readings.received + later
    assert here.readings.spoken_of < before.readings.spoken_of


def test_a_week_counted_again_after_somebody_left_says_the_same(
    session: Session, ward: Ward
) -> None:
    before = of(session, ward, ward.team)
    leave(session, ward.team, ward.patients["Oh Malsun"], until=week_of(ward).end + DAY)

    assert of(session, ward, ward.team) == before


def test_who_is_discharged_counts_until_then(session: Session, ward: Ward) -> None:
    who, week = ward.patients["Oh Malsun"], week_of(ward)
    before = of(session, ward, ward.team)
    at = week.start + 1 * DAY
    session.add(PatientAbsence(id=uuid4(), patient_id=who, why="discharged", since=at))

    found = of(session, ward, ward.team)

    mine = len(alerts_of(session, ward, "Oh Malsun"))
    assert (found.patients, found.opened) == (2, before.opened - mine)
    assert found.burden.patient_weeks == pytest.approx(before.burden.patient_weeks - 6 / 7)
    assert [line.possible for line in found.adherence if line.patient_id == who] == [1]
    left = [each for each in found.changes if each.subject == "discharged"]
    assert [each.patient_id for each in left] == [who]
    assert who not in {each.patient_id for each in found.worse}
    assert who not in {each.patient_id for each in found.silent}


def test_a_former_team_reads_totals_and_no_list_of_who_left_sec_11(
    session: Session, ward: Ward
) -> None:
    """Today's team decides who is shown, the team of then who is counted; behind the wall too."""
    who, caller = ward.patients["Oh Malsun"], doctor(ward)
    move(session, ward)
    whole = of(session, ward, ward.team)
    raise_wall(session, caller)

    found = issued(session, caller, ward.team, week_of(ward), now=utc_now())

    assert found.hidden == {who}
    assert set(found.names) == {ward.patients["Han Sooja"]}
    for text in (repr(found.report), repr(found.last)):
        assert str(who) not in text
    mine = {each.id for each in whole.alerts if each.patient_id == who}
    assert mine
    assert not mine & {each.id for each in found.report.alerts}
    assert (found.report.opened, found.report.patients) == (whole.opened, 2)
    assert found.report.burden == whole.burden
    assert found.report.tiers == whole.tiers


def test_the_new_team_gets_no_week_of_before_of_who_came_sec_11(
    session: Session, ward: Ward
) -> None:
    who = ward.patients["Oh Malsun"]
    leave(session, ward.team, who, until=week_of(ward).end + DAY)
    join(session, ward.other_team, who, since=week_of(ward).end + DAY)

    found = team_week(session, SYSTEM, ward.other_team, week_of(ward), now=utc_now())

    assert who not in found.names
    assert str(who) not in repr(found.report)


def graded(session: Session, ward: Ward, team: UUID | None, caller: Caller = SYSTEM) -> World:
    session.flush()
    week = week_of(ward)
    return quality(session, caller, team=team, since=week.start, until=week.end)


def test_the_quality_of_alerts_goes_by_who_had_the_person_then(
    session: Session, ward: Ward
) -> None:
    who, mine = ward.patients["Oh Malsun"], set(alerts_of(session, ward, "Oh Malsun"))
    before = graded(session, ward, ward.team)

    move(session, ward)

    here, there = (graded(session, ward, team) for team in (ward.team, ward.other_team))
    assert whole(before).patient_weeks == 2.0
    assert whole(here).patient_weeks == pytest.approx(2 - 4 / 7)
    assert {each.id for each in here.opened} == {each.id for each in before.opened} >= mine
    assert not mine & {each.id for each in there.opened}
    assert who in there.patients
    assert {each.alert_id for each in there.said} <= {each.id for each in there.opened}


def test_who_moved_stands_in_the_group_of_each_team_for_its_time(
    session: Session, ward: Ward
) -> None:
    """Without a team: whom the caller's teams had then, and whom the caller sees today."""
    who, caller = ward.patients["Oh Malsun"], doctor(ward)
    move(session, ward)
    raise_wall(session, caller)

    world = graded(session, ward, None, caller)

    assert world.hidden == {who}
    assert whole(world).patient_weeks == pytest.approx(2 - 4 / 7)
    with_both = caller.practitioner_id
    session.add(CareTeamParticipant(care_team_id=ward.other_team, practitioner_id=with_both))
    session.flush()
    raise_wall(session, caller)
    world = graded(session, ward, None, caller)
    weeks = {line.key: line.patient_weeks for line in lines(world, By.TEAM)}
    assert world.hidden == set()
    assert weeks == pytest.approx({"Hillside": 1 + 4 / 7, "Riverside": 1 + 3 / 7})
    alerts = {line.key: {each.id for each in line.alerts} for line in lines(world, By.TEAM)}
    assert set(alerts_of(session, ward, "Oh Malsun")) <= alerts["Riverside"]


def test_who_is_discharged_is_in_no_figure_after_it(session: Session, ward: Ward) -> None:
    who, at = ward.patients["Oh Malsun"], week_of(ward).start + DAY
    session.add(PatientAbsence(id=uuid4(), patient_id=who, why="discharged", since=at))

    for world in (graded(session, ward, ward.team), graded(session, ward, None, doctor(ward))):
        assert whole(world).patient_weeks == pytest.approx(1 + 1 / 7)
        assert who not in {each.patient_id for each in world.opened}
