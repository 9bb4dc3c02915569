from __future__ import annotations

import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import escalation
from alerts.escalation import Kind, StepState, chain, counts, holding, next_try, repeats
from alerts.lifecycle import State
from alerts.policy import To
from alerts.policy_source import read
from alerts.reasons import Reason
from core.vitals import Severity

NOW = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
SOURCE = Path(__file__).parents[2] / "alerts" / "policy.toml"
RED = read(tomllib.loads(SOURCE.read_text())).tiers[Severity.RED]
DELIVERY = UUID(int=7)


def test_a_red_chain_is_due_at_0_15_30_and_45_minutes() -> None:
    steps = chain(RED, start=NOW, reason=Reason.FIRST)

    minutes = sorted({(step.due_at - NOW) / timedelta(minutes=1) for step in steps})
    assert minutes == [0, 15, 30, 45]
    assert {s.reason for s in steps if s.due_at == NOW} == {Reason.FIRST}
    assert {s.reason for s in steps if s.due_at > NOW} == {Reason.NOT_ACKNOWLEDGED}


def test_a_chain_that_is_through_repeats_and_one_that_waits_does_not() -> None:
    after = repeats(RED, after=7, waiting=0, now=NOW)

    assert [(s.position, s.kind, s.due_at) for s in after] == [
        (8, Kind.REPEAT, NOW + timedelta(minutes=15))
    ]
    assert repeats(RED, after=7, waiting=1, now=NOW) == ()


def test_an_acknowledgement_is_reminded_of_and_then_ends() -> None:
    remind, expire = holding(RED, start=NOW)

    assert (remind.kind, remind.to, remind.due_at - NOW) == (
        Kind.REMIND,
        To.OWNER,
        timedelta(minutes=45),
    )
    assert (expire.kind, expire.due_at - NOW) == (Kind.EXPIRE, timedelta(minutes=60))


@given(st.sampled_from(StepState), st.integers(0, 3), st.sampled_from(State), st.integers(0, 3))
def test_a_step_counts_only_while_nothing_moved_since_it_was_planned(
    step: StepState, fence: int, alert: State, alert_fence: int
) -> None:
    """REL-14."""
    allowed = counts(step, fence, alert, alert_fence)

    assert allowed == (
        step is StepState.WAITING
        and fence == alert_fence
        and alert not in {State.RESOLVED, State.AUTO_CLOSED, State.WITHDRAWN}
    )


def test_tries_wait_longer_each_time_and_end() -> None:
    waits = [timedelta(seconds=10), timedelta(seconds=60)]

    first = next_try(DELIVERY, 1, waits, now=NOW)
    second = next_try(DELIVERY, 2, waits, now=NOW)

    assert first is not None
    assert second is not None
    assert timedelta(seconds=10) <= first - NOW <= timedelta(seconds=12)
    assert timedelta(seconds=60) <= second - NOW <= timedelta(seconds=72)
    assert next_try(DELIVERY, 3, waits, now=NOW) is None


def test_the_same_failure_computed_twice_gives_the_same_time() -> None:
    waits = [timedelta(seconds=10)]

    assert next_try(DELIVERY, 1, waits, now=NOW) == next_try(DELIVERY, 1, waits, now=NOW)


@pytest.mark.parametrize(("late", "seconds"), [(90, 90.0), (-90, 0.0)])
def test_lateness_is_recorded_in_seconds_and_never_negative(late: int, seconds: float) -> None:
    assert escalation.lateness(NOW, NOW + timedelta(seconds=late)) == seconds


def test_a_waiting_step_says_what_it_will_do() -> None:
    assert escalation.words(Kind.NOTIFY, To.BACKUP) == "backup physician"
    assert escalation.words(Kind.REMIND, To.OWNER) == "reminder to the owner"
    assert escalation.words(Kind.EXPIRE, To.OWNER) == "acknowledgement ends"
