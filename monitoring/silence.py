"""What missing and impossible readings say: silence, and values no body could have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import MEASURES
from monitoring.home import absent, back, expected_from
from monitoring.moment import Hit, Waiting, evidence, kept_evidence
from monitoring.phrases import Phrase
from monitoring.rules import HOUR, MINUTE
from monitoring.schedule import all_expected, days_after, expected, midnight
from monitoring.windows import DAY, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from core.vitals import Severity
    from monitoring.findings import Evidence
    from monitoring.moment import Moment
    from monitoring.rule_kinds import Danger, ImplausibleRule, SilenceRule
    from monitoring.windows import Kept

LAST_WAS_OFF = "a last value above the usual"


def silence(rule: SilenceRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Notice that a vital, or every stream, is quiet for too long."""
    last = _last_contact(rule, now)
    if last is None or now.at - last > rule.forget_days * DAY:
        return
    if absent(now) is not None:
        yield from back(now)
        return
    due = _due(rule, now, last)
    if now.at < due:
        yield Waiting(due)
        return
    off = _was_off(rule, now)
    yield Hit(
        rule=rule,
        severity=rule.off_severity if off else rule.severity,
        at=due,  # the same however often it is asked
        day=now.day,
        vital=rule.vital,
        since=last,
        span=(now.at - last) / (DAY if rule.vital_days else HOUR),
        evidence=_last_reading(rule, now),
        because=LAST_WAS_OFF if off else "",
        otherwise=Phrase("It would not have fired if a measurement had come since."),
    )


def _last_reading(rule: SilenceRule, now: Moment) -> tuple[Evidence, ...]:
    series = now.series(rule.vital) if rule.vital is not None else None
    if rule.vital is None or series is None:
        return ()
    return evidence(series, rule.vital, [len(series) - 1])


def _last_contact(rule: SilenceRule, now: Moment) -> float | None:
    """Return from when the silence counts: the last word, or the end of a stay after it."""
    if rule.vital is not None:
        series = now.series(rule.vital)
        return None if series is None else expected_from(now, float(series.times[-1]))
    contacts = now.past.contacts
    return expected_from(now, float(contacts[-1])) if len(contacts) else None


def _due(rule: SilenceRule, now: Moment, last: float) -> float:
    """Return from when on it is too quiet: as many days later as nothing was expected anyway."""
    zone, spare = zone_of(now.person.zone), _spare(rule, now)
    if rule.vital is not None and rule.vital_days:
        return midnight(local_day(last, zone) + spare + rule.vital_days, zone)
    return days_after(last, spare, zone) + _hours(rule, now) * HOUR


def _spare(rule: SilenceRule, now: Moment) -> int:
    """Return for how many days after the last word nothing is expected; 0 where nobody knows."""
    if rule.vital is not None:
        own = expected(now, rule.vital)
        return own.every - 1 if own else 0
    return min((each.every for each in all_expected(now)), default=1) - 1


def _hours(rule: SilenceRule, now: Moment) -> float:
    alone = rule.hours_alone if now.person.lives_alone else 0.0
    return alone or rule.hours


def _was_off(rule: SilenceRule, now: Moment) -> bool:
    """Return whether the last value before the silence was already off the usual."""
    if rule.vital is None or rule.off_by is None:
        return False
    series = now.past.series[rule.vital]
    window = now.day - int(series.days[-1]) + 1
    usual = now.usual(rule.vital, window=window, days=28)
    return usual is not None and float(series.values[-1]) - usual.centre >= rule.off_by


def implausible(rule: ImplausibleRule, now: Moment) -> Iterator[Hit | Waiting]:
    """Ask about values outside the plausible range; graver if nobody repeats them (AL-20)."""
    wait = rule.unanswered_minutes * MINUTE
    for kept in reversed(now.past.kept):
        if now.at - kept.time > wait + 1.0:
            return
        danger = _danger(rule, kept)
        if danger is None or now.at - kept.time < wait:
            yield _hit(rule, kept, rule.severity, danger=None)
            if danger is not None:
                yield Waiting(kept.time + wait, kept_evidence(kept))
        elif not _repeated(now, kept):
            yield _hit(rule, kept, rule.unanswered_severity, danger=danger)


def _danger(rule: ImplausibleRule, kept: Kept) -> Danger | None:
    """Return what the value would mean if true; heart rate 900 means nothing but a fault."""
    for danger in rule.dangers:
        upward = danger.comparison.upward
        beyond = _outside(kept, upward=upward)
        credible = not danger.comparison.holds(kept.value, danger.credible)
        if danger.vital is kept.vital and beyond and credible:
            return danger
    return None


def _outside(kept: Kept, *, upward: bool) -> bool:
    measure = MEASURES[kept.vital]
    return kept.value > measure.high if upward else kept.value < measure.low


def _repeated(now: Moment, kept: Kept) -> bool:
    series = now.series(kept.vital)
    return series is not None and float(series.times[-1]) > kept.time


def _hit(rule: ImplausibleRule, kept: Kept, severity: Severity, *, danger: Danger | None) -> Hit:
    measure = MEASURES[kept.vital]
    return Hit(
        rule=rule,
        severity=severity,
        at=kept.time,
        day=kept.day,
        vital=kept.vital,
        value=kept.value,
        limit=measure.high if kept.value > measure.high else measure.low,
        evidence=(kept_evidence(kept),),
        confirmed=False,
        problem=danger.problem if danger else None,
        otherwise=Phrase("It would not have fired with a value inside the plausible range."),
    )
