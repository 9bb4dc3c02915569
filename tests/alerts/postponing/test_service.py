from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, AlertEvent, Delivery
from core.errors import ConflictError, InvalidError
from core.vitals import Severity
from monitoring.findings import Problem

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from tests.alerts.conftest import FindingMaker, Raise, Ward

HOUR = timedelta(hours=1)


def get(session: Session, alert_id: UUID) -> Alert:
    return session.get_one(Alert, alert_id, populate_existing=True)


def lines(session: Session, alert_id: UUID) -> list[tuple[str, str]]:
    query = select(AlertEvent.kind, AlertEvent.reason).where(AlertEvent.alert_id == alert_id)
    return [(row.kind, row.reason) for row in session.execute(query.order_by(AlertEvent.id))]


def mails(session: Session, alert_id: UUID) -> int:
    query = select(Delivery.id).where(Delivery.alert_id == alert_id, Delivery.channel == "email")
    return len(session.scalars(query).all())


@pytest.mark.parametrize(
    ("severity", "longest"),
    [
        (Severity.AMBER, timedelta(hours=72)),
        (Severity.YELLOW, timedelta(days=14)),
        (Severity.DQ, timedelta(days=14)),
    ],
)
def test_no_snooze_is_longer_than_its_tier_allows_rel_17_al_11(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    severity: Severity,
    longest: timedelta,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(severity))
    late = now + longest + timedelta(seconds=1)

    for until, why in ((late, "longer"), (now, "now"), (now - HOUR, "past")):
        with pytest.raises(InvalidError) as refusal, session.begin_nested():
            service.snooze(session, ward.doctor, alert_id, until=until, reason=why, now=now)
        assert refusal.value.field == "until"
    assert get(session, alert_id).state == "open"

    service.snooze(session, ward.doctor, alert_id, until=now + longest, reason="known", now=now)
    assert get(session, alert_id).snoozed_until == now + longest


def test_a_red_cannot_be_snoozed_al_11(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    service.claim(session, ward.caller(ward.colleague), alert_id, now=now)

    with pytest.raises(ConflictError, match=r"^a RED alert cannot be snoozed$"):
        service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="x", now=now)


@pytest.mark.parametrize("reason", ["", "   ", "x" * 501])
def test_a_snooze_needs_a_reason(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    reason: str,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))

    with pytest.raises(InvalidError) as refusal:
        service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason=reason, now=now)
    assert refusal.value.field == "reason"


def test_a_red_that_joins_a_snoozed_amber_pages_at_once_rel_17(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """alerting.md section 10: a peer's snooze hid red too."""
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="visit today", now=now)
    before = mails(session, alert_id)

    judged(session, ward.patient, finding(Severity.RED, rule="HF-9"), at=now + HOUR / 2)

    alert = get(session, alert_id)
    assert (alert.state, alert.severity, alert.snoozed_until) == ("open", "RED", None)
    assert alert.previous_owner_id == ward.manager
    assert mails(session, alert_id) == before + 1
    assert lines(session, alert_id)[-1] == ("notified", "severity-rose")


def test_the_same_level_again_is_evidence_and_nobody_is_told(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="visit today", now=now)
    before = mails(session, alert_id)

    again = finding(Severity.AMBER, rule="HF-8", at=now + HOUR / 2)
    judged(session, ward.patient, again, at=now + HOUR / 2)

    assert (get(session, alert_id).state, mails(session, alert_id)) == ("snoozed", before)
    assert lines(session, alert_id)[-1] == ("not-notified", "same-finding")


def test_a_snooze_ends_by_time_and_tells_anew_rel_17(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="visit today", now=now)
    before = mails(session, alert_id)

    service.escalate_due(session, now=now + HOUR - timedelta(seconds=1))
    assert get(session, alert_id).state == "snoozed"
    service.escalate_due(session, now=now + HOUR)

    assert (get(session, alert_id).state, mails(session, alert_id)) == ("open", before + 1)
    assert ("reopened", "snooze-ended") in lines(session, alert_id)


def test_anybody_of_the_team_calls_it_back_in_one_act(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="visit today", now=now)

    service.wake(session, ward.caller(ward.nurse), alert_id, now=now)

    assert get(session, alert_id).state == "open"
    with pytest.raises(ConflictError, match="not snoozed"):
        service.wake(session, ward.doctor, alert_id, now=now)


def test_whoever_acts_on_a_snoozed_alert_takes_it_without_paging_others(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    service.snooze(session, ward.doctor, alert_id, until=now + HOUR, reason="visit today", now=now)
    before = mails(session, alert_id)

    outcome = Resolution(Label.TRUE_ACTIONABLE, "visit")
    service.resolve(session, ward.caller(ward.nurse), alert_id, outcome, now=now)

    assert (get(session, alert_id).state, mails(session, alert_id)) == ("resolved", before)


def test_a_yellow_that_is_back_in_range_closes_while_it_is_put_off_and_an_amber_does_not(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    found = [
        finding(Severity.YELLOW),
        finding(Severity.AMBER, problem=Problem.INFECTION, rule="I-1"),
    ]
    ids = judged(session, ward.patient, *found)
    for each in ids:
        until = now + 72 * HOUR
        service.snooze(session, ward.doctor, each, until=until, reason="seen", now=now)

    judged(session, ward.patient, at=now + 25 * HOUR)

    states = {get(session, each).severity: get(session, each).state for each in ids}
    assert states == {"YELLOW": "auto-closed", "AMBER": "snoozed"}
    asleep = {get(session, each).severity: get(session, each).snoozed_until for each in ids}
    assert asleep == {"YELLOW": None, "AMBER": now + 72 * HOUR}


def test_the_inbox_puts_what_is_put_off_after_what_waits(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    found = [
        finding(Severity.YELLOW),
        finding(Severity.AMBER, problem=Problem.INFECTION, rule="I-1"),
    ]
    ids = judged(session, ward.patient, *found)
    amber = next(each for each in ids if get(session, each).severity == "AMBER")
    service.snooze(session, ward.doctor, amber, until=now + HOUR, reason="seen", now=now)

    (row,) = service.inbox(session, ward.doctor, now=now)

    assert (row.severity, row.state) == (Severity.YELLOW, "open")
    assert row.put_off == ((Severity.AMBER, Problem.INFECTION),)  # named with its tier
    assert row.other_problems == ()
