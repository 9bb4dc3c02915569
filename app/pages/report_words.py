"""The values of a weekly report in a reader's words and numbers; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal, format_percent

from alerts.minutes import Work
from alerts.outcomes import WORDS
from app.pages.language import Language
from app.pages.quality_words import name_of
from app.pages.rule_names import rule_name
from app.pages.wording import QUALITY_WORDS
from core.vitals import MEASURES, Quality, Severity, Vital
from monitoring.findings import Problem
from monitoring.live_calibration import Fit
from reports.adherence import How, Risk
from reports.behind import ANY, ENDED, NOBODY, OPEN, OPENED, Which
from reports.changes import Changed
from reports.changes import Kind as ChangeKind
from reports.quality import By
from reports.rates import Rate, wilson
from reports.week import Week

Saying = Callable[[Language], str]
HOW: Mapping[str, Saying] = {
    How.DECISION: lambda said: said.say("by decision of a clinician"),
    How.INTEGRATION: lambda said: said.say("by an integration (FHIR)"),
    How.PAGE: lambda said: said.say("by a form"),
    How.UPLOAD: lambda said: said.say("in an upload of many"),
    How.COMMAND: lambda said: said.say("by the command line"),
    How.UNKNOWN: lambda said: said.say("not known"),
}
RISKS: Mapping[str, Saying] = {
    Risk.GAP: lambda said: said.say("a long gap"),
    Risk.FALLING: lambda said: said.say("fewer days than before"),
}
FITS: Mapping[str, Saying] = {
    Fit.AS_PREDICTED: lambda said: said.say("as predicted"),
    Fit.MORE: lambda said: said.say("more than predicted"),
    Fit.FEWER: lambda said: said.say("fewer than predicted"),
    Fit.CANNOT_TELL: lambda said: said.say("cannot tell"),
}
WORKS: Mapping[str, Saying] = {
    Work.REVIEW: lambda said: said.say("review"),
    Work.CALL: lambda said: said.say("call"),
    Work.VIDEO: lambda said: said.say("video visit"),
    Work.VISIT: lambda said: said.say("visit"),
    Work.MESSAGE: lambda said: said.say("message"),
    Work.COORDINATION: lambda said: said.say("coordination"),
}
STAYS: Mapping[str, Saying] = {
    "admitted": lambda said: said.say("in hospital"),
    "paused": lambda said: said.say("monitoring paused"),
}
BECAME: Mapping[str, Saying] = {
    "set": lambda said: said.say("set"),
    "changed": lambda said: said.say("changed"),
    "withdrawn": lambda said: said.say("withdrawn"),
    "promoted": lambda said: said.say("promoted"),
    "rolled back": lambda said: said.say("rolled back"),
}
DONE: Mapping[str, Saying] = {
    "reached": lambda said: said.say("somebody was reached"),
    "not-reached": lambda said: said.say("nobody was reached"),
    "put-off": lambda said: said.say("an alert was put off"),
}
LISTS: Mapping[str, Saying] = {
    OPENED: lambda said: said.say("Alerts opened"),
    OPEN: lambda said: said.say("Open at the end"),
    ENDED: lambda said: said.say("Alerts ended"),
    "in": lambda said: said.say("In service hours"),
    "off": lambda said: said.say("Out of hours"),
    "taken": lambda said: said.say("Taken by somebody"),
    "reached": lambda said: said.say("Reached"),
    "taken-due": lambda said: said.say("Taken within target"),
    "reached-due": lambda said: said.say("Reached within target"),
}
SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class Words:
    """How one report is said: in which language, whose clock, with which names."""

    said: Language
    zone: ZoneInfo
    now: datetime
    names: Mapping[UUID, str]  # of patients
    clinicians: Mapping[UUID, str] = field(default_factory=dict)
    linked: bool = True  # whether it is read where addresses lead somewhere

    def number(self, value: float | None, digits: int = 0) -> str:
        """Return a number with so many decimals; a dash where there is none."""
        if value is None:
            return "–"  # noqa: RUF001 (an en dash stands for nothing)
        pattern = f"#,##0.{'0' * digits}" if digits else "#,##0"
        return str(format_decimal(value, format=pattern, locale=self.said.name))

    def percent(self, share: float | None, digits: int = 0) -> str:
        """Return a share in per cent; a dash of nothing."""
        if share is None:
            return "–"  # noqa: RUF001 (as above)
        pattern = f"#,##0.{'0' * digits} %" if digits else "#,##0 %"
        return str(format_percent(share, format=pattern, locale=self.said.name))

    def of(self, rate: Rate) -> str:
        """Return a share as its count."""
        return self.said.say("{hits} of {of}", hits=rate.hits, of=rate.of) if rate.of else ""

    def days(self, rate: Rate) -> str:
        """Return a share of days as its count."""
        if not rate.of:
            return ""
        return self.said.say("{hits} of {of} days", hits=rate.hits, of=rate.of)

    def interval(self, rate: Rate) -> str:
        """Return the 95 % interval of a share."""
        ends = wilson(rate)
        if ends is None:
            return ""
        low, high = (self.number(100 * end) for end in ends)
        return f"{low}–{high} %"  # noqa: RUF001 (an en dash joins a range)

    def span(self, span: timedelta | None) -> str:
        """Return a time; a dash where there is none."""
        return "–" if span is None else self.said.span(span)  # noqa: RUF001 (as above)

    def at(self, at: datetime) -> str:
        """Return an instant by the site's clock, always with its day."""
        local = at.astimezone(self.zone)
        return f"{self.day(local.date())} {local:%H:%M}"

    def day(self, day: date) -> str:
        """Return a day."""
        return self.said.day(day, today=self.now.astimezone(self.zone).date())

    def name(self, who: UUID) -> str:
        """Return what a patient is called; who is not shown any more has no name."""
        return self.names.get(who) or self.said.say("somebody no longer shown")

    def shown(self, who: UUID) -> bool:
        """Return whether a patient may be named and looked at by the reader."""
        return bool(self.names.get(who))

    def clinician(self, who: UUID | None) -> str:
        """Return what a clinician is called."""
        known = self.clinicians.get(who) if who else None
        return known or self.said.say("a colleague")

    def tier(self, tier: Severity | None) -> str:
        """Return a tier as a word."""
        return self.said.say(tier) if tier else self.said.say("no alert")

    def course(self, now: Severity | None, before: Severity | None) -> str:
        """Return how somebody's week was beside the one before."""
        facts = {"before": self.tier(before), "now": self.tier(now)}
        return self.said.say("{before} the week before, {now} this week", **facts)

    def hyphened(self, name: str) -> str:
        """Return a problem or another name of the program in words."""
        return self.said.say(name.replace("-", " "))

    def outcome(self, label: str) -> str:
        """Return what an alert turned out to be."""
        return self.said.say(WORDS.get(label, label))

    def rule(self, rule: str) -> str:
        """Return what a rule is called."""
        return rule_name(rule, self.said) or rule

    def device(self, device: str) -> str:
        """Return what a kind of device is called."""
        return name_of(device, By.DEVICE, self.said)

    def worded(self, kinds: Mapping[str, Saying], key: str) -> str:
        """Return one of several kinds in words."""
        saying = kinds.get(key)
        return saying(self.said) if saying else self.hyphened(key)

    def how(self, how: How) -> str:
        """Return how somebody was enrolled."""
        return self.worded(HOW, how)

    def risk(self, risk: Risk) -> str:
        """Return why somebody may drop out."""
        return self.worded(RISKS, risk)

    def fit(self, fit: Fit) -> str:
        """Return what outcomes say of predictions."""
        return self.worded(FITS, fit)

    def work(self, work: str) -> str:
        """Return what minutes went into."""
        return self.worded(WORKS, work)

    def done(self, what: str) -> str:
        """Return what somebody did for a patient."""
        return self.worded({**WORKS, **DONE}, what)

    def which(self, which: Which) -> str:
        """Return what a list of alerts is narrowed to."""
        named = which.owner not in ("", ANY, NOBODY)
        owner = self.clinician(_id(which.owner)) if named else ""
        parts = (
            self.worded(LISTS, which.of),
            self.said.say(which.tier) if which.tier in tuple(Severity) else "",
            self.hyphened(which.problem) if which.problem in tuple(Problem) else "",
            self.outcome(which.outcome) if which.outcome in WORDS else "",
            self.said.say("Nobody") if which.owner == NOBODY else owner,
            self.worded(LISTS, which.hours) if which.hours else "",
            self.worded(LISTS, which.state) if which.state else "",
        )
        return " · ".join(each for each in parts if each)

    def with_clinicians(self, clinicians: Mapping[UUID, str]) -> Words:
        """Return the same with the names of more clinicians."""
        return replace(self, clinicians={**self.clinicians, **clinicians})

    def quality(self, quality: Quality) -> str:
        """Return whether a reading could be used."""
        return self.said.say(QUALITY_WORDS[quality])

    def changed(self, made: Changed) -> str:
        """Return what was changed, in one sentence."""
        return CHANGES[made.kind](self, made)

    def week(self, week: Week) -> str:
        """Return a week by its first and last day."""
        sunday = week.monday + timedelta(days=6)
        facts = {"first": self.day(week.monday), "last": self.day(sunday)}
        return self.said.say("{first} to {last}", **facts)


