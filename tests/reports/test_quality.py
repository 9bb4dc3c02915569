"""A few alerts whose figures were worked out by hand (UX-08)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest

from core.vitals import Severity
from ingest.caseload import Span
from monitoring.findings import Problem
from reports.episodes import Episode
from reports.quality import (
    By,
    Said,
    Watched,
    World,
    age_band,
    condition_count,
    device_group,
    few,
    lines,
)
from reports.rates import Rate, wilson

SINCE = datetime(2026, 10, 5, tzinfo=UTC)
UNTIL = SINCE + timedelta(weeks=4)
ANNA, BEN = UUID(int=1), UUID(int=2)
PEOPLE = (
    Watched(ANNA, "Riverside", "75-84", "female", "2"),
    Watched(BEN, "Hillside", "85+", "male", "3"),
)


def alert(
    number: int,
    who: UUID,
    outcome: str = "",
    *,
    tier: Severity = Severity.AMBER,
    taken: float | None = None,
    detail: str = "",
) -> Episode:
    opened = SINCE + timedelta(days=number)
    return Episode(
        id=UUID(int=100 + number),
        patient_id=who,
        problem=Problem.FLUID,
        severity=tier,
        opened_at=opened,
        acknowledged_at=None if taken is None else opened + timedelta(minutes=taken),
        closed_at=None,
        outcome=outcome,
        owner_id=None,
        detail=detail,
    )


OPENED = (
    alert(1, ANNA, "true-actionable", taken=10, detail="call"),
    alert(2, ANNA, "true-no-action-needed", taken=20),
    alert(3, ANNA, "false-measurement", taken=30, detail="technique"),
    alert(4, BEN, "false-physiology-benign", taken=40, detail="limit-wrong-for-person"),
    alert(5, BEN, "duplicate"),
    alert(6, BEN, tier=Severity.RED),
)
RULES = {1: ("A",), 2: ("A",), 3: ("A", "B"), 4: ("B",), 5: ("B",), 6: ("C",)}
WORLD = World(
    PEOPLE,
    OPENED,
    tuple(Said(UUID(int=100 + n), r, "m1", 1.0, 2.0) for n, rules in RULES.items() for r in rules),
    {UUID(int=103): ["asleep"]},
    SINCE,
    UNTIL,
)


def by(kind: By) -> dict[str, tuple[int, int]]:
    return {line.key: (len(line.alerts), line.patients) for line in lines(WORLD, kind)}


def test_a_rule_is_counted_in_each_alert_in_which_it_speaks_and_the_noisiest_is_first() -> None:
    found = lines(WORLD, By.RULE)

    # A: one call among three that count, so two without an action; B: none of two. Both 2 / 8.
    assert [(line.key, len(line.alerts), line.noise) for line in found] == [
        ("A", 3, 0.25),
        ("B", 3, 0.25),
        ("C", 1, 0.0),
    ]
    a = found[0]
    assert (a.actionable, a.ppv) == (Rate(1, 3), Rate(2, 3))
    assert (a.median, a.slowest) == (timedelta(minutes=20), timedelta(minutes=30))
    assert a.per_week == 3 / 8
    assert a.overrides == {"technique": 1}
    assert a.put_off == ("asleep",)
    assert found[1].unlabelled == Rate(0, 3)


def test_of_less_than_a_patient_week_no_rate_is_told() -> None:
    """One alert in the first hours would be thousands a year; a weekly report says none either."""
    line = lines(WORLD, By.RULE)[0]

    assert replace(line, patient_weeks=1.0).per_week == 3.0
    assert replace(line, patient_weeks=0.99).per_week is None


def test_an_alert_counts_for_each_device_behind_it_and_for_none_where_none_is_known() -> None:
    behind = {101: {"Cuff"}, 102: {"Cuff", "client:hub"}, 103: {"client:hub"}}
    world = replace(WORLD, devices={UUID(int=n): frozenset(d) for n, d in behind.items()})

    found = lines(world, By.DEVICE)

    # By hub: two that count, no call among them, 2 / 8. Of none: one that counts of three, 1 / 8.
    # By Cuff: two that count with one call, 1 / 8.
    assert [(line.key, len(line.alerts), line.patients, line.noise) for line in found] == [
        ("client:hub", 2, 1, 0.25),
        ("", 3, 1, 0.125),
        ("Cuff", 2, 1, 0.125),
    ]
    hub, _, cuff = found
    assert (cuff.actionable, cuff.ppv) == (Rate(1, 2), Rate(2, 2))
    assert (hub.actionable, hub.ppv) == (Rate(0, 2), Rate(1, 2))
    assert (cuff.median, hub.median) == (timedelta(minutes=15), timedelta(minutes=25))
    assert cuff.patient_weeks == 8


@pytest.mark.parametrize(
    ("model", "client", "group"),
    [("Cuff", "hub", "Cuff"), ("", "hub", "client:hub"), ("", None, ""), ("Cuff", None, "Cuff")],
)
def test_a_device_is_grouped_by_its_model_else_by_who_sent_it(
    model: str, client: str | None, group: str
) -> None:
    assert device_group(model, client) == group


def test_what_counts_for_neither_share_is_still_an_alert() -> None:
    b = next(line for line in lines(WORLD, By.RULE) if line.key == "B")

    assert (len(b.alerts), b.ppv.of, b.outcomes["duplicate"]) == (3, 2, 1)


@pytest.mark.parametrize(
    ("kind", "wanted"),
    [
        (By.TIER, {"RED": (1, 1), "AMBER": (5, 2)}),
        (By.TEAM, {"Hillside": (3, 1), "Riverside": (3, 1)}),
        (By.AGE, {"75-84": (3, 1), "85+": (3, 1)}),
        (By.SEX, {"female": (3, 1), "male": (3, 1)}),
        (By.CONDITIONS, {"2": (3, 1), "3": (3, 1)}),
        (By.MODEL, {"m1": (6, 2)}),
    ],
    ids=str,
)
def test_every_alert_is_in_one_group_of_each_kind(
    kind: By, wanted: dict[str, tuple[int, int]]
) -> None:
    assert by(kind) == wanted


def test_groups_of_people_have_patient_weeks_of_their_own() -> None:
    assert [line.patient_weeks for line in lines(WORLD, By.SEX)] == [4.0, 4.0]
    assert [line.patient_weeks for line in lines(WORLD, By.TIER)] == [8.0, 8.0]


def test_who_moved_counts_for_each_team_for_its_time() -> None:
    """Anna was with Riverside for a week and with Hillside for two, and one week with nobody."""
    at = [SINCE + timedelta(weeks=n) for n in range(4)]
    anna = replace(PEOPLE[0], spans=(Span(at[0], at[1]),))
    moved = replace(anna, team="Hillside", spans=(Span(at[1], at[2]), Span(at[2], at[3])))
    opened = (alert(6, ANNA), alert(7, ANNA), alert(20, BEN))
    world = replace(WORLD, people=(anna, moved, PEOPLE[1]), opened=opened)

    found = {line.key: line for line in lines(world, By.TEAM)}

    assert {name: line.patient_weeks for name, line in found.items()} == {
        "Hillside": 2 + 4,
        "Riverside": 1,
    }
    assert [len(found[name].alerts) for name in ("Riverside", "Hillside")] == [1, 2]
    assert {line.patient_weeks for line in lines(world, By.TIER)} == {1 + 2 + 4}
    assert world.patients == {ANNA, BEN}


@pytest.mark.parametrize(
    ("rate", "low", "high"),
    [
        (Rate(0, 10), 0.0, 0.2775),  # z² / (n + z²) = 3.8415 / 13.8415
        (Rate(5, 10), 0.2366, 0.7634),
        (Rate(10, 10), 0.7225, 1.0),
        (Rate(81, 263), 0.2553, 0.3662),  # Newcombe 1998, table I, method 3
    ],
    ids=str,
)
def test_an_interval_is_wilsons(rate: Rate, low: float, high: float) -> None:
    ends = wilson(rate)

    assert ends is not None
    assert ends == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_there_is_no_interval_and_few_is_below_five() -> None:
    assert wilson(Rate(0, 0)) is None
    assert [few(Rate(1, n)) for n in (1, 4, 5)] == [True, True, False]


@pytest.mark.parametrize(
    ("born", "band"),
    [
        (date(1961, 11, 30), "under-65"),
        (date(1961, 11, 29), "65-74"),
        (date(1951, 11, 29), "75-84"),
        (date(1941, 11, 29), "85+"),
        (None, ""),
    ],
    ids=str,
)
def test_an_age_is_in_the_band_of_its_birthday(born: date | None, band: str) -> None:
    assert age_band(born, date(2026, 11, 29)) == band


def test_conditions_are_counted_to_four() -> None:
    assert [condition_count(n) for n in range(6)] == ["0-1", "0-1", "2", "3", "4+", "4+"]
