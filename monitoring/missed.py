"""A measurement that was expected and did not come: a question to the patient, never an alarm."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity
from monitoring.home import absent, back, expected_from
from monitoring.moment import Hit, Waiting, evidence
from monitoring.phrases import Phrase
from monitoring.rule_kinds import Rule
from monitoring.schedule import Lack, all_expected, why
from monitoring.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.findings import Evidence
    from monitoring.moment import Moment
    from monitoring.schedule import Expected


OTHERWISE = "It would not have fired if it had been measured, or the person were known away."


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedRule(Rule):
    """Something was expected by the own schedule, and its grace is over."""

    severity: Severity
    forget_days: int = 30


def missed(rule: MissedRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Ask, once for all that became late at one instant, what is the matter."""
    if absent(now) is not None:
        yield from back(now)
        return
    listed = sorted(all_expected(now), key=lambda each: each.late_at)
    for late_at, together in groupby(listed, key=lambda each: each.late_at):
        if now.at < late_at:
            yield Waiting(late_at)
            return
        reasons = [(each, why(now, each.vital)) for each in together]
        unexcused = [(each, reason) for each, reason in reasons if isinstance(reason, Lack)]
        if unexcused and now.at - late_at <= rule.forget_days * DAY:
            yield _hit(rule, now, unexcused)


def _hit(rule: MissedRule, now: Moment, late: list[tuple[Expected, Lack]]) -> Hit:
    first = late[0][0]
    series = now.series(first.vital)
    since = expected_from(now, float(series.times[-1])) if series is not None else first.late_at
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=first.late_at,
        day=now.day,
        vital=first.vital if len(late) == 1 else None,
        since=since,
        remark=tuple(_named(each) for each, _ in late),
        held=tuple(
            Phrase("{measure}: {reason}", {"measure": _named(each), "reason": Phrase(reason)})
            for each, reason in late
        ),
        evidence=tuple(one for each, _ in late for one in _last(now, each)),
        otherwise=Phrase(OTHERWISE),
    )


def _named(late: Expected) -> Phrase:
    return Phrase(MEASURES[late.vital].display)


def _last(now: Moment, late: Expected) -> tuple[Evidence, ...]:
    series = now.series(late.vital)
    return () if series is None else evidence(series, late.vital, [len(series) - 1])
