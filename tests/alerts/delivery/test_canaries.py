"""Canaries in all that is known of a patient; none in a byte that leaves (SEC-20, SEC-23)."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from alerts.notify.gateway import Gateway, Kind
from alerts.notify.push import Push, fresh_key, read_key
from alerts.policy import Channel
from core.signing import secret_from
from ingest import tables as people
from tests.alerts.delivery.conftest import hand_over, reached, sent
from tests.provider import LOOPBACK

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.notify.outlets import Outlets
    from alerts.tables import Delivery
    from tests.alerts.conftest import FindingMaker, Mailbox, Raise, Ward
    from tests.provider import Provider

ADDRESSES = "+491701234567", "@ahn"


@pytest.mark.parametrize("canary", ["CANARY", "카나리아"])
def test_nothing_of_a_patient_leaves_by_any_channel_in_any_language_sec_20_sec_23(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
    hook: Provider,
    mailbox: tuple[Mailbox, Mailer],
    capfd: pytest.CaptureFixture[str],
    canary: str,
) -> None:
    ward = build(session, name=f"{canary}NAME")
    team = update(people.CareTeam).where(people.CareTeam.id == ward.team)
    session.execute(team.values(name=f"{canary}TEAM"))
    chat = Gateway(Kind.CHAT, sms.url, (secret_from(b"c" * 32),), LOOPBACK)
    push = Push(read_key(fresh_key()), "mailto:ops@ward.example", LOOPBACK)
    ways = replace(outlets, gateways={**outlets.gateways, Kind.CHAT: chat}, push=push)
    chosen = (
        *((Channel.SMS, ADDRESSES[0]), (Channel.CHAT, ADDRESSES[1])),
        *((Channel.WEBHOOK, hook.url), (Channel.PUSH, hook.url)),
    )
    reached(session, ward, ways, *chosen, now=now)
    words = f"{canary}SENTENCE 84.2 kg, usual 80-82"
    (alert_id,) = judged(session, ward.patient, finding(words=words, rule=f"{canary}RULE"))
    rows = sent(session, alert_id, to=ward.manager)

    for row in rows.values():
        hand_over(session, row, ways, at=now)

    assert set(rows) == {"sms", "chat", "webhook", "push", "email"}
    assert {row.state for row in rows.values()} == {"handed-over"}
    posts = [*sms.came, *hook.came]
    left = [f"{post.path}{post.headers}{post.body.decode()}" for post in posts]
    left += [content.decode() for _, content in mailbox[0].received]
    left += [*capfd.readouterr()]
    assert len(posts) == 4
    ids = {str(ward.patient), str(alert_id), str(ward.manager)}
    for secret in (canary, ascii(canary)[1:-1], "84.2", "fluid", "Heart failure", *ids):
        assert not [said for said in left if secret in said], secret


def test_a_message_is_the_same_to_the_byte_whoever_the_patient_is_sec_23(
    session: Session,
    build: Callable[..., Ward],
    finding: FindingMaker,
    judged: Raise,
    now: datetime,
    outlets: Outlets,
    sms: Provider,
) -> None:
    texts = []
    for name in ("Edith Example", "카나리아"):
        ward = build(session, name=name)
        reached(session, ward, outlets, (Channel.SMS, ADDRESSES[0]), now=now)
        (alert_id,) = judged(session, ward.patient, finding())
        row: Delivery = sent(session, alert_id, to=ward.manager)["sms"]
        hand_over(session, row, outlets, at=now)
        texts.append(sms.came[-1].said["text"].replace(row.public_id, "REFERENCE"))

    assert texts[0] == texts[1]
