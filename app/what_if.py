"""Runs the rules in force and proposed ones over the same past, and compares the alerts.

The past is what is stored, or a folder of FHIR NDJSON; either is judged as it happened.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.conclusions.repository import concluded
from alerts.outcomes import Label
from app import replay_folder
from app.replay import judged
from app.replay_past import past_of
from core.errors import InvalidError
from core.security import SYSTEM
from ingest.clocks.repository import doubts_of
from ingest.past.repository import ever_stood
from ingest.repository import condition_groups, one_person, person, survivor, visible_to
from monitoring import clocks
from monitoring.eventtime import Past, Version
from monitoring.findings import Problem
from monitoring.plans.plan_change import Proposed
from monitoring.plans.repository import own_of
from monitoring.plans.site_rules import standing
from monitoring.plans.versions import Own
from monitoring.reach import READ_BACK
from monitoring.what_if import Alerted, Difference, Labelled, compare

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from datetime import datetime
    from pathlib import Path
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.plans.showing import Draft
    from monitoring.plans.site_rules import SiteRules
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook

WEEK = timedelta(days=7)
CONFIRMED = (Label.TRUE_ACTIONABLE, Label.TRUE_NO_ACTION)
LABELS = (*CONFIRMED, Label.FALSE_MEASUREMENT, Label.FALSE_PHYSIOLOGY)


def stored_pasts(
    session: Session, *, since: datetime, patients: Iterable[UUID] | None = None
) -> Iterator[Past]:
    """Yield the past of each person, with what the baselines of `since` need before it.

    Of some people only, where they are named; who asks may see them.
    """
    everybody = session.scalars(visible_to(SYSTEM)).all() if patients is None else patients
    for patient_id in everybody:
        known = ever_stood(session, patient_id, since=since - READ_BACK)
        versions = [Version(r, at.timestamp() if at else None) for r, at in known]
        if versions:
            records = {patient_id: one_person(session, patient_id)}
            own = own_of(session, records)
            limits = own.get(patient_id, Own()).limits
            doubts = doubts_of(session, records, since=since).get(patient_id, ())
            yield Past(person(session, patient_id), versions, limits, clocks.skews(doubts))


def folder_pasts(folder: Path) -> tuple[list[Past], list[Labelled]]:
    """Return each patient's past of an exported folder, and how its alerts turned out.

    The outcomes are those of the Tasks that the folder holds. Raises `InvalidError`.
    """
    if not (folder / "Patient.ndjson").is_file():
        raise InvalidError(f"{folder} has no Patient.ndjson", field="input")
    members = replay_folder.read(folder).members.values()
    told = [
        Labelled(member.id, Problem(c.problem), c.started, c.ended, c.outcome, _right(c.outcome))
        for member in members
        for c in member.conclusions
        if c.outcome in LABELS and c.problem in tuple(Problem)
    ]
    return [past_of(member, condition_groups()) for member in members], told


def labels(
    session: Session, *, since: datetime, heads: Mapping[UUID, UUID] | None = None
) -> list[Labelled]:
    """Return the episodes that say whether an alert was right; the other labels do not.

    `heads` are the only records to look at, each with the one that stands for its person.
    """
    return [
        Labelled(
            str((heads or {}).get(each.patient_id, each.patient_id)),
            each.problem,
            each.started_at,
            each.ended_at,
            each.label,
            _right(each.label),
        )
        for each in concluded(session, since=since, patients=heads)
        if each.label in LABELS
    ]


def _right(label: str) -> bool:
    return label in CONFIRMED


def of_person(  # noqa: PLR0913 (one person's change, by which rules, over which span)
    session: Session,
    patient_id: UUID,
    draft: Draft,
    *,
    site: SiteRules,
    model: Model | None,
    since: datetime,
    until: datetime,
) -> Difference:
    """Return what a change of one person's plan would have changed for them."""
    head = survivor(session, patient_id)
    heads = dict.fromkeys(one_person(session, patient_id), head)
    return what_if(
        stored_pasts(session, since=since, patients=[head]),
        site,
        Proposed(site, drafts={str(head): draft}),
        model=model,
        since=since,
        until=until,
        labelled=labels(session, since=since, heads=heads),
    )


def what_if(  # noqa: PLR0913 (two rulebooks, one past, its span)
    pasts: Iterable[Past],
    before: Rulebook | SiteRules,
    after: Rulebook | SiteRules | Proposed,
    *,
    model: Model | None,
    since: datetime | None,
    until: datetime,
    labelled: Iterable[Labelled] = (),
    progress: Callable[[], None] = lambda: None,
) -> Difference:
    """Return what differs between the alerts of two sets of rules from `since` to `until`.

    The limits that clinicians set stand in both, but where `after` proposes others. A person is
    watched from their first reading on, or from `since` where that is later.
    """
    planned = after if isinstance(after, Proposed) else Proposed(standing(after))
    old: list[Alerted] = []
    new: list[Alerted] = []
    watched = timedelta()
    for past in pasts:
        received = [version.reading.received for version in past.versions]
        if not received:
            continue
        start = max(min(received), since or min(received))
        watched += max(until - start, timedelta())
        old += _alerts(past, before, model, start, until)
        person, own = planned.of(past.person, past.own)
        # Not a copy: that would share histories which were read under the other rules.
        same = Past(person, past.versions, own, past.skews)
        new += _alerts(same, planned.site, model, start, until)
        progress()
    return compare(old, new, list(labelled), patient_weeks=watched / WEEK)


def _alerts(
    past: Past,
    rulebook: Rulebook | SiteRules,
    model: Model | None,
    start: datetime,
    until: datetime,
) -> Iterator[Alerted]:
    for news in judged(past, rulebook=rulebook, model=model, until=until):
        if news.alerts and start <= news.at <= until:
            found = news.finding
            yield Alerted(past.person.id, found.problem, found.severity, news.at, found.rule_id)
