"""What a clinician sees first: one row per patient, gravest first, then the oldest (UX-01, UX-02).

Rows and views are values; the pages print them and decide nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from types import MappingProxyType
from typing import TYPE_CHECKING
from uuid import UUID

from alerts.lifecycle import State
from core.errors import Sentence
from core.vitals import Severity
from monitoring.findings import Finding, Says

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime, timedelta

    from alerts.survey import Brief
    from ingest.roster import PatientProfile
    from monitoring.contests import Stands
    from monitoring.findings import Problem

GRAVE = (Severity.RED, Severity.AMBER)
NOBODY: Mapping[UUID, str] = MappingProxyType({})
BASELESS = "Nothing that this alert was raised for stands any more: look at the person, and end it"
LONG_AGO = {86400: "{count} d ago", 3600: "{count} h ago", 60: "{count} min ago"}


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView(Finding):
    """One finding as it was stored with an alert; `words` reads it as any other."""

    seen_at: datetime
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
    """Who was told by which channel, and what is known of it (REL-13)."""

    recipient: str  # a name
    channel: str
    state: str
    attempts: int
    created_at: datetime
    handed_over_at: datetime | None
    delivered_at: datetime | None
    seen_at: datetime | None
    acted_on_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holding:
    """Who has an episode in hand without owning it, and until when."""

    claimed_by_id: UUID | None = None
    claimed_by_name: str = ""
    claim_ends_at: datetime | None = None
    asked_by_name: str = ""  # who delegated it, while nobody has accepted
    answer_by: datetime | None = None
    snoozed_by_name: str = ""
    snoozed_at: datetime | None = None
    snoozed_until: datetime | None = None
    snooze_reason: str = ""


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
    owner_name: str  # of the person, or of the team that it was delegated to
    holding: Holding
    acknowledged_at: datetime | None
    ack_expires_at: datetime | None
    next_step_at: datetime | None
    next_step: str  # whom it goes to next, in words; "" where nothing is due
    late: bool  # shown but nobody was paged, because the reading came too late (REL-20)
    held: str  # why nobody is paged of it now: an admission, a pause; "" where none (AL-10)
    outcome: str
    outcome_detail: str
    outcome_note: str
    previous_id: UUID | None
    previous_outcome: str
    policy_hash: str
    longest_snooze: timedelta  # zero where it may not be put off, and in lists
    findings: tuple[FindingView, ...]
    timeline: tuple[TimelineEntry, ...] = ()
    deliveries: tuple[DeliveryView, ...] = ()
    contested: Stands | None = None  # how it stands with its score, where that is contested

    @property
    def headline(self) -> FindingView:
        """Return the gravest finding, the newest of equals: the one the row speaks of.

        An alert behind which nothing stands any more says so: it waits for a person as any other.
        """
        return self.findings[0] if self.findings else _nothing(self)


def _nothing(alert: EpisodeView) -> FindingView:
    return FindingView(
        rule_id="",
        problem=alert.problem,
        severity=alert.severity,
        at=alert.last_seen_at,
        says=Says(BASELESS, ""),
        source="",
        confidence="",
        confirmed=False,
        seen_at=alert.last_seen_at,
        assessment_id=UUID(int=0),
    )


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
    finding: FindingView
    late: bool
    held: str
    taken_at: datetime  # event time of the finding
    opened_at: datetime
    owner_id: UUID | None
    owner_name: str
    holding: Holding
    next_step_at: datetime | None
    next_step: str
    untaken: tuple[tuple[Severity, Problem], ...]  # grave, and waiting behind one that was taken
    other_problems: tuple[Problem, ...]
    put_off: tuple[tuple[Severity, Problem], ...]  # others that somebody has snoozed
    last_reading_at: datetime | None
    team_name: str
    other_holders: tuple[tuple[UUID | None, str], ...] = ()  # of each other problem, who has it
    contested: Stands | None = None


def rows(
    episodes: Iterable[EpisodeView], people: Mapping[UUID, PatientProfile], *, physician: bool
) -> list[InboxRow]:
    """Return one row per patient, in the order of work.

    A physician's inbox leaves the data-quality lane out: it belongs to support, and never
    hides anything because it is the last of the tiers.
    """
    shown = [e for e in episodes if not (physician and e.severity is Severity.DQ)]
    grouped = groupby(sorted(shown, key=_by_patient), key=lambda e: e.patient_id)
    found = []
    for patient, group in grouped:
        first, *others = sorted(group, key=foremost)
        found.append(row(first, others, people[patient]))
    return sorted(found, key=urgency)


def _by_patient(episode: EpisodeView) -> UUID:
    return episode.patient_id


def urgency(item: EpisodeView | InboxRow | Brief) -> tuple[bool, int, float]:
    """Return the sort key of the work: the gravest first, then the oldest (UX-01).

    What somebody has put off stands after everything else.
    """
    put_off = item.state is State.SNOOZED
    return (put_off, -item.severity.rank, item.opened_at.timestamp())


def foremost(item: EpisodeView | Brief) -> tuple[bool, int, bool, float, int]:
    """Return the sort key among one person's alerts: of equals, what nobody has taken yet.

    A second RED must not stand behind the first because that one is in good hands. What is
    equal in everything goes by its id, so that inbox and patient page lead with the same alert.
    """
    put_off, rank, opened = urgency(item)
    return (put_off, rank, not item.state.waits, opened, item.id.int)


def row(
    first: EpisodeView,
    others: Sequence[EpisodeView | Brief],
    person: PatientProfile,
    names: Mapping[UUID, str] = NOBODY,
) -> InboxRow:
    """Return the row that speaks of a person's first episode and counts the others.

    `names` are of those who own the others, or look at them, where these are told in short.
    """
    finding = first.headline
    untaken = [e for e in others if not first.state.waits and e.severity in GRAVE and e.state.waits]
    known = [e for e in others if e not in untaken and e.state is not State.SNOOZED]
    return InboxRow(
        patient_id=first.patient_id,
        patient_name=person.name,
        alert_id=first.id,
        version=first.version,
        severity=first.severity,
        problem=first.problem,
        state=first.state,
        finding=finding,
        late=first.late,
        held=first.held,
        taken_at=finding.at,
        opened_at=first.opened_at,
        owner_id=first.owner_id,
        owner_name=first.owner_name,
        holding=first.holding,
        next_step_at=first.next_step_at,
        next_step=first.next_step,
        untaken=tuple((e.severity, e.problem) for e in untaken),
        other_problems=tuple(e.problem for e in known),
        put_off=tuple((e.severity, e.problem) for e in others if e.state is State.SNOOZED),
        last_reading_at=person.last_reading_at,
        team_name=person.team_name,
        other_holders=tuple(_holder(e, names) for e in known),
        contested=first.contested,
    )


def _holder(item: EpisodeView | Brief, names: Mapping[UUID, str]) -> tuple[UUID | None, str]:
    if isinstance(item, EpisodeView):
        holding = item.holding
        if holding.claimed_by_id:
            return holding.claimed_by_id, holding.claimed_by_name
        return item.owner_id, item.owner_name
    return item.holder, names.get(item.holder, "") if item.holder else ""


def ago(span: timedelta) -> Sentence:
    """Return how long ago in one number: "3 s ago", "12 min ago", "5 h ago", "2 d ago"."""
    seconds = max(0, int(span.total_seconds()))
    for size, words in LONG_AGO.items():
        if seconds >= size:
            return Sentence(words, {"count": seconds // size})
    return Sentence("{count} s ago", {"count": seconds})
