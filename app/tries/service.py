"""Decide how long who guesses must wait, and how much of a flood the audit is told (SEC-06)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts import throttle
from app.tries import repository
from core.audit import Action, record
from core.security import SYSTEM, digest

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from sqlalchemy.orm import Session

SIGN_IN = "sign-in"
ROWS = 30  # refused sign-ins of one source that have a row each, in a quarter of an hour


def must_wait(session: Session, what: str, who: str, *, now: datetime) -> timedelta:
    """Return how long somebody must wait before the next try is looked at.

    Those of the period before count as long as its last is within the window: nobody begins
    anew at the quarter hour. Several at once are looked at one after the other.
    """
    repository.one_at_a_time(session, what, who)
    rows = repository.recent(session, what, who, now=now)
    failed = [row.last_at for row in rows for _ in range(min(row.tried, ROWS))]
    return throttle.wait(failed, now=now, allowance=throttle.ACCOUNT_ALLOWANCE)


def note_sign_in(session: Session, source: str, *, now: datetime) -> int:
    """Write down a sign-in that came to nothing, and return how many the source has made lately.

    The first of a period have a row of the audit each; of the others one row says how many
    (`sum_up`). Of whom they were, nobody knows.
    """
    tried = repository.count(session, SIGN_IN, digest(source), now=now).tried
    if tried <= ROWS:
        record(session, SYSTEM, Action.EXECUTE, SIGN_IN, now=now, outcome="refused")
    return tried


def period_left(now: datetime) -> timedelta:
    """Return how long the period of an instant still lasts."""
    return repository.begin_of(now) + repository.PERIOD - now


def sum_up(session: Session, *, now: datetime) -> None:
    """Say of each period that is over, in one row, how many sign-ins had none of their own."""
    for row in repository.take_ended(session, SIGN_IN, now=now):
        more = row.tried - ROWS
        if more > 0:
            outcome = f"refused, {more} more"
            record(session, SYSTEM, Action.EXECUTE, SIGN_IN, now=now, outcome=outcome)
