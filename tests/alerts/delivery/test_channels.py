"""By which channels somebody is told, and what is said on each."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from sqlalchemy import select
from standardwebhooks import Webhook

from alerts.contacts import service as addressing
from alerts.contacts.repository import NewPoint
from alerts.oncall.service import add_leave
from alerts.policy import Channel
from alerts.rota import Away
from alerts.routing import practitioner
from alerts.tables import Delivery
from core.clock import utc_now
from core.security import SYSTEM
from core.vitals import Severity
from tests.alerts.delivery.conftest import hand_over, reached, sent
from tests.alerts.messages import reasons

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.notify.outlets import Outlets
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward
    from tests.provider import Provider


def test_a_red_is_told_by_what_its_recipient_chose_beside_what_the_policy_names_al_18(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
) -> None:
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    rows = sent(session, alert_id, to=ward.manager)

    for row in rows.values():
        hand_over(session, row, outlets, at=now)

    assert {row.state for row in rows.values()} == {"handed-over"}
    assert set(rows) == {"sms", "email"}
    assert reasons(session, alert_id, "rerouted") == ["recipient-chose-this-way"]
    (post,) = sms.came
    assert post.said["id"] == str(rows["sms"].id)
    assert post.said["text"] == (
        f"Wardlight: RED alert {rows['sms'].public_id}, 2026-03-10 09:00 UTC. "
        f"https://ward.example.org/n/{rows['sms'].public_id}"
    )


def test_an_amber_is_not_told_by_what_was_chosen_for_red_alone_al_18(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
) -> None:
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)

    (alert_id,) = judged(session, ward.patient, finding(Severity.AMBER))

    assert set(sent(session, alert_id, to=ward.manager)) == {"email"}


def test_a_webhook_is_signed_and_says_no_more_than_an_e_mail_sec_23_sec_35(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    hook: Provider,
) -> None:
    secret = reached(session, ward, outlets, (Channel.WEBHOOK, hook.url), now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    row = sent(session, alert_id, to=ward.manager)["webhook"]

    hand_over(session, row, outlets, at=utc_now())

    (post,) = hook.came
    assert Webhook(secret).verify(post.body, post.headers) == {
        "type": "alert.waiting",
        "timestamp": "2026-03-10T09:00:00+00:00",
        "data": {
            "delivery": str(row.id),
            "link": f"https://ward.example.org/n/{row.public_id}",
            "severity": "RED",
            "reference": row.public_id,
        },
    }
    assert post.headers["webhook-id"] == str(row.id)


def test_without_a_gateway_the_next_way_is_taken_and_said_al_18(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
) -> None:
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)
    new = NewPoint(practitioner(ward.manager), Channel.EMAIL, "own@clinic.example", frozenset())
    addressing.add(session, new, outlets, now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    row = sent(session, alert_id, to=ward.manager)["sms"]

    hand_over(session, row, replace(outlets, gateways={}), at=now)

    assert (row.state, reasons(session, alert_id, "delivery-failed")) == ("failed", ["no-gateway"])
    assert "email" in sent(session, alert_id, to=ward.manager)
    assert reasons(session, alert_id, "rerouted")[-1] == "next-way-to-the-recipient"


def test_an_own_mail_address_is_used_before_the_one_of_the_roster_al_18(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    reached(session, ward, outlets, (Channel.EMAIL, "own@clinic.example"), now=now)
    (alert_id,) = judged(session, ward.patient, finding())

    hand_over(session, sent(session, alert_id, to=ward.manager)["email"], outlets, at=now)

    assert [to for to, _ in mailbox[0].received] == [["own@clinic.example"]]


def test_somebody_on_leave_is_told_by_no_other_way_either_but_the_fallback_is_al_13(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    hook: Provider,
) -> None:
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    reached(session, ward, outlets, (Channel.WEBHOOK, hook.url), now=now)
    before = sent(session, alert_id, to=ward.manager)
    add_leave(session, SYSTEM, Away(ward.manager, now, now + timedelta(days=1)), now=now)

    hand_over(session, before["sms"], outlets, at=now)

    assert set(sent(session, alert_id, to=ward.manager)) == set(before)
    assert reasons(session, alert_id, "delivery-rerouted") == ["recipient-on-leave"]
    told = select(Delivery.channel).where(
        Delivery.alert_id == alert_id, Delivery.recipient == "fallback"
    )
    assert len(session.scalars(told).all()) == 1
