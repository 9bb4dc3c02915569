"""What falls from an episode when its readings came late, were corrected or taken back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from alerts import lifecycle
from alerts import repository as episodes
from alerts.delivery import repository as deliveries
from alerts.escalation import Kind, Planned
from alerts.lifecycle import Event, State
from alerts.policy import Channel, To, thaw
from alerts.reasons import Reason
from alerts.standing import Anew, gravest, renewed, split
from alerts.standings import repository
from alerts.steps import repository as steps
from alerts.steps.service import hold, start_chain
from core.vitals import Severity
from ingest import repository as people
from ingest.streams.repository import preliminary
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from alerts.standing import Name, Stored
    from alerts.tables import Alert
    from monitoring.findings import Finding

BESIDE = 100  # where steps stand that are no part of a chain
MARGIN = timedelta(days=2)  # a day's total may stand at its end and be stored at its beginning


@dataclass(frozen=True, slots=True)
class Judged:
    """Which judgement speaks, of whom, and from when it is."""

    assessment_id: UUID
    patient_id: UUID
    at: datetime
    since: datetime | None = None  # every instant from here on was judged anew


def last_found(session: Session, patient_id: UUID) -> dict[UUID, datetime]:
    """Return by live alert when it was last found, before a judgement is taken."""
    problems = episodes.live_problems(session, patient_id)
    live = (episodes.live(session, patient_id, Problem(name)) for name in problems)
    return {alert.id: alert.last_found_at for alert in live if alert}


def settle(  # noqa: PLR0913 (what was judged of which problem, and what was known before)
    session: Session,
    judged: Judged,
    problem: Problem,
    findings: Sequence[Finding],
    before: Mapping[UUID, datetime],
    *,
    now: datetime,
) -> UUID | None:
    """Take from an episode what has fallen (REL-19, REL-23); return the alert if it changed.

    What is left decides how grave it is. A judgement without `findings` may have looked at a part
    of it only: of what it did not look at, what stood stands. An older judgement that comes late
    takes nothing.
    """
    alert = episodes.live(session, judged.patient_id, problem)
    if alert is None or judged.at <= before.get(alert.id, judged.at):
        return None
    rows = repository.standing(session, alert)
    by_name = {(each.rule_id, each.at): each for each in reversed(findings)}
    anew = said_anew(session, judged, rows, {name: f.severity for name, f in by_name.items()})
    kept, fallen = split(rows, anew)
    tier = gravest(kept, anew)
    if tier is None or not (findings or fallen):
        return None
    changed = [by_name[n] for n in renewed(kept, anew)]
    repository.fall(session, fallen, now=now)
    episodes.add_findings(session, alert, changed, assessment_id=judged.assessment_id, now=now)
    return lower(session, alert, tier, now=now)


def lower(
    session: Session,
    alert: Alert,
    tier: Severity,
    *,
    now: datetime,
    reason: Reason = Reason.LOWERED,
) -> UUID | None:
    """Bring an episode down to what stands, and tell everybody who was told of more."""
    severity = Severity(alert.severity)
    after = lifecycle.transition(State(alert.state), Event.LOWERED, severity)
    if tier.rank >= severity.rank or not isinstance(after, State):
        return None
    told = deliveries.told(session, alert.id)
    facts = {"severity": severity, "state": alert.state}
    alert.severity, alert.version, alert.in_time_at = tier, alert.version + 1, None
    lowered = {"severity": tier, "state": after}
    episodes.note(session, alert, "lowered", reason, now=now, before=facts, after=lowered)
    _ask_for_less(session, alert, reason=reason, now=now)
    return tell_again(session, alert, told, now=now, first=BESIDE)


def _ask_for_less(session: Session, alert: Alert, *, reason: Reason, now: datetime) -> None:
    """Let the steps of the tier that is left take the place of the graver one's."""
    tier = Severity(alert.severity)
    if alert.state == State.ACKNOWLEDGED and alert.delegated_by is None:
        hold(session, alert, now=now)
    elif alert.paged and State(alert.state).waits:
        chain = thaw(alert.policy).tiers[tier]
        start_chain(session, alert, chain, reason=reason, now=now)
    if alert.paged and Severity(alert.paged).rank > tier.rank:
        alert.paged = tier  # so that a new RED pages again


def said_anew(
    session: Session, judged: Judged, rows: Sequence[Stored], found: Mapping[Name, Severity]
) -> Anew:
    """Return what the judgement says anew, and which readings behind some findings count."""
    read = [each for row in rows for each in row.evidence]
    since = min((each.effective for each in read), default=None)
    readings = people.readings(session, judged.patient_id, since=since - MARGIN) if since else []
    present = {reading.id for reading in readings}
    # What gave way to a preliminary value stands until that is final (FHIR-20).
    doubtful = preliminary(session, {each.reading_id for each in read} - present)
    return Anew(judged.since, found, present, doubtful)


def tell_again(
    session: Session,
    alert: Alert,
    told: Iterable[tuple[str, str]],
    *,
    now: datetime,
    first: int = 0,
) -> UUID:
    """Tell everybody who was told that the cause vanished: nothing vanishes silently."""
    for position, (recipient, channel) in enumerate(told, start=first):
        planned = Planned(position, Kind.NOTIFY, now, To.TEAM, Channel(channel), Reason.TOLD_BEFORE)
        (step,) = steps.plan(session, alert, [planned])
        step.state, step.fired_at, step.late_seconds, step.recipient = "fired", now, 0.0, recipient
        to = deliveries.Target(recipient, Channel(channel))
        facts = {"to": recipient, "channel": channel, "step": position}
        if deliveries.told_just_now(session, step, to):
            episodes.note(session, alert, "not-notified", Reason.SAME_WAY, now=now, after=facts)
            continue
        deliveries.add(session, alert, step, to, now=now)
        episodes.note(session, alert, "notified", Reason.TOLD_BEFORE, now=now, after=facts)
    return alert.id
