"""Tell those who answer for a contested score that its answer is overdue, and nothing of whom.

Once when the term is over (`monitoring.contests.ANSWER_WITHIN`), and again each week for as long
as nobody answers; from the second time on the privacy officer is told too (SEC-46, SEC-23).
"""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING

from alerts.contacts import repository as contacts
from alerts.notify.failure import DeliveryError
from alerts.policy import Channel
from alerts.routing import practitioner
from app.periods import first, last, period_of
from core import outbox
from core.logging import logger
from core.outbox import Topic
from core.security import SYSTEM
from ingest.repository import visible_to
from ingest.teams.repository import email_of, taking_part
from monitoring.contesting import repository
from monitoring.contests import ANSWER_WITHIN

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from core.settings import Settings
    from monitoring.contests import Contest

log = logger(__name__)
JOB = "contests"
LOOK_EVERY = timedelta(minutes=15)
AGAIN = timedelta(minutes=5)  # where the mail server is away
SUBJECT = "Wardlight: a contested score waits for an answer"


def look(session: Session, *, now: datetime) -> None:
    """Four times an hour, ask for a notice of each contest that became a week older meanwhile.

    Since when is known of the last look: no row says of a contest that it was told, so none is
    left of whoever is erased. Whatever a scheduler that stood still has missed is made up for.
    """
    before = last(session, JOB)
    if not first(session, JOB, period_of(now, LOOK_EVERY), now=now):
        return
    for each in repository.waiting(session, None):
        if _weeks(each, now) > (_weeks(each, before) if before else 0):
            outbox.offer(session, Topic.CONTEST, each.id, now=now)


def _weeks(contest: Contest, at: datetime) -> int:
    """Return how many terms have passed since it was contested."""
    return max(0, (at - contest.at) // ANSWER_WITHIN)


def tell(
    session: Session, contest_id: UUID, mailer: Mailer | None, settings: Settings, *, now: datetime
) -> None:
    """Send one notice; nothing where somebody has answered, or the person was erased."""
    contest = repository.one(session, contest_id, visible_to(SYSTEM))
    if contest is None or not contest.overdue(now):
        return
    to = _addresses(session, contest, settings, now=now)
    if mailer is None or not to:
        log.warning("a contested score is overdue, with nobody to tell", contest=str(contest_id))
        return
    link = f"{settings.base_url.rstrip('/')}/contests"
    try:
        mailer.hand_over(lambda: compose(contest, mailer.sender, to, link, now=now))
    except DeliveryError as error:
        log.warning("notice of a contest not sent", contest=str(contest_id), code=error.code)
        outbox.offer(session, Topic.CONTEST, contest_id, now=now, not_before=now + AGAIN)


def _addresses(
    session: Session, contest: Contest, settings: Settings, *, now: datetime
) -> list[str]:
    """Return where those read their mail who may answer, and whoever sees to it that they do."""
    taking = taking_part(session, contest.patient_id)
    team = {each.practitioner_id for each in taking if each.active}
    found = {_address(session, each) for each in team} - {""}
    officer = settings.privacy_email or settings.fallback_email
    if officer and (not found or now - contest.at >= 2 * ANSWER_WITHIN):
        found.add(officer)
    return sorted(found)


def _address(session: Session, who: UUID) -> str:
    point = contacts.point(session, practitioner(who), Channel.EMAIL)
    return point.address if point else email_of(session, who)


def compose(
    contest: Contest, sender: str, to: list[str], link: str, *, now: datetime
) -> EmailMessage:
    """Return the mail: a constant subject, an opaque reference, since when, and a link."""
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = ", ".join(to)
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{contest.id}.{_weeks(contest, now)}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    due = contest.at + ANSWER_WITHIN
    message.set_content(
        f"Reference: {contest.id.hex[-10:]}\nDue: {due:%Y-%m-%d %H:%M} UTC\n\n{link}\n"
    )
    return message
