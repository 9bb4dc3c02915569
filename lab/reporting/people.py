"""One life as the report counts it: what was said of it, what was true of it, who it was."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital
from lab.judging import FIRST_DAY, judged_life
from lab.reporting.ceiling import traces
from lab.training_set import TREATED_DAYS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from lab.contest import Seen
    from lab.judging import Judges
    from lab.replayed import Said
    from lab.simulator import Life
    from monitoring.plans.site_rules import SiteRules

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Traits:
    """Who somebody is, as far as a subgroup needs it."""

    sex: str
    age: int
    conditions: int
    lives_alone: bool
    adherence: float  # share of days with a weight or a blood pressure
    brand: str
    tone: int  # Monk 1 to 10, 0 where not told
    heart_failure: bool


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """One life judged, with the truth beside it; days count from its first.

    `onsets` float64[events] is when what is behind each event began; `traces` float64[events, 4]
    as in `ceiling`; `ill` float64[k, 2] the spans in which any deterioration was under way,
    recorded or not.
    """

    name: str
    traits: Traits
    seen: Seen
    findings: Sequence[Said]
    days: Floats
    described: Floats
    traces: Floats
    ill: Floats


def watched(life: Life, judges: Judges, rules: SiteRules | None) -> Watched:
    """Judge one life and keep what the report needs of it."""
    judged = judged_life(life, judges, rules)
    events = [event for event in life.events if event.day > FIRST_DAY]
    return Watched(
        name=life.subject or f"person {life.number}",
        traits=_traits(life),
        seen=judged.seen,
        findings=judged.findings,
        days=judged.days,
        described=judged.described,
        traces=traces(life, events),
        ill=under_way(life),
    )


def _traits(life: Life) -> Traits:
    person = life.person
    measured = [
        np.floor(life.streams[vital].taken)
        for vital in (Vital.BODY_WEIGHT, Vital.SYSTOLIC_BP)
        if vital in life.streams
    ]
    days = len(np.unique(np.concatenate([*measured, np.empty(0)])))
    return Traits(
        sex=person.sex,
        age=person.age,
        conditions=len(person.conditions),
        lives_alone=person.lives_alone,
        adherence=days / life.days,
        brand=person.brand,
        tone=person.tone,
        heart_failure=person.has("heart_failure"),
    )


def under_way(life: Life) -> Floats:
    """Return when deteriorations ran: from onset until recovery, or care where that is later."""
    spans = [
        (each.onset, max(each.worst + each.course.recovery, each.recorded or 0.0))
        for each in life.episodes
        if each.course.deterioration
    ]
    return np.array(spans, dtype=np.float64).reshape(-1, 2)


def followed(
    person: Watched, horizon: float, kinds: frozenset[str] | None = None
) -> tuple[Bools, Bools]:
    """Return for each judged day whether an event follows, and whether none is being treated.

    `kinds` are the kinds of event that count as following; None: all, mistaken records too.
    """
    events = person.seen.events
    counts = [kinds is None or kind in kinds for kind in person.seen.kinds]
    own = events[np.array(counts, dtype=np.bool_)][:, None]
    ahead = np.any((own > person.days) & (own <= person.days + horizon), axis=0)
    every = events[:, None]
    treated = np.any((every <= person.days) & (every > person.days - TREATED_DAYS), axis=0)
    return ahead, ~treated
