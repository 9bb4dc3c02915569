"""What stands after readings came late, were corrected or retracted; in any order the same."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts import grouping
from alerts.standing import Anew, Stored, gravest, renewed, split, stands
from core.vitals import Reading, Severity, Vital
from ingest.enrolment import Person
from monitoring import judgement, windows
from monitoring.findings import Evidence, Problem
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from collections.abc import Sequence

    from monitoring.findings import Assessment

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
WHO = Person("p", "UTC", groups=frozenset({"heart_failure", "diabetes"}))
VITALS = (
    (Vital.SPO2, 86, 97),
    (Vital.HEART_RATE, 60, 135),
    (Vital.SYSTOLIC_BP, 88, 130),
    (Vital.BODY_WEIGHT, 79, 84),
    (Vital.GLUCOSE, 50, 110),
    (Vital.BODY_TEMPERATURE, 36, 39),
)
MINUTES = (0, 5, 8, 20, 60, 1440, 1445, 2880, 2900)
OLD = Evidence("old", Vital.BODY_WEIGHT, 81.0, START)
NEW = Evidence("new", Vital.BODY_WEIGHT, 84.0, START + timedelta(days=1))
KEY = ("HF-W3", NEW.effective)


def stored(severity: Severity = Severity.RED, *, rejudged: bool = True) -> Stored:
    return Stored(uuid4(), *KEY, severity, (OLD, NEW), rejudged)


def anew(
    *present: str,
    since: datetime | None = None,
    found: Severity | None = None,
    doubtful: frozenset[str] = frozenset(),
) -> Anew:
    return Anew(since, {KEY: found} if found else {}, present, doubtful)


@pytest.mark.parametrize(
    ("finding", "said", "expected"),
    [
        (stored(), anew("new"), True),
        (stored(), anew("old"), False),
        (stored(), anew("old", "new", since=NEW.effective), False),
        (stored(), anew("old", "new", since=NEW.effective + timedelta(seconds=1)), True),
        (stored(rejudged=False), anew("old", "new", since=START), True),
        (stored(), anew("old", since=START, found=Severity.RED), True),
        (stored(), anew("old", since=START, doubtful=frozenset({"new"})), True),
        (Stored(uuid4(), "SIL-ALL", START, Severity.DQ), anew(), True),
    ],
)
def test_a_finding_stands_while_it_has_its_cause_rel_23(
    *, finding: Stored, said: Anew, expected: bool
) -> None:
    assert stands(finding, said) is expected


def test_what_stands_decides_how_grave_an_episode_is_and_context_opens_none() -> None:
    red, info = stored(), Stored(uuid4(), "PB-Z", START, Severity.INFO)

    assert gravest([red, info], anew("new")) is Severity.RED
    assert gravest([red], anew("new", found=Severity.AMBER)) is Severity.AMBER
    assert gravest([info], anew("new")) is None


def test_what_is_found_at_a_lesser_tier_or_on_other_readings_is_written_anew() -> None:
    assert renewed([stored()], anew("new", found=Severity.AMBER)) == [KEY]
    assert renewed([stored()], anew("old", found=Severity.RED)) == [KEY]
    assert renewed([stored()], anew("new", found=Severity.RED)) == []
    assert renewed([stored()], anew("new")) == []
    doubtful = anew("new", found=Severity.AMBER, doubtful=frozenset({"old"}))
    assert renewed([stored()], doubtful) == []


@dataclass(frozen=True)
class Told:
    """One version of one reading; without a value it is taken back."""

    number: int
    version: int
    vital: Vital
    value: float | None
    minute: int

    @property
    def taken(self) -> datetime:
        return START + timedelta(minutes=self.minute)


@st.composite
def stories(draw: st.DrawFn) -> list[Told]:
    """Readings as they were measured, each with its corrections and perhaps its retraction."""
    told = []
    for number in range(draw(st.integers(1, 5))):
        vital, low, high = draw(st.sampled_from(VITALS))
        minute = draw(st.sampled_from(MINUTES))
        values = draw(st.lists(st.integers(low, high), min_size=1, max_size=2))
        said = [*map(float, values), *([None] if draw(st.booleans()) else [])]
        told += [Told(number, i, vital, value, minute) for i, value in enumerate(said)]
    return told


@dataclass
class Episodes:
    """What is open of one person: each problem's findings that stand."""

    open: dict[Problem, list[Stored]] = field(default_factory=dict)

    def take(self, judged: Assessment, since: datetime, present: set[str]) -> None:
        groups = grouping.by_problem(judged.findings)
        for problem in {*self.open, *groups}:
            found = groups.get(problem, ())
            said = Anew(since, {(f.rule_id, f.at): f.severity for f in found}, present)
            names = said.found.keys()
            kept, _ = split(self.open.get(problem, []), said)
            kept = [each for each in kept if (each.rule_id, each.at) not in names]
            rows = [
                Stored(uuid4(), f.rule_id, f.at, f.severity, f.evidence, f.rejudged) for f in found
            ]
            self.open[problem] = [*kept, *rows]

    def state(self) -> dict[Problem, Severity]:
        """Return the tier of each open problem; silence depends on when one looks."""
        nothing = Anew(None, {}, ())
        tiers = {p: gravest(rows, nothing) for p, rows in self.open.items()}
        return {p: tier for p, tier in tiers.items() if tier and p is not Problem.SILENCE}


def end(told: Sequence[Told]) -> dict[Problem, Severity]:
    """Judge at each arrival what it touches, and keep what stands."""
    known: dict[int, Told] = {}
    episodes = Episodes()
    for i, each in enumerate(told):
        now = START + timedelta(days=4, minutes=i)
        if each.number not in known or known[each.number].version < each.version:
            known[each.number] = each
        readings = [
            Reading(f"{k.number}/{k.version}", k.vital, k.value, k.taken, now)
            for k in known.values()
            if k.value is not None
        ]
        past, fresh = windows.history(WHO, readings), [each.taken.timestamp()]
        points = judgement.points_after(past, fresh, now=now.timestamp())
        since = judgement.touched_from(fresh, now=now.timestamp())
        assert since is not None
        judged = judgement.judge(past, points, now=now, rulebook=RULEBOOK, model=None)
        episodes.take(judged, datetime.fromtimestamp(since, UTC), {r.id for r in readings})
    return episodes.state()


@settings(max_examples=600, deadline=None)
@given(stories(), st.data())
def test_any_order_of_arrival_ends_with_the_same_open_episodes_rel_19(
    happened: list[Told], data: st.DataObject
) -> None:
    arrived = data.draw(st.permutations(happened))

    assert end(arrived) == end(happened)
