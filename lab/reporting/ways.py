"""Ways of alerting beside those of `lab.comparators`: columns of probabilities, both together.

A column is one probability (or any number that rises with risk) for each judged day of each
person, in the order of `rows_of`: the learned score, other kinds of model, persistence. It
alerts on the days on which it passes a level.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity
from lab.comparators import Strength
from lab.histories import instant
from monitoring.windows import DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from lab.comparators import Strengths
    from lab.contest import Seen
    from lab.narrowing import Spoken
    from lab.reporting.people import Watched
    from lab.scorecard import Course

    Floats = NDArray[np.float64]
    # The rows of all people, described (float64[rows, features]) → name → float64[rows].
    Models = Callable[[Floats], Mapping[str, Floats]]

RULES = "rules, AMBER and RED"
SHARPER = "rules, RED and AMBER of several signs"
RED_ALONE = "rules, RED alone"
SCORE = "learned score"
LIVE = "rules and score, as the service runs"
COMBINED = "rules and score under a budget"
PERSISTENCE = "persistence"
RANDOM = "random, as often"
HEARTS = "random among heart failure"
SCORED = "decline"  # the problem under which a column alerts
USUAL_SHARE = 0.97  # share of days below the level of a column that has none of its own
DOUBTED = 0.5  # E: a rule's AMBER reaches a clinician from half the level of the score alone
CERTAIN = 1e9  # RED: no factor is wide enough to lower it


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """One number a day for everybody, and the level from which it alerts as it is.

    `foretold` are probabilities of an event within 7 days, where the column is one: alerts need
    not be decided by the very number that is foretold.
    """

    values: Floats
    level: float
    foretold: Floats | None = None


def rows_of(people: Sequence[Watched]) -> Floats:
    """Return the described days of all people, one after the other, float64[rows, features]."""
    return np.concatenate([person.described for person in people])


def columns_of(
    people: Sequence[Watched], scored: Column | None, models: Models | None
) -> dict[str, Column]:
    """Return every column on the same rows: the score, the models that were handed in, the past."""
    found = {} if scored is None else {SCORE: scored}
    others = dict(models(rows_of(people))) if models is not None else {}
    found |= {name: Column(values, _level(values), values) for name, values in others.items()}
    past = np.concatenate([persistence(person) for person in people])
    return found | {PERSISTENCE: Column(past, _level(past))}


def _level(values: Floats) -> float:
    return float(np.quantile(values, USUAL_SHARE)) or 1.0 if len(values) else 1.0


def persistence(person: Watched) -> Floats:
    """Return how lately the last event was recorded: who fell ill falls ill again."""
    since = person.days[:, None] - person.seen.events
    last = np.where(since >= 0, since, np.inf).min(axis=1, initial=np.inf)
    return np.asarray(1 / (1 + last), dtype=np.float64)


def with_columns(
    people: Sequence[Watched], columns: Mapping[str, Column], *, ruled: bool
) -> list[Watched]:
    """Return the people with every column, and rules and score together, as ways of alerting."""
    ends = np.cumsum([len(person.days) for person in people])[:-1]
    split = {name: np.split(column.values, ends) for name, column in columns.items()}
    result = []
    for number, person in enumerate(people):
        own = {name: each[number] / columns[name].level for name, each in split.items()}
        more: dict[str, Strengths] = {
            name: {SCORED: _strength(person, values)} for name, values in own.items()
        }
        if SCORE in own and ruled:
            more[COMBINED] = together(person, own[SCORE])
        seen = replace(person.seen, others={**person.seen.others, **more})
        result.append(replace(person, seen=seen))
    return result


def _strength(person: Watched, values: Floats) -> Strength:
    return Strength(instant(0) + person.days * DAY, values)


def as_live(person: Spoken) -> Course:
    """Return what the service tells today: every AMBER and RED of the rules, and of the score."""
    score = person.seen.others.get(SCORE, {})
    days: dict[str, list[float]] = {p: list(own) for p, own in person.seen.rules.items()}
    for problem, strength in score.items():
        fired = (strength.fired(1.0) - instant(0)) / DAY
        days.setdefault(problem, []).extend(fired.tolist())
    return person.seen.course([np.sort(np.array(own)) for own in days.values()])


def with_both(person: Spoken) -> Seen:
    """Return a person with rules and score together as one more way; without a score, as is."""
    score = person.seen.others.get(SCORE, {}).get(SCORED)
    if score is None:
        return person.seen
    both = {COMBINED: together(person, score.factor)}
    return replace(person.seen, others={**person.seen.others, **both})


def together(person: Spoken, score: Floats) -> Strengths:
    """Return what rules and score say under a budget: RED stands, AMBER waits for the score.

    The score is read at the end of the day, and an AMBER that it supports speaks then: nothing
    is used before it is known. `score` is in levels of the score, float64[days].
    """
    found: dict[str, list[tuple[float, float]]] = {
        SCORED: list(zip(person.days.tolist(), score.tolist(), strict=True))
    }
    for said in person.findings:
        at, strength = said.day, CERTAIN
        if said.severity is not Severity.RED:
            after = int(np.searchsorted(person.days, said.day))
            if after >= len(person.days):
                continue
            at, strength = float(person.days[after]), float(score[after]) / DOUBTED
        found.setdefault(said.problem, []).append((at, strength))
    return {problem: _sorted(each) for problem, each in found.items()}


def _sorted(each: list[tuple[float, float]]) -> Strength:
    times, factor = np.array(sorted(each), dtype=np.float64).reshape(-1, 2).T
    return Strength(instant(0) + times * DAY, factor)
