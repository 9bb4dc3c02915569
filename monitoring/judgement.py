"""The whole pure pipeline: readings in, one explained assessment out.

Live assessment, `wardlight replay` and the lab all judge through this file. `arrived` and
`now` are the caller's; nothing here knows the clock.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from monitoring import (
    alternatives,
    baseline,
    explanation,
    features,
    learnt,
    own_range,
    repeats,
    risk,
    schedule,
    scoring,
    unsure,
)
from monitoring.findings import Ask, Assessment, Awaited, Finding
from monitoring.kinds import kind_of
from monitoring.moment import Moment, Waiting, evidence, moment
from monitoring.rule_kinds import LimitRule
from monitoring.suited import applying
from monitoring.unknowns import body, unknowns
from monitoring.windows import DAY, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from core.vitals import Vital
    from monitoring.findings import Evidence, Risk, Usual
    from monitoring.rule_kinds import Rule
    from monitoring.rulebook import Rulebook
    from monitoring.windows import History

TOUCHES = 2 * 3600.0  # seconds: longer than any rule waits for a repeat or a second fact
REACH_DAYS = 30  # older readings are history: they feed the baseline, never an alert (fhir.md 4)


@dataclass(frozen=True, slots=True)
class Judged:
    """What one instant gave: findings, and when a value that waits must be looked at again.

    `due` is the next instant at which time alone makes a rule fire, if nothing new arrives.
    """

    findings: tuple[Finding, ...] = ()
    recheck: float | None = None
    due: float | None = None
    asks: tuple[Ask, ...] = ()


def judge_at(now: Moment, asked: Iterable[Rule], rulebook: Rulebook) -> Judged:
    """Ask rules at one moment. The score and combinations are not asked here."""
    findings: list[Finding] = []
    waits: list[tuple[str, Waiting]] = []
    dues: list[float] = []
    fired = unsure.Asking(now, rulebook.repeated)
    for rule in applying(asked, now, rulebook):
        kind = kind_of(rule)
        for answer in fired.of(rule):
            if isinstance(answer, Waiting):
                if kind.timed:
                    dues.append(answer.until)
                else:
                    waits.append((rule.id, answer))
                continue
            answer = own_range.lesser(answer)  # noqa: PLW2901 (the same answer, as it counts)
            if not rule.tiers or answer.severity in rule.tiers:
                told = learnt.ended(answer, now)
                said = explanation.finding(told, zone=now.person.zone, closing=rulebook.closing)
                findings.append(replace(said, rejudged=not kind.timed, rulebook_hash=rulebook.hash))
    asks = tuple(repeats.below_red(waits, rulebook.asking, rulebook.shadowed))
    soonest = min((wait.until for _, wait in waits), default=None)
    return Judged(tuple(findings), soonest, min(dues, default=None), asks)


def judge(  # noqa: PLR0913 (the whole context of a judgement)
    past: History,
    points: Sequence[float],
    *,
    now: datetime,
    rulebook: Rulebook,
    model: risk.Model | None,
    recent: Iterable[Finding] = (),
) -> Assessment:
    """Judge a person at the given points and at `now`.

    Parameters
    ----------
    points : sequence of float
        Effective times (seconds since the epoch) to judge; later ones than `now` are left out.
    recent : iterable of Finding
        What earlier assessments found, for combinations only.
    """
    arrived = now.timestamp()
    found, asks, recheck, due = _walk(past, points, arrived, rulebook)
    last = moment(past, arrived, arrived)
    scored = predicted(last, model)
    if scored is not None and model is not None:
        found += scored_finding(last, scored, model, rulebook)
    found = [later(finding, last, rulebook) for finding in scoring.distinct(found)]
    shadow = tuple(each for each in found if each.rule_id in rulebook.shadowed)
    found = [each for each in found if each.rule_id not in rulebook.shadowed]
    found += scoring.combined(rulebook, found, recent)
    shadow += tuple(each for each in found if each.rule_id in rulebook.shadowed)
    found = [each for each in found if each.rule_id not in rulebook.shadowed]
    explained = alternatives.considered(
        rulebook.alternatives, scoring.distinct(found), lambda at: moment(past, at, arrived)
    )
    return Assessment(
        person_id=past.person.id,
        at=now,
        findings=tuple(explained),
        shadow=tuple(scoring.distinct(shadow)),
        risk=scored,
        rulebook_hash=rulebook.hash,
        model_id=model.id if model else "",
        usual=_usual(last),
        expected=_expected(last),
        notes=tuple(unknowns(last, modelled=model is not None, scored=scored is not None)),
        asks=repeats.current([*asks, *repeats.beside_red(found, rulebook.asking)], now=now),
        recheck_at=None if recheck is None else datetime.fromtimestamp(recheck, UTC),
        due_at=None if due is None else datetime.fromtimestamp(due, UTC),
    )


def _walk(
    past: History, points: Iterable[float], arrived: float, rulebook: Rulebook
) -> tuple[list[Finding], list[Ask], float | None, float | None]:
    """Judge each point and each end of a wait that has passed.

    Return with the findings what is asked of the person, when the next wait ends, and when time
    alone makes a rule fire.
    """
    queue = sorted({*(p for p in points if p <= arrived), arrived})
    found: list[Finding] = []
    asks: list[Ask] = []
    recheck: float | None = None
    due: float | None = None
    done: set[float] = set()
    waited: set[float] = set()
    while queue:
        at = heapq.heappop(queue)
        if at in done:
            continue
        done.add(at)
        asked = rulebook.rules if at in waited or at == arrived else concerned(past, at, rulebook)
        judged = judge_at(moment(past, at, arrived), asked, rulebook)
        found += judged.findings
        asks += judged.asks
        due = judged.due if at == arrived else due
        if judged.recheck is not None and judged.recheck <= arrived:
            heapq.heappush(queue, judged.recheck)
            waited.add(judged.recheck)
        elif judged.recheck is not None:
            recheck = min(judged.recheck, recheck or judged.recheck)
    return found, asks, recheck, due


def concerned(past: History, at: float, rulebook: Rulebook) -> tuple[Rule, ...]:
    """Return the rules that something taken at an instant may make fire; of time alone, none."""
    kept = (each.vital for each in (*past.bounds, *past.kept) if each.time == at)
    return rulebook.concerning(frozenset((*_taken(past, at), *kept)))


def _taken(past: History, at: float) -> Iterator[Vital]:
    for vital, series in past.series.items():
        i = int(series.times.searchsorted(at))
        if i < len(series) and series.times[i] == at:
            yield vital


def points_after(past: History, fresh: Iterable[float], *, now: float) -> list[float]:
    """Return the instants to judge again once readings taken at `fresh` have arrived.

    A late reading changes every window that it falls in, and may be the repeat that an
    earlier one waited for; so all that it touches is judged again, and the order of arrival
    changes nothing (REL-19). Nothing older than 30 days.
    """
    start = touched_from(fresh, now=now)
    if start is None:
        return []
    taken = (t for series in past.series.values() for t in series.times.tolist())
    aside = (kept.time for kept in (*past.bounds, *past.kept))
    return sorted({t for times in (taken, aside) for t in times if start <= t <= now})


def touched_from(fresh: Iterable[float], *, now: float) -> float | None:
    """Return from when on `points_after` has every instant judged anew; None where none is."""
    first = min((time for time in fresh if now - REACH_DAYS * DAY <= time <= now), default=None)
    return None if first is None else first - TOUCHES


def later(finding: Finding, last: Moment, rulebook: Rulebook) -> Finding:
    """Return the finding, marked where a newer valid reading is back in range (REL-20)."""
    rule = rulebook.by_id.get(finding.rule_id)
    series = last.series(finding.vital) if finding.vital is not None else None
    if rule is None or series is None or kind_of(rule).fire is None:
        return finding
    newest = float(series.times[-1])
    if newest <= finding.at.timestamp():
        return finding
    if isinstance(rule, LimitRule):
        clear = _clear(rule, finding, float(series.values[-1]))
    else:
        clear = not judge_at(moment(last.past, newest, last.at), [rule], rulebook).findings
    return scoring.late(finding, back_in_range=clear)


def unlowered(judged: Assessment, sure: History, rulebook: Rulebook) -> Assessment:
    """Return the judgement, its findings lowered only by what `sure` holds (FHIR-20).

    `sure` is the history without readings that are only preliminary.
    """
    last = moment(sure, judged.at.timestamp(), judged.at.timestamp())
    findings = tuple(
        later(replace(each, back_in_range=False), last, rulebook) if each.back_in_range else each
        for each in judged.findings
    )
    return replace(judged, findings=findings)


def _clear(rule: LimitRule, finding: Finding, value: float) -> bool:
    """Return whether a value is back inside by the rule's clearing margin (AL-07)."""
    if finding.limit is None:
        return False
    upward = rule.levels[0].comparison.upward
    return (
        value <= finding.limit - rule.clears_by
        if upward
        else value >= finding.limit + rule.clears_by
    )


