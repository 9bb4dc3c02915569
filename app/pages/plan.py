"""The plan of a patient on their page: each limit in force, whose it is, and what gave way."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from uuid import UUID

import monitoring.service
from app.pages.door import Door, Visit
from app.pages.wording import Moment, moment, plural
from core.vitals import MEASURES, Severity, Vital
from monitoring.plans import service
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.lines import Line, whose, yielded
from monitoring.plans.service import Shown
from monitoring.plans.site_rules import SiteRules
from monitoring.plans.versions import TARGET, Version
from monitoring.rule_words import SURE, amount

LEVELS = ("alert_low", "warn_low", "warn_high", "alert_high")
TARGET_WORDS = "Target SpO2 88–92 %"  # noqa: RUF001 (an en dash is how a range is written)


@dataclass(frozen=True, slots=True)
class LimitPrint:
    """One level in force; `why` and `dates` are empty for a rule of the rulebook."""

    severity: Severity
    words: str
    whose: str
    why: str = ""
    basis: str = ""
    dates: str = ""
    overdue: bool = False


@dataclass(frozen=True, slots=True)
class VitalPrint:
    """The limits of one measurement, and what gave way to them."""

    name: str
    limits: list[LimitPrint]
    gave_way: list[str]


@dataclass(frozen=True, slots=True)
class VersionPrint:
    """One version of what a clinician set."""

    number: int
    at: Moment
    words: str
    why: str


@dataclass(frozen=True, slots=True)
class PlanPrint:
    """Everything that the page says of a plan."""

    templates: list[str]
    target: str
    target_note: str
    overdue: list[str]
    planned: list[VitalPrint]
    others: list[VitalPrint]
    silent: str
    history: list[VersionPrint]
    rulebook: str
    hash: str


def plan_print(door: Door, visit: Visit, patient_id: UUID) -> PlanPrint:
    """Return the plan of a patient whom the visitor may see."""
    shown = service.shown(visit.session, patient_id, site_of(door.settings.plan), now=visit.now)
    names = {each.name: each.display for each in shown.templates}
    planned = {line.vital for line in shown.lines if line.limit is not None}
    vitals = list(_vitals(shown, names))
    return PlanPrint(
        templates=list(names.values()),
        target=_target(shown.target),
        target_note="" if shown.person.scale_two or not shown.target else NO_DIAGNOSIS,
        overdue=[_overdue(each) for each in shown.overdue],
        planned=[printed for vital, printed in vitals if vital in planned],
        others=[printed for vital, printed in vitals if vital not in planned],
        silent=", ".join(shown.plan.replaced),
        history=[_version(each, door, visit) for each in shown.versions],
        rulebook=shown.rulebook.version,
        hash=shown.rulebook.hash,
    )


NO_DIAGNOSIS = (
    "No chronic hypercapnic failure stands on the problem list, so that scale 1 is still used."
)


@cache
def site_of(plan: Path | None) -> SiteRules:
    """Return what the site judges by; it changes only with a new start of the program."""
    return monitoring.service.load_site_rules(plan)


def _vitals(shown: Shown, names: dict[str, str]) -> Iterator[tuple[Vital, VitalPrint]]:
    for vital, lines in groupby(shown.lines, key=lambda line: line.vital):
        gone = [
            f"{yielded(each)} of {whose(each.limit, _name(each.limit, names))}: {each.why}"
            for each in shown.plan.gave_way
            if each.limit.vital is vital
        ]
        printed = [_limit(line, names, shown.today) for line in lines]
        yield vital, VitalPrint(MEASURES[vital].display, printed, gone)


def _name(limit: PlanLimit, names: dict[str, str]) -> str:
    return names.get(limit.origin_name, limit.origin_name)


def _limit(line: Line, names: dict[str, str], today: date) -> LimitPrint:
    limit = line.limit
    if limit is None:
        return LimitPrint(line.severity, line.words, f"rule {line.rule}")
    dates = [
        words
        for words, day in (("since", limit.set_on), ("review by", limit.review_by))
        if day is not None
        for words in (f"{words} {_day(day)}",)
    ]
    late = limit.review_by is not None and limit.review_by < today
    return LimitPrint(
        line.severity,
        line.words,
        whose(limit, _name(limit, names)),
        limit.reason,
        _basis(limit),
        ", ".join(dates),
        late,
    )


def _basis(limit: PlanLimit) -> str:
    if limit.origin is not Origin.TEMPLATE:
        return limit.basis
    sure = " and ".join(SURE[tag] for tag in limit.confidence.split("/"))
    return f"{limit.basis} ({sure})"


def _target(target: Version | None) -> str:
    if target is None:
        return ""
    due = f", review by {_day(target.review_by)}" if target.review_by else ""
    return f"{TARGET_WORDS}, set by {target.clinician} on {_day(target.at.date())}{due}"


def _overdue(version: Version) -> str:
    due = _day(version.review_by) if version.review_by else ""
    return f"{_subject(version)}: to be reviewed by {due}"


def _version(version: Version, door: Door, visit: Visit) -> VersionPrint:
    due = f", review by {_day(version.review_by)}" if version.review_by else ""
    said = f"{version.change} by {version.clinician}: {_subject(version)}"
    return VersionPrint(
        version.number,
        moment(version.at, now=visit.now, zone=door.zone),
        f"{said}{_levels(version)}{due}",
        version.reason,
    )


def _subject(version: Version) -> str:
    if version.subject == TARGET:
        return TARGET_WORDS
    usual = " from the usual" if version.from_usual else ""
    return MEASURES[Vital(version.subject)].display + usual


def _levels(version: Version) -> str:
    if version.subject == TARGET:
        return ""
    content = ((word.replace("_", " "), version.content.get(word)) for word in LEVELS)
    said = [f"{w} {amount(Vital(version.subject), v)}" for w, v in content if v is not None]
    readings = int(version.content.get("readings", 1))
    agree = f", {plural(readings, 'reading', 'readings')} must agree" if readings > 1 else ""
    return f" {_joined(said)}{agree}"


def _joined(parts: Iterable[str]) -> str:
    return ", ".join(parts)


def _day(day: date) -> str:
    return f"{day.day} {day:%b %Y}"
