"""What was changed in the week about how people are judged, and what it did to their alerts."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from ingest.caseload import Caseload

BEFORE = timedelta(days=28)  # that a change is held against
SCORE_RULES = frozenset({"RISK"})


class Kind(StrEnum):
    """What was changed."""

    RULES = "rules"  # the rulebook, the site's plan or the templates
    MODEL = "model"  # which learned model judges
    LIMIT = "limit"  # one person's, by a clinician
    SNOOZE = "snooze"  # alerts of one problem were put off
    PAUSE = "pause"  # one person's monitoring


@dataclass(frozen=True, slots=True)
class Effect:
    """Alerts of what was changed, before it and since, with the patient-weeks of both."""

    before: int
    before_weeks: float
    since: int
    since_weeks: float

    @property
    def per_week_before(self) -> float | None:
        """Return alerts per patient-week before the change."""
        return self.before / self.before_weeks if self.before_weeks else None

    @property
    def per_week_since(self) -> float | None:
        """Return alerts per patient-week since the change."""
        return self.since / self.since_weeks if self.since_weeks else None


@dataclass(frozen=True, slots=True)
class Made:
    """One change as it was made: of what, by whom, for whom.

    `subject` is a vital, a problem, a model's id or a rulebook's hash; `change` what became of it.
    """

    kind: Kind
    at: datetime
    subject: str
    change: str
    patients: tuple[UUID, ...]  # whom it is about; of a model and of rules all
    by: UUID | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Changed:
    """One change with its effect; None where there is nothing to hold it against."""

    kind: Kind
    at: datetime
    subject: str
    change: str
    people: int
    patient_id: UUID | None
    by: UUID | None
    until: datetime | None
    effect: Effect | None


@dataclass(frozen=True, slots=True)
class Spoke:
    """One rule that speaks in one alert, of which measurement."""

    alert_id: UUID
    patient_id: UUID
    opened_at: datetime
    rule: str
    vital: str = ""


@dataclass(frozen=True, slots=True)
class Past:
    """The alerts of five weeks, since when each person was watched, and when the team had them."""

    spoke: Collection[Spoke]
    since: Mapping[UUID, datetime] = field(default_factory=dict)
    caseload: Caseload | None = None  # None: all the time


def changes(made: Iterable[Made], past: Past, *, end: datetime) -> tuple[Changed, ...]:
    """Return the changes in the order in which they were made, each with its effect."""
    found = [_changed(each, past, end=end) for each in made]
    return tuple(sorted(found, key=lambda c: (c.at, tuple(Kind).index(c.kind), c.subject)))


def _changed(made: Made, past: Past, *, end: datetime) -> Changed:
    about = _about(made)
    alone = made.patients[0] if len(made.patients) == 1 else None
    return Changed(
        kind=made.kind,
        at=made.at,
        subject=made.subject,
        change=made.change,
        people=len(made.patients),
        patient_id=alone if made.kind not in (Kind.RULES, Kind.MODEL) else None,
        by=made.by,
        until=made.until,
        effect=effect(made, past, about, end=end) if about is not None else None,
    )


def _about(made: Made) -> Callable[[Spoke], bool] | None:
    """Return which alerts a change is about; None where it lets none be raised otherwise."""
    match made.kind:
        case Kind.RULES:
            return lambda _: True
        case Kind.MODEL:
            return lambda spoke: spoke.rule in SCORE_RULES
        case Kind.LIMIT:
            return lambda spoke: spoke.vital == made.subject
    return None


def effect(made: Made, past: Past, about: Callable[[Spoke], bool], *, end: datetime) -> Effect:
    """Return the alerts that a change is about, of its people, four weeks before and since.

    Of both only the time in which the team had them.
    """
    whom = {who.int for who in made.patients}
    start = made.at - BEFORE
    load = past.caseload or Caseload.whole(made.patients, start, max(end, start))
    mine = {
        s.alert_id: s.opened_at
        for s in past.spoke
        if s.patient_id.int in whom and about(s) and load.had(s.patient_id, s.opened_at)
    }
    begun = [(who, max(past.since.get(who, start), start)) for who in made.patients]
    return Effect(
        before=sum(start <= at < made.at for at in mine.values()),
        before_weeks=sum(load.weeks([who], at, made.at) for who, at in begun),
        since=sum(made.at <= at < end for at in mine.values()),
        since_weeks=load.weeks(made.patients, made.at, end),
    )
