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
from alerts.notify.hurried import Hurried
from core.lookup import resolve

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from uuid import UUID

    from core.vitals import Severity

SUBJECT = "Wardlight: an alert is waiting for you"
TEST_SUBJECT = "Wardlight: a test message"
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
    resolver: Callable[[str, int], list[str]] = resolve

    def send(self, to: str, notice: Notice, *, test: bool = False) -> None:
        """Send a notice of an alert; raise `DeliveryError` where the server does not take it."""
        self.hand_over(lambda: compose(notice, sender=self.sender, to=to, test=test))

    def hand_over(self, write: Callable[[], EmailMessage]) -> None:
        """Hand a message to one address over; raise `DeliveryError` where it is not taken.

        To several it would count as taken where the server refuses some of them.
        A repeat carries the same Message-ID and the same bytes, so that a mailbox can tell
        that it is one message (I4). All of it together has four seconds, from looking up its
        name: a server that drips its words would hold an alert for ever.
        """
        line: Hurried | None = None
        try:
            message = write()
            where = (self.host, self.port, self.resolver)
            with (line := Hurried(*where, seconds=TIMEOUT_SECONDS)) as server:
                if self.starttls:
                    server.starttls(context=ssl.create_default_context())
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except (OSError, ValueError, smtplib.SMTPException) as error:
            raise _failure(error, late=line is not None and line.late) from error


# RFC 5321, 4.2.3 and RFC 3463: the mailbox does not exist, or has moved; not "no room" (552).
_GONE = frozenset({550, 551, 553})
_NO_SUCH_MAILBOX = ("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1")


def _failure(error: Exception, *, late: bool) -> DeliveryError:
    """Return whose fault it was: a recipient who is refused says nothing about the server."""
    code = "too-slow" if late or isinstance(error, TimeoutError) else code_of(error)
    refused = isinstance(error, smtplib.SMTPRecipientsRefused)
    gone = isinstance(error, smtplib.SMTPRecipientsRefused) and all(
        number in _GONE and said.decode("ascii", "replace").startswith(_NO_SUCH_MAILBOX)
        for number, said in error.recipients.values()
    )
    return DeliveryError(
        code, gone=gone, provider=not refused and not isinstance(error, ValueError)
    )


def code_of(error: Exception) -> str:
    """Return what failed as a code without addresses or server text."""
    code = getattr(error, "smtp_code", None)
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = next((refusal[0] for refusal in error.recipients.values()), None)
    return f"smtp-{code}" if isinstance(code, int) else type(error).__name__


def compose(notice: Notice, *, sender: str, to: str, test: bool = False) -> EmailMessage:
    """Return the message: a constant subject, the tier, an opaque id, the time and a link."""
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = TEST_SUBJECT if test else SUBJECT
    message["Date"] = format_datetime(notice.at)
    message["Message-ID"] = f"<{notice.delivery_id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    if test:
        message.set_content(f"A test message. Nothing waits for you.\n\n{notice.link}\n")
        return message
    message.set_content(
        f"Severity: {notice.severity}\n"
        f"Reference: {notice.public_id}\n"
        f"Time: {notice.at:%Y-%m-%d %H:%M} UTC\n"
        f"\n"
        f"{notice.link}\n"
    )
    return message
