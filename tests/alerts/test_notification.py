from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.notification import decide
from alerts.reasons import WORDS, Reason
from core.vitals import Severity

if TYPE_CHECKING:
    from datetime import datetime

    from alerts.policy import Policy
    from tests.alerts.conftest import FindingMaker

TOLD = [None, *(s for s in Severity if s is not Severity.INFO)]


@pytest.mark.parametrize(
    ("severity", "told", "tell", "reason"),
    [
        (Severity.RED, None, Severity.RED, Reason.FIRST),
        (Severity.RED, Severity.AMBER, Severity.RED, Reason.ROSE),
        (Severity.RED, Severity.RED, None, None),
        (Severity.YELLOW, Severity.RED, None, None),
        (Severity.YELLOW, Severity.DQ, Severity.YELLOW, Reason.ROSE),
        (Severity.INFO, None, None, None),
    ],
)
def test_somebody_is_told_first_and_when_it_gets_worse(
    finding: FindingMaker,
    policy: Policy,
    now: datetime,
    severity: Severity,
    told: Severity | None,
    tell: Severity | None,
    reason: Reason | None,
) -> None:
    decision = decide([finding(severity)], told, now=now, policy=policy)

    assert (decision.tell, decision.reason) == (tell, reason)


def test_a_three_hour_old_red_pages_and_says_that_it_arrived_late(
    finding: FindingMaker, policy: Policy, now: datetime
) -> None:
    """REL-20."""
    late = finding(at=now - timedelta(hours=3))

    decision = decide([late], None, now=now, policy=policy)

    assert (decision.tell, decision.reason) == (Severity.RED, Reason.ARRIVED_LATE)


def test_a_three_day_old_red_pages_nobody(
    finding: FindingMaker, policy: Policy, now: datetime
) -> None:
    """REL-20."""
    late = finding(at=now - timedelta(days=3))

    decision = decide([late], None, now=now, policy=policy)

    assert decision.tell is None
    assert decision.kept == ((late, Reason.LATE),)


def test_a_late_red_that_is_back_in_range_pages_nobody(
    finding: FindingMaker, policy: Policy, now: datetime
) -> None:
    """REL-20."""
    over = finding(at=now - timedelta(hours=3), back_in_range=True)

    decision = decide([over], None, now=now, policy=policy)

    assert decision.kept == ((over, Reason.BACK_IN_RANGE),)


def test_an_old_red_does_not_keep_a_current_amber_quiet(
    finding: FindingMaker, policy: Policy, now: datetime
) -> None:
    old = finding(at=now - timedelta(days=3))
    current = finding(Severity.AMBER, rule="HF-2")

    decision = decide([old, current], None, now=now, policy=policy)

    assert decision.tell is Severity.AMBER
    assert decision.kept == ((old, Reason.LATE),)


def test_the_lesser_of_two_is_kept_because_the_graver_speaks(
    finding: FindingMaker, policy: Policy, now: datetime
) -> None:
    red, amber = finding(), finding(Severity.AMBER, rule="HF-2")

    decision = decide([red, amber], None, now=now, policy=policy)

    assert decision.kept == ((amber, Reason.INHIBITED),)


@given(
    facts=st.lists(
        st.tuples(st.sampled_from(Severity), st.integers(0, 60), st.booleans()),
        min_size=1,
        max_size=5,
    ),
    told=st.sampled_from(TOLD),
)
def test_every_finding_is_told_or_kept_with_a_reason_and_no_current_rise_is_lost(
    finding: FindingMaker,
    policy: Policy,
    now: datetime,
    facts: list[tuple[Severity, int, bool]],
    told: Severity | None,
) -> None:
    """AL-01, AL-06."""
    found = [
        finding(severity, rule=str(i), at=now - timedelta(hours=hours), back_in_range=back)
        for i, (severity, hours, back) in enumerate(facts)
    ]

    decision = decide(found, told, now=now, policy=policy)

    assert len(decision.kept) + (decision.tell is not None) == len(found)
    assert (decision.tell is None) == (decision.reason is None)
    rises = [
        severity
        for severity, hours, back in facts
        if hours <= 24
        and not back
        and severity is not Severity.INFO
        and (told is None or severity.rank > told.rank)
    ]
    assert decision.tell == max(rises, key=lambda s: s.rank, default=None)


def test_every_reason_has_words() -> None:
    assert set(WORDS) == set(Reason)
