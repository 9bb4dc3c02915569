"""Every kind of mail that the program sends, of what stands in the database, to a real server."""

from __future__ import annotations

from datetime import timedelta
from email import message_from_bytes
from email.policy import SMTP
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import select

from alerts.notify.email import Notice
from alerts.tables import Delivery
from app import overdue_contests
from app.emergency import notice
from app.weekly import letters
from app.weekly.tables import WeeklyLetter, WeeklyReport
from core.settings import Environment, Settings
from core.vitals import Severity
from ingest.access.tables import EmergencyAccess
from monitoring.contesting.tables import ScoreContest
from tests.alerts.conftest import mail_server
from tests.app.rights.whole import BASE

if TYPE_CHECKING:
    from email.message import EmailMessage

    from sqlalchemy.orm import Session

    from tests.app.rights.whole import Whole

MUCH_LATER = timedelta(days=60)
TO = "officer@clinic.example"
SITE = Settings(environment=Environment.TEST, base_url=BASE, privacy_email=TO)
HEADERS = {
    *("From", "To", "Subject", "Date", "Message-ID", "Auto-Submitted"),
    *("Content-Type", "Content-Transfer-Encoding", "MIME-Version"),
}


def mailed(session: Session, whole: Whole) -> list[EmailMessage]:
    """Return what a mail server is handed: of an alert, an emergency, a contest, and a week."""
    now = whole.ward.now
    with mail_server() as (box, mailer):
        row = session.scalars(select(Delivery)).first()
        assert row is not None
        link = f"{BASE}/n/{row.public_id}"
        mailer.send(TO, Notice(row.id, row.public_id, Severity(row.severity), now, link))
        for access in session.scalars(select(EmergencyAccess)):
            access.notified_at = None
            notice.tell(session, access.id, mailer, SITE, now=now)
        for contest in session.scalars(select(ScoreContest.id)):
            overdue_contests.tell(session, contest, mailer, SITE, now=now + MUCH_LATER)
        report = session.scalars(select(WeeklyReport)).first()
        assert report is not None
        letter = WeeklyLetter(id=uuid4(), created_at=now, report_id=report.id)
        write = partial(letters.compose, letter, report, SITE, sender=mailer.sender, to=TO)
        mailer.hand_over(write)
    return [message_from_bytes(said, policy=SMTP) for _, said in box.received]
