"""Who answered a lesser alert has not answered the graver one that it became."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reports.turns import Entry, Turn, turn

START = datetime(2026, 11, 16, 9, tzinfo=UTC)


def at(hours: float) -> datetime:
    return START + timedelta(hours=hours)


def line(kind: str, hours: float, *, reached: bool = False) -> Entry:
    return Entry(kind, at(hours), reached)


def undone(act: str, of: float) -> Entry:
    return Entry("undone", at(of + 0.001), act=act, of=at(of))


TAKEN, ROSE, BACK = line("acknowledged", 1), line("rose", 3), line("reopened", 5)
REACHED = line("contacted", 2, reached=True)


@pytest.mark.parametrize(
    ("timeline", "expected"),
    [
        ([], Turn()),
        ([TAKEN, REACHED, ROSE], Turn(at(3))),
        ([TAKEN, ROSE, line("acknowledged", 4)], Turn(at(3), at(4))),
        ([ROSE, line("contacted", 4)], Turn(at(3))),
        ([ROSE, line("contacted", 4, reached=True)], Turn(at(3), None, at(4))),
        ([TAKEN, BACK], Turn(None, at(1), None, at(5))),
        ([TAKEN, BACK, line("acknowledged", 6)], Turn(None, at(1))),
        ([TAKEN, BACK, line("snoozed", 6)], Turn(None, at(1))),
        ([TAKEN, BACK, line("acknowledged", 9)], Turn(None, at(1), None, at(5))),
        ([TAKEN, line("rose", 8)], Turn(None, at(1))),
        ([TAKEN, line("rose", 9), line("acknowledged", 10)], Turn(None, at(1))),
        ([ROSE, line("acknowledged", 10)], Turn(at(3), at(10))),
        ([TAKEN, BACK, line("acknowledged", 6), undone("acknowledged", 6)], "back"),
        ([ROSE, line("reopened", 4), line("acknowledged", 4), undone("acknowledged", 4)], "rose"),
    ],
)
def test_what_was_done_counts_for_the_tier_it_was_done_about(
    timeline: list[Entry], expected: Turn | str
) -> None:
    """Seen from the eighth hour; a snooze that an act ended is on again once the act is undone."""
    named = {"back": Turn(None, at(1), None, at(5)), "rose": Turn(at(3))}

    assert turn(timeline, until=at(8)) == named.get(str(expected), expected)
