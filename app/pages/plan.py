"""The plan of a patient on their page: each limit in force, whose it is, and what gave way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from itertools import groupby
from pathlib import Path
from uuid import UUID

from babel.dates import format_skeleton

import monitoring.service
from app.pages.door import Door, Visit
from app.pages.wording import Moment, moment
from core.vitals import MEASURES, Severity, Vital
from monitoring import words
from monitoring.catalogue import catalogue
from monitoring.level_phrases import sized
from monitoring.phrases import Phrase, Value, counted, whole
from monitoring.plans import service
from monitoring.plans.deciding import GaveWay
from monitoring.plans.in_part import left_out
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.plans.lines import Line, whose, yielded
from monitoring.plans.showing import Shown
from monitoring.plans.site_rules import SiteRules
from monitoring.plans.versions import TARGET, Version
from monitoring.rule_words import SURE

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
    change: str = ""  # where it is changed, for whoever may


@dataclass(frozen=True, slots=True)
class VersionPrint:
    """One version of what a clinician set."""

    number: int
    at: Moment
    words: str
    why: str
    back: str = ""  # where it is put back, for whoever may


@dataclass(frozen=True, slots=True)
class PlanPrint:
    """Everything that the page says of a plan."""

    templates: list[str]
    target: str
    target_note: str
    overdue: list[str]
    planned: list[VitalPrint]
    others: list[VitalPrint]
    others_title: str
    silent: str
    in_part: list[str]
    own: list[str]  # what clinicians have set and stands
    history: list[VersionPrint]
    history_title: str
    rulebook: str
    hash: str
    edit: str  # the plan's own page


def plan_print(door: Door, visit: Visit, patient_id: UUID) -> PlanPrint:
    """Return the plan of a patient whom the visitor may see."""
    shown = service.shown(visit.session, patient_id, site_of(door.settings.plan), now=visit.now)
    names = {each.name: each.display for each in shown.templates}
    page = f"/patients/{patient_id}/plan"
    reader = _Reader(visit.language, names, page if service.may_change(visit.caller) else "")
    planned = {line.vital for line in shown.lines if line.limit is not None}
    vitals = list(_vitals(shown, reader))
    others = [printed for vital, printed in vitals if vital not in planned]
    note = "" if shown.person.scale_two or not shown.target else reader.say(NO_DIAGNOSIS)
    return PlanPrint(
        templates=[reader.say(each) for each in reader.names.values()],
        target=_target(shown.target, reader),
        target_note=note,
        overdue=[_overdue(each, reader) for each in shown.overdue],
        planned=[printed for vital, printed in vitals if vital in planned],
        others=others,
        others_title=reader.phrase(
            counted(
                "Limits of the rulebook alone: {count} more measurement",
                "Limits of the rulebook alone: {count} more measurements",
                {"count": whole(len(others))},
            )
        ),
        silent=", ".join(shown.plan.replaced),
        in_part=[reader.phrase(left_out(each, each.rule)) for each in shown.plan.in_part],
        own=[_said(each, reader) for each in shown.standing if each.subject != TARGET],
        history=[_version(each, door, visit, reader) for each in shown.versions],
        history_title=reader.phrase(
            counted(
                "History: {count} version",
                "History: {count} versions",
                {"count": whole(len(shown.versions))},
            )
        ),
        rulebook=shown.rulebook.version,
        hash=shown.rulebook.hash,
        edit=page,
    )


NO_DIAGNOSIS = (
    "No chronic hypercapnic failure stands on the problem list, so that scale 1 is still used."
)


@cache
def site_of(plan: Path | None) -> SiteRules:
    """Return what the site judges by; it changes only with a new start of the program."""
    return monitoring.service.load_site_rules(plan)


@dataclass(frozen=True, slots=True)
class _Reader:
    """In which language a plan is read, and what its templates are called, by name."""

    language: str
    names: dict[str, str]
    edit: str = ""  # where they may change it

    def say(self, message: str, **facts: Value) -> str:
        """Return a message with its facts."""
        return words.text(message, self.language, **facts)

    def phrase(self, said: Phrase) -> str:
        """Return a phrase in words."""
        return words.phrase(said, self.language)

    def owner(self, limit: PlanLimit) -> Phrase:
        """Return whose a limit is."""
        return whose(limit, self.names.get(limit.origin_name, limit.origin_name))

    def day(self, day: date) -> Phrase:
        """Return a day with its year."""
        locale = catalogue(self.language).locale
        return Phrase(str(format_skeleton("yMMMd", day, locale=locale)))


def _vitals(shown: Shown, reader: _Reader) -> Iterator[tuple[Vital, VitalPrint]]:
    for vital, lines in groupby(shown.lines, key=lambda line: line.vital):
        gone = [_gone(each, reader) for each in shown.plan.gave_way if each.limit.vital is vital]
        printed = [_limit(line, reader, shown.today) for line in lines]
        change = f"{reader.edit}?measure={vital}#change" if reader.edit else ""
        yield vital, VitalPrint(reader.say(MEASURES[vital].display), printed, gone, change)


def _gone(gone: GaveWay, reader: _Reader) -> str:
    owner, why = reader.owner(gone.limit), Phrase(gone.why)
    return reader.say("{limit} of {owner}: {why}", limit=yielded(gone), owner=owner, why=why)


def _limit(line: Line, reader: _Reader, today: date) -> LimitPrint:
    limit, said = line.limit, line.words(reader.language)
    if limit is None:
        return LimitPrint(line.severity, said, reader.say("rule {rule}", rule=Phrase(line.rule)))
    dates = []
    if limit.set_on is not None:
        dates.append(reader.say("since {day}", day=reader.day(limit.set_on)))
    if limit.review_by is not None:
        dates.append(reader.say("review by {day}", day=reader.day(limit.review_by)))
    late = limit.review_by is not None and limit.review_by < today
    owner = reader.phrase(reader.owner(limit))
    return LimitPrint(
        line.severity, said, owner, limit.reason, _basis(limit, reader), ", ".join(dates), late
    )


def _basis(limit: PlanLimit, reader: _Reader) -> str:
    if limit.origin is not Origin.TEMPLATE:
        return limit.basis
    sure = ", ".join(reader.say(SURE[tag]) for tag in limit.confidence.split("/"))
    return f"{limit.basis} ({sure})"


def _target(target: Version | None, reader: _Reader) -> str:
    if target is None:
        return ""
    said = reader.say(
        "{target}, set by {clinician} on {day}",
        target=Phrase(TARGET_WORDS),
        clinician=Phrase(target.clinician),
        day=reader.day(target.at.date()),
    )
    return said + _due(target, reader)


def _due(version: Version, reader: _Reader) -> str:
    if version.review_by is None:
        return ""
    return ", " + reader.say("review by {day}", day=reader.day(version.review_by))


def _overdue(version: Version, reader: _Reader) -> str:
    due = reader.day(version.review_by) if version.review_by else Phrase("")
    return reader.say("{measure}: to be reviewed by {day}", measure=_subject(version), day=due)


def _said(version: Version, reader: _Reader) -> str:
    said = reader.say(
        "{change} by {clinician}: {measure}",
        change=Phrase(version.change),
        clinician=Phrase(version.clinician),
        measure=_subject(version),
    )
    return f"{said}{_levels(version, reader)}{_due(version, reader)}"


def _version(version: Version, door: Door, visit: Visit, reader: _Reader) -> VersionPrint:
    return VersionPrint(
        version.number,
        moment(version.at, now=visit.now, zone=door.zone, language=visit.language),
        _said(version, reader),
        version.reason,
        _back(version, reader),
    )


def _back(version: Version, reader: _Reader) -> str:
    """Return where a version is put back; the target of oxygen has a form of its own."""
    if not reader.edit or version.subject == TARGET:
        return ""
    return f"{reader.edit}?put_back={version.number}#change"


def _subject(version: Version) -> Phrase:
    if version.subject == TARGET:
        return Phrase(TARGET_WORDS)
    name = Phrase(MEASURES[Vital(version.subject)].display)
    return Phrase("{measure} from the usual", {"measure": name}) if version.from_usual else name


def _levels(version: Version, reader: _Reader) -> str:
    if version.subject == TARGET:
        return ""
    content = ((word, version.content.get(word)) for word in LEVELS)
    said = [
        f"{reader.say(word.replace('_', ' '))} {reader.say('{limit}', limit=sized(vital, value))}"
        for vital in (Vital(version.subject),)
        for word, value in content
        if value is not None
    ]
    readings = int(version.content.get("readings", 1))
    if readings > 1:
        said.append(reader.say("{count} readings must agree", count=whole(readings)))
    return " " + ", ".join(said)
