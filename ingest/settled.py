"""What was read of one Observation, and what was decided about it (pure)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ingest.of_another import taken
from ingest.receipt import CHANGED_SINCE, CREATED, REPEATED, Answer
from ingest.revising import Outcome

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from fhir.observation import ParsedObservation
    from fhir.outcome import Issue
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


def not_taken(settled: Settled) -> Answer | None:
    """Return the answer where the decision is that this cannot be taken."""
    outcome = settled.decision.outcome
    if outcome is Outcome.TAKEN:
        return taken(settled.incoming.kind, replaces=settled.seen.replaces)
    return CHANGED_SINCE if outcome is Outcome.STALE else None


def answered(
    settled: Settled,
    *,
    now: datetime,
    issues: tuple[Issue, ...] = (),
    patient_id: UUID | None = None,
) -> Answer:
    """Return the answer to what was taken, now or before."""
    decision = settled.decision
    return Answer(
        CREATED if decision.stores and decision.version == 1 else REPEATED,
        issues,
        type=settled.incoming.kind,
        id=decision.resource_id,
        version=decision.version,
        modified=now if decision.stores else None,
        patient_id=patient_id,
    )