def _id(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _rules(w: Words, made: Changed) -> str:
    return w.said.say("Rules changed to {hash}", hash=made.subject[:SHORT_HASH])


def _model(w: Words, made: Changed) -> str:
    change = w.worded(BECAME, made.change)
    return w.said.say("Learned model {model}: {change}", model=made.subject, change=change)


def _limit(w: Words, made: Changed) -> str:
    known = made.subject in tuple(Vital)
    what = w.said.say(MEASURES[Vital(made.subject)].display) if known else _target(w)
    facts = {"name": _who(w, made), "what": what, "change": w.worded(BECAME, made.change)}
    return w.said.say("Limit of {name}, {what}: {change}", **facts)


def _target(w: Words) -> str:
    return w.said.say("target of oxygen saturation")


def _snooze(w: Words, made: Changed) -> str:
    facts = {"name": _who(w, made), "problem": w.hyphened(made.subject)}
    if made.until is None:
        return w.said.say("Alert of {name} put off: {problem}", **facts)
    until = w.at(made.until)
    return w.said.say("Alert of {name} put off until {until}: {problem}", until=until, **facts)


def _pause(w: Words, made: Changed) -> str:
    facts = {"name": _who(w, made), "why": w.worded(STAYS, made.subject)}
    if made.until is None:
        return w.said.say("{name}: {why}", **facts)
    return w.said.say("{name}: {why} until {until}", until=w.at(made.until), **facts)


def _who(w: Words, made: Changed) -> str:
    return w.name(made.patient_id) if made.patient_id else ""


CHANGES: Mapping[ChangeKind, Callable[[Words, Changed], str]] = {
    ChangeKind.RULES: _rules,
    ChangeKind.MODEL: _model,
    ChangeKind.LIMIT: _limit,
    ChangeKind.SNOOZE: _snooze,
    ChangeKind.PAUSE: _pause,
}
