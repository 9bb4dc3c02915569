from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import ProgrammingError

from core.audit import AuditEvent
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.outbox import Topic
from core.rotation import rotate
from core.security import SYSTEM, Caller, Role
from core.vitals import Severity, Vital
from monitoring import repository as judgements
from monitoring import service as monitoring
from monitoring.plans import repository, service
from monitoring.plans.limits import Origin
from monitoring.plans.service import Signed
from monitoring.plans.site_rules import SiteRules
from monitoring.plans.tables import PlanVersion
from tests.monitoring.plans.conftest import (
    LATER,
    REVIEW,
    SITE,
    WIDE,
    found,
    looked_after,
    set_,
    signed,
)
from tests.monitoring.test_service import NOW, measure, offered
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database


def test_a_limit_is_in_force_with_who_set_it_when_why_and_until_when(
    session: Session, physician: Caller, patient: UUID
) -> None:
    number = set_(session, physician, patient)

    plan = service.shown(session, patient, SITE, now=NOW)
    [mine] = [d for d in plan.plan.decided if d.limit.origin is Origin.CLINICIAN]

    assert number == 1
    assert (mine.value, mine.limit.set_by, mine.limit.reason) == (125, "Dr Han", "lives at 115")
    assert (mine.limit.set_on, mine.limit.review_by) == (NOW.date(), REVIEW)
    assert plan.rulebook.hash != RULEBOOK.hash


def test_a_live_judgement_uses_the_plan_and_says_so_in_its_hash(
    session: Session, physician: Caller, patient: UUID
) -> None:
    measure(session, patient, Vital.HEART_RATE, 115.0)
    with session.begin_nested() as undone:
        before = found(session, patient)
        undone.rollback()
    set_(session, physician, patient)

    after = found(session, patient)

    assert before == {"HR-HIGH2": Severity.AMBER}
    assert after == {}
    judged = judgements.latest(session, patient)
    assert judged is not None
    assert judged.rulebook_hash == service.shown(session, patient, SITE, now=NOW).rulebook.hash


def test_a_rulebook_alone_still_knows_the_limits_that_clinicians_set(
    session: Session, physician: Caller, patient: UUID
) -> None:
    measure(session, patient, Vital.HEART_RATE, 115.0)
    set_(session, physician, patient)

    assert found(session, patient, SiteRules(RULEBOOK)) == {}


def test_a_new_limit_is_also_for_the_reading_of_this_morning(
    session: Session, physician: Caller, patient: UUID
) -> None:
    """A change of a plan asks for a judgement, and that looks at the last reading by the plan."""
    measure(session, patient, Vital.HEART_RATE, 95.0, at=NOW - timedelta(hours=3))
    monitoring.assess(session, patient, now=NOW, rulebook=SITE, model=None)
    tight = replace(WIDE, alert_high=90.0)

    service.set_limit(session, signed(physician), patient, tight, site=SITE, now=LATER)

    assert offered(session, Topic.ASSESS, patient)
    assert found(session, patient) == {"PLAN-OWN-HEART_RATE-HIGH": Severity.AMBER}


def test_a_red_stays_red_under_any_limit_al_01(
    session: Session, physician: Caller, patient: UUID
) -> None:
    measure(session, patient, Vital.HEART_RATE, 140.0)
    set_(session, physician, patient, replace(WIDE, alert_high=200.0))

    assert found(session, patient)["HR-HIGH3"] is Severity.RED


def test_versions_are_kept_and_a_withdrawn_limit_gives_the_place_back(
    session: Session, physician: Caller, patient: UUID
) -> None:
    set_(session, physician, patient)
    set_(session, physician, patient, replace(WIDE, alert_high=130.0))
    service.withdraw(
        session, signed(physician, "pulse is 80 now"), patient, Vital.HEART_RATE, now=LATER
    )

    plan = service.shown(session, patient, SITE, now=LATER)

    told = [(v.number, str(v.change), v.content["alert_high"], v.reason) for v in plan.versions]
    assert told == [
        (3, "withdrawn", 130, "pulse is 80 now"),
        (2, "changed", 130, "lives at 115"),
        (1, "set", 125, "lives at 115"),
    ]
    assert plan.standing == []
    assert plan.plan.replaced == ()
    with pytest.raises(NotFoundError, match="no such limit"):
        service.withdraw(session, signed(physician), patient, Vital.HEART_RATE, now=LATER)


