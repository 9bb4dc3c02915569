"""Each channel under each fault of its provider, with real servers on loopback (FT-24, FT-25)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service
from alerts.contacts import repository as contacts
from alerts.contacts import service as addressing
from alerts.contacts.repository import NewPoint
from alerts.notify import gateway as gateways
from alerts.policy import Channel
from alerts.routing import practitioner
from alerts.tables import Step
from monitoring.findings import Problem
from tests.alerts.delivery.conftest import codes, hand_over, reached, sent
from tests.alerts.messages import reasons
from tests.provider import Fault, Provider, Reply

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.notify.outlets import Outlets
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Reply(500), "http-500"),
        (Fault.HANGS, "too-slow"),
        (Fault.DROPS, "unreachable"),
        (Reply(400), "http-400"),
    ],
    ids=["500", "hangs", "drops", "400"],
)
def test_a_provider_that_fails_is_tried_again_under_one_id_ft_24_al_15(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
    monkeypatch: pytest.MonkeyPatch,
    fault: Reply | Fault,
    code: str,
) -> None:
    monkeypatch.setattr(gateways, "TIMEOUT_SECONDS", 0.3)
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    row = sent(session, alert_id, to=ward.manager)["sms"]
    sms.script = [fault, fault]

    for second in (0, 6, 25):
        hand_over(session, row, outlets, at=now + timedelta(seconds=second))

    assert row.state == "handed-over"
    assert codes(session, row) == [code, code, ""]
    assert [post.said["id"] for post in sms.came] == [str(row.id)] * 3


@pytest.mark.parametrize("status", [429, 503])
def test_a_wait_that_a_provider_asks_for_is_kept_and_the_alert_goes_on_meanwhile_ft_24(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
    status: int,
) -> None:
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    row = sent(session, alert_id, to=ward.manager)["sms"]
    sms.script = [Reply(status, {"Retry-After": "1800"})]

    hand_over(session, row, outlets, at=now)

    assert row.next_try_at == now + timedelta(minutes=30)
    assert (row.state, row.moved_on_at) == ("waiting", now)
    hastened = select(Step.recipient).where(Step.alert_id == alert_id, Step.due_at == now)
    assert len(session.scalars(hastened).all()) == 4  # the first step's two, and the backup's


@pytest.mark.parametrize(
    "refusal",
    [Reply(410), Reply(422, body=b'{"code": "unknown-recipient"}')],
    ids=["410", "unknown number"],
)
def test_an_address_that_is_gone_is_switched_off_and_the_next_way_taken_at_once_ft_24(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
    hook: Provider,
    refusal: Reply,
) -> None:
    numbers = ((Channel.SMS, "+491701234567"), (Channel.WEBHOOK, hook.url))
    reached(session, ward, outlets, numbers[0], now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    reached(session, ward, outlets, numbers[1], now=now)
    row = sent(session, alert_id, to=ward.manager)["sms"]
    sms.always = refusal

    hand_over(session, row, outlets, at=now)

    assert row.state == "failed"
    assert reasons(session, alert_id, "delivery-failed") == ["address-takes-no-messages"]
    assert "webhook" in sent(session, alert_id, to=ward.manager)
    assert contacts.point(session, practitioner(ward.manager), Channel.SMS) is None
    (off,) = contacts.ended(session, practitioner(ward.manager))
    assert off.end_reason in ("gone", "unknown-recipient")


def test_a_provider_that_keeps_failing_is_left_alone_and_then_probed_ft_24(
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
    row = sent(session, alert_id, to=ward.manager)["sms"]
    sms.script = [Reply(500)] * 5

    for second in (0, 1, 2, 3, 4, 10, 33, 35):
        hand_over(session, row, outlets, at=now + timedelta(seconds=second))

    assert codes(session, row) == ["http-500"] * 5 + ["circuit-open"] * 2 + [""]
    assert len(sms.came) == 6


def test_whoever_has_another_way_does_not_wait_for_an_open_circuit_ft_24_ft_25(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
    hook: Provider,
) -> None:
    reached(session, ward, outlets, (Channel.SMS, "+491701234567"), now=now)
    (first,) = judged(session, ward.patient, finding())
    sms.always = Reply(500)
    for second in range(5):
        row = sent(session, first, to=ward.manager)["sms"]
        hand_over(session, row, outlets, at=now + timedelta(seconds=second))
    new = NewPoint(practitioner(ward.manager), Channel.WEBHOOK, hook.url)
    addressing.add(session, new, outlets, now=now)
    (second_alert,) = judged(session, ward.patient, finding(problem=Problem.BREATHING, rule="RS-1"))
    late = sent(session, second_alert, to=ward.manager)["sms"]

    hand_over(session, late, outlets, at=now + timedelta(seconds=5))
    other = sent(session, second_alert, to=ward.manager)["webhook"]
    hand_over(session, other, outlets, at=now + timedelta(seconds=5))

    assert codes(session, late) == ["circuit-open"]
    assert (other.state, len(hook.came)) == ("handed-over", 1)


def test_of_two_providers_the_healthy_one_gets_exactly_one_ft_25(
    session: Session,
    ward: Ward,
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
    hook: Provider,
    mailbox: tuple[Mailbox, Mailer],
) -> None:
    ways = ((Channel.SMS, "+491701234567"), (Channel.WEBHOOK, hook.url))
    reached(session, ward, outlets, *ways, now=now)
    (alert_id,) = judged(session, ward.patient, finding())
    sms.always = Reply(500)

    for minute in range(0, 12, 2):
        for row in sent(session, alert_id, to=ward.manager).values():
            hand_over(session, row, outlets, at=now + timedelta(minutes=minute))

    rows = sent(session, alert_id, to=ward.manager)
    assert {channel: row.state for channel, row in rows.items()} == {
        "sms": "waiting",
        "webhook": "handed-over",
        "email": "handed-over",
    }
    assert (len(hook.came), len(mailbox[0].received)) == (1, 1)
    assert len(sms.came) > 1


def test_a_message_that_nobody_took_is_in_the_inbox_and_with_the_next_person_rel_12(
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
    row = sent(session, alert_id, to=ward.manager)["sms"]
    sms.always = Reply(500)

    at = now
    while row.state == "waiting" and row.moved_on_at is None:
        hand_over(session, row, outlets, at=at)
        at = row.next_try_at or at
    moved = row.moved_on_at
    service.escalate_due(session, now=at)

    assert moved is not None
    assert moved - now < timedelta(minutes=10)
    assert set(sent(session, alert_id, to=ward.colleague)) == {"email"}
    assert row.state == "waiting"
