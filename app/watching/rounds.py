"""Sends the synthetic reading through the real door, and sees it come out at the other end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from alerts.watched.service import came_through
from app.periods import period_of
from app.watching.tables import Round
from core.clock import utc_now
from core.logging import logger
from core.security import issue_token
from ingest.synthetic.repository import CLIENT, SCOPE, person_of

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.database import Database
    from core.settings import Settings

log = logger(__name__)
VOUCHES_FOR = 3  # periods: the bound within which a dead part must be seen (REL-33)
LOOKS_BACK = 10  # periods: a round that takes longer never completes
ANSWERED_WITHIN = 10.0  # seconds


def begin(session: Session, *, now: datetime, every: timedelta) -> UUID | None:
    """Begin the round of this period; return whose reading is sent, None where one was."""
    row = insert(Round).values(
        period=period_of(now, every), began_at=now, vouches_until=now + VOUCHES_FOR * every
    )
    ours = session.scalar(row.on_conflict_do_nothing().returning(Round.period))
    return person_of(session, now=now) if ours else None


def send(database: Database, settings: Settings, person: UUID, *, now: datetime) -> str:
    """Post the reading of a round as any device would, and note that it was accepted.

    Returns why it may be sent once more, as a device would: the door did not answer, or could
    not take it at this moment. Nothing where it was taken or refused.
    """
    secret = settings.secret_key
    if secret is None:
        log.error("the synthetic reading has no key: set WARDLIGHT_SECRET_KEY")
        return ""
    token = issue_token(CLIENT, frozenset({SCOPE}), secret=secret.get_secret_value(), now=utc_now())
    base = (settings.watch_url or settings.base_url).rstrip("/")
    try:
        answer = httpx.post(
            f"{base}/fhir/Observation",
            json=reading(person, at=now),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/fhir+json"},
            timeout=min(ANSWERED_WITHIN, settings.watch_seconds),
        )
    except httpx.HTTPError as error:
        return type(error).__name__
    if answer.is_server_error:
        return f"answered-{answer.status_code}"
    if not answer.is_success:
        log.error("the door refused the synthetic reading", status=answer.status_code)
        return ""
    period = period_of(now, settings.watch_every)
    with database.transaction() as session:
        mine = update(Round).where(Round.period == period)
        session.execute(mine.values(accepted_at=func.clock_timestamp()))
    return ""


def reading(person: UUID, *, at: datetime) -> dict[str, Any]:
    """Return a glucose far below the RED limit of the rulebook, never twice the same.

    One such value is a RED at once and needs no other, so that it goes the way that must never
    be closed.
    """
    taken = at.isoformat(timespec="milliseconds")
    return {
        "resourceType": "Observation",
        "status": "final",
        "category": [{"coding": [{"system": _CATEGORY, "code": "laboratory"}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "2339-0"}]},
        "subject": {"reference": f"Patient/{person}"},
        "effectiveDateTime": taken,
        "valueQuantity": {
            "value": 40 + at.timestamp() // 7 % 11,
            "unit": "mg/dL",
            "system": "http://unitsofmeasure.org",
            "code": "mg/dL",
        },
    }


_CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"


def complete(session: Session, *, now: datetime, every: timedelta) -> None:
    """Note of each round under way whether its reading has reached the test channel."""
    under_way = select(Round).where(
        Round.completed_at.is_(None),
        Round.accepted_at.is_not(None),
        Round.began_at > now - LOOKS_BACK * every,
    )
    for each in session.scalars(under_way):
        taken = each.began_at.replace(microsecond=each.began_at.microsecond // 1000 * 1000)
        each.completed_at = came_through(session, since=taken)


def last_completed(session: Session) -> Round | None:
    """Return the newest round that came through."""
    query = select(Round).where(Round.completed_at.is_not(None))
    return session.scalar(query.order_by(Round.began_at.desc()).limit(1))


def forget(session: Session, *, before: datetime) -> None:
    """Delete old rounds."""
    session.execute(delete(Round).where(Round.began_at < before))
