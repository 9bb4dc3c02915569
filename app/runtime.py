"""What a process of ours holds while it runs: settings, database, rulebook, model, policy, mail."""

from __future__ import annotations

from dataclasses import dataclass
from email.utils import parseaddr
from typing import TYPE_CHECKING, Self

import alerts.service
import monitoring.service
from alerts.delivery.service import Addresses
from alerts.notify.email import Mailer
from alerts.notify.gateway import Gateway, Kind
from alerts.notify.outlets import Outlets
from alerts.notify.push import Push, read_key
from app.doctor.database import check
from app.learned import Learned
from core.database import Database
from core.embedded import Servers
from core.outward import Outward
from core.signing import secrets_in

if TYPE_CHECKING:
    from alerts.policy import Policy
    from core.settings import Settings
    from monitoring.plans.site_rules import SiteRules


@dataclass(frozen=True, slots=True)
class Runtime:
    """Everything that a task or a tick needs, loaded once per process."""

    settings: Settings
    database: Database
    rules: SiteRules
    learned: Learned
    policy: Policy
    outlets: Outlets
    addresses: Addresses

    @property
    def outward(self) -> Outward:
        """Return the way out for what leaves this installation (SEC-34)."""
        return Outward.of(self.settings)

    @classmethod
    def load(cls, settings: Settings) -> Self:
        """Read the reviewed data and connect; the servers must be configured by now."""
        return cls(
            settings=settings,
            database=connect(settings),
            rules=monitoring.service.load_site_rules(settings.plan),
            learned=Learned(settings.model_path),
            policy=alerts.service.load_policy(
                settings.escalation_scale, path=settings.policy, zone=settings.site_timezone
            ),
            outlets=outlets(settings),
            addresses=Addresses(settings.base_url, settings.fallback_email),
        )


def connect(settings: Settings) -> Database:
    """Return the database, or refuse one that `app.doctor` would refuse."""
    servers = Servers.configured(settings)
    if servers is None:
        raise RuntimeError("set WARDLIGHT_DATABASE_URL and WARDLIGHT_BROKER_URL, or use `up`")
    database = Database(servers.database_url, field_keys=servers.field_keys)
    try:
        check(database, settings)
    except BaseException:
        database.close()
        raise
    return database


def mailer(settings: Settings) -> Mailer | None:
    """Return the way to send mail, or None where no server is configured."""
    if not settings.smtp_host:
        return None
    password = settings.smtp_password
    return Mailer(
        host=settings.smtp_host,
        port=settings.smtp_port,
        sender=settings.mail_from,
        starttls=settings.smtp_starttls,
        user=settings.smtp_user,
        password=password.get_secret_value() if password else "",
    )


def outlets(settings: Settings) -> Outlets:
    """Return every way out to a clinician that is configured."""
    return Outlets(mailer(settings), gateways(settings), Outward.of(settings), push(settings))


def push(settings: Settings) -> Push | None:
    """Return how this installation proves itself to push services, where it has a key."""
    if settings.push_key is None:
        return None
    # RFC 8292, 2.1: whom a push service may ask, as an https address or a mailbox.
    base, sender = settings.base_url, parseaddr(settings.mail_from)[1]
    contact = base if base.startswith("https://") else f"mailto:{sender}"
    return Push(read_key(settings.push_key.get_secret_value()), contact, Outward.of(settings))


def gateways(settings: Settings) -> dict[Kind, Gateway]:
    """Return the gateways that are configured, each with where it sends its receipts."""
    configured = {
        Kind.SMS: (settings.sms_gateway_url, settings.sms_gateway_secret),
        Kind.CHAT: (settings.chat_gateway_url, settings.chat_gateway_secret),
    }
    return {
        kind: Gateway(
            kind=kind,
            url=url,
            secrets=secrets_in(secret.get_secret_value()),
            outward=Outward.of(settings),
            receipts=f"{settings.base_url.rstrip('/')}/gateways/{kind}/receipts",
        )
        for kind, (url, secret) in configured.items()
        if url and secret is not None
    }
