"""What the mean of a window says: minutes for a severe pressure, a week for its goal."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from monitoring.findings import Missing
from monitoring.moment import Hit, Waiting, evidence
from monitoring.phrases import Phrase
from monitoring.rules import DIGITS, MINUTE, SLACK

if TYPE_CHECKING:
    from collections.abc import Iterator

    from monitoring.moment import Moment
    from monitoring.rule_kinds import AverageRule, Term
    from monitoring.windows import Series


def average(rule: AverageRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Judge the mean of the readings of a window; the first term beyond its limit counts."""
    for place, term in enumerate(rule.terms):
        judged = _judged(rule, term, now)
        if isinstance(judged, Hit):
            others = (_judged(rule, other, now) for other in rule.terms[place + 1 :])
            both = any(isinstance(other, Hit) for other in others)
            yield replace(judged, otherwise=_EACH) if both else judged
            return
        if judged is not None:
            yield judged


_EACH = Phrase("It would not have fired with every mean inside its limit.")


def _judged(rule: AverageRule, term: Term, now: Moment) -> Hit | Waiting | None:
    series = now.series(term.vital)
    return None if series is None else _mean_beyond(rule, term, series, now)


def _mean_beyond(
    rule: AverageRule, term: Term, series: Series, now: Moment
) -> Hit | Waiting | None:
    last = float(series.times[-1])
    window = rule.window_minutes * MINUTE
    if now.at - last > max(window, (rule.unanswered_minutes or 0.0) * MINUTE) + SLACK:
        return None
    chosen = range(int(series.times.searchsorted(last - window)), len(series))
    values = series.values[chosen.start :]
    mean = float(values.mean())
    if not term.comparison.holds(round(mean, DIGITS), term.limit):
        return None
    confirmed = len(values) >= rule.least_readings
    if not confirmed:
        if rule.unanswered_minutes is None:
            return None
        until = last + rule.unanswered_minutes * MINUTE
        if now.at < until:
            return Waiting(until, evidence(series, term.vital, [len(series) - 1])[0])
    usual = now.usual(term.vital, window=1, days=28)
    return Hit(
        rule=rule,
        severity=rule.severity,
        at=last,
        day=int(series.days[-1]),
        vital=term.vital,
        value=mean,
        limit=term.limit,
        usual=usual,
        change=mean - usual.centre if usual else None,
        since=float(series.times[chosen.start]),
        count=len(values),
        evidence=evidence(series, term.vital, chosen),
        confirmed=confirmed,
        missing=() if usual else (Missing.BASELINE,),
    )
