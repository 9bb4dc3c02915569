"""What a clinician sees first: one row per patient, gravest first, then the oldest (UX-01, UX-02).

Rows and views are values; the pages print them and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.security import Role
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from alerts.lifecycle import State
    from core.vitals import Vital
    from monitoring.findings import Evidence, Problem, Usual


@dataclass(frozen=True, slots=True)
class FindingView:
    """One finding as it was stored, numbers in canonical units."""

    rule_id: str
    severity: Severity
    at: datetime
    seen_at: datetime
    sentence: str
    patient_sentence: str
    source: str
    confidence: str
    vital: Vital | None
    value: float | None
    limit: float | None
    usual: Usual | None
    evidence: tuple[Evidence, ...]
    missing: tuple[str, ...]
    confirmed: bool
    counterfactual: str
    assessment_id: UUID


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One change or decision, with who, when, why, and what differed."""

    at: datetime
    kind: str
    actor_kind: str
    actor_id: UUID | None
    actor_name: str  # "Wardlight" where no person acted
    reason: str
    before: dict[str, object]
    after: dict[str, object]


@dataclass(frozen=True, slots=True)
class DeliveryView:
    """Who was told by which channel, and which of the four states is known (REL-13)."""

    recipient: str  # a name
    channel: str
    state: str
    attempts: int
    created_at: datetime
    handed_over_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True, slots=True)
class EpisodeView:
    """One episode with everything a page about it needs; findings gravest and newest first."""

    id: UUID
    patient_id: UUID
    problem: Problem
    severity: Severity
    state: State
    version: int
    started_at: datetime
    last_seen_at: datetime
    opened_at: datetime
    closed_at: datetime | None
    owner_id: UUID | None
    owner_name: str
    acknowledged_at: datetime | None
    ack_expires_at: datetime | None
    next_step_at: datetime | None
    next_step: str  # whom it goes to next, in words; "" where nothing is due
    late: bool  # shown but nobody was paged, because the reading came too late (REL-20)
    outcome: str
    outcome_detail: str
    outcome_note: str
    previous_id: UUID | None
    previous_outcome: str
    policy_hash: str
    findings: tuple[FindingView, ...]
    timeline: tuple[TimelineEntry, ...] = ()
    deliveries: tuple[DeliveryView, ...] = ()

    @property
    def headline(self) -> FindingView:
        """Return the gravest finding, the newest of equals: the one the row speaks of."""
        return self.findings[0]


@dataclass(frozen=True, slots=True)
class InboxRow:
    """One patient who needs somebody; the words and numbers are the gravest episode's."""

    patient_id: UUID
    patient_name: str
    alert_id: UUID
    version: int
    severity: Severity
    problem: Problem
    state: State
    sentence: str
    vital: Vital | None
    value: float | None
    limit: float | None
    usual: Usual | None
    confirmed: bool
    late: bool
    taken_at: datetime  # event time of the finding
    opened_at: datetime
    owner_id: UUID | None
    owner_name: str
    next_step_at: datetime | None
    next_step: str
    other_problems: tuple[Problem, ...]
    last_reading_at: datetime | None
    team_name: str
