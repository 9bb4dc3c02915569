"""Who may turn a programme's clocks on, who sees them, and what a weekly report says of them."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from alerts.minutes import Work
from alerts.spent.service import Spent, spend
from alerts.tables import Alert, AlertEvent
from app.pages.programme import as_sheet
from app.programme import service
from core.audit import AuditEvent
from core.errors import ForbiddenError, NotFoundError
from core.security import SYSTEM, Caller, Role
from core.vitals import Vital
from ingest.tables import CareTeam, CareTeamParticipant
from reports.programme import Left
from reports.week import Week
from tests.app.programme.world import NOW, SEOUL, World
from tests.people import clinician
from tests.stays import join, leave

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session


@pytest.fixture
def world(session: Session) -> World:
    return World(session)


def test_the_evidence_names_readings_devices_and_rows_of_the_audit(world: World) -> None:
    who = world.admit()
    at = datetime(2026, 11, 5, 1, tzinfo=UTC)
    rows = [world.send(who, at + timedelta(minutes=n)) for n in range(7)]
    world.send(who, at, vital=Vital.HEART_RATE, device="watch")
    service.turn(world.session, SYSTEM, world.team, on=True, now=NOW)
    entry = spend(world.session, SYSTEM, who, Spent(12, "call", live=True), now=NOW)

    found = service.evidence(world.session, SYSTEM, world.team, who, on=None, now=NOW)

    lines = [(each.device, each.vital, each.count) for each in found.measured]
    assert lines == [("oximeter-1", "spo2", 7), ("watch", "heart_rate", 1)]
    assert found.measured[0].ids == tuple(row.id for row in rows[:5])
    audit = world.session.get_one(AuditEvent, found.written[entry])
    assert (audit.entity, audit.entity_id, audit.patient_id) == ("minutes", entry, who)


def test_a_live_contact_without_minutes_is_shown_and_not_counted(world: World) -> None:
    who, at = world.admit(), NOW - timedelta(days=2)
    alert = Alert(
        id=uuid4(),
        patient_id=who,
        problem="rhythm",
        severity="AMBER",
        state="acknowledged",
        **dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), at),
        policy_hash="",
        policy={},
    )
    world.session.add(alert)
    world.session.flush()
    for minutes, by, reached in ((1, "call", True), (2, "call", False), (3, "message", True)):
        _note(world, alert.id, at + timedelta(minutes=minutes), by=by, reached=reached)
    taken_back, timed = at + timedelta(minutes=4), at + timedelta(minutes=5)
    _note(world, alert.id, taken_back, by="visit", reached=True)
    _note(world, alert.id, timed, kind="undone", act="contacted", of=taken_back.isoformat())
    _note(world, alert.id, timed, by="call", reached=True)
    spend(world.session, SYSTEM, who, Spent(9, "call", live=False, alert_id=alert.id), now=timed)
    service.turn(world.session, SYSTEM, world.team, on=True, now=NOW)

    found = service.evidence(world.session, SYSTEM, world.team, who, on=None, now=NOW)

    assert [(each.at, each.work) for each in found.untimed] == [
        (at + timedelta(minutes=1), Work.CALL)
    ]
    assert found.clocks.contacts == 0


def _note(
    world: World, alert: UUID, at: datetime, kind: str = "contacted", **after: object
) -> None:
    event = AlertEvent(
        alert_id=alert, at=at, kind=kind, actor_kind="user", reason="x", before={}, after=after
    )
    world.session.add(event)
    world.session.flush()


def member(world: World, role: Role, *, team: bool = True) -> Caller:
    who = clinician(world.session, uuid4(), "The member", "m@clinic.example")
    world.session.add(who)
    world.session.flush()
    if team:
        world.session.add(
            CareTeamParticipant(care_team_id=world.team, practitioner_id=who.id, role="")
        )
        world.session.flush()
    return Caller("user", uuid4(), role, who.id)


def test_clocks_are_off_until_a_supervisor_of_the_team_turns_them_on(world: World) -> None:
    world.admit()
    week = Week.of(NOW, zone=UTC)
    supervisor = member(world, Role.SUPERVISOR)

    off = service.summary_of(world.session, supervisor, world.team, week, NOW)
    assert (off.clocks, off.people) == (False, 0)
    with pytest.raises(NotFoundError):
        service.team_clocks(world.session, supervisor, world.team, on=None, now=NOW)
    for role in (Role.NURSE, Role.PHYSICIAN):
        with pytest.raises(ForbiddenError):
            service.turn(world.session, member(world, role), world.team, on=True, now=NOW)
    with pytest.raises(NotFoundError):  # SEC-12
        service.turn(
            world.session, member(world, Role.SUPERVISOR, team=False), world.team, on=True, now=NOW
        )
    service.turn(world.session, supervisor, world.team, on=True, now=NOW)

    summary = service.summary_of(world.session, supervisor, world.team, week, NOW)
    assert (summary.clocks, summary.people) == (True, 1)
    query = select(AuditEvent).where(AuditEvent.entity == service.SETTING)
    row = world.session.scalars(query.where(AuditEvent.entity_id == world.team)).one()
    assert (row.caller_id, row.action) == (supervisor.id, "U")


def test_nobody_of_another_team_sees_clocks_or_evidence(world: World) -> None:
    """SEC-11, SEC-12: neither a team nor a person of another team."""
    who, stranger = world.admit(), world.admit(team=False)
    service.turn(world.session, SYSTEM, world.team, on=True, now=NOW)
    outside = member(world, Role.SUPERVISOR, team=False)

    with pytest.raises(NotFoundError):
        service.team_clocks(world.session, outside, world.team, on=None, now=NOW)
    for caller, person in ((outside, who), (member(world, Role.NURSE), stranger)):
        with pytest.raises(NotFoundError):
            service.evidence(world.session, caller, world.team, person, on=None, now=NOW)


def test_a_summary_of_a_past_week_is_of_its_sunday(world: World) -> None:
    who = world.admit()
    world.send_days(who, date(2026, 10, 1), 20)
    service.turn(world.session, SYSTEM, world.team, on=True, now=NOW)
    week = Week(date(2026, 10, 19), ZoneInfo(SEOUL))

    found = service.summary_of(world.session, SYSTEM, world.team, week, NOW)

    assert found.on == date(2026, 10, 25)
    assert dict(found.codes)["99454"] == 1
    assert found.lacking == 0


def test_a_day_and_a_minute_count_for_the_team_that_had_the_person_then(world: World) -> None:
    """Ten days with one team and six with the next, of one window that runs on."""
    session, first = world.session, date(2026, 11, 5)
    who, other = world.admit(), uuid4()
    session.add(CareTeam(id=other, name="Hillside"))
    session.flush()
    world.send_days(who, first, 16)
    spend(session, SYSTEM, who, Spent(12, "call", live=True), now=NOW - timedelta(days=16))
    spend(session, SYSTEM, who, Spent(21, "call", live=True), now=NOW)
    for team in (world.team, other):
        service.turn(session, SYSTEM, team, on=True, now=NOW)
    at = datetime(2026, 11, 15, tzinfo=ZoneInfo(SEOUL))
    leave(session, world.team, who, until=at)
    join(session, other, who, since=at)

    day = date(2026, 11, 14)
    before = service.team_clocks(session, SYSTEM, world.team, on=day, now=NOW).people[who]
    after = service.team_clocks(session, SYSTEM, other, on=None, now=NOW).people[who]

    assert (len(before.days), before.minutes, before.set_up) == (10, 12, date(2026, 11, 6))
    assert (before.away, before.lacking) == (True, ())
    assert (len(after.days), after.minutes, after.set_up) == (6, 21, None)
    assert before.window == after.window
    assert service.team_clocks(session, SYSTEM, world.team, on=None, now=NOW).people == {}
    shown = service.evidence(session, SYSTEM, other, who, on=None, now=NOW)
    assert {each.day for each in shown.measured} == set(after.days)
    assert shown.left_out[Left.ELSEWHERE] == 10
    assert [each.minutes for each in shown.entries] == [21]


def test_a_former_team_counts_a_past_day_and_names_nobody_who_left_sec_11(world: World) -> None:
    session, who, stays = world.session, world.admit(), world.admit()
    for each in (who, stays):
        world.send_days(each, date(2026, 11, 5), 5)
    service.turn(session, SYSTEM, world.team, on=True, now=NOW)
    leave(session, world.team, who, until=NOW - timedelta(days=3))
    caller, day = member(world, Role.NURSE), date(2026, 11, 10)

    found = service.team_clocks(session, caller, world.team, on=day, now=NOW)

    assert (set(found.people), set(found.names)) == ({who, stays}, {stays})
    assert str(who) not in as_sheet(found)
    service.evidence(session, caller, world.team, stays, on=day, now=NOW)
    with pytest.raises(NotFoundError):
        service.evidence(session, caller, world.team, who, on=day, now=NOW)
    assert set(service.team_clocks(session, caller, world.team, on=None, now=NOW).people) == {stays}
