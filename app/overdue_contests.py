"""Tell those who answer for a contested score that its answer is overdue, and nothing of whom.

Once when the term is over (`monitoring.contests.ANSWER_WITHIN`), and again each week for as long
as nobody answers; from the second time on the privacy officer is told too (SEC-46, SEC-23), and
before where somebody's address takes no mail. Each has a mail of their own. Who was told in a term
is a closed row of the queue, kept for seven days as all of these: it makes nobody be told twice
because another could not be told yet.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from enum import Enum, auto
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID, uuid5

from alerts.contacts import repository as contacts
from alerts.notify.failure import DeliveryError
from alerts.policy import Channel
from alerts.routing import practitioner
from app.periods import first, last, period_of
from core import outbox
from core.logging import logger
from core.outbox import Outbox, State, Topic
from core.security import SYSTEM
from ingest.repository import visible_to
from ingest.teams.repository import email_of, taking_part
from monitoring.contesting import repository
from monitoring.contests import ANSWER_WITHIN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from core.settings import Settings
    from monitoring.contests import Contest

log = logger(__name__)
JOB = "contests"
LOOK_EVERY = timedelta(minutes=15)
AGAIN = timedelta(minutes=5)  # where the mail server is away
PATIENCE = 20.0  # seconds after which whoever is left is told the next time
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
    """Send the notices of a term; none where somebody has answered, or the person was erased."""
    contest = repository.one(session, contest_id, visible_to(SYSTEM))
    if contest is None or not contest.overdue(now):
        return
    to = _addresses(session, contest, settings, now=now)
    if mailer is None or not to:
        log.warning("a contested score is overdue, with nobody to tell", contest=str(contest_id))
        return
    link = f"{settings.base_url.rstrip('/')}/contests"
    said = _Round(session, contest, mailer, link, now).go(to, _officer(settings))
    if _Said.LATER in said:
        outbox.offer(session, Topic.CONTEST, contest_id, now=now, not_before=now + AGAIN)


class _Said(Enum):
    """What came of one mail."""

    TOLD = auto()
    REFUSED = auto()  # this address: another try would end alike
    LATER = auto()  # the server's own fault: it is tried again


@dataclass(frozen=True, slots=True)
class _Round:
    """The mails of one term, each to one address: no recipient sees who else was told."""

    session: Session
    contest: Contest
    mailer: Mailer
    link: str
    now: datetime

    def go(self, to: list[str], officer: str) -> set[_Said]:
        """Tell whoever was not told yet; the officer too where an address takes no mail.

        Who was told, or cannot be, is left alone until the next term.
        """
        until = monotonic() + PATIENCE
        said = {each: self._known(each) or self._send(each, until) for each in to}
        if officer and officer not in said and _Said.REFUSED in said.values():
            said[officer] = self._known(officer) or self._send(officer, until)
        return set(said.values())

    def _send(self, to: str, until: float) -> _Said:
        if monotonic() > until:
            return _Said.LATER
        try:
            self.mailer.hand_over(
                lambda: compose(self.contest, self.mailer.sender, to, self.link, now=self.now)
            )
        except DeliveryError as error:
            which = str(self.contest.id)
            log.warning("notice of a contest not sent", contest=which, code=error.code)
            if error.provider and not error.gone:
                return _Said.LATER
            self._end(to, error.code)
            return _Said.REFUSED
        self._end(to)
        return _Said.TOLD

    def _known(self, address: str) -> _Said | None:
        row = self.session.get(Outbox, _part(self.contest, address, self.now))
        if row is None:
            return None
        return _Said.REFUSED if row.last_error_code else _Said.TOLD

    def _end(self, address: str, code: str | None = None) -> None:
        """Note in the queue that this is done; its id tells whom only to who knows already."""
        id_, now = _part(self.contest, address, self.now), self.now
        row = Outbox(id=id_, topic=Topic.CONTEST, subject_id=id_, state=State.DONE)
        row.created_at = row.next_try_at = row.done_at = now
        row.last_error_code = code
        self.session.add(row)


def _part(contest: Contest, address: str, now: datetime) -> UUID:
    """Return what stands for one recipient of one term, and tells nobody who that is."""
    return uuid5(contest.id, f"{_weeks(contest, now)} {address}")


def _officer(settings: Settings) -> str:
    return settings.privacy_email or settings.fallback_email


def _addresses(
    session: Session, contest: Contest, settings: Settings, *, now: datetime
) -> list[str]:
    """Return where those read their mail who may answer, and whoever sees to it that they do."""
    taking = taking_part(session, contest.patient_id)
    team = {each.practitioner_id for each in taking if each.active}
    found = {_address(session, each) for each in team} - {""}
    officer = _officer(settings)
    if officer and (not found or now - contest.at >= 2 * ANSWER_WITHIN):
        found.add(officer)
    return sorted(found)


def _address(session: Session, who: UUID) -> str:
    point = contacts.point(session, practitioner(who), Channel.EMAIL)
    return point.address if point else email_of(session, who)


def compose(contest: Contest, sender: str, to: str, link: str, *, now: datetime) -> EmailMessage:
    """Return the mail: a constant subject, an opaque reference, since when, and a link."""
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    part = _part(contest, to, now).hex[-12:]
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = SUBJECT
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{contest.id}.{_weeks(contest, now)}.{part}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    due = contest.at + ANSWER_WITHIN
    message.set_content(
        f"Reference: {contest.id.hex[-10:]}\nDue: {due:%Y-%m-%d %H:%M} UTC\n\n{link}\n"
    )
    return message
