"""One version of one part of a person's plan, and what it leaves in force: pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.vitals import Vital
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import date, datetime
    from uuid import UUID

    from monitoring.windows import History

TARGET = "target_saturation"  # SpO2 88 to 92 %: a clinician confirmed hypercapnic failure
TARGET_RANGE = {"low": 88, "high": 92}  # RCP NEWS2 2017, scale 2
_SAID = ("alert_low", "warn_low", "warn_high", "alert_high", "usual_days", "readings")
_TIMES = ("within_minutes", "apart_minutes", "unanswered_minutes")


class Change(StrEnum):
    """What a version does to the one before it."""

    SET = "set"
    CHANGED = "changed"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Version:
    """What a clinician decided about one part of a plan, when, and why."""

    id: UUID
    number: int
    subject: str  # a vital, or `TARGET`
    from_usual: bool
    change: Change
    content: Mapping[str, Any]
    at: datetime
    review_by: date | None
    practitioner_id: UUID
    clinician: str = ""
    reason: str = ""

    @property
    def standing(self) -> bool:
        """Return whether the part is in the plan by this version."""
        return self.change is not Change.WITHDRAWN

    def overdue(self, today: date) -> bool:
        """Return whether it is still in the plan past the day by which it had to be reviewed."""
        return self.standing and self.review_by is not None and self.review_by < today


@dataclass(frozen=True, slots=True)
class Own:
    """What clinicians set for one person: the limits that stand, and when each vital's changed."""

    limits: tuple[PlanLimit, ...] = ()
    changed: Mapping[Vital, datetime] = field(default_factory=dict)


def content_of(limit: PlanLimit) -> dict[str, Any]:
    """Return what a limit says, to be stored."""
    return {name: getattr(limit, name) for name in (*_SAID, *_TIMES)}


def limit_of(version: Version) -> PlanLimit:
    """Return the limit that a version set, with who set it, when and why."""
    return PlanLimit(
        vital=Vital(version.subject),
        reason=version.reason,
        from_usual=version.from_usual,
        set_by=version.clinician,
        set_on=version.at.date(),
        review_by=version.review_by,
        origin=Origin.CLINICIAN,
        **version.content,
    )


def newest(versions: Iterable[Version]) -> list[Version]:
    """Return the last version of each part, by what it is about.

    The records of a merged person each count their own: the later version stands.
    """
    last: dict[tuple[str, bool], Version] = {}
    for each in sorted(versions, key=lambda v: (v.at, v.number)):
        last[each.subject, each.from_usual] = each
    return [last[key] for key in sorted(last)]


def own(versions: Iterable[Version]) -> Own:
    """Return what is in force of a person's versions."""
    of_vitals = [each for each in newest(versions) if each.subject != TARGET]
    return Own(
        tuple(limit_of(each) for each in of_vitals if each.standing),
        {Vital(each.subject): each.at for each in of_vitals},
    )


def touched(past: History, own: Own, *, after: datetime, now: datetime) -> Iterator[float]:
    """Yield the last reading of each vital whose limit changed since: a new limit is for it too.

    Of the last day only (E): what is older is history, and a limit set today is no news of it.
    """
    for vital, at in own.changed.items():
        series = past.series.get(vital)
        if series is not None and at > after and len(series):
            last = float(series.times[-1])
            if 0 <= now.timestamp() - last <= DAY:
                yield last
