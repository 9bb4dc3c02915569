from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from alerts import pacing
from alerts.escalation import next_try
from alerts.pacing import moves_on

if TYPE_CHECKING:
    from alerts.policy import Policy


def test_a_webhook_is_tried_for_days_and_every_other_message_for_hours_rel_12(
    policy: Policy,
) -> None:
    spans = {channel: sum(policy.pacing.of(channel), timedelta()) for channel in ("webhook", "sms")}

    assert spans["webhook"] > timedelta(days=2)
    assert timedelta(hours=3) < spans["sms"] < timedelta(hours=12)


def test_a_red_moves_on_before_its_own_next_step_would_be_due_rel_12(policy: Policy) -> None:
    assert policy.pacing.patience < timedelta(minutes=15)


@pytest.mark.parametrize(("after", "moves"), [(None, True), (599, False), (601, True)])
def test_an_alert_goes_on_where_the_next_try_comes_too_late_for_it_rel_12(
    now: datetime, policy: Policy, after: int | None, *, moves: bool
) -> None:
    again = None if after is None else now + timedelta(seconds=after)

    assert moves_on(policy.pacing, since=now, again=again) is moves


def test_a_thousand_failures_at_one_moment_do_not_return_at_one_moment_rel_12(
    now: datetime, policy: Policy
) -> None:
    waits = policy.pacing.of("sms")
    times = {next_try(UUID(int=n), 5, waits, now=now) for n in range(1000)}

    seconds = sorted((at - now).total_seconds() for at in times if at)
    assert len(seconds) > 990
    assert seconds[0] == pytest.approx(420, abs=5)
    assert seconds[-1] == pytest.approx(504, abs=5)


def test_what_an_alert_keeps_of_it_gives_it_back(policy: Policy) -> None:
    assert pacing.read(pacing.freeze(policy.pacing)) == policy.pacing


def test_an_alert_of_before_there_was_a_pacing_keeps_its_waits() -> None:
    source = {"waits_seconds": [5, 15]}

    old = pacing.read(source)

    assert old.of("webhook") == (timedelta(seconds=5), timedelta(seconds=15))
    assert old.patience == timedelta(minutes=10)
