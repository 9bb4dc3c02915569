"""Whether a clinician is at work at an instant, by the hours and leave of the posts they hold."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fhir.moments import beginning, ending, moment
from ingest.placing import known_zone

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from ingest.weekly import Span


class Presence(StrEnum):
    """Whether somebody is at work, the nearest to it last."""

    ENDED = "ended"  # the post is over, or has not begun
    ON_LEAVE = "on-leave"
    OFF_DUTY = "off-duty"  # outside working hours
    HERE = "here"


_NEARER = tuple(Presence)


@dataclass(frozen=True, slots=True)
class Post:
    """The times of one PractitionerRole; periods as they were written, in their own zone."""

    hours: tuple[Span, ...] = ()
    away: tuple[tuple[str, str], ...] = ()
    since: str = ""
    until: str = ""
    zone: str = ""  # "" where it names none: the team's


def presence(posts: Iterable[Post], at: datetime, zone: ZoneInfo) -> Presence:
    """Return whether somebody with these posts is at work; of several the best one counts.

    Who has no post with times is always at work. `zone` is for posts that name none.
    """
    found = [_of(post, at, zone) for post in posts]
    return max(found, key=_NEARER.index, default=Presence.HERE)


def clock_of(posts: Iterable[Post], zone: ZoneInfo) -> ZoneInfo:
    """Return the zone that a person's day is counted in."""
    named = next((post.zone for post in posts if known_zone(post.zone)), "")
    return ZoneInfo(named) if named else zone


def _of(post: Post, at: datetime, zone: ZoneInfo) -> Presence:
    zone = clock_of([post], zone)
    if not _within((post.since, post.until), at, zone):
        return Presence.ENDED
    if any(_within(period, at, zone) for period in post.away if any(period)):
        return Presence.ON_LEAVE
    works = not post.hours or any(each.day_of(at, zone) is not None for each in post.hours)
    return Presence.HERE if works else Presence.OFF_DUTY


def _within(period: tuple[str, str], at: datetime, zone: ZoneInfo) -> bool:
    """Return whether an instant lies in a Period, whose days are whole days of the zone."""
    first, last = period
    start, end = beginning(first), ending(last)
    if start is not None and moment(first) is None:
        start = start.replace(tzinfo=zone)
    if end is not None and moment(last) is None:
        end = end.replace(tzinfo=zone)
    return (start is None or start <= at) and (end is None or at <= end)
