"""Tell a team's members by e-mail that a report is there, and nothing of anybody (SEC-23)."""

from __future__ import annotations

from dataclasses import dataclass
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from alerts.contacts import repository as contacts
from alerts.policy import Channel
from alerts.routing import practitioner
from app.weekly.states import Told
from app.weekly.tables import WeeklyLetter, WeeklyMailOff, WeeklyReport
from core.audit import Action, record
from core.errors import NotFoundError
from core.outbox import Priority, Topic, write_offers
from ingest.teams.repository import answering_of, email_of, members
from reports.week import Week

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from core.security import Caller
    from core.settings import Settings


@dataclass(frozen=True, slots=True)
class Text:
    """What the mail says in one language: constant, but for week and version."""

    subject: str
    again: str
    body: str


TEXTS = {
    "en": Text(
        "Wardlight: the weekly report {week} is ready",
        "Wardlight: the weekly report {week} was issued again (version {version})",
        "Week: {week}\nVersion: {version}\n\n{link}\n",
    ),
    "ko": Text(
        "Wardlight: 주간 보고서 {week} 준비됨",
        "Wardlight: 주간 보고서 {week} 재발행됨 (버전 {version})",
        "주: {week}\n버전: {version}\n\n{link}\n",
    ),
}


def write(session: Session, row: WeeklyReport, *, now: datetime) -> None:
    """Write down who is to be told of an issue, in the transaction that makes it.

    The mail leaves at the hour at which the report is due, and at once where that has passed.
    """
    team = _at_work(session, row.team_id)
    off = _off(session, team)
    same = {"report_id": row.id, "created_at": now}
    rows = [
        {"id": uuid4(), "practitioner_id": each, "state": _first(session, each, off), **same}
        for each in sorted(team)
    ]
    if not rows:
        return
    session.execute(insert(WeeklyLetter).values(rows).on_conflict_do_nothing())
    waiting = select(WeeklyLetter.id).where(
        WeeklyLetter.report_id == row.id, WeeklyLetter.state == Told.WAITING
    )
    when = max(now, row.due_at)
    offers = [(Topic.LETTER, each, when, Priority.BULK) for each in session.scalars(waiting)]
    write_offers(session, offers, now=now)


def _first(session: Session, who: UUID, off: Collection[UUID]) -> Told:
    if who in off:
        return Told.OFF
    return Told.WAITING if _address(session, who) else Told.NO_ADDRESS


def _at_work(session: Session, team_id: UUID) -> set[UUID]:
    """Return who takes part in a team, or answers for patients of it, and is at work at all."""
    everybody = (*members(session, team_id), *answering_of(session, team_id))
    return {each.practitioner_id for each in everybody if each.active}


def _address(session: Session, who: UUID) -> str:
    """Return where somebody's mail goes: the address that they wrote down, else the clinic's."""
    point = contacts.point(session, practitioner(who), Channel.EMAIL)
    return point.address if point else email_of(session, who)


def send(
    session: Session, letter_id: UUID, mailer: Mailer | None, settings: Settings, *, now: datetime
) -> None:
    """Send one mail that waits; at most one leaves of an issue to a member.

    A mail server that does not take it raises `DeliveryError`: the work is tried again, and in
    the end waits for a person among what was given up.
    """
    letter = session.get(WeeklyLetter, letter_id, with_for_update=True)
    if letter is None or letter.state != Told.WAITING:
        return
    row = session.get_one(WeeklyReport, letter.report_id)
    who = letter.practitioner_id
    letter.state = _standing(session, row, who, mailer)
    if letter.state is not Told.SENT or mailer is None:
        return
    to = _address(session, who)
    mailer.hand_over(lambda: compose(letter, row, settings, sender=mailer.sender, to=to))
    letter.sent_at = now


def _standing(session: Session, row: WeeklyReport, who: UUID, mailer: Mailer | None) -> Told:
    if who in _off(session, [who]):
        return Told.OFF
    if who not in _at_work(session, row.team_id):
        return Told.GONE
    if not _address(session, who):
        return Told.NO_ADDRESS
    return Told.SENT if mailer else Told.NO_SERVER


def compose(
    letter: WeeklyLetter, row: WeeklyReport, settings: Settings, *, sender: str, to: str
) -> EmailMessage:
    """Return the mail: the week, the version, and a link that names no team.

    A repeat carries the same Message-ID and the same bytes.
    """
    text = TEXTS.get(settings.site_language, TEXTS["en"])
    week = Week(row.monday, ZoneInfo(row.zone))
    link = f"{settings.base_url.rstrip('/')}/reports?week={week}"
    facts = {"week": str(week), "version": row.version, "link": link}
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = (text.again if row.version > 1 else text.subject).format(**facts)
    message["Date"] = format_datetime(letter.created_at)
    domain = parseaddr(sender)[1].partition("@")[2] or "localhost"
    message["Message-ID"] = f"<{letter.id}@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(text.body.format(**facts))
    return message


def _off(session: Session, people: Iterable[UUID]) -> set[UUID]:
    query = select(WeeklyMailOff.practitioner_id)
    return set(session.scalars(query.where(WeeklyMailOff.practitioner_id.in_(list(people)))))


def wants_mail(session: Session, caller: Caller) -> bool | None:
    """Return whether somebody is told by mail; None for an account that is no practitioner's."""
    who = caller.practitioner_id
    return None if who is None else not _off(session, [who])


def choose(session: Session, caller: Caller, *, mail: bool, now: datetime) -> None:
    """Let somebody be told by mail, or not any more."""
    who = caller.practitioner_id
    if who is None:
        raise NotFoundError("this account is no practitioner's")
    if mail:
        session.execute(delete(WeeklyMailOff).where(WeeklyMailOff.practitioner_id == who))
    else:
        off = insert(WeeklyMailOff).values(practitioner_id=who, since=now)
        session.execute(off.on_conflict_do_nothing())
    record(session, caller, Action.UPDATE, "weekly-mail", now=now)


def told(session: Session, reports: Collection[UUID]) -> dict[UUID, dict[Told, int]]:
    """Return for each of some issues how many members stand where with their mail."""
    row = WeeklyLetter
    query = select(row.report_id, row.state, func.count()).where(row.report_id.in_(reports))
    found: dict[UUID, dict[Told, int]] = {}
    for report, state, count in session.execute(query.group_by(row.report_id, row.state)):
        found.setdefault(report, {})[Told(state)] = count
    return found
