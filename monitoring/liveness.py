"""Whether somebody's readings arrive and are judged: live, late, paused, degraded, never (AL-22).

For whoever must know that an empty line means "well" and not "unseen".
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import TYPE_CHECKING

from core.vitals import MEASURES

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from core.vitals import Vital
    from ingest.enrolment import Stay
    from monitoring.findings import Awaited

# Everybody is judged each 15 minutes, and that work may wait for half an hour (REL-26).
JUDGED_WITHIN = timedelta(minutes=45)
LATE_AFTER = timedelta(hours=48)
STREAM_QUIET = timedelta(days=7)  # a device that others outlive by so much is looked at (E)
STREAM_GONE = timedelta(days=28)  # and after so long it is no longer expected (E)
NOTHING: Mapping[Vital, Awaited] = MappingProxyType({})


class Liveness(StrEnum):
    """How much is known of a person now, the least first."""

    NEVER = "never received"
    PAUSED = "paused"
    LATE = "late"
    DEGRADED = "degraded"
    LIVE = "live"


@dataclass(frozen=True, slots=True)
class Known:
    """A person's state, and in words why it is not live."""

    state: Liveness
    why: str = ""
    quiet: tuple[str, ...] = ()  # the streams that are missing while others are heard, by name


def known(  # noqa: PLR0913 (all that tells one state from another)
    contacts: Mapping[Vital, datetime],
    *,
    last: datetime | None,
    judged_at: datetime | None,
    stays: Sequence[Stay],
    now: datetime,
    expected: Mapping[Vital, Awaited] = NOTHING,
) -> Known:
    """Return the state of a person whose streams were heard at `contacts`, of late, and at all.

    `expected` is what the last judgement waits for: who measures each Monday is not late on
    Wednesday. Paused goes before late: who is in hospital is not expected to measure. Not being
    judged degrades even a person who measures.
    """
    if last is None:
        return Known(Liveness.NEVER)
    stay = next((s for s in stays if s.since <= now and (s.until is None or now < s.until)), None)
    if stay is not None:
        return Known(Liveness.PAUSED, stay.why.value)
    if judged_at is None or now - judged_at > JUDGED_WITHIN:
        return Known(Liveness.DEGRADED, "not judged lately")
    if now - last >= LATE_AFTER + _spare(expected):
        return Known(Liveness.LATE)
    if quiet := quiet_streams(contacts, now=now, expected=expected):
        return Known(Liveness.DEGRADED, "quiet", tuple(quiet))
    return Known(Liveness.LIVE)


def _spare(expected: Mapping[Vital, Awaited]) -> timedelta:
    """Return for how long after a word nothing is expected; nothing where nobody knows."""
    return timedelta(days=min((each.every for each in expected.values()), default=1) - 1)


def quiet_streams(
    contacts: Mapping[Vital, datetime],
    *,
    now: datetime,
    expected: Mapping[Vital, Awaited] = NOTHING,
) -> list[str]:
    """Return which streams are missing while others are heard, by name."""
    return sorted(
        MEASURES[vital].display
        for vital, at in contacts.items()
        if STREAM_QUIET <= now - at < STREAM_GONE
        and (vital not in expected or now >= expected[vital].late_at)
    )