def predicted(now: Moment, model: risk.Model | None, *, least: float = 0.0) -> Risk | None:
    """Return the score of a moment; None without a model, and where it abstains.

    Whoever asks for alerts alone says from which probability on (`least`): most of a score is
    what it is made of, which of a lower one nobody reads.
    """
    if model is None or not len(now.past.contacts):
        return None
    described = features.describe(now.past, features.asked_at(now.past, now.at))
    if not features.enough(described):
        return None
    row = described.reshape(1, -1)
    if least and risk.likeliest(model, row)[0] < least:
        return None
    return replace(risk.score(model, row)[0], basis=tuple(_latest(now)))


def scored_finding(
    now: Moment, scored: Risk, model: risk.Model, rulebook: Rulebook
) -> list[Finding]:
    """Return the score's finding, if any, at the person's last contact: its event time."""
    last = float(now.past.contacts[-1])
    day = date.fromordinal(local_day(last, zone_of(now.person.zone)))
    at = datetime.fromtimestamp(last, UTC)
    found = scoring.score_finding(rulebook, scored, model.thresholds, at=at, day=day)
    return [replace(found, evidence=scored.basis or tuple(_latest(now)))] if found else []


def _latest(now: Moment) -> Iterator[Evidence]:
    """Yield the last reading of each vital of the last week: what the score looked at last."""
    for vital, series in sorted(now.past.series.items()):
        if now.at - float(series.times[-1]) <= features.WINDOW_DAYS * DAY:
            yield from evidence(series, vital, [len(series) - 1])


def _usual(now: Moment) -> dict[Vital, Usual]:
    usuals = {vital: now.usual(vital, window=1, days=baseline.SPAN_DAYS) for vital in body(now)}
    return {vital: usual for vital, usual in usuals.items() if usual is not None}


def _expected(now: Moment) -> dict[Vital, Awaited]:
    return {
        each.vital: Awaited(
            late_at=datetime.fromtimestamp(each.late_at, UTC),
            every=each.every,
            source=each.source,
            why=schedule.why(now, each.vital) if now.at >= each.late_at else "",
        )
        for each in schedule.all_expected(now)
    }
