"""When the outside is told that all is well, by the clock, for each part that may die (REL-33)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from app.watching.verdict import Seen, Withheld, withheld

NOW = datetime(2001, 8, 1, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
WELL = Seen(completed_at=NOW, looked_at=NOW)


def test_the_ping_is_sent_only_while_the_loop_and_the_auditor_are_both_well_rel_33() -> None:
    assert withheld(WELL, now=NOW + MINUTE, every=MINUTE) == ()


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (replace(WELL, completed_at=None), Withheld.LOOP),
        (replace(WELL, looked_at=None), Withheld.AUDITOR),
        (replace(WELL, broken=1), Withheld.BROKEN),
        (replace(WELL, idle=1), Withheld.WORKERS),
    ],
)
def test_one_thing_amiss_withholds_it_with_its_name_rel_18(seen: Seen, why: Withheld) -> None:
    assert withheld(seen, now=NOW, every=MINUTE) == (why,)


@pytest.mark.parametrize(
    ("stopped", "why"),
    [
        ("loop", Withheld.LOOP),  # the door, a queue, the broker, the relay, a worker
        ("auditor", Withheld.AUDITOR),  # the timers
    ],
)
def test_whatever_stops_is_missed_within_three_minutes_ft_29(stopped: str, why: Withheld) -> None:
    pings = [NOW + minutes * MINUTE for minutes in range(6)]

    answers = [
        withheld(
            Seen(NOW if stopped == "loop" else at, NOW if stopped == "auditor" else at),
            now=at,
            every=MINUTE,
        )
        for at in pings
    ]

    assert answers == [(), (), (), (why,), (why,), (why,)]
