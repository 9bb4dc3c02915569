"""A physician with addresses of their own, and real providers on loopback."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from alerts import service
from alerts.contacts import service as addressing
from alerts.contacts.repository import NewPoint
from alerts.notify.gateway import Gateway, Kind
from alerts.notify.outlets import Outlets
from alerts.routing import practitioner
from alerts.tables import Delivery, DeliveryAttempt
from core.signing import secret_from
from core.vitals import Severity
from tests.alerts.messages import HERE
from tests.provider import LOOPBACK, Provider, Reply, provider

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from alerts.policy import Channel
    from tests.alerts.conftest import Mailbox, Ward

RED = frozenset({Severity.RED})


@pytest.fixture(scope="module")
def servers() -> Iterator[tuple[Provider, Provider]]:
    with provider() as sms, provider() as hook:
        yield sms, hook


@pytest.fixture
def sms(servers: tuple[Provider, Provider]) -> Provider:
    servers[0].came.clear()
    servers[0].script, servers[0].always = [], Reply()
    return servers[0]


@pytest.fixture
def hook(servers: tuple[Provider, Provider]) -> Provider:
    servers[1].came.clear()
    servers[1].script, servers[1].always = [], Reply()
    return servers[1]


@pytest.fixture
def outlets(sms: Provider, mailbox: tuple[Mailbox, Mailer]) -> Outlets:
    gateway = Gateway(Kind.SMS, sms.url, (secret_from(b"g" * 32),), LOOPBACK)
    return Outlets(mailbox[1], {Kind.SMS: gateway}, LOOPBACK)


def reached(
    session: Session, ward: Ward, outlets: Outlets, *addresses: tuple[Channel, str], now: datetime
) -> str:
    """Write down how the manager is reached for RED; return the secret of the last webhook."""
    secret = ""
    for channel, address in addresses:
        new = NewPoint(practitioner(ward.manager), channel, address, RED)
        secret = addressing.add(session, new, outlets, now=now) or secret
    return secret


def sent(session: Session, alert_id: UUID, *, to: UUID) -> dict[str, Delivery]:
    query = select(Delivery).where(
        Delivery.alert_id == alert_id,
        Delivery.recipient == practitioner(to),
        Delivery.channel != "inbox",
    )
    rows = session.scalars(query.execution_options(populate_existing=True))
    return {row.channel: row for row in rows}


def codes(session: Session, delivery: Delivery) -> list[str]:
    query = select(DeliveryAttempt.code).where(DeliveryAttempt.delivery_id == delivery.id)
    return list(session.scalars(query.order_by(DeliveryAttempt.number)))


def hand_over(session: Session, delivery: Delivery, outlets: Outlets, *, at: datetime) -> Delivery:
    service.deliver(session, delivery.id, now=at, outlets=outlets, addresses=HERE)
    session.flush()
    session.refresh(delivery)
    return delivery
