from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, text

from alerts.addresses import masked, read_address
from alerts.contacts import repository, service
from alerts.contacts.repository import NewPoint
from alerts.notify.gateway import Gateway, Kind
from alerts.notify.outlets import Outlets
from alerts.policy import Channel
from core.audit import AuditEvent
from core.errors import InvalidError, LaterError, NotFoundError
from core.signing import secret_from
from core.vitals import Severity
from tests.provider import LOOPBACK, Fault, Provider, Reply, provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sqlalchemy.orm import Session

OWNER = "practitioner:7d0c1a52-8a0e-4a53-8f5e-0d3f4f4f3a11"
SECRET = secret_from(b"g" * 32)
NUMBER = "+491701234567"


@pytest.fixture(scope="module")
def server() -> Iterator[Provider]:
    with provider() as running:
        yield running


@pytest.fixture
def outlets(server: Provider) -> Outlets:
    server.came.clear()
    gateway = Gateway(Kind.SMS, server.url, (SECRET,), LOOPBACK)
    return Outlets(gateways={Kind.SMS: gateway}, outward=LOOPBACK)


def sms(tiers: frozenset[Severity] | None = None, to: str = NUMBER) -> NewPoint:
    return NewPoint(OWNER, Channel.SMS, to, tiers)


@pytest.mark.parametrize(
    ("channel", "said", "kept"),
    [
        (Channel.SMS, " +49 170 123-45.67 ", "+491701234567"),
        (Channel.SMS, "+82 (10) 1234 5678", "+821012345678"),
        (Channel.EMAIL, " ahn@clinic.example ", "ahn@clinic.example"),
        (Channel.CHAT, "@안철수:chat.example", "@안철수:chat.example"),
        (Channel.WEBHOOK, "https://pager.example/hook", "https://pager.example/hook"),
    ],
)
def test_an_address_is_kept_in_the_form_that_is_sent(
    channel: Channel, said: str, kept: str
) -> None:
    assert read_address(channel, said) == kept


@pytest.mark.parametrize(
    ("channel", "said"),
    [
        (Channel.SMS, "0170 1234567"),
        (Channel.SMS, "+49"),
        (Channel.SMS, "+49170123456789012"),
        (Channel.SMS, "+49170１２３４"),  # noqa: RUF001 (digits that are none of E.164)
        (Channel.EMAIL, "ahn"),
        (Channel.EMAIL, "ahn@clinic.example\r\nBcc: canary@x.example"),
        (Channel.EMAIL, "a b@clinic.example"),
        (Channel.CHAT, ""),
        (Channel.CHAT, "a b"),
        (Channel.CHAT, "a\x00b"),
        (Channel.CHAT, "x" * 201),
        (Channel.WEBHOOK, "ftp://x.example"),
        (Channel.INBOX, "anything"),
    ],
)
def test_what_cannot_be_an_address_is_refused_and_not_repeated(channel: Channel, said: str) -> None:
    with pytest.raises(InvalidError, match=f"{channel}: needs") as refused:
        read_address(channel, said)

    assert refused.value.field == "address"
    assert len(said) < len("+49...") or said not in refused.value.message


@pytest.mark.parametrize(
    ("channel", "address", "shown"),
    [
        (Channel.SMS, NUMBER, "…567"),
        (Channel.EMAIL, "ahn@clinic.example", "a…@clinic.example"),
        (Channel.WEBHOOK, "https://pager.example/hook?token=secret", "pager.example"),
    ],
)
def test_a_page_shows_enough_of_an_address_to_tell_ones_own_by(
    channel: Channel, address: str, shown: str
) -> None:
    assert masked(channel, address) == shown


def test_an_address_is_sealed_and_the_change_is_audited_sec_27(
    session: Session, outlets: Outlets, now: datetime
) -> None:
    service.add(session, sms(frozenset({Severity.RED})), outlets, now=now)

    (kept,) = repository.points(session, OWNER)
    assert (kept.address, kept.tiers) == (NUMBER, frozenset({Severity.RED}))
    stored = session.execute(text("select cp::text from contact_point cp")).scalars().all()
    assert NUMBER not in str(stored)
    assert "1234567" not in repr(kept)
    audited = select(AuditEvent.action).where(AuditEvent.entity_id == kept.id)
    assert session.scalars(audited).all() == ["C"]


