from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select, update

from alerts import service
from alerts.notify.outlets import Outlets
from alerts.reasons import Reason
from alerts.standings.service import lower
from alerts.tables import Alert, Delivery, DeliveryAttempt, Step
from core.outbox import Outbox, Topic
from core.vitals import Severity
from ingest import tables as people
from tests.alerts.messages import HERE, NOWHERE, mails, reasons

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward


def test_a_red_reaches_the_physicians_mailbox_with_nothing_of_the_patient(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """SEC-23, SEC-20: canaries in name, sentence, rule, team and numbers; none leaves."""
    box, mailer = mailbox
    ward = build(session, name="CANARYNAME")
    session.execute(
        update(people.CareTeam).where(people.CareTeam.id == ward.team).values(name="CANARYTEAM")
    )
    words = "CANARYSENTENCE 84.2 kg, usual 80-82"
    (alert_id,) = judged(session, ward.patient, finding(words=words, rule="CANARYRULE"))
    (mail,) = mails(session, alert_id)

    service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    ((recipients, content),) = box.received
    assert recipients == ["ahn@example.org"]
    body = content.decode().split("\r\n\r\n", 1)[1]
    assert body.splitlines() == [
        "Severity: RED",
        f"Reference: {mail.public_id}",
        "Time: 2026-03-10 09:00 UTC",
        "",
        f"https://ward.example.org/n/{mail.public_id}",
    ]
    for secret in ("CANARY", "84.2", "fluid", str(ward.patient), str(alert_id), "Ahn <"):
        assert secret not in content.decode()


def test_handed_over_is_not_delivered(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-13."""
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)

    service.deliver(session, mail.id, now=now, outlets=Outlets(mailbox[1]), addresses=HERE)

    (mail,) = mails(session, alert_id)
    assert (mail.state, mail.handed_over_at) == ("handed-over", now)
    assert (mail.delivered_at, mail.acted_on_at) == (None, None)


def test_who_was_told_of_a_red_is_told_once_that_it_was_lowered(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-23: the first step of the tier that is left tells the same person the same way."""
    box, mailer = mailbox
    (alert_id,) = judged(session, ward.patient, finding())
    (red,) = mails(session, alert_id)
    service.deliver(session, red.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    then = now + timedelta(minutes=5)
    lower(session, session.get_one(Alert, alert_id), Severity.AMBER, now=then)
    for mail in mails(session, alert_id):
        service.deliver(session, mail.id, now=then, outlets=Outlets(mailer), addresses=HERE)

    assert [to for to, _ in box.received] == [["ahn@example.org"]] * 2
    assert Reason.SAME_WAY in reasons(session, alert_id, "not-notified")


def test_a_delivery_that_was_handed_over_is_not_sent_again(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-10."""
    box, mailer = mailbox
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)

    for _ in range(3):
        service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    assert len(box.received) == 1


def test_a_message_that_waits_when_the_alert_is_acknowledged_is_not_sent_al_19(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-16."""
    box, mailer = mailbox
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)
    service.acknowledge(session, ward.doctor, alert_id, now=now)

    service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    assert box.received == []
    assert [m.state for m in mails(session, alert_id)] == ["cancelled"]
    assert reasons(session, alert_id, "delivery-cancelled") == ["stale-step"]


def test_a_failed_try_is_a_row_with_the_time_of_the_next_one(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-12."""
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)
    session.execute(update(Outbox).where(Outbox.subject_id == mail.id).values(state="leased"))

    service.deliver(session, mail.id, now=now, outlets=Outlets(NOWHERE), addresses=HERE)

    (attempt,) = session.scalars(
        select(DeliveryAttempt).where(DeliveryAttempt.delivery_id == mail.id)
    )
    assert (attempt.number, attempt.outcome, attempt.code) == (
        1,
        "failed",
        "ConnectionRefusedError",
    )
    again = session.scalars(
        select(Outbox).where(
            Outbox.topic == Topic.DELIVER, Outbox.subject_id == mail.id, Outbox.state == "open"
        )
    ).one()
    assert again.next_try_at == attempt.next_try_at
    assert timedelta(seconds=5) <= again.next_try_at - now <= timedelta(seconds=6)


def test_a_message_that_nobody_takes_lets_the_alert_go_on_and_is_tried_on_rel_12(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)

    for _ in range(6):
        service.deliver(session, mail.id, now=now, outlets=Outlets(NOWHERE), addresses=HERE)
    service.escalate_due(session, now=now + timedelta(seconds=1))

    assert reasons(session, alert_id, "delivery-failed") == []
    told = {m.recipient: (m.state, m.moved_on_at) for m in mails(session, alert_id)}
    assert told == {
        f"practitioner:{ward.manager}": ("waiting", now),
        f"practitioner:{ward.colleague}": ("waiting", None),
    }


def test_the_time_in_which_a_message_gathers_others_is_not_counted_as_lost_al_09(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    """REL-12: an alert waits ten minutes for its message from when it was to leave."""
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    (mail,) = mails(session, alert_id)
    leaves = now + timedelta(minutes=5)

    for second in (0, 6, 25, 150):
        at = leaves + timedelta(seconds=second)
        service.deliver(session, mail.id, now=at, outlets=Outlets(NOWHERE), addresses=HERE)

    # The next try is some six minutes after it was to leave, and eleven after it was made.
    assert mails(session, alert_id)[0].moved_on_at is None


def test_what_was_sent_on_before_its_time_is_waited_for_from_its_first_try_rel_12(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    (mail,) = mails(session, alert_id)

    for second in (0, 6, 25, 90, 240):
        at = now + timedelta(seconds=second)
        service.deliver(session, mail.id, now=at, outlets=Outlets(NOWHERE), addresses=HERE)

    assert mails(session, alert_id)[0].moved_on_at == now + timedelta(seconds=240)


def test_after_the_last_try_it_has_failed_and_every_try_is_kept_rel_12(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)

    at = now
    while mail.state == "waiting":
        service.deliver(session, mail.id, now=at, outlets=Outlets(NOWHERE), addresses=HERE)
        (mail,) = [m for m in mails(session, alert_id) if m.id == mail.id]
        at = mail.next_try_at or at

    assert reasons(session, alert_id, "delivery-failed") == ["delivery-failed"]
    tries = session.execute(
        select(DeliveryAttempt.number, DeliveryAttempt.code).where(
            DeliveryAttempt.delivery_id == mail.id
        )
    ).all()
    assert sorted(number for number, _ in tries) == list(range(1, 11))
    assert {code for _, code in tries} == {"ConnectionRefusedError"}
    assert timedelta(hours=3) < at - now < timedelta(hours=6)


def test_a_server_that_comes_back_gets_the_message_under_the_same_id_al_15(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    """REL-12, I4."""
    box, mailer = mailbox
    (alert_id,) = judged(session, ward.patient, finding())
    (mail,) = mails(session, alert_id)
    box.refusal = "451 later"
    service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)
    box.refusal = ""

    service.deliver(session, mail.id, now=now, outlets=Outlets(mailer), addresses=HERE)

    ((_, content),) = box.received
    assert f"Message-ID: <{mail.id}@ward.example>".encode() in content
    assert [m.attempts for m in mails(session, alert_id)] == [2]


def test_without_a_mail_server_the_inbox_still_has_it_and_the_chain_goes_on(
    session: Session, ward: Ward, finding: FindingMaker, judged: Raise, now: datetime
) -> None:
    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))
    (mail,) = mails(session, alert_id)

    service.deliver(session, mail.id, now=now, outlets=Outlets(), addresses=HERE)

    assert reasons(session, alert_id, "delivery-failed") == ["no-mail-server"]
    shown = session.scalars(
        select(Delivery.recipient).where(Delivery.alert_id == alert_id, Delivery.channel == "inbox")
    )
    assert f"practitioner:{ward.manager}" in set(shown)
    waiting = select(Step.due_at).where(Step.alert_id == alert_id, Step.state == "waiting")
    assert min(session.scalars(waiting)) == now + timedelta(hours=4)


def test_an_unknown_delivery_is_nothing_to_do(session: Session, now: datetime) -> None:
    unknown = uuid4()

    service.deliver(session, unknown, now=now, outlets=Outlets(NOWHERE), addresses=HERE)

    tried = select(DeliveryAttempt.id).where(DeliveryAttempt.delivery_id == unknown)
    assert session.scalars(tried).all() == []
