"""E-mail by SMTP that tells a clinician that something waits, and nothing of what (SEC-23)."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from alerts.notify.failure import DeliveryError

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from core.vitals import Severity

SUBJECT = "Wardlight: an alert is waiting for you"
TIMEOUT_SECONDS = 4.0  # the alert's row is locked meanwhile: well under the lock timeout


@dataclass(frozen=True, slots=True)
class Notice:
    """Everything that may leave: there is no field that could hold a patient's data."""

    delivery_id: UUID
    public_id: str
    severity: Severity
    at: datetime
    link: str


@dataclass(frozen=True, slots=True)
class Mailer:
    """A mail server and how to speak to it."""

    host: str
    port: int
    sender: str
    starttls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)

    def send(self, to: str, notice: Notice) -> None:
        """Hand the message over; raise `DeliveryError` where the server does not take it.

        A repeat carries the same Message-ID and the same bytes, so that a mailbox can tell
        that it is one message (I4).
        """
        try:
            with smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_SECONDS) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(compose(notice, sender=self.sender, to=to))
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise DeliveryError(code_of(error)) from error


def code_of(error: Exception) -> str:
    """Return what failed as a code without addresses or server text."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((refusal[0] for refusal in error.recipients.values()), None)
    return f"smtp-{code}" if isinstance(code, int) else type(error).__name__


def compose(notice: Notice, *, sender: str, to: str) -> EmailMessage:
    """Return the message: a constant subject, the tier, an opaque id, the time and a link."""
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = f"<{notice.delivery_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"Severity: {notice.severity}\n"
        f"Reference: {notice.public_id}\n"
        f"Time: {notice.at:%Y-%m-%d %H:%M} UTC\n"
        f"\n"
        f"{notice.link}\n"
    )
    return message
