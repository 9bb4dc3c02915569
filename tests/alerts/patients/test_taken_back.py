"""A RED whose reading was wrong is taken back from its patient, whatever is left of the alert."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from alerts import service as alerting
from alerts.outcomes import resolution
from alerts.patients import service as telling
from alerts.patients import wording
from alerts.patients.wording import Kind, State, Why
from alerts.reasons import Reason
from alerts.standings.service import lower
from alerts.tables import Alert
from core import outbox
from core.outbox import Outbox, Topic
from core.security import SYSTEM
from core.vitals import Severity, Vital
from ingest.merging.service import merge
from monitoring.findings import Assessment, Evidence, Problem
from tests.alerts.conftest import NOW
from tests.provider import Reply
from tests.told import OWN, SAYS, messages_of, raised, reachable

if TYPE_CHECKING:
    from collections.abc import Callable
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.patients.tables import PatientMessage
    from alerts.policy import Policy
    from monitoring.findings import Finding
    from tests.alerts.conftest import FindingMaker, Ward
    from tests.told import Phone

SECOND = "+821055507777"
MINUTE = timedelta(minutes=1)
DAYS = timedelta(days=3)
CALLED = resolution("true-actionable", "call", "")


def gone() -> tuple[Evidence, ...]:
    """Return a reading that is there no longer when it is looked for."""
    return (Evidence(str(uuid4()), Vital.BODY_WEIGHT, 84.2, NOW),)


def judge(session: Session, ward: Ward, policy: Policy, *found: Finding, now: datetime) -> None:
    """Judge and do what waits to be decided of the patient, as the workers do."""
    said = tuple(replace(each, says=SAYS) for each in found)
    assessment = Assessment(str(ward.patient), now, said, None, "h", "")
    changed = alerting.raise_judged(session, uuid4(), assessment, now=now, policy=policy)
    telling.after_judgement(session, ward.patient, changed, urgent=False, now=now)
    informed(session, ward, now=now)


def informed(session: Session, ward: Ward, *, now: datetime) -> None:
    mine = Outbox.topic == Topic.INFORM, Outbox.subject_id == ward.patient, Outbox.state == "open"
    for row in session.scalars(select(Outbox).where(*mine, Outbox.next_try_at <= now)).all():
        telling.inform(session, row.subject_id, now=now)
        outbox.finish(row, now=now)
        session.flush()


def posted(session: Session, ward: Ward, telephone: Phone, *, now: datetime) -> None:
    for each in messages_of(session, ward.patient):
        telephone.post(session, each, now=now)


def withdrawals(session: Session, ward: Ward) -> list[PatientMessage]:
    return [each for each in messages_of(session, ward.patient) if each.kind == Kind.WITHDRAWN]


def test_a_red_of_which_a_lesser_finding_is_left_is_taken_back_once_rel_23(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    judge(session, ward, policy, finding(evidence=gone()), now=NOW)
    posted(session, ward, telephone, now=NOW)
    for minute in (5, 6):
        lesser = finding(Severity.AMBER, rule="HF-9", at=NOW + minute * MINUTE)
        judge(session, ward, policy, lesser, now=NOW + minute * MINUTE)

    (alert,) = session.scalars(select(Alert).where(Alert.patient_id == ward.patient))
    (message,) = withdrawals(session, ward)
    (told, _) = messages_of(session, ward.patient)
    assert (alert.severity, alert.state) == ("AMBER", "open")
    assert (message.state, message.alert_id) == (State.WAITING, alert.id)
    assert telling.page_of(session, told) == wording.taken_back()


def test_a_red_that_rose_again_and_was_lowered_again_is_taken_back_again_rel_23(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert_id,) = raised(session, ward.patient, finding(), policy, now=NOW)
    for minute in (1, 3):
        posted(session, ward, telephone, now=NOW + minute * MINUTE)
        alert = session.get_one(Alert, alert_id, populate_existing=True)
        lower(session, alert, Severity.AMBER, now=NOW + minute * MINUTE)
        telling.inform(session, ward.patient, now=NOW + minute * MINUTE)
        posted(session, ward, telephone, now=NOW + minute * MINUTE)
        later = NOW + (minute + 1) * MINUTE
        raised(session, ward.patient, finding(rule=f"R{minute}", at=later), policy, now=later)

    kinds = [each.kind for each in messages_of(session, ward.patient)]
    assert kinds == [*2 * [Kind.INSTRUCTION, Kind.WITHDRAWN], Kind.INSTRUCTION]
    assert len(telephone.texts) == 4


def test_a_red_that_a_normal_repeat_lowered_is_not_taken_back_al_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    (alert_id,) = raised(session, ward.patient, finding(), policy, now=NOW)
    posted(session, ward, telephone, now=NOW)
    stepped = Reason.STEPPED_DOWN
    lower(session, session.get_one(Alert, alert_id), Severity.AMBER, now=NOW, reason=stepped)
    telling.inform(session, ward.patient, now=NOW)

    assert withdrawals(session, ward) == []


def test_a_red_that_was_opened_although_its_gateway_never_answered_is_taken_back(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    telephone.gateway.always = Reply(500)
    judge(session, ward, policy, finding(evidence=gone()), now=NOW)
    posted(session, ward, telephone, now=NOW)
    (message,) = messages_of(session, ward.patient)
    message.opened_at = NOW + MINUTE
    session.flush()
    judge(session, ward, policy, now=NOW + 5 * MINUTE)

    assert message.handed_over_at is None
    assert [each.state for each in withdrawals(session, ward)] == [State.WAITING]


def red_beside(session: Session, ward: Ward, policy: Policy, red: Finding) -> UUID:
    """Open a RED of another problem; return its alert."""
    problem = replace(red, problem=Problem.BREATHING)
    judge(session, ward, policy, replace(red, evidence=gone()), problem, now=red.at)
    query = select(Alert.id).where(Alert.patient_id == ward.patient)
    return session.scalars(query.where(Alert.problem == Problem.BREATHING)).one()


def resolved(session: Session, ward: Ward, alert: UUID, policy: Policy, *, now: datetime) -> None:
    """End a RED, and do what waits once that can be undone no more."""
    alerting.resolve(session, ward.doctor, alert, CALLED, now=now)
    informed(session, ward, now=now)
    informed(session, ward, now=now + policy.undo)


def test_while_another_red_stands_none_is_taken_back_and_then_it_is_rel_23(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    other = red_beside(session, ward, policy, finding())
    posted(session, ward, telephone, now=NOW)
    still = finding(problem=Problem.BREATHING, at=NOW + MINUTE)
    judge(session, ward, policy, still, now=NOW + MINUTE)  # the first is withdrawn
    (put_off,) = withdrawals(session, ward)
    resolved(session, ward, other, policy, now=NOW + DAYS)
    (_, told) = withdrawals(session, ward)

    assert (put_off.state, put_off.reason) == (State.WITHHELD, Why.ANOTHER_RED)
    assert (told.state, told.reason) == (State.WAITING, Why.WITHDRAWN)


def test_what_was_about_to_be_taken_back_waits_for_a_red_that_opens_meanwhile_rel_23(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    judge(session, ward, policy, finding(evidence=gone()), now=NOW)
    posted(session, ward, telephone, now=NOW)
    judge(session, ward, policy, now=NOW + 5 * MINUTE)
    (message,) = withdrawals(session, ward)
    other = finding(problem=Problem.BREATHING, at=NOW + 6 * MINUTE)
    (alert,) = raised(session, ward.patient, other, policy, now=NOW + 6 * MINUTE)
    for hours in range(0, 72, 24):
        telephone.post(session, message, now=NOW + timedelta(hours=hours) + 6 * MINUTE)
    waits = select(Outbox.next_try_at).where(
        Outbox.subject_id == message.id, Outbox.state == "open"
    )
    waiting = (len(telephone.texts), message.state, list(session.scalars(waits)) != [])
    resolved(session, ward, alert, policy, now=NOW + DAYS)
    telephone.post(session, message, now=NOW + DAYS + MINUTE)

    assert waiting == (1, State.WAITING, True)
    assert (len(telephone.texts), message.state) == (2, State.HANDED_OVER)


def test_a_red_that_the_patient_never_heard_of_keeps_none_from_being_taken_back_rel_20(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    late = finding(problem=Problem.BREATHING, at=NOW - DAYS)
    judge(session, ward, policy, finding(evidence=gone()), late, now=NOW)
    posted(session, ward, telephone, now=NOW)
    judge(session, ward, policy, late, now=NOW + 5 * MINUTE)

    assert [each.state for each in withdrawals(session, ward)] == [State.WAITING]


def test_nobody_is_told_of_a_red_again_by_another_number_of_theirs(
    session: Session,
    ward: Ward,
    build: Callable[..., Ward],
    finding: FindingMaker,
    policy: Policy,
    telephone: Phone,
) -> None:
    raised(session, ward.patient, finding(), policy, now=NOW)
    posted(session, ward, telephone, now=NOW)
    mobile = {"system": "phone", "use": "mobile", "value": SECOND}
    reachable(session, ward.patient, now=NOW, resource={"telecom": [mobile]})
    telling.inform(session, ward.patient, now=NOW + MINUTE)
    alone = len(messages_of(session, ward.patient))
    other = build(session, name="Canary Other")
    reachable(session, other.patient, now=NOW, resource={"telecom": [mobile]})
    merge(session, SYSTEM, other.patient, ward.patient, reason="one person", now=NOW)
    telling.inform(session, other.patient, now=NOW + MINUTE)

    assert alone == 1
    assert [*messages_of(session, other.patient), *messages_of(session, ward.patient)][1:] == []


def test_who_was_not_reached_by_an_old_number_is_told_of_a_red_by_a_new_one(
    session: Session, ward: Ward, finding: FindingMaker, policy: Policy, telephone: Phone
) -> None:
    telephone.gateway.script = [Reply(410)]
    raised(session, ward.patient, finding(), policy, now=NOW)
    for _ in range(2):
        posted(session, ward, telephone, now=NOW)
    mobile = {"system": "phone", "use": "mobile", "value": SECOND}
    reachable(session, ward.patient, now=NOW, resource={"telecom": [mobile]})
    telling.inform(session, ward.patient, now=NOW + MINUTE)
    posted(session, ward, telephone, now=NOW + MINUTE)

    assert [each.said["to"] for each in telephone.gateway.came] == [OWN, SECOND]
