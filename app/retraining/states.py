"""Where a training run stands, how far it is, and why one failed; pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

LOST_AFTER = timedelta(seconds=60)  # without a word of its process
UNTAKEN_AFTER = timedelta(minutes=10)  # due, and no process took it up
MOST_PATIENTS, MOST_DAYS = 1000, 400  # bounds the memory of a run (E)


CLOCK = "clock"  # who asked for a run that nobody asked for by hand


class RunState(StrEnum):
    """Where a run stands."""

    DUE = "due"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


LIVE = (RunState.DUE, RunState.RUNNING)


class Stage(StrEnum):
    """What a run is doing."""

    WAITING = "waiting"
    OWN_DATA = "own data"
    DESCRIBING = "describing"
    FITTING = "fitting"
    KEEPING = "keeping"


class Why(StrEnum):
    """Why a run failed."""

    LOST = "lost"  # its process ended without a word
    UNTAKEN = "untaken"
    MEMORY = "memory"
    KNOWN = "known"  # the registry has what came out
    UNFIT = "unfit"  # what came out does not load
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class Order:
    """What is to be trained."""

    patients: int = 400
    days: int = 365
    seed: int = 0  # 0: that of the day it is asked for


@dataclass(frozen=True, slots=True)
class Run:
    """One run as others see it."""

    id: UUID
    state: RunState
    stage: Stage
    share: float
    order: Order
    asked_at: datetime
    asked_by_kind: str
    asked_by: UUID | None
    reason: str
    started_at: datetime | None
    ended_at: datetime | None
    ended_by: UUID | None
    why: Why | None
    detail: str
    model_id: str
    trained_on: str

    @property
    def live(self) -> bool:
        """Return whether it waits or runs."""
        return self.state in LIVE
