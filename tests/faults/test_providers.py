"""The running system beside providers that fail, and not one byte of a patient in what leaves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import redis
from sqlalchemy import select

from alerts.contacts import repository as contacts
from alerts.contacts.repository import NewPoint
from alerts.policy import Channel
from alerts.routing import practitioner
from alerts.tables import Delivery, DeliveryAttempt
from core.clock import utc_now
from core.signing import secret_from
from core.vitals import Severity
from ingest.numbers.repository import called
from ingest.repository import responsible
from lab.gateway import Tally
from tests.invented import enrolment, observation, ordinary
from tests.provider import Fault, Provider, Reply, provider
from tests.running_system import System, running_system, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from tests.faults.table import Figures

pytestmark = [pytest.mark.processes, pytest.mark.faults]
NAME = "카나리아Canarysmith"
MRN = "canary-7001"
NUMBER = "+491701234567"
SECRET = secret_from(b"f" * 32)
FAILING: list[Reply | Fault] = [
    Reply(500),
    Reply(429, {"Retry-After": "2"}),
    Fault.HANGS,
    Fault.DROPS,
]


@pytest.fixture(scope="module")
def providers() -> Iterator[dict[str, Provider]]:
    with provider() as sms, provider() as chat, provider() as webhook:
        yield {"sms": sms, "chat": chat, "webhook": webhook}


@pytest.fixture(scope="module")
def system(
    tmp_path_factory: pytest.TempPathFactory, providers: dict[str, Provider]
) -> Iterator[System]:
    with running_system(
        tmp_path_factory.mktemp("providers"),
        WARDLIGHT_ENVIRONMENT="test",
        WARDLIGHT_OUTBOUND_LOOPBACK="true",
        WARDLIGHT_SITE_LANGUAGE="ko",
        WARDLIGHT_ESCALATION_SCALE="0.1",
        WARDLIGHT_SMS_GATEWAY_URL=providers["sms"].url,
        WARDLIGHT_SMS_GATEWAY_SECRET=SECRET,
        WARDLIGHT_CHAT_GATEWAY_URL=providers["chat"].url,
        WARDLIGHT_CHAT_GATEWAY_SECRET=SECRET,
    ) as running:
        yield running


def enrolled(system: System, providers: dict[str, Provider]) -> UUID:
    """Enrol a patient whose physician chose every channel for RED."""
    gateway, tally = system.gateway("providers"), Tally()
    gateway.post(enrolment(MRN, name=NAME, email="dr.rho@clinic.example"), tally)
    gateway.post(ordinary(MRN, days=3, until=utc_now() - timedelta(hours=1)), tally)
    assert tally.refused == 0, tally.reasons
    chosen = frozenset({Severity.RED})
    with system.database.transaction() as session:
        [patient] = called(session, None, MRN)
        owner = practitioner(responsible(session, patient)[0].practitioner_id)
        now = utc_now()
        for channel, address, secret in (
            (Channel.SMS, NUMBER, ""),
            (Channel.CHAT, "@rho", ""),
            (Channel.WEBHOOK, providers["webhook"].url, SECRET),
        ):
            new = NewPoint(owner, channel, address, chosen, secret)
            contacts.add(session, new, now=now)
    return patient


def first_messages(system: System) -> dict[str, Delivery]:
    """Return the messages of the first step to the physician, by channel."""
    with system.database.transaction() as session:
        query = select(Delivery).where(
            Delivery.recipient.like("practitioner:%"), Delivery.channel != "inbox"
        )
        found = {row.channel: row for row in session.scalars(query.order_by(Delivery.created_at))}
        session.expunge_all()
    return found


def test_a_provider_that_fails_in_each_way_gets_one_message_and_the_others_too_ft_24_ft_25(
    system: System, providers: dict[str, Provider], figures: Figures
) -> None:
    """SEC-20, SEC-23: canaries in two scripts; none in what left, in a log or in the broker."""
    patient = enrolled(system, providers)
    providers["sms"].script = list(FAILING)
    began = utc_now()

    tally = Tally()
    system.gateways[-1].post(observation(MRN, "spo2", 84, utc_now()), tally)
    until(
        lambda: len([m for m in first_messages(system).values() if m.handed_over_at]) == 4,
        within=180,
        what="every channel took its message",
    )

    messages = first_messages(system)
    assert set(messages) == {"sms", "chat", "webhook", "email"}
    tried = [post for post in providers["sms"].came if post.said["id"] == str(messages["sms"].id)]
    assert len(tried) == len(FAILING) + 1
    for healthy in ("chat", "webhook"):
        mine = [
            post
            for post in providers[healthy].came
            if post.headers["webhook-id"] == str(messages[healthy].id)
        ]
        assert len(mine) == 1
    mail = f"<{messages['email'].id}@localhost>"
    assert [letter["Message-ID"] for letter in system.postbox.letters].count(mail) == 1
    with system.database.transaction() as session:
        codes = select(DeliveryAttempt.code).where(
            DeliveryAttempt.delivery_id == messages["sms"].id
        )
        tries = session.scalars(codes.order_by(DeliveryAttempt.number)).all()
    assert tries == ["http-500", "http-429", "too-slow", "unreachable", ""]
    assert_nothing_left(system, providers, patient)
    taken = messages["sms"].handed_over_at
    assert taken is not None
    figures.lost, figures.doubled, figures.worst = 0, 0, (taken - began).total_seconds()


def assert_nothing_left(system: System, providers: dict[str, Provider], patient: UUID) -> None:
    """Hold that what left the login, the log and the broker say nothing of whom (SEC-20)."""
    posts = [post for each in providers.values() for post in each.came]
    left = [f"{post.path}{post.headers}{post.body.decode()}" for post in posts]
    left += [letter.as_string() for letter in system.postbox.letters]
    # An opaque id may stand in our own broker, and leaves nowhere.
    assert not [1 for said in left if str(patient) in said]
    left += [system.log.read_text(), in_the_broker(system)]
    for secret in ("Canarysmith", "카나리아", MRN, "84 %", "1944-03-09", "Riverside"):
        spellings = (secret, secret.encode("unicode_escape").decode(), ascii(secret))
        assert not [1 for said in left if any(each in said for each in spellings)], secret
    assert len(posts) >= 4


def in_the_broker(system: System) -> str:
    """Return every key and value that the broker holds."""
    broker = redis.Redis.from_url((system.data / "broker.url").read_text())
    found = [key.decode() for key in broker.scan_iter()]
    dumped = [str(broker.dump(key)) for key in found]
    broker.close()
    return "\n".join([*found, *dumped])
