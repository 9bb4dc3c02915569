"""How good alerts are, by rule, model, tier, team and kind of person; pure.

The definitions are those of the weekly report: what opened in the span while a team had the
person, as it stood at its end, with the outcomes that are known now. An alert counts once in each
group that it belongs to: of rules, in every rule that speaks in it; of devices, in every device
that measured what it rests on.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, timedelta
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, NamedTuple

from ingest.caseload import WEEK, Caseload, Span, joined
from reports.burden import LEAST_WEEKS
from reports.contested import contests
from reports.episodes import TIERS, waits_of
from reports.rates import COUNTED, FEW, Rate, actionable_of, ppv_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from reports.contested import Contests, Doubt
    from reports.episodes import Episode

FALSE = ("false-measurement", "false-physiology-benign")
AGES = ((65, ""), (75, "65-74"), (85, "75-84"), (200, "85+"))
UNKNOWN = ""
SENT_BY = "client:"


class By(StrEnum):
    """By what alerts are grouped."""

    RULE = "rule"
    MODEL = "model"
    TIER = "tier"
    TEAM = "team"
    DEVICE = "device"
    AGE = "age"
    SEX = "sex"
    CONDITIONS = "conditions"

    @property
    def of_people(self) -> bool:
        """Return whether it sorts people, so that each group has patient-weeks of its own."""
        return self in (By.TEAM, By.AGE, By.SEX, By.CONDITIONS)


class Said(NamedTuple):
    """One rule that speaks in one alert, by which model, from which value to which."""

    alert_id: UUID
    rule: str
    model: str | None
    least: float | None
    most: float | None


@dataclass(frozen=True, slots=True)
class Watched:
    """Who somebody is, as far as groups ask for it; who moved stands once for each team."""

    id: UUID
    team: str
    age: str
    sex: str
    conditions: str
    spans: tuple[Span, ...] | None = None  # in which this team had them; None: all the time

    def had(self, at: datetime) -> bool:
        """Return whether the team had them at an instant."""
        return self.spans is None or any(each.since <= at < each.until for each in self.spans)

    def group(self, by: By) -> str:
        """Return the group that somebody is in."""
        return str(getattr(self, by.value))


@dataclass(frozen=True, slots=True)
class World:
    """Everything the figures are computed from."""

    people: tuple[Watched, ...]
    opened: tuple[Episode, ...]
    said: tuple[Said, ...]
    put_off: Mapping[UUID, Sequence[str]]
    since: datetime
    until: datetime
    devices: Mapping[UUID, frozenset[str]] = field(default_factory=dict)  # behind each alert
    doubts: tuple[Doubt, ...] = ()
    restricted: int = 0  # people left out, since the use of their data is restricted (SEC-45)
    hidden: frozenset[UUID] = frozenset()  # counted, and not the reader's to see (any more)

    @property
    def patients(self) -> frozenset[UUID]:
        """Return who is counted at all."""
        return frozenset(each.id for each in self.people)

    def weeks(self, people: Iterable[Watched]) -> float:
        """Return the patient-weeks of some people in the span."""
        spans = [span for each in people for span in self._spans(each)]
        return sum((until - since for since, until in spans), timedelta()) / WEEK

    def _spans(self, each: Watched) -> tuple[Span, ...]:
        time = (Span(self.since.astimezone(UTC), self.until.astimezone(UTC)),)
        return time if each.spans is None else each.spans

    @property
    def contests(self) -> Contests | None:
        """Return what became of contested scores in the span, None where none was."""
        return contests(self.doubts, self._load(), start=self.since, end=self.until)

    def _load(self) -> Caseload:
        """Return when any of the teams had whom."""
        spans: dict[UUID, tuple[Span, ...]] = {}
        for each in self.people:
            spans[each.id] = joined((*spans.get(each.id, ()), *self._spans(each)))
        return Caseload(self.since.astimezone(UTC), self.until.astimezone(UTC), spans)


@dataclass(frozen=True, slots=True)
class Line:
    """One group and how good its alerts were."""

    key: str
    alerts: tuple[Episode, ...]
    patient_weeks: float
    put_off: tuple[str, ...]
    end: datetime

    @property
    def patients(self) -> int:
        """Return how many people the alerts are of."""
        return len({each.patient_id.int for each in self.alerts})

    @property
    def labels(self) -> list[str]:
        """Return the outcomes that are recorded."""
        return [each.outcome for each in self.alerts if each.outcome]

    @property
    def outcomes(self) -> Counter[str]:
        """Return how often each outcome was recorded."""
        return Counter(self.labels)

    @property
    def actionable(self) -> Rate:
        """Return PPV-actionable."""
        return actionable_of(self.labels)

    @property
    def ppv(self) -> Rate:
        """Return PPV-event."""
        return ppv_of(self.labels)

    @property
    def unlabelled(self) -> Rate:
        """Return the share of which nobody has said how it turned out."""
        return Rate(len(self.alerts) - len(self.labels), len(self.alerts))

    @property
    def per_week(self) -> float | None:
        """Return alerts per patient-week; None of less than one, as in the weekly report."""
        return len(self.alerts) / self.patient_weeks if self.patient_weeks >= LEAST_WEEKS else None

    @property
    def noise(self) -> float:
        """Return the alerts known to have led to no action, per patient-week."""
        quiet = sum(each in COUNTED for each in self.labels) - self.actionable.hits
        return quiet / self.patient_weeks if self.patient_weeks else 0.0

    @property
    def median(self) -> timedelta | None:
        """Return the median time until somebody took one."""
        waits = waits_of(self.alerts, end=self.end)
        return timedelta(seconds=median(waits)) if waits else None

    @property
    def slowest(self) -> timedelta | None:
        """Return the time within which nine of ten were taken, of those that were."""
        waits = sorted(waits_of(self.alerts, end=self.end))
        return timedelta(seconds=waits[math.ceil(0.9 * len(waits)) - 1]) if waits else None

    @property
    def overrides(self) -> Counter[str]:
        """Return why alerts were overridden: the sub-reasons of false ones, by name."""
        return Counter(each.detail for each in self.alerts if each.outcome in FALSE and each.detail)


def age_band(birth_date: date | None, today: date) -> str:
    """Return the band of an age: "65-74", "75-84", "85+", "under-65", or "" where unknown."""
    if birth_date is None:
        return UNKNOWN
    before = (today.month, today.day) < (birth_date.month, birth_date.day)
    age = today.year - birth_date.year - before
    return next((name for below, name in AGES if age < below), "85+") or "under-65"


def condition_count(count: int) -> str:
    """Return how many conditions somebody lives with: "0-1", "2", "3" or "4+"."""
    if count < 2:  # noqa: PLR2004 (multimorbidity begins at two)
        return "0-1"
    return "4+" if count > 3 else str(count)  # noqa: PLR2004 (the last band is open)


def device_group(model: str, client: str | None) -> str:
    """Return by what a reading's device is grouped: its model, else who sent it, else nothing."""
    return model or (f"{SENT_BY}{client}" if client else UNKNOWN)


