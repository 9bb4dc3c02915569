"""What was read of one Observation, and what was decided about it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from uuid import UUID

    from fhir.observation import ParsedObservation
    from ingest.acceptance import Decision, Incoming


@dataclass(frozen=True, slots=True)
class Seen:
    """A parsed Observation with the bytes that will be kept, its references resolved."""

    index: int
    parsed: ParsedObservation
    raw: bytes
    id: UUID
    shift: timedelta = timedelta(0)  # what was taken off its time (REL-21)
    replaces: bool = False  # was put to this id
    knowing: int = 0  # the version that it replaces, where its sender made sure of that
    trace: str = ""  # of the request it came with


@dataclass(frozen=True, slots=True)
class Settled:
    """One Observation with what was decided about it."""

    seen: Seen
    incoming: Incoming
    decision: Decision
