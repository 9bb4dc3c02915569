"""Judges one person from stored readings, once for each state of those readings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from core.errors import InvalidError
from core.vitals import Severity
from ingest import repository as people
from ingest.choosing.repository import monitored
from ingest.clocks.repository import doubts_of
from ingest.context.repository import medicine_classes
from ingest.streams.repository import preliminary, revised
from monitoring import alternatives, clocks, judgement, repository, risk, rulebook, windows
from monitoring.arranged import times_of
from monitoring.artefacts.service import filed
from monitoring.keeping.service import Verdict, keep
from monitoring.models.scorers import Scorers, as_permitted, scorers
from monitoring.permitted import UnmonitoredError
from monitoring.plans.in_force import under_plan
from monitoring.plans.plan_file import read_plan
from monitoring.plans.repository import own_of
from monitoring.plans.site_rules import SiteRules, site_rules, standing
from monitoring.plans.templates import Known, read_templates
from monitoring.plans.versions import Own, touched
from monitoring.reach import READ_BACK, WEIGHT_BACK
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.blocks import Block
    from monitoring.findings import Assessment, Finding
    from monitoring.plans.plan_file import SitePlan
    from monitoring.plans.templates import Templates
    from monitoring.repository import Mark
    from monitoring.rulebook import Rulebook

REACH = timedelta(days=judgement.REACH_DAYS)
# A transaction may commit after one that began later: arrivals are read this much again (E).
OVERLAP = timedelta(minutes=2)
COMBINE = timedelta(days=7)  # how far back stored findings are read for combinations
NO_PLAN = Own()


def load_rulebook(path: Path | None = None) -> Rulebook:
    """Return the rulebook in force; raise `InvalidError` with every fault it has."""
    source = path or files("monitoring").joinpath("rulebook.toml")
    conditions = frozenset(people.condition_groups())
    whole = rulebook.parse(
        source.read_text(encoding="utf-8"), conditions=conditions, medicines=medicine_classes()
    )
    others = files("monitoring").joinpath("alternatives.toml").read_text(encoding="utf-8")
    return replace(whole, alternatives=alternatives.parse(others, conditions=conditions))


def load_plan(path: Path, rulebook: Rulebook) -> SitePlan:
    """Return a site's plan; raise `InvalidError` with every fault it has."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise InvalidError(f"plan: {path.name} cannot be read: {error}", field="plan") from error
    return read_plan(
        text,
        rules=rulebook.by_id,
        conditions=frozenset(people.condition_groups()),
        templates=frozenset(each.name for each in load_templates(rulebook).templates),
    )


def load_templates(rulebook: Rulebook, path: Path | None = None) -> Templates:
    """Return the templates in force; raise `InvalidError` with every fault they have."""
    source = path or files("monitoring").joinpath("plans", "templates.toml")
    conditions = frozenset(people.condition_groups())
    known = Known(rulebook, conditions, medicine_classes())
    return read_templates(source.read_text(encoding="utf-8"), known)


def load_site_rules(plan: Path | None = None) -> SiteRules:
    """Return what this site judges everybody by: rulebook, templates, and its plan if any."""
    whole = load_rulebook()
    return site_rules(whole, load_templates(whole), load_plan(plan, whole) if plan else None)


def site_rulebook(plan: Path | None) -> Rulebook:
    """Return the rulebook as this site uses it: with its plan, where it has one."""
    whole = load_rulebook()
    return under_plan(whole, load_plan(plan, whole)) if plan else whole


def load_model(path: Path | None = None) -> risk.Model | None:
    """Return the model; None where it is missing, damaged or hangs: rules still alert (FT-33)."""
    found = filed(path)
    return found.model if found else None


def assess(
    session: Session,
    patient_id: UUID,
    *,
    now: datetime,
    rulebook: Rulebook | SiteRules,
    model: risk.Model | Scorers | None,
) -> UUID:
    """Judge a person's readings and offer the result to the alerts; return its id.

    Each person is judged by what is in force for them: a rulebook alone is that of a site
    without templates and plan, beside which only limits of clinicians stand.
    A second call for the same readings stores and offers nothing and returns the first
    id. What waits for a repeat (AL-20) is offered again for when its time is up.

    Raises `UnmonitoredError` for who does not agree to it now, whenever it was offered (SEC-47).
    """
    patient_id = people.survivor(session, patient_id)
    repository.lock(session, [patient_id])
    judged = _assess(session, [patient_id], now=now, rulebook=rulebook, model=model)
    if patient_id not in judged:
        raise UnmonitoredError
    return judged[patient_id]


def assess_all(
    session: Session,
    patients: Collection[UUID],
    *,
    now: datetime,
    rulebook: Rulebook | SiteRules,
    model: risk.Model | Scorers | None,
) -> dict[UUID, UUID]:
    """Judge many people with a few queries for all of them; return the id of each judgement.

    Who is being judged elsewhere at this moment is left to that judgement; who does not agree to
    be monitored is left out.
    """
    heads = people.survivors(session, patients)
    ours = repository.lock(session, {heads.get(each, each) for each in patients}, wait=False)
    return _assess(session, ours, now=now, rulebook=rulebook, model=model)


