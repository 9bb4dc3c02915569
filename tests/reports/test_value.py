"""What averted stays may be worth: the arithmetic worked by hand, and a range or nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidError
from core.vitals import Severity
from monitoring.findings import Problem
from reports.episodes import Episode
from reports.rates import COUNTED, TRUE
from reports.value import FEWEST, Assumed, break_even, value

if TYPE_CHECKING:
    from collections.abc import Iterable

AT = datetime(2026, 11, 3, 9, tzinfo=UTC)
LABELS = sorted(COUNTED)


def alerts(outcomes: Iterable[str], severity: Severity = Severity.AMBER) -> list[Episode]:
    return [
        Episode(
            UUID(int=n), UUID(int=0), next(iter(Problem)), severity, AT, None, None, label, None
        )
        for n, label in enumerate(outcomes)
    ]


@pytest.mark.parametrize(
    ("averts", "handling", "percent"), [(0.25, 50, 1.4), (0.10, 50, 3.6), (0.10, 150, 10.7)]
)
def test_break_even_is_as_the_evidence_section_has_it(
    averts: float, handling: float, percent: float
) -> None:
    assert round(100 * break_even(14_000, averts, handling), 1) == percent


def test_an_estimate_is_a_range_of_the_teams_own_counts() -> None:
    """20 alerts, 10 with an outcome, 5 of these true: Wilson (5 of 10) is 23.7 to 76.3 %."""
    known = alerts(["true-actionable"] * 5 + ["false-measurement"] * 5 + [""] * 10)

    found = value(known, Assumed())

    assert (found.alerts, found.labels.hits, found.labels.of) == (20, 5, 10)
    assert found.ppv is not None
    assert found.ppv.low == pytest.approx(0.2366, abs=1e-4)
    assert found.ppv.high == pytest.approx(0.7634, abs=1e-4)
    assert found.stays is not None
    assert found.stays.low == pytest.approx(20 * 0.2366 * 0.10, abs=1e-2)
    assert found.stays.high == pytest.approx(20 * 0.7634 * 0.25, abs=1e-2)
    assert found.net is not None
    assert found.net.low == pytest.approx(0.4732 * 14_000 - 20 * 150, abs=5)
    assert found.net.high == pytest.approx(3.817 * 14_000 - 20 * 50, abs=5)


def test_with_too_few_outcomes_nobody_can_tell() -> None:
    found = value(alerts(["true-actionable"] * (FEWEST - 1) + ["unsure", ""]), Assumed())

    assert not found.tells
    assert (found.ppv, found.stays, found.saved, found.net) == (None, None, None, None)
    assert found.handling.low == 11 * 50
    assert value(alerts(["true-actionable"] * FEWEST), Assumed()).tells


def test_a_duplicate_averts_nothing_of_its_own_and_was_handled_all_the_same() -> None:
    once = alerts(["true-actionable"] * 5 + ["false-measurement"] * 5)

    alone, found = value(once, Assumed()), value([*once, *alerts(["duplicate"] * 9)], Assumed())

    assert (found.ppv, found.stays, found.saved) == (alone.ppv, alone.stays, alone.saved)
    assert found.handling.low == alone.handling.low + 9 * 50


def test_data_quality_alerts_avert_no_stay_and_are_not_counted() -> None:
    known = alerts(["true-actionable"] * 12) + alerts(["true-actionable"] * 9, Severity.DQ)

    assert value(known, Assumed()).alerts == 12


@given(
    st.lists(st.sampled_from([*LABELS, ""]), max_size=80),
    st.floats(0.01, 1),
    st.floats(0.01, 1),
    st.floats(1, 1e5),
)
def test_the_ends_of_each_range_are_in_order_and_hold_the_middle(
    outcomes: list[str], one: float, other: float, stay: float
) -> None:
    low, high = sorted((one, other))
    assumed = Assumed(stay=stay, averts_low=low, averts_high=high)
    found = value(alerts(outcomes), assumed)
    ranges = [found.even, found.handling, found.ppv, found.stays, found.saved, found.net]

    assert all(each.low <= each.high for each in ranges if each)
    if found.ppv and found.net:
        share = sum(each in TRUE for each in outcomes if each) / found.labels.of
        middle = len(outcomes) * (share * stay * (low + high) / 2 - 100)
        assert found.net.low - 1e-6 <= middle <= found.net.high + 1e-6


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"stay": 0.0}, "stay"),
        ({"stay": float("nan")}, "stay"),
        ({"averts_high": 1.01}, "averts_high"),
        ({"averts_low": 0.3}, "averts_low"),
        ({"handling_low": 151.0}, "handling_low"),
        ({"handling_high": float("inf")}, "handling_high"),
    ],
)
def test_what_nobody_could_assume_is_refused_by_name(wrong: dict[str, float], field: str) -> None:
    with pytest.raises(InvalidError) as refused:
        Assumed(**wrong)

    assert refused.value.field == field
