"""Judges a person's past as it happened: each arrival, each wait that ends, each local midnight.

Only what had arrived by an instant is looked at then. An arrival is put to the rules that
its vital concerns. Rules of time are asked at midnight, and when they would fire if nothing
arrived until then. The learned score is asked whenever anything else is, as live; of a stream so
dense that rules look at some of it only, with these. Live it is asked each quarter of an hour
besides: here at the end of each local day, before which only the time since the last reading
passes, and after which nothing changes until the next one arrives (`features.asked_at`).
"""

from __future__ import annotations

import heapq
from bisect import bisect_right
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import groupby
from typing import TYPE_CHECKING

from monitoring import scoring
from monitoring.alternatives import considered
from monitoring.arriving import Version, arrivals, read, seen, ticks
from monitoring.episode import Episodes
from monitoring.judgement import REACH_DAYS, judge_at, points_after, predicted, scored_finding
from monitoring.moment import moment
from monitoring.plans.site_rules import standing
from monitoring.windows import DAY, cut, history, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import tzinfo

    from core.vitals import Vital
    from ingest.enrolment import Person
    from monitoring.arriving import Arrival
    from monitoring.findings import Finding, Risk
    from monitoring.plans.limits import PlanLimit
    from monitoring.plans.site_rules import SiteRules
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook
    from monitoring.screen import Gate
    from monitoring.windows import History, Skew

__all__ = ["News", "Past", "Scored", "Version", "run"]

SHORTEST = 15 * 60.0  # seconds


@dataclass(frozen=True, slots=True)
class News:
    """A finding that was new at an instant, and whether its episode opened or rose by it."""

    at: datetime
    finding: Finding
    alerts: bool
    risk: Risk | None = None  # of a finding of the learned score: the score


@dataclass(frozen=True, slots=True)
class Scored:
    """What the learned score said at an instant (seconds); None where it abstained."""

    at: float
    risk: Risk | None