def test_a_limit_past_its_review_stays_in_force_and_is_told_to_be_overdue(
    session: Session, physician: Caller, patient: UUID
) -> None:
    set_(session, physician, patient)
    day_before = NOW.replace(month=9, day=1)

    on_the_day = service.shown(session, patient, SITE, now=day_before)
    later = service.shown(session, patient, SITE, now=day_before + timedelta(days=1))

    assert on_the_day.overdue == []
    assert [each.subject for each in later.overdue] == ["heart_rate"]
    assert {d.value for d in later.plan.decided} == {125}


def test_each_change_is_audited_and_the_application_can_alter_no_version_sec_18(
    session: Session, physician: Caller, patient: UUID
) -> None:
    set_(session, physician, patient)

    [event] = session.scalars(
        select(AuditEvent).where(AuditEvent.patient_id == patient, AuditEvent.entity == "plan")
    )
    [row] = session.scalars(select(PlanVersion).where(PlanVersion.patient_id == patient))

    assert (event.action, event.caller_id, event.entity_id) == ("C", physician.id, row.id)
    assert b"115" not in row.reason
    for forbidden in (  # an erasure alone takes versions away (SEC-44)
        "delete from plan_version",
        "update plan_version set content = '{}'",
        "update plan_version set at = now()",
        "update plan_version set practitioner_id = practitioner_id",
    ):
        with pytest.raises(ProgrammingError, match="permission denied"), session.begin_nested():
            session.execute(text(forbidden))


def test_a_reason_is_sealed_again_when_the_keys_are_rotated(database: Database) -> None:
    """SEC-27: the one column of a version that may be written again."""
    with database.transaction() as session:
        row = session.execute(
            text("select has_column_privilege('plan_version', 'reason', 'update')")
        ).scalar_one()

    assert row is True
    assert "plan_version.reason" in {
        each.column for each in rotate(database, PlanVersion.metadata, now=NOW)
    }


@pytest.mark.parametrize("role", [Role.NURSE, Role.SUPERVISOR])
def test_only_a_physician_of_the_team_may_change_a_plan_sec_11(
    session: Session, physician: Caller, patient: UUID, role: Role
) -> None:
    stranger = replace(physician, practitioner_id=uuid4())

    with pytest.raises(NotFoundError, match="no such patient"):
        set_(session, stranger, patient)
    with pytest.raises(ForbiddenError, match="physician"):
        set_(session, replace(physician, role=role), patient)
    with pytest.raises(ForbiddenError, match="physician"):
        set_(session, SYSTEM, patient)


def test_what_nobody_could_have_meant_is_refused(
    session: Session, physician: Caller, patient: UUID
) -> None:
    with pytest.raises(InvalidError, match="needs its reason"):
        service.set_limit(session, Signed(physician, " "), patient, WIDE, site=SITE, now=NOW)
    past = Signed(physician, "r", NOW.date())
    with pytest.raises(InvalidError, match="must lie ahead"):
        service.set_limit(session, past, patient, WIDE, site=SITE, now=NOW)
    with pytest.raises(InvalidError, match="levels must rise"):
        set_(session, physician, patient, replace(WIDE, warn_high=130.0))


def test_a_limit_that_the_site_has_locked_is_refused_where_it_would_not_count(
    session: Session, physician: Caller, patient: UUID
) -> None:
    locked = replace(WIDE, alert_high=110.0, locked=True, origin=Origin.SITE, reason="for all")
    site = replace(SITE, limits=(locked,))

    with pytest.raises(ConflictError, match="locked its limit: for all"):
        service.set_limit(session, signed(physician), patient, WIDE, site=site, now=NOW)
    low = replace(WIDE, alert_high=None, alert_low=45.0)
    assert service.set_limit(session, signed(physician), patient, low, site=site, now=NOW) == 1


def test_of_many_people_plans_are_read_with_one_query(session: Session, physician: Caller) -> None:
    people = [looked_after(session, physician) for _ in range(3)]
    for n, each in enumerate(people[:2]):
        set_(session, physician, each, replace(WIDE, alert_high=120.0 + n))

    own = repository.own_of(session, {each: {each} for each in people})

    assert {each: [x.alert_high for x in own[each].limits] for each in own} == {
        people[0]: [120],
        people[1]: [121],
    }