def test_a_new_address_takes_the_place_of_the_one_before(
    session: Session, outlets: Outlets, now: datetime
) -> None:
    service.add(session, sms(), outlets, now=now)
    service.add(session, sms(to="+491709999999"), outlets, now=now)

    assert [p.address for p in repository.points(session, OWNER)] == ["+491709999999"]
    assert repository.ended(session, OWNER) == []


def test_an_address_that_is_taken_back_is_used_no_more(
    session: Session, outlets: Outlets, now: datetime
) -> None:
    service.add(session, sms(), outlets, now=now)

    service.remove(session, OWNER, Channel.SMS, now=now)

    assert repository.ways(session, [OWNER]) == {}
    with pytest.raises(NotFoundError):
        service.remove(session, OWNER, Channel.SMS, now=now)


def test_a_channel_that_the_installation_lacks_is_refused_at_once(
    session: Session, outlets: Outlets, now: datetime
) -> None:
    for channel, said in ((Channel.CHAT, "no gateway"), (Channel.EMAIL, "no mail server")):
        with pytest.raises(InvalidError, match=said):
            service.add(session, NewPoint(OWNER, channel, "a@b.example"), outlets, now=now)


@pytest.mark.parametrize(
    "url",
    ["https://10.0.0.1/", "https://[::1]/", "http://pager.example/", "https://u:p@x.example/"],
)
def test_a_webhook_into_our_own_network_is_refused_where_it_is_written_down_sec_34(
    session: Session, now: datetime, url: str
) -> None:
    with pytest.raises(InvalidError, match="the address"):
        service.add(session, NewPoint(OWNER, Channel.WEBHOOK, url), Outlets(), now=now)


def test_a_webhooks_secret_is_renewed_and_both_sign_for_a_day_sec_35(
    session: Session, outlets: Outlets, server: Provider, now: datetime
) -> None:
    old = service.add(session, NewPoint(OWNER, Channel.WEBHOOK, server.url), outlets, now=now)

    new = service.renew(session, OWNER, now=now)

    found = repository.point(session, OWNER, Channel.WEBHOOK)
    assert found is not None
    assert found.signing(now + timedelta(hours=23)) == [new, old]
    assert found.signing(now + timedelta(hours=25)) == [new]


def test_a_test_message_says_that_it_is_one_and_whether_it_was_taken_al_18(
    session: Session, outlets: Outlets, server: Provider, now: datetime
) -> None:
    service.add(session, sms(), outlets, now=now)
    server.script = [Reply(202), Fault.DROPS]

    codes = []
    for minute in (0, 1):
        at = now + timedelta(minutes=minute)
        point = service.claim_test(session, OWNER, Channel.SMS, now=at)
        codes.append(service.send_test(outlets, point, base_url="https://w.example/", now=at))

    assert codes == ["", "unreachable"]
    said = server.came[0].said
    text_ = "Wardlight: a test message. Nothing waits for you. https://w.example/reached"
    assert (said["to"], said["text"]) == (NUMBER, text_)


def test_nobodys_telephone_is_made_to_ring_again_and_again(
    session: Session, outlets: Outlets, now: datetime
) -> None:
    service.add(session, sms(), outlets, now=now)
    service.claim_test(session, OWNER, Channel.SMS, now=now)

    with pytest.raises(LaterError) as later:
        service.claim_test(session, OWNER, Channel.SMS, now=now + timedelta(seconds=10))

    assert later.value.after == 20


@pytest.mark.parametrize("given", [(None, None, ""), (None, None, "everyone")])
def test_an_address_is_for_one_person_one_team_or_one_lane(given: tuple[None, None, str]) -> None:
    with pytest.raises(InvalidError, match="name one practitioner"):
        service.owner_key(*given)
