"""Opens and ends the incident of a system-wide fall in arrivals (REL-34)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.falling import judge
from alerts.incidents import repository as incidents
from core.logging import logger
from ingest.arrivals import repository as arrivals

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

log = logger(__name__)


def look(session: Session, *, now: datetime, share: float) -> None:
    """Count who was heard in the last hour, and open or end the incident by it."""
    people = arrivals.count(session, until=now)
    fall = judge(people, arrivals.same_hour(session, until=now), share=share)
    if fall.fallen and incidents.begin(session, fall, now=now):
        log.error("readings have stopped coming", people=fall.people, usual=fall.usual)
    elif fall.back and incidents.end(session, now=now):
        log.warning("readings come again", people=fall.people, usual=fall.usual)
