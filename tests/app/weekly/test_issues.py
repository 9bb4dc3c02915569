"""A week stays as it was issued; a correction is a version of its own that says what changed."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import delete, select

from alerts.tables import Alert
from app.pages.language import language
from app.weekly import repository
from app.weekly.changes import changes
from app.weekly.service import (
    between,
    clock_of,
    corrections,
    forget,
    issue_again,
    issued,
    may_issue,
)
from app.weekly.states import State
from core.audit import Action, AuditEvent
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Caller, Role
from ingest.tables import CareTeamPatient
from reports.service import team_week
from reports.week import Week
from tests.app.weekly.conftest import FIRST, MONDAY_SEVEN, SATURDAY, TUESDAY, of, policy, work

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

    from app.weekly.changes import Change
    from reports.service import TeamWeek
    from tests.ward import Ward

WEEK = Week(FIRST, UTC)
LATER = TUESDAY + timedelta(days=1)
SAID = language("en")


@pytest.fixture
def doctor(ward: Ward) -> Caller:
    return Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)


@pytest.fixture
def made(session: Session, ward: Ward) -> None:
    work(session, SATURDAY, ward.team)
    work(session, MONDAY_SEVEN, ward.team)


def read(session: Session, ward: Ward, caller: Caller, version: int | None = None) -> TeamWeek:
    return issued(session, caller, ward.team, WEEK, now=LATER, version=version)


def label(session: Session, ward: Ward, outcome: str) -> None:
    """Let a clinician say on Tuesday what came of the alerts of the week."""
    ours = Alert.patient_id.in_(ward.patients.values())
    for alert in session.scalars(select(Alert).where(ours)):
        alert.outcome = outcome
    session.flush()


def told(found: Iterable[Change], said: str = "en") -> list[str]:
    speaks = language(said)
    return [
        " ".join(speaks.say(s.text, **s.facts) for s in (c.what, c.before, c.after)) for c in found
    ]


@pytest.mark.usefixtures("made")
def test_what_was_issued_is_what_was_counted_and_stays_so(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    counted = team_week(session, doctor, ward.team, WEEK, now=LATER)
    found = read(session, ward, doctor)

    assert replace(found.report, made_on_time=None) == counted.report
    assert (dict(found.names), found.last) == (counted.names, counted.last)
    assert found.issue is not None
    assert (found.issue.version, found.issue.late, found.issue.absent) == (1, False, 0)

    label(session, ward, "true-actionable")

    assert read(session, ward, doctor) == found


def test_a_week_without_an_issue_is_counted_now_and_says_so(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    found = read(session, ward, doctor)

    assert found.issue is None
    assert found.report.opened >= 5
    with pytest.raises(NotFoundError):
        read(session, ward, doctor, version=1)


@pytest.mark.usefixtures("made")
def test_only_who_takes_part_reads_an_issue_or_asks_for_another_sec_11(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    stranger = Caller("user", uuid4(), Role.PHYSICIAN, uuid4())
    nurse = replace(doctor, role=Role.NURSE)
    asked = {"reason": "x", "now": LATER}

    with pytest.raises(NotFoundError):
        read(session, ward, stranger)
    with pytest.raises(NotFoundError):
        issue_again(session, stranger, ward.team, FIRST, **asked)  # type: ignore[arg-type]
    with pytest.raises(NotFoundError):
        corrections(session, stranger, ward.team, FIRST, now=LATER)
    with pytest.raises(ForbiddenError):
        issue_again(session, nurse, ward.team, FIRST, **asked)  # type: ignore[arg-type]
    assert not may_issue(nurse)
    with pytest.raises(InvalidError):
        issue_again(session, doctor, ward.team, FIRST, reason=" ", now=LATER)


@pytest.mark.usefixtures("made")
def test_a_correction_is_version_two_and_says_what_changed_while_version_one_stays(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    first = read(session, ward, doctor)
    with pytest.raises(ConflictError, match="Nothing has changed"):
        issue_again(session, doctor, ward.team, FIRST, reason="x", now=LATER)
    label(session, ward, "true-actionable")

    differs = corrections(session, doctor, ward.team, FIRST, now=LATER)
    version = issue_again(session, doctor, ward.team, FIRST, reason="labels", now=LATER)
    work(session, LATER, ward.team)

    opened = first.report.opened
    assert version == 2
    assert f"PPV none yet 100 % ({opened} of {opened})" in told(differs)
    assert between(session, doctor, ward.team, FIRST, 2) == differs
    second = read(session, ward, doctor)
    assert second.issue is not None
    assert (second.issue.version, second.issue.newest, second.issue.late) == (2, 2, False)
    assert second.report.ppv.hits == opened
    assert second.report.made_on_time == first.report.made_on_time
    again = read(session, ward, doctor, version=1)
    assert again.report == first.report
    assert corrections(session, doctor, ward.team, FIRST, now=LATER) == ()
    event = session.scalars(
        select(AuditEvent).where(AuditEvent.action == Action.EXECUTE).order_by(AuditEvent.id.desc())
    ).first()
    assert event is not None
    assert (event.entity, event.caller_id) == ("weekly-report", ward.user_id)


@pytest.mark.usefixtures("made")
def test_what_changed_is_said_in_korean_too_ux_17(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    before = read(session, ward, doctor).report
    label(session, ward, "true-actionable")
    after = team_week(session, doctor, ward.team, WEEK, now=LATER).report
    other = replace(
        after,
        worse=(),
        silent=(),
        still_open=(),
        opened=0,
        tiers=tuple(replace(each, opened=each.opened + 1, median=None) for each in after.tiers),
        adherence=(),
        overdue=(),
        changes=(),
        patients=3,
    )

    for found in (changes(before, after), changes(before, other), changes(other, before)):
        english, korean = told(found), told(found, "ko")
        assert not [k for e, k in zip(english, korean, strict=True) if k == e and "PPV" not in e]
    assert told(changes(before, replace(before, made_on_time=None))) == []


def test_days_are_told_of_those_that_were_expected_as_the_page_has_them(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    """Somebody in hospital from Friday on is expected to measure on four days."""
    before = read(session, ward, doctor).report
    away, *others = before.adherence
    after = replace(before, adherence=(replace(away, days=0, possible=4), *others))

    days = sum(each.days for each in others)
    of = 4 + sum(each.possible for each in others)
    assert f"{days} of {of} patient-days" in " ".join(told(changes(before, after)))


def test_a_part_without_a_figure_of_its_own_is_told_too(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    before = read(session, ward, doctor).report
    after = replace(before, adherence_trend=())

    assert told(changes(before, after)) == [
        "The other parts of the report none otherwise than before"
    ]


@pytest.mark.usefixtures("made")
def test_who_left_the_team_stays_counted_and_is_in_no_list_sec_11(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    before = read(session, ward, doctor)
    gone = ward.patients["Oh Malsun"]
    assert gone in {each.patient_id for each in before.report.worse}

    session.execute(delete(CareTeamPatient).where(CareTeamPatient.patient_id == gone))

    found = read(session, ward, doctor)
    assert "Oh Malsun" not in found.names.values()
    assert str(gone) not in str(found)
    assert found.issue is not None
    assert found.issue.absent == 1
    assert (found.report.patients, found.report.opened) == (7, before.report.opened)
    # That somebody left is no correction, and a later issue is of the same people.
    assert corrections(session, doctor, ward.team, FIRST, now=LATER) == ()
    label(session, ward, "true-actionable")
    issue_again(session, doctor, ward.team, FIRST, reason="labels", now=LATER)
    work(session, LATER, ward.team)
    assert read(session, ward, doctor).report.patients == 7


@pytest.mark.usefixtures("made")
def test_who_is_forgotten_is_in_no_stored_report_and_its_numbers_stay_sec_44(
    session: Session, ward: Ward, doctor: Caller
) -> None:
    before = read(session, ward, doctor)
    gone = ward.patients["Oh Malsun"]
    ids = {str(gone), *(str(each) for each in ward.alerts["Oh Malsun"])}

    count = forget(session, gone)
    session.expire_all()

    rows = [repository.one(session, row.id) for row in of(session, ward.team)]
    whole = json.dumps([[row.report, [str(p) for p in row.patients]] for row in rows if row])
    assert count == 2  # this week's and the one before
    assert not [each for each in ids if each in whole]
    found = read(session, ward, doctor)
    assert found.issue is not None
    assert (found.issue.absent, found.issue.recomputed) == (1, False)
    assert (found.report.opened, found.report.tiers) == (before.report.opened, before.report.tiers)
    assert forget(session, gone) == 0


@pytest.mark.usefixtures("made")
@pytest.mark.parametrize("change", [{"format": 0}, {"report": {"report": 1, "last": 2}}])
def test_an_issue_of_another_form_is_counted_anew_and_says_so(
    session: Session, ward: Ward, doctor: Caller, change: dict[str, object]
) -> None:
    row = of(session, ward.team)[1]
    repository.change(session, row.id, State.MADE, **change)

    found = read(session, ward, doctor)

    assert found.issue is not None
    assert (found.issue.recomputed, found.issue.version) == (True, 1)
    assert found.report.opened >= 5


def test_the_weeks_of_a_team_go_by_its_own_clock_else_the_sites_rel_24(
    session: Session, ward: Ward
) -> None:
    site = policy()
    seoul = replace(site.site, name="river", zone="Asia/Seoul")

    assert (
        clock_of(session, replace(site, teams={"Riverside": seoul}), ward.team).key == "Asia/Seoul"
    )
    assert clock_of(session, site, ward.team).key == site.site.zone


def test_the_program_itself_may_issue_again_and_reads_everybody(
    session: Session, ward: Ward
) -> None:
    assert may_issue(SYSTEM)
    assert len(read(session, ward, SYSTEM).names) == 7
