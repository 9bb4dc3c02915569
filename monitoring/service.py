"""Judges one person from stored readings, once for each state of those readings."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from importlib.resources import files
from typing import TYPE_CHECKING
from uuid import UUID

from core.logging import logger
from core.outbox import Priority, Topic, offer
from core.vitals import Severity
from ingest import repository as people
from monitoring import judgement, repository, risk, rulebook, windows
from monitoring.plans.in_force import under_plan
from monitoring.plans.plan_file import read_plan

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from core.vitals import Reading
    from monitoring.findings import Assessment
    from monitoring.plans.plan_file import SitePlan
    from monitoring.repository import Mark
    from monitoring.rulebook import Rulebook

log = logger(__name__)

# Baselines of 28 days behind the longest window (30) and the longest freeze (60 days).
READ_BACK = timedelta(days=28 + 30 + 60)
WEIGHT_BACK = timedelta(days=180 + 30)  # the longest window of weight, and the reach of a point
REACH = timedelta(days=judgement.REACH_DAYS)
# A transaction may commit after one that began later: arrivals are read this much again (E).
OVERLAP = timedelta(minutes=2)
COMBINE = timedelta(days=7)  # how far back stored findings are read for combinations


def load_rulebook(path: Path | None = None, *, emergency: str = rulebook.NO_NUMBER) -> Rulebook:
    """Return the rulebook in force; raise `InvalidError` with every fault it has.

    `emergency` is the number that the site's patients call.
    """
    source = path or files("monitoring").joinpath("rulebook.toml")
    return rulebook.parse(
        source.read_text(encoding="utf-8"),
        conditions=frozenset(people.condition_groups()),
        emergency=emergency,
    )


def load_plan(path: Path, rulebook: Rulebook) -> SitePlan:
    """Return a site's plan; raise `InvalidError` with every fault it has."""
    return read_plan(
        path.read_text(encoding="utf-8"),
        rules=rulebook.by_id,
        conditions=frozenset(people.condition_groups()),
    )


def site_rulebook(plan: Path | None, *, emergency: str = rulebook.NO_NUMBER) -> Rulebook:
    """Return the rulebook as this site uses it: with its plan, where it has one."""
    whole = load_rulebook(emergency=emergency)
    return under_plan(whole, load_plan(plan, whole)) if plan else whole


def load_model(path: Path | None = None) -> risk.Model | None:
    """Return the model, or None where it is missing or damaged: rules still alert (FT-33)."""
    source = path or files("monitoring").joinpath("artefact.json")
    try:
        return risk.load(json.loads(source.read_text(encoding="utf-8")))
    except (OSError, ValueError) as fault:
        log.error("the learned score is unavailable", reason=str(fault))
        return None


def assess(
    session: Session,
    patient_id: UUID,
    *,
    now: datetime,
    rulebook: Rulebook,
    model: risk.Model | None,
) -> UUID:
    """Judge a person's readings and offer the result to the alerts; return its id.

    A second call for the same readings stores and offers nothing and returns the first
    id. What waits for a repeat (AL-20) is offered again for when its time is up.
    """
    patient_id = people.survivor(session, patient_id)
    repository.lock(session, patient_id)
    readings = people.readings(
        session, patient_id, since=now - READ_BACK, weight_since=now - WEIGHT_BACK
    )
    past = windows.history(
        people.person(session, patient_id), readings, repository.frozen(session, patient_id)
    )
    found = judgement.judge(
        past,
        _points(session, past, readings, now=now),
        now=now,
        rulebook=rulebook,
        model=model,
        recent=repository.recent_findings(
            session, patient_id, since=now - REACH - COMBINE, severity=Severity.YELLOW
        ),
    )
    found = _unlowered(session, found, past, readings, rulebook=rulebook)
    return _keep(session, patient_id, found, readings)


def _unlowered(
    session: Session,
    found: Assessment,
    past: windows.History,
    readings: Iterable[Reading],
    *,
    rulebook: Rulebook,
) -> Assessment:
    """Take back what only preliminary readings say against a finding; few findings ask for it."""
    lowered = [each for each in found.findings if each.back_in_range]
    if not lowered:
        return found
    first = min(each.at for each in lowered)
    doubtful = people.preliminary(session, (r.id for r in readings if r.effective > first))
    if not doubtful:
        return found
    sure = windows.history(past.person, [r for r in readings if r.id not in doubtful], past.frozen)
    return judgement.unlowered(found, sure, rulebook)


def _points(
    session: Session, past: windows.History, readings: Iterable[Reading], *, now: datetime
) -> list[float]:
    """Return what arrived since the last judgement, all it touches, and the end of a wait.

    What was loaded as history feeds baselines and is never judged.
    """
    patient_id = UUID(past.person.id)
    mark = repository.latest_mark(session, patient_id)
    after = _judged_until(session, patient_id, mark) or now - READ_BACK
    fresh = (r for r in readings if r.received > after and not r.history)
    touched = judgement.points_after(past, (windows.time_of(r) for r in fresh), now=now.timestamp())
    loaded = {windows.time_of(r) for r in readings if r.history}
    waited = mark.recheck_at if mark else None
    due = [waited.timestamp()] if waited and waited <= now else []
    return [*(point for point in touched if point not in loaded), *due]


def _judged_until(session: Session, patient_id: UUID, mark: Mark | None) -> datetime | None:
    """Return until when everything that had arrived is judged, None where nothing was.

    A record that was merged since the last judgement may have been judged less far.
    """
    joined = people.joined_at(session, patient_id)
    marks = [mark]
    if joined is not None and (mark is None or mark.received_until < joined):
        ids = people.one_person(session, patient_id)
        marks = [repository.latest_mark(session, each) for each in sorted(ids)]
    if any(each is None for each in marks):
        return None
    return min(each.received_until for each in marks if each is not None) - OVERLAP


def _keep(
    session: Session, patient_id: UUID, found: Assessment, readings: Sequence[Reading]
) -> UUID:
    received = max((r.received for r in readings), default=found.at - READ_BACK)
    key = effect_key(found, readings)
    stored = repository.store(session, found, key=key, received_until=received)
    if stored is None:
        return repository.by_key(session, patient_id, key)
    urgent = found.severity is Severity.RED
    priority = Priority.CRITICAL if urgent else Priority.NORMAL
    offer(session, Topic.RAISE, stored, now=found.at, priority=priority)
    if found.recheck_at is not None:
        offer(session, Topic.ASSESS, patient_id, now=found.at, not_before=found.recheck_at)
    return stored


def effect_key(found: Assessment, readings: Iterable[Reading]) -> str:
    """Return the name of a judgement's effect: equal for equal readings, findings and day.

    The day is part of it, so that a quiet day is looked at once and episodes can end.
    """
    facts = [
        [f"{f.rule_id} {f.at.isoformat()} {f.severity} {f.back_in_range}" for f in found.findings],
        sorted(f"{r.id} {r.quality}" for r in readings),
        [found.at.date().isoformat(), found.rulebook_hash, found.model_id],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()
