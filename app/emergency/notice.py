"""Tell the privacy officer that access was opened in an emergency, and nothing of whom (SEC-14)."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from alerts.notify.failure import DeliveryError
from core import outbox
from core.logging import logger
from core.outbox import Topic
from ingest.access.tables import EmergencyAccess

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from core.settings import Settings

log = logger(__name__)
SUBJECT = "Wardlight: access in an emergency was opened"
AGAIN = timedelta(minutes=1)


def tell(
    session: Session, access_id: UUID, mailer: Mailer | None, settings: Settings, *, now: datetime
) -> None:
    """Send the notice; where the mail server is away, offer it again: it is never given up."""
    row = session.get_one(EmergencyAccess, access_id)
    to = settings.privacy_email or settings.fallback_email
    if row.notified_at is not None:
        return
    if mailer is None or not to:
        log.warning("emergency access with nobody to tell", access=str(access_id))
        return
    link = f"{settings.base_url.rstrip('/')}/break-glass/reviews"
    try:
        mailer.hand_over(lambda: _compose(row, mailer.sender, to, link))
    except DeliveryError as error:
        log.warning("notice of emergency access not sent", access=str(access_id), code=error.code)
        outbox.offer(session, Topic.OVERRIDE, access_id, now=now, not_before=now + AGAIN)
        return
    row.notified_at = now


def _compose(row: EmergencyAccess, sender: str, to: str, link: str) -> EmailMessage:
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(row.began_at)
    message["Message-ID"] = f"<{row.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(
        f"Reference: {row.id.hex[:10]}\nTime: {row.began_at:%Y-%m-%d %H:%M} UTC\n\n{link}\n"
    )
    return message
