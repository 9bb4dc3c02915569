"""What a change of a plan would have changed, in words for whoever is about to save it; pure."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.outcomes import Label
from app.pages.rule_names import called
from core.first import First, first_of
from core.vitals import Severity
from reports.difference import TIERS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime, tzinfo

    from app.pages.language import Language
    from monitoring.what_if import Alerted, Difference

MOST_LISTED = 40


@dataclass(frozen=True, slots=True)
class TierEffect:
    """One line of the comparison."""

    severity: Severity
    before: int
    after: int
    gone: int
    new: int
    days: str


@dataclass(frozen=True, slots=True)
class OneAlert:
    """One alert that would be gone, or new."""

    severity: Severity
    words: str


@dataclass(frozen=True, slots=True)
class Effect:
    """The whole comparison: a summary, its table, and what must not be overlooked."""

    summary: str
    labels: list[str]
    reds: list[str]
    tiers: list[TierEffect]
    gone: First[OneAlert]
    new: First[OneAlert]

    @property
    def nothing(self) -> bool:
        """Return whether no alert would have been another."""
        return not self.gone.total and not self.new.total


def effect(found: Difference, *, days: int, now: datetime, zone: tzinfo, said: Language) -> Effect:
    """Return a comparison in words."""

    def day(alert: Alerted) -> str:
        return said.absolute(alert.at, now=now, zone=zone)

    def one(alert: Alerted) -> OneAlert:
        return _one(alert, day(alert), said)

    return Effect(
        summary=_summary(found, days, said),
        labels=_labels(found, said),
        reds=[
            said.say(
                "RED of {day} by rule {rule} would not have been raised.",
                day=day(a),
                rule=called(a.rule, said),
            )
            for a in found.removed
            if a.severity is Severity.RED
        ],
        tiers=[_tier(found, tier, zone) for tier in TIERS],
        gone=first_of(found.removed, MOST_LISTED).each(one),
        new=first_of(found.added, MOST_LISTED).each(one),
    )


def _summary(found: Difference, days: int, said: Language) -> str:
    return said.count(
        "In the last {days} days it would have raised {count} alert instead of {before}:"
        " {gone} fewer and {new} new.",
        "In the last {days} days it would have raised {count} alerts instead of {before}:"
        " {gone} fewer and {new} new.",
        len(found.after),
        days=days,
        before=len(found.before),
        gone=len(found.removed),
        new=len(found.added),
    )


def _labels(found: Difference, said: Language) -> list[str]:
    """Return what clinicians said of the episodes that would not have been alerted."""
    if not found.labelled:
        return [said.say("No outcome is recorded: whether these alerts were right is not known.")]
    lost = Counter(each.label for each in found.lost)
    told = [
        said.count(
            "{count} of those that would vanish was true and acted on.",
            "{count} of those that would vanish were true and acted on.",
            lost[Label.TRUE_ACTIONABLE],
        ),
        said.count(
            "{count} was true and needed nothing done.",
            "{count} were true and needed nothing done.",
            lost[Label.TRUE_NO_ACTION],
        ),
        said.count("{count} was a false alarm.", "{count} were false alarms.", len(found.spared)),
    ]
    if found.unseen:
        told.append(
            said.count(
                "Of {count} recorded outcome the rules in force say nothing either.",
                "Of {count} recorded outcomes the rules in force say nothing either.",
                found.unseen,
            )
        )
    return told


def _tier(found: Difference, tier: Severity, zone: tzinfo) -> TierEffect:
    before, after = _of(found.before, tier), _of(found.after, tier)
    return TierEffect(
        tier,
        len(before),
        len(after),
        len(_of(found.removed, tier)),
        len(_of(found.added, tier)),
        f"{_days(before, zone)} → {_days(after, zone)}",
    )


def _of(alerts: Sequence[Alerted], tier: Severity) -> list[Alerted]:
    return [each for each in alerts if each.severity is tier]


def _days(alerts: Iterable[Alerted], zone: tzinfo) -> int:
    return len({each.at.astimezone(zone).date() for each in alerts})


def _one(alert: Alerted, day: str, said: Language) -> OneAlert:
    words = said.say("{day}, rule {rule}", day=day, rule=called(alert.rule, said))
    return OneAlert(alert.severity, words)