def _assess(
    session: Session,
    ids: Collection[UUID],
    *,
    now: datetime,
    rulebook: Rulebook | SiteRules,
    model: risk.Model | Scorers | None,
) -> dict[UUID, UUID]:
    records, choices = monitored(session, ids, now=now)
    ids = records.keys()
    who = people.people_of(session, {id_: (id_, records[id_]) for id_ in ids})
    known = people.blocks_of_people(
        session, records, since=now - READ_BACK, weight_since=now - WEIGHT_BACK
    )
    frozen, marks = repository.frozen_of(session, records), repository.latest_marks(session, ids)
    doubts = doubts_of(session, records, since=now - clocks.TOLD_FOR)

    recent = _recent_of(session, ids, now=now)
    oldest = min((_until(marks.get(id_)) or now - READ_BACK for id_ in ids), default=now)
    taken_back = revised(session, records, since=now - REACH, after=oldest)
    merged = {id_ for id_, person in records.items() if len(person) > 1}
    site, plans, who_score = standing(rulebook), own_of(session, records), scorers(model)
    verdicts, stamp = list[Verdict](), now.timestamp()
    for id_, person in who.items():
        readings, mark = known[id_], marks.get(id_)
        own = plans.get(id_, NO_PLAN)
        today = local_day(stamp, zone_of(person.zone))
        in_force = site.rulebook_of(person.at(stamp, stamp), today, own.limits)
        skews, gate = clocks.skews(doubts.get(id_, ())), site.rulebook.gate
        past = windows.arranged(person, readings, frozen.get(id_, ()), gate=gate, skews=skews)
        until = _joined_until(session, id_, mark) if id_ in merged else _until(mark)
        after = until or now - READ_BACK
        fresh = _arrived(readings, after)
        fresh += [taken.timestamp() for taken, at in taken_back.get(id_, ()) if at > after]
        points = _points(past, readings, mark, fresh, now=now)
        found = judgement.judge(
            past,
            [*points, *touched(past, own, after=after, now=now)],
            now=now,
            rulebook=in_force,
            model=who_score.judging if choices[id_].scored else None,
            recent=_where_asked(recent, id_),
        )
        found = _unlowered(session, found, past, readings, rulebook=in_force)
        found = as_permitted(found, past, in_force, who_score, choices[id_])
        found = replace(found, judged_from=_judged_from(fresh, now=now))
        verdicts.append(Verdict(found, past, readings, mark))
    judged = keep(session, verdicts)
    repository.mark_judged(session, judged, now=now)
    return judged


def _recent_of(
    session: Session, ids: Collection[UUID], *, now: datetime
) -> Callable[[], Mapping[UUID, Sequence[Finding]]]:
    """Return what reads the earlier findings of all of them, once, when it is first called."""
    since = now - REACH - COMBINE
    return cache(
        lambda: repository.recent_findings(session, ids, since=since, severity=Severity.YELLOW)
    )


def _where_asked(
    recent: Callable[[], Mapping[UUID, Sequence[Finding]]], id_: UUID
) -> Iterator[Finding]:
    """Yield a person's earlier findings; who has no new ones needs none, and none are read."""
    yield from recent().get(id_, ())


def _unlowered(
    session: Session,
    found: Assessment,
    past: windows.History,
    readings: Sequence[Block],
    *,
    rulebook: Rulebook,
) -> Assessment:
    """Take back what only preliminary readings say against a finding; few findings ask for it."""
    first = min((f.at.timestamp() for f in found.findings if f.back_in_range), default=None)
    if first is None:
        return found
    later = [name for each in readings for name in each.part(each.effective > first).names()]
    doubtful = preliminary(session, later)
    if not doubtful:
        return found
    sure = windows.arranged(
        past.person,
        [each.part(np.array([n not in doubtful for n in each.names()], bool)) for each in readings],
        past.frozen,
        gate=rulebook.gate,
        skews=past.skews,
    )
    return judgement.unlowered(found, sure, rulebook)


def _points(
    past: windows.History,
    readings: Sequence[Block],
    mark: Mark | None,
    fresh: Sequence[float],
    *,
    now: datetime,
) -> list[float]:
    """Return the instants that what is fresh touches, and the end of a wait.

    What was loaded as history feeds baselines and is never judged.
    """
    touched = judgement.points_after(past, fresh, now=now.timestamp())
    loaded = {t for each in readings if each.alike.history for t in times_of(each).tolist()}
    waited = mark.recheck_at if mark else None
    due = [waited.timestamp()] if waited and waited <= now else []
    return [*(point for point in touched if point not in loaded), *due]


def _arrived(readings: Iterable[Block], after: datetime) -> list[float]:
    """Return when what arrived after an instant was taken; loaded history is no news."""
    news = (
        (each, each.received > after.timestamp()) for each in readings if not each.alike.history
    )
    return [at for each, rows in news for at in times_of(each)[rows].tolist()]


def _judged_from(fresh: Iterable[float], *, now: datetime) -> datetime | None:
    start = judgement.touched_from(fresh, now=now.timestamp())
    return None if start is None else datetime.fromtimestamp(start, UTC)


def _until(mark: Mark | None) -> datetime | None:
    """Return until when everything that had arrived is judged, None where nothing was."""
    return mark.received_until - OVERLAP if mark else None


def _joined_until(session: Session, patient_id: UUID, mark: Mark | None) -> datetime | None:
    """Do the same for a person of several records, of which one may have been judged less far."""
    joined = people.joined_at(session, patient_id)
    if joined is None or (mark is not None and mark.received_until >= joined):
        return _until(mark)
    ids = people.one_person(session, patient_id)
    marks = repository.latest_marks(session, ids)
    if len(marks) < len(ids):
        return None
    return min(each.received_until for each in marks.values()) - OVERLAP
