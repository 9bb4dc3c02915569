"""The use cases of the response: raise, escalate, deliver, acknowledge, resolve, read."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from typing import TYPE_CHECKING, Any
from uuid import UUID

from alerts import grouping, policy_source, repository
from alerts import inbox as order
from alerts.acts.repository import take_up
from alerts.acts.service import Contact, Seen, acknowledge, claim, escalate, note_contact, resolve
from alerts.checking.service import answer
from alerts.delegating.service import candidates, delegate
from alerts.delivery.service import Addresses, deliver
from alerts.digests.service import compose_due as compose_digests
from alerts.digests.service import send as send_digest
from alerts.episodes.service import clear, step, take
from alerts.holding.service import release
from alerts.noting.service import add_note
from alerts.postponing.service import snooze, wake
from alerts.reasons import Reason
from alerts.spent.service import Spent, correct, spend
from alerts.standings.service import Judged, last_found, settle
from alerts.steps.service import escalate_due
from alerts.tables import Alert
from alerts.undoing.service import undo
from alerts.views import repository as views
from core.errors import InvalidError, NotFoundError
from core.security import Role
from ingest import repository as people
from ingest.choosing.repository import standing_of
from monitoring import repository as judgements
from monitoring.findings import Problem
from monitoring.permitted import critical, without_score

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from alerts.inbox import EpisodeView, InboxRow
    from alerts.policy import Policy
    from core.security import Caller
    from monitoring.findings import Assessment

__all__ = [
    "Addresses",
    "Contact",
    "Seen",
    "Spent",
    "acknowledge",
    "add_note",
    "answer",
    "candidates",
    "claim",
    "compose_digests",
    "correct",
    "delegate",
    "deliver",
    "episodes",
    "escalate",
    "escalate_due",
    "inbox",
    "load_policy",
    "note_contact",
    "note_feedback",
    "raise_from",
    "raise_judged",
    "release",
    "resolve",
    "send_digest",
    "snooze",
    "spend",
    "undo",
    "wake",
]


def load_policy(scale: float = 1.0, *, path: Path | None = None, zone: str = "UTC") -> Policy:
    """Read and check the shipped policy with what a site's own file states instead.

    `scale` shortens every wait, for demo and tests; `zone` is the site's. What the file states
    takes the place of the table of that name; calendars that it names and does not hold are
    read from files beside it. Raises `InvalidError` with every name and reason.
    """
    source = tomllib.loads(files("alerts").joinpath("policy.toml").read_text(encoding="utf-8"))
    if path is not None:
        source = _with_site(source, path)
    return policy_source.read(source, scale=scale, zone=zone, conditions=people.condition_groups())


def _with_site(shipped: dict[str, Any], path: Path) -> dict[str, Any]:
    own = _parsed(path)
    tiers = shipped["tiers"] | own.get("tiers", {})
    source = shipped | own | {"tiers": tiers}
    named = [source.get("site", {}), *source.get("teams", {}).values()]
    calendars = dict(source.get("calendars", {}))
    for name in {name for each in named for name in each.get("holidays", ())} - set(calendars):
        calendars[name] = _parsed(path.parent / f"{name}.toml")
    return source | {"calendars": calendars}


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidError(
            f"policy: {path.name} cannot be read: {error}", field="policy"
        ) from error


def raise_from(
    session: Session, assessment_id: UUID, *, now: datetime, policy: Policy
) -> list[UUID]:
    """Open, update or end the episodes of an assessment; return the alerts that changed.

    Doing it twice has the effect once: evidence is known by rule and event time (REL-10).
    """
    found = judgements.assessment(session, assessment_id)
    return raise_judged(session, assessment_id, found, now=now, policy=policy)


def raise_judged(
    session: Session, assessment_id: UUID, found: Assessment, *, now: datetime, policy: Policy
) -> list[UUID]:
    """Do what `raise_from` does, for an assessment that is already at hand."""
    judged = Judged(assessment_id, UUID(found.person_id), found.at, found.judged_from)
    judgements.lock(session, [judged.patient_id])  # two judgements of one person never deadlock
    choices = standing_of(session, judged.patient_id, now=now)
    if not choices.monitored:
        return []
    if choices.restricted:
        return _critical(session, judged, found, now=now, policy=policy)
    kept = found if choices.scored else without_score(found)
    groups = grouping.by_problem(kept.findings)
    before = last_found(session, judged.patient_id)
    taken = [take(session, judged, f, now=now, policy=policy) for f in groups.values()]
    live = map(Problem, repository.live_problems(session, judged.patient_id))
    taken += [
        settle(session, judged, problem, groups.get(problem, ()), before, now=now)
        for problem in sorted({*groups, *live})
    ]
    taken += [step(session, judged, f, now=now) for f in groups.values()]
    standing = [problem for problem, findings in groups.items() if grouping.opens(findings)]
    changed = list(dict.fromkeys(alert for alert in taken if alert))
    return changed + clear(session, judged, standing, now=now)


def _critical(
    session: Session, judged: Judged, found: Assessment, *, now: datetime, policy: Policy
) -> list[UUID]:
    """Raise what is RED of who restricts the use of their data, and say why on the timeline.

    Nothing is lowered or ended by data that may not be used: a person does that (ADR 50).
    """
    groups = grouping.by_problem(critical(found).findings)
    taken = [take(session, judged, f, now=now, policy=policy) for f in groups.values()]
    changed = list(dict.fromkeys(alert for alert in taken if alert))
    for alert_id in changed:
        alert = session.get_one(Alert, alert_id)
        repository.note(session, alert, "restricted", Reason.RESTRICTED, now=now)
    return changed


def note_feedback(
    session: Session, caller: Caller, alert_id: UUID, facts: Mapping[str, str], *, now: datetime
) -> None:
    """Write on the timeline what became of an alert's card elsewhere; a repeat adds nothing.

    It changes no state: who acknowledges or resolves is signed in here. `facts` has `outcome`
    (accepted or overridden). Raises `NotFoundError` as `acknowledge` does.
    """
    hands = take_up(session, caller, alert_id, now=now)
    reason = Reason(f"card-{facts['outcome']}")
    if repository.noted(session, hands.alert, reason, facts):
        return
    repository.note(session, hands.alert, reason, reason, now=now, caller=caller, after=facts)
    hands.audit()


def inbox(session: Session, caller: Caller, *, now: datetime) -> list[InboxRow]:
    """Return one row per patient whom the caller may see, gravest first.

    The page that shows them writes the audit row of the read, with the patients of the rows.
    """
    visible = people.visible_to(caller)
    live = views.live(session, visible)
    ids = list({view.patient_id for view in live})
    profiles = people.profiles(session, visible, ids, today=now.date())
    known = {profile.id: profile for profile in profiles}
    return order.rows(live, known, physician=caller.role is Role.PHYSICIAN)


def episodes(session: Session, caller: Caller, patient_id: UUID) -> list[EpisodeView]:
    """Return a patient's episodes with timelines; the page writes the audit row of the read.

    Raises `NotFoundError` where the caller may not see the patient.
    """
    if not people.may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    return views.of_patient(session, patient_id)