@dataclass(slots=True)
class Past:
    """What was known of a person over time: a new history from each correction on."""

    person: Person
    versions: Sequence[Version]
    own: Sequence[PlanLimit] = ()  # limits that clinicians set for this person
    skews: tuple[Skew, ...] = ()  # of the clocks of this person's devices
    _starts: list[float] = field(default_factory=list)
    _known: dict[float, History] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Note the instants at which a reading was replaced."""
        replaced = {v.replaced for v in self.versions if v.replaced is not None}
        self._starts = [0.0, *sorted(replaced)]

    def at(self, instant: float, gate: Gate | None = None) -> History:
        """Return the history in which nothing replaced by `instant` stands; one gate for all."""
        start = self._starts[bisect_right(self._starts, instant) - 1]
        if start not in self._known:
            live = [v.reading for v in self.versions if v.replaced is None or v.replaced > start]
            self._known = {start: history(self.person, live, gate=gate, skews=self.skews)}
        return self._known[start]


def run(
    past: Past,
    *,
    rulebook: Rulebook | SiteRules,
    model: Model | None,
    until: datetime,
    scored: Callable[[Scored], None] | None = None,
) -> Iterator[News]:
    """Yield what was found, in the order in which it could be known.

    Each local day is judged by what is in force for the person on it. `scored` is called with
    each score, whether it alerts or not.
    """
    walk = _walk(past, standing(rulebook), model, scored)
    known = arrivals(past.versions)
    if not known:
        return
    groups = ((at, list(group)) for at, group in groupby(known, key=lambda a: a.at))
    marks = ((at, None) for at in ticks(known[0].at, until, past.person.zone))
    clocks: Iterator[tuple[float, list[Arrival]]] = ((at, []) for at in read(past.skews, until))
    for at, group in heapq.merge(groups, clocks, marks, key=lambda event: event[0]):
        yield from walk.wait_until(at)
        yield from walk.time_passes(at)
        walk.come_to(at)
        yield from walk.tick(at) if group is None else walk.arrive(at, group)


def _walk(
    past: Past, site: SiteRules, model: Model | None, scored: Callable[[Scored], None] | None
) -> _Walk:
    episodes = Episodes(site.rulebook.clear_hours * 3600)
    zone = zone_of(past.person.zone)
    return _Walk(past, site, model, episodes, site.rulebook, zone, scored)


@dataclass(slots=True)
class _Walk:
    past: Past
    site: SiteRules
    model: Model | None
    episodes: Episodes
    rulebook: Rulebook  # what is in force on the day that was come to
    zone: tzinfo
    scored: Callable[[Scored], None] | None = None
    _day: int = 0
    _who: Person | None = None
    _frozen: tuple[tuple[float, float], ...] = ()
    _newest: float = 0.0
    _risk: Risk | None = None  # the last score
    _waits: list[tuple[float, frozenset[Vital]]] = field(default_factory=list)
    _lesser: list[Finding] = field(default_factory=list)  # for combinations
    _heard: float = 0.0  # the last instant at which anything arrived, or a rule of time was asked
    _asked: float = 0.0  # when the rules of time were asked last
    _due: float | None = None  # when one falls due, as known then

    def come_to(self, at: float) -> None:
        """Judge from now on by what is in force at an instant, by its day and what is known."""
        day, person = local_day(at, self.zone), self.past.person.at(at, at)
        if day != self._day or person is not self._who:
            self._day, self._who = day, person
            self.rulebook = self.site.rulebook_of(person, day, self.past.own)

    def known(self, at: float) -> History:
        """Return the history known at an instant, without the days of its episodes."""
        past = self.past.at(at, self.site.rulebook.gate)
        return replace(past, frozen=self._frozen) if self._frozen else past

    def arrive(self, at: float, together: Sequence[Arrival]) -> Iterator[News]:
        """Judge what arrived together: each vital's rules at all it touches, and the score."""
        past, self._heard = self.known(at), at
        asked: dict[float, set[Vital]] = {}
        for arrival in together:
            if arrival.judged and (arrival.revised or seen(past, arrival)):
                for point in self._points(past, arrival):
                    asked.setdefault(point, set()).add(arrival.vital)
        found: list[Finding] = []
        for point, vitals in asked.items():
            found += self._ask(past, point, at, frozenset(vitals))
        if not all(arrival.judged for arrival in together) or not together:
            found += judge_at(moment(past, at, at), self.rulebook.arrived, self.rulebook).findings
        if asked or not together:
            found += self._score(past, at)
        yield from self._tell(found, at)

    def _points(self, past: History, arrival: Arrival) -> list[float]:
        """Return the instants an arrival touches: its own, and all later known ones (REL-19)."""
        if arrival.time >= self._newest and not arrival.revised:
            self._newest = arrival.time
            return [arrival.time]
        known = cut(past, arrival.at, arrival.at)
        return points_after(known, [arrival.time], now=arrival.at)

    def wait_until(self, at: float) -> Iterator[News]:
        """Judge again what nobody repeated in time, up to an instant (AL-20)."""
        while self._waits and self._waits[0][0] <= at:
            due, vitals = heapq.heappop(self._waits)
            past = self.known(due)
            found = [*self._ask(past, due, due, vitals), *self._score(past, due)]
            yield from self._tell(found, due)

    def time_passes(self, until: float) -> Iterator[News]:
        """Ask the rules of time each time that one falls due before something else happens.

        Live, everybody is asked each quarter of an hour: what is shorter is no silence.
        """
        if not self._heard:
            return
        # No rule of time falls due sooner than a round after what starts it.
        if self._heard > self._asked and until - self._asked >= SHORTEST:
            yield from self._tell(self._of_time(self._heard), self._heard)
        while self._due is not None and self._due <= until:
            self._heard = self._due
            yield from self._tell(self._at_a_time(self._heard), self._heard)

    def _at_a_time(self, at: float) -> list[Finding]:
        """Ask the rules of time, and the score."""
        return [*self._of_time(at), *self._score(self.known(at), at)]

    def _of_time(self, at: float) -> Sequence[Finding]:
        judged = judge_at(moment(self.known(at), at, at), self.rulebook.timed, self.rulebook)
        self._asked, self._due = at, judged.due
        return judged.findings

    def tick(self, at: float) -> Iterator[News]:
        """End a local day: silence, the score, and episodes that have been quiet."""
        yield from self._tell(self._at_a_time(at), at)
        if self.episodes.clear(at):
            self._frozen = self.episodes.frozen()
        self._heard = at + 1.0  # midnight: the day has changed, and a day more is over
        self.come_to(self._heard)
        yield from self._tell(self._of_time(self._heard), self._heard)

    def _ask(
        self, past: History, point: float, arrived: float, vitals: frozenset[Vital]
    ) -> Sequence[Finding]:
        judged = judge_at(moment(past, point, arrived), self.rulebook.about(vitals), self.rulebook)
        if judged.recheck is None or judged.recheck <= point:
            return judged.findings
        if judged.recheck > arrived:
            heapq.heappush(self._waits, (judged.recheck, vitals))
            return judged.findings
        # It arrived after its time for a repeat was up.
        return [*judged.findings, *self._ask(past, judged.recheck, arrived, vitals)]

    def _score(self, past: History, at: float) -> list[Finding]:
        if self.model is None or (self.rulebook.score is None and self.scored is None):
            return []
        now = moment(past, at, at)
        least = 0.0 if self.scored is not None else min(self.model.thresholds.values())
        self._risk = predicted(now, self.model, least=least)
        if self.scored is not None:
            self.scored(Scored(at, self._risk))
        if self._risk is None:
            return []
        return scored_finding(now, self._risk, self.model, self.rulebook)

    def _tell(self, found: Sequence[Finding], at: float) -> Iterator[News]:
        found = [each for each in found if each.rule_id not in self.rulebook.shadowed]
        if not found:
            return
        fresh = self.episodes.fresh(scoring.distinct(found))
        combined = scoring.combined(self.rulebook, fresh, self._lesser)
        self._lesser = _recent([*self._lesser, *fresh], at)
        opened = False
        told = (each for each in combined if each.rule_id not in self.rulebook.shadowed)
        for finding in [*fresh, *self.episodes.fresh(told)]:
            alerts = self.episodes.take(finding, at)
            opened = opened or alerts
            said = self._considered(finding, fresh, at)
            yield News(datetime.fromtimestamp(at, UTC), said, alerts, self._behind(finding))
        if opened:
            self._frozen = self.episodes.frozen()

    def _behind(self, finding: Finding) -> Risk | None:
        """Return the score where a finding is its own: it is told at the instant of the score."""
        rule = self.rulebook.score
        return self._risk if rule is not None and finding.rule_id == rule.id else None

    def _considered(self, finding: Finding, beside: Sequence[Finding], at: float) -> Finding:
        """Return a finding with what else could explain it."""
        past, candidates = self.known(at), self.rulebook.alternatives
        [found] = considered(candidates, [finding], lambda t: moment(past, t, at), beside)
        return found


def _recent(findings: Iterable[Finding], at: float) -> list[Finding]:
    oldest = datetime.fromtimestamp(at - REACH_DAYS * DAY, UTC)
    return [finding for finding in findings if finding.at >= oldest]
