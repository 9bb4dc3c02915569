"""Write a message to each who is told of it, and the reason for each who is not (AL-06)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import repository as episodes
from alerts.inhibition import absent
from alerts.patients import repository
from alerts.patients.recipients import Chosen, choose
from alerts.patients.wording import Kind, Why
from alerts.policy import thaw
from ingest import repository as people
from ingest.choosing.repository import standing_of
from ingest.contacts.repository import contacts_of, holders_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from alerts.patients.repository import Letter
    from alerts.patients.tables import PatientMessage
    from alerts.tables import Alert
    from ingest.contacts.repository import Addressee

LINK = timedelta(hours=12)  # E: how long a link to what is asked works
TO_READ = timedelta(hours=48)  # E: and one to what was noticed, or came of it
ABSENCE = timedelta(days=14)  # E: as alerts/policy.toml, for what is about no alert
# What is told also to who is in hospital: a person decided it, or it takes back what was told.
ALWAYS = frozenset({Kind.REVIEW, Kind.WITHDRAWN, Kind.VISIT, Kind.VISIT_OFF})


def send(session: Session, letter: Letter, *, now: datetime) -> None:
    """Write the message to the patient and to carers, by its kind."""
    alert = repository.alert_of(session, letter.alert_id) if letter.alert_id else None
    kind, urgent = letter.kind, letter.urgent
    why_nobody = nobody(session, letter.to, kind, alert, urgent=urgent, now=now)
    chosen = (
        [Chosen(None, False, why_nobody)]
        if why_nobody is not None
        else choose(kind, contacts_of(session, letter.to.id, now=now))
    )
    send_to(session, letter, chosen, now=now)


def send_to(session: Session, letter: Letter, chosen: Sequence[Chosen], *, now: datetime) -> None:
    """Write the message to those who were chosen; what is about an alert is on its timeline.

    Whoever is told of it by another number of theirs, or of a merged record, is left out.
    """
    told_of = _told_of(session, letter)
    chosen = [each for each in chosen if each.number is None or each.number.holder not in told_of]
    added = [repository.add(session, letter, each, now=now) for each in chosen]
    alert = repository.alert_of(session, letter.alert_id) if letter.alert_id else None
    if alert is None or not any(added):
        return
    told = sum(each.why_not is None for each in chosen)
    reasons = [str(each.why_not) for each in chosen if each.why_not]
    facts = {"kind": str(letter.kind), "told": told, "not": reasons}
    kind = "patient-told" if told else "patient-not-told"
    episodes.note(session, alert, kind, str(letter.why), now=now, after=facts)


def those_told(
    session: Session, letter: Letter, told: Sequence[PatientMessage], *, now: datetime
) -> list[Chosen]:
    """Return those of the recipients by their numbers now who were told of something before."""
    whose = holders_of(session, letter.to.id)
    holders = {whose.get(each.contact_id) for each in told if each.contact_id}
    numbers = contacts_of(session, letter.to.id, now=now)
    return [
        each
        for each in choose(letter.kind, numbers)
        if each.number is not None and each.number.holder in holders
    ]


def _told_of(session: Session, letter: Letter) -> set[str]:
    """Return the holders to whom a message of this key was sent, or is about to be."""
    numbers = repository.told_by(session, letter.to.id, letter.key)
    whose = holders_of(session, letter.to.id) if numbers else {}
    return {whose[each] for each in numbers if each in whose}


def nobody(  # noqa: PLR0913 (what is told, whom, when)
    session: Session,
    to: Addressee,
    kind: Kind,
    alert: Alert | None = None,
    *,
    urgent: bool,
    now: datetime,
) -> Why | None:
    """Return why nobody at all is told now; an alert's own policy says how long a stay may last.

    Whoever restricts the use of their data is told what is urgent: of a RED, and what it waits for.
    """
    if to.deceased:
        return Why.DECEASED
    if kind in ALWAYS:
        return None
    choices = standing_of(session, to.id, now=now)
    if not choices.monitored:
        return Why.UNMONITORED
    if choices.restricted and not urgent:
        return Why.RESTRICTED
    ids = people.one_person(session, to.id)
    found = people.stays_of(session, ids)
    stays = [stay for each in ids for stay in found.get(each, ())]
    longest = ABSENCE if alert is None else thaw(alert.policy).absence
    return Why.ABSENT if absent(stays, now=now, longest=longest) else None
