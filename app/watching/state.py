"""What the watch says on every page, from rows: it is said where the watcher is dead too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.promises import Fault
from app.watching import groups, rounds
from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


def faults(session: Session, *, now: datetime) -> list[Fault]:
    """Return what is wrong with the way of a reading to a message, and with who works on it."""
    idle = groups.idle(session, now=now)
    return [
        *_loop(session, now=now),
        *(
            Fault(
                Phrase("the workers of {name} complete nothing", {"name": Phrase(each.name)}),
                each.vouches_until,
            )
            for each in idle
        ),
    ]


def _loop(session: Session, *, now: datetime) -> list[Fault]:
    last = rounds.last_completed(session)
    if last is not None and last.vouches_until >= now:
        return []
    text = "no test reading came all the way through lately: new readings may not reach anybody"
    return [Fault(Phrase(text), last.vouches_until if last else None)]
