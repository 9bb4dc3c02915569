"""Where a report of one week stands, and why one failed; pure."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime
    from uuid import UUID


class State(StrEnum):
    """Where a row stands."""

    DUE = "due"
    RUNNING = "running"
    MADE = "made"
    FAILED = "failed"


PENDING = (State.DUE, State.RUNNING)


class Why(StrEnum):
    """Why an attempt came to nothing; never the message of an error, which may hold anything."""

    SLOW = "slow"  # the time limit of a task
    LOST = "lost"  # its worker ended, again and again
    DATABASE = "database"
    MEMORY = "memory"
    ERROR = "error"


class Told(StrEnum):
    """What became of the mail to one member."""

    WAITING = "waiting"
    SENT = "sent"
    OFF = "off"  # they want none
    GONE = "gone"  # out of the team by the time it should have left
    NO_ADDRESS = "no-address"
    NO_SERVER = "no-server"


@dataclass(frozen=True, slots=True)
class Row:
    """A row as others see it, without what is in the report."""

    id: UUID
    team_id: UUID
    monday: date
    zone: str
    version: int
    state: State
    due_at: datetime
    started_at: datetime | None
    made_at: datetime | None
    late: bool
    people: int
    done: int
    attempts: int
    why: Why | None
    reason: str
    asked_by: UUID | None
