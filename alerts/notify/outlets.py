"""Every way out of this installation to a clinician, and what a message says on each.

There is no field that could hold a patient's data: a tier, an opaque id, a time, a link (SEC-23).
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from alerts.notify import webhook
from alerts.notify.email import Notice
from alerts.notify.failure import DeliveryError
from alerts.notify.gateway import Kind
from alerts.policy import Channel
from alerts.reasons import Reason
from core.outward import Outward
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime
    from typing import Protocol
    from uuid import UUID

    from alerts.notify.email import Mailer
    from alerts.notify.gateway import Gateway
    from alerts.notify.push import Push

    class Point(Protocol):
        """An address to send to, with what signs it."""

        @property
        def channel(self) -> Channel:
            """Return its channel."""

        @property
        def address(self) -> str:
            """Return the address itself."""

        def signing(self, now: datetime) -> Sequence[str]:
            """Return the secrets that sign at a moment."""


_KINDS = {Channel.SMS: Kind.SMS, Channel.CHAT: Kind.CHAT}


@dataclass(frozen=True, slots=True)
class Letter:
    """One message: a notice of an alert, or a test that says that it is one."""

    notice: Notice
    is_test: bool = False

    @classmethod
    def test(cls, id_: UUID, *, at: datetime, link: str) -> Letter:
        """Return a test of an address: no alert, and so no reference and no tier of one."""
        return cls(Notice(id_, id_.hex[:10], Severity.INFO, at, link), is_test=True)

    @property
    def text(self) -> str:
        """Return it as one line for a telephone or a chat."""
        said = self.notice
        if self.is_test:
            return f"Wardlight: a test message. Nothing waits for you. {said.link}"
        when = f"{said.at:%Y-%m-%d %H:%M} UTC"
        return f"Wardlight: {said.severity} alert {said.public_id}, {when}. {said.link}"


@dataclass(frozen=True, slots=True)
class Outlets:
    """What this installation can send by; an empty one has the inbox alone."""

    mailer: Mailer | None = None
    gateways: Mapping[Kind, Gateway] = field(default_factory=dict)
    outward: Outward = field(default_factory=Outward)
    push: Push | None = None

    def lack(self, channel: Channel) -> Reason | None:
        """Return why nothing can be sent by a channel, or None where it can."""
        if channel is Channel.EMAIL:
            return None if self.mailer else Reason.NO_MAIL
        if channel is Channel.PUSH:
            return None if self.push else Reason.NO_GATEWAY
        if channel in _KINDS:
            return None if _KINDS[channel] in self.gateways else Reason.NO_GATEWAY
        return None

    def check(self, url: str) -> None:
        """Raise `InvalidError` where a webhook's address may not be called."""
        self.outward.check(url)

    def provider(self, point: Point) -> str:
        """Return through whom a message to an address goes: who fails together.

        A webhook's receiver stands there by a digest: whose address it is, is nobody's business.
        """
        host = urlsplit(point.address).netloc.lower()
        if point.channel is Channel.PUSH:
            return f"push:{host}"  # one of the few services that browsers have
        if point.channel is not Channel.WEBHOOK:
            return point.channel
        return f"webhook:{hashlib.sha256(host.encode()).hexdigest()[:16]}"

    def send(self, point: Point, letter: Letter, *, now: datetime) -> None:
        """Hand a message over; raise `DeliveryError` where it is not taken."""
        notice, gateway = letter.notice, self.gateways.get(_KINDS.get(point.channel, Kind.SMS))
        if point.channel is Channel.EMAIL and self.mailer:
            self.mailer.send(point.address, notice, test=letter.is_test)
        elif point.channel is Channel.WEBHOOK:
            kind = webhook.TEST if letter.is_test else webhook.WAITING
            said = (str(notice.delivery_id), webhook.body_of(notice, kind=kind))
            webhook.send(self.outward, point.address, point.signing(now), said=said, now=now)
        elif point.channel is Channel.PUSH and self.push:
            self.push.send(point.address, urgent=notice.severity is Severity.RED, now=now)
        elif point.channel in _KINDS and gateway:
            gateway.send(point.address, letter.text, delivery_id=notice.delivery_id, now=now)
        else:
            raise DeliveryError("no-outlet")