def lines(world: World, by: By) -> list[Line]:
    """Return every group with an alert, and of people also those without; the noisiest first.

    Tiers stand in their own order.
    """
    groups = _groups(world, by)
    put_off = {alert.int: reasons for alert, reasons in world.put_off.items()}
    people: dict[str, list[Watched]] = defaultdict(list)
    for each in world.people if by.of_people else ():
        people[each.group(by)].append(each)
    weeks = {name: world.weeks(mine) for name, mine in people.items()}
    all_weeks = world.weeks(world.people)
    for name in weeks:
        groups.setdefault(name, [])
    found = [
        Line(
            key,
            tuple(mine),
            weeks[key] if by.of_people else all_weeks,
            tuple(why for each in mine for why in put_off.get(each.id.int, ())) if put_off else (),
            world.until,
        )
        for key, mine in groups.items()
    ]
    if by is By.TIER:
        order = [tier.value for tier in TIERS]
        return sorted(found, key=lambda each: order.index(each.key) if each.key in order else 9)
    if by in (By.RULE, By.DEVICE):
        return sorted(found, key=lambda each: (-each.noise, -len(each.alerts), each.key))
    return sorted(found, key=lambda each: each.key)


def _groups(world: World, by: By) -> dict[str, list[Episode]]:
    groups: dict[str, list[Episode]] = defaultdict(list)
    if by.of_people:
        who: dict[int, list[Watched]] = defaultdict(list)
        for each in world.people:
            who[each.id.int].append(each)
        for episode in world.opened:
            then = next(e for e in who[episode.patient_id.int] if e.had(episode.opened_at))
            groups[then.group(by)].append(episode)
        return groups
    if by is By.TIER:
        for episode in world.opened:
            groups[episode.severity.value].append(episode)
        return groups
    keys = _keys(world, by)
    for episode in world.opened:
        for key in keys(episode.id.int):
            groups[key].append(episode)
    return groups


def _keys(world: World, by: By) -> Callable[[int], Iterable[str]]:
    """Return what names the devices, rules or models of an alert, by the number of its id.

    An id is hashed in Python, its number is not: with ten thousand alerts that is felt.
    """
    if by is By.DEVICE:
        devices = {alert.int: groups for alert, groups in world.devices.items()}
        return lambda alert: devices.get(alert) or (UNKNOWN,)
    keys: dict[int, set[str]] = defaultdict(set)
    for each in world.said:
        keys[each.alert_id.int].add(each.rule if by is By.RULE else each.model or UNKNOWN)
    return lambda alert: keys[alert]


def whole(world: World) -> Line:
    """Return all alerts of the span as one line."""
    reasons = tuple(why for each in world.put_off.values() for why in each)
    return Line("", world.opened, world.weeks(world.people), reasons, world.until)


def few(rate: Rate) -> bool:
    """Return whether a share rests on too few to lean on."""
    return 0 < rate.of < FEW


def values_of(said: Iterable[Said], rule: str, *, upward: bool) -> dict[UUID, float]:
    """Return the furthest value of a rule in each alert that it speaks in."""
    found = {s.alert_id: s.most if upward else s.least for s in said if s.rule == rule}
    return {alert: value for alert, value in found.items() if value is not None}
