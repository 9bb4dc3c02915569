from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from alerts import service
from alerts.acts.repository import KEPT
from alerts.acts.service import Contact
from alerts.notify.outlets import Outlets
from alerts.outcomes import Label, Resolution
from alerts.tables import Alert, AlertEvent, Step
from alerts.wording.repository import written
from core.errors import ConflictError
from core.outbox import Outbox
from core.vitals import Severity
from monitoring.repository import frozen
from tests.alerts.conftest import Ward
from tests.alerts.messages import HERE, mail, mails

if TYPE_CHECKING:
    from alerts.notify.email import Mailer
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise

SECOND = timedelta(seconds=1)
Act = Callable[[Session, Ward, UUID, datetime], None]


def claim(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    service.claim(session, ward.doctor, alert, now=now)


def acknowledge(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    service.acknowledge(session, ward.doctor, alert, now=now)


def snooze(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    until = now + timedelta(hours=4)
    service.snooze(session, ward.doctor, alert, until=until, reason="visit today", now=now)


def resolve(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    service.resolve(session, ward.doctor, alert, Resolution(Label.UNSURE), now=now)


def delegate(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    service.delegate(session, ward.doctor, alert, ward.nurse, now=now)


def miss(session: Session, ward: Ward, alert: UUID, now: datetime) -> None:
    service.note_contact(session, ward.doctor, alert, Contact.CALL, reached=False, now=now)


ACTS: tuple[Act, ...] = (claim, acknowledge, snooze, resolve, delegate)


def stands(session: Session, alert_id: UUID) -> dict[str, Any]:
    """Return all that an undo must bring back, with what waits and when it is due."""
    alert = session.get_one(Alert, alert_id, populate_existing=True)
    waiting = select(Step.kind, Step.due_at, Step.to_kind, Step.channel).where(
        Step.alert_id == alert_id, Step.state == "waiting", Step.fence == alert.fence
    )
    return {name: getattr(alert, name) for name in KEPT} | {
        "waiting": sorted(tuple(row) for row in session.execute(waiting)),
        "written": written(session, alert),
        "frozen": [end for _, end in frozen(session, alert.patient_id)],
    }


PAIRS = [
    pytest.param(first, act, id=f"{act.__name__} of {first.__name__ if first else 'open'}")
    for first in (None, claim, acknowledge, snooze)
    for act in ACTS
    if act is not first and not (act is claim and first)
]


@pytest.mark.parametrize(("first", "act"), PAIRS)
def test_an_undo_brings_everything_back_and_both_stay_on_the_timeline(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    first: Act | None,
    act: Act,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    if first:
        first(session, ward, alert_id, now + SECOND)
    if act in (resolve, delegate) and first is not acknowledge:
        acknowledge(session, ward, alert_id, now + 2 * SECOND)  # what they do first by themselves
    before = stands(session, alert_id)
    act(session, ward, alert_id, now + 2 * SECOND)
    assert stands(session, alert_id) != before

    service.undo(session, ward.doctor, alert_id, now=now + 12 * SECOND)

    assert stands(session, alert_id) == before
    kinds = select(AlertEvent.kind).where(AlertEvent.alert_id == alert_id)
    done, undone = session.scalars(kinds.order_by(AlertEvent.id)).all()[-2:]
    assert (done.startswith(act.__name__[:5]), undone) == (True, "undone")


def deliver(session: Session, alert_id: UUID, mailer: Mailer, now: datetime) -> None:
    for each in mails(session, alert_id):
        service.deliver(session, each.id, now=now, outlets=Outlets(mailer), addresses=HERE)


@pytest.mark.parametrize("act", [claim, acknowledge, snooze, delegate, resolve, miss])
def test_a_message_on_its_way_goes_out_after_an_undo(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
    act: Act,
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    if act in (resolve, delegate):
        acknowledge(session, ward, alert_id, now + SECOND)
        service.escalate(session, ward.doctor, alert_id, now=now + SECOND)
    act(session, ward, alert_id, now + 2 * SECOND)
    service.undo(session, ward.doctor, alert_id, now=now + 3 * SECOND)

    deliver(session, alert_id, mailbox[1], now + timedelta(minutes=5))

    assert len(mailbox[0].received) == 1


def test_a_message_that_an_act_made_stale_is_sent_again_after_its_undo(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-14, REL-16: nothing goes out while the act stands, and nothing is lost with it."""
    (alert_id,) = judged(session, ward.patient, finding())
    acknowledge(session, ward, alert_id, now + SECOND)
    deliver(session, alert_id, mailbox[1], now + SECOND)
    assert (mail(session, alert_id).state, mailbox[0].received) == ("cancelled", [])
    work = select(Outbox).where(Outbox.subject_id == mail(session, alert_id).id)
    for row in session.scalars(work):
        row.state = "done"
    session.flush()

    service.undo(session, ward.doctor, alert_id, now=now + 3 * SECOND)

    offered = [row for row in session.scalars(work) if row.state == "open"]
    assert [row.next_try_at for row in offered] == [now + 3 * SECOND]
    deliver(session, alert_id, mailbox[1], now + 3 * SECOND)
    assert len(mailbox[0].received) == 1


def test_ten_seconds_and_no_more(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    acknowledge(session, ward, alert_id, now + SECOND)

    with pytest.raises(ConflictError, match="for 10 seconds only"):
        service.undo(session, ward.doctor, alert_id, now=now + 12 * SECOND)


def test_only_ones_own_last_act(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    refusal = "not one that you can take back"
    with pytest.raises(ConflictError, match=refusal):
        service.undo(session, ward.doctor, alert_id, now=now)
    acknowledge(session, ward, alert_id, now + SECOND)
    with pytest.raises(ConflictError, match=refusal):
        service.undo(session, ward.caller(ward.colleague), alert_id, now=now + SECOND)
    service.undo(session, ward.doctor, alert_id, now=now + SECOND)
    with pytest.raises(ConflictError, match=refusal):  # no undo of an undo
        service.undo(session, ward.doctor, alert_id, now=now + SECOND)


def test_what_was_sent_to_somebody_is_not_taken_back(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    delegate(session, ward, alert_id, now + SECOND)
    service.escalate_due(session, now=now + 11 * SECOND)

    with pytest.raises(ConflictError, match="a message has gone out already"):
        service.undo(session, ward.doctor, alert_id, now=now + 11 * SECOND)


def test_a_rise_in_between_keeps_the_act_from_being_undone(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    snooze(session, ward, alert_id, now + SECOND)
    judged(session, ward.patient, finding(Severity.RED, rule="HF-9"), at=now + 2 * SECOND)

    with pytest.raises(ConflictError):
        service.undo(session, ward.doctor, alert_id, now=now + 3 * SECOND)
    assert session.get_one(Alert, alert_id, populate_existing=True).state == "open"


def test_a_problem_that_was_opened_anew_keeps_the_old_episode_closed(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-11: one open episode per patient and problem."""
    (alert_id,) = judged(session, ward.patient, finding())
    resolve(session, ward, alert_id, now + SECOND)
    later = now + 2 * SECOND
    judged(session, ward.patient, finding(rule="HF-9", at=later), at=later)

    with pytest.raises(ConflictError, match="opened anew"):
        service.undo(session, ward.doctor, alert_id, now=later)
