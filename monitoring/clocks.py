"""Devices whose clocks are wrong, told to support and to nobody else (REL-21).

Three things tell of one: a reading dated in the future, one that was more than 30 days old when
it arrived, and a clock that its gateway read and found more than an hour off. How much is too
much was decided where it arrived (`ingest.placing`, `ingest.device_clock`).
"""

from __future__ import annotations

from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from monitoring.moment import Hit, kept_evidence
from monitoring.phrases import Phrase, counted, whole
from monitoring.rules import HOUR, MINUTE
from monitoring.windows import DAY, Skew, local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ingest.device_clock import Doubt
    from monitoring.findings import Evidence
    from monitoring.moment import Moment
    from monitoring.rule_kinds import ClockRule
    from monitoring.windows import History

TOLD_FOR = timedelta(days=1)
FUTURE = "it runs {time} ahead, and its readings are kept and not judged"
OLD = "a reading arrived {time} after the time that it bears, and is kept and not judged"
AHEAD = "its gateway found it {time} ahead"
BEHIND = "its gateway found it {time} behind"


class _Sign(NamedTuple):
    at: float  # when it came to be known
    says: str
    device: str
    by: float  # seconds
    evidence: tuple[Evidence, ...] = ()


def clock(rule: ClockRule, now: Moment) -> Iterator[Hit]:
    """Say once a local day of each device, and sort of sign, that its clock is wrong.

    What was told is told for a day, so that none is lost between two judgements.
    """
    past = now.past
    if not (past.ahead or past.skews):
        return
    zone = zone_of(now.person.zone)
    first: dict[tuple[int, str, str], _Sign] = {}
    for sign in sorted(_signs(past), key=_order):
        first.setdefault((local_day(sign.at, zone), sign.device, sign.says), sign)
    since = now.at - TOLD_FOR.total_seconds()
    recent = sorted((s for s in first.values() if since < s.at <= now.at), key=_order)
    for (at, says), group in groupby(recent, key=lambda sign: (sign.at, sign.says)):
        told = list(group)
        yield Hit(
            rule=rule,
            severity=rule.severity,
            at=at,
            day=local_day(at, zone),
            count=len(told),
            evidence=tuple(each for sign in told for each in sign.evidence),
            remark=Phrase(says, {"time": _time(max(sign.by for sign in told))}),
            otherwise=Phrase("It would not have fired with a clock that runs right."),
        )


def _order(sign: _Sign) -> tuple[float, str, str, float]:
    return (sign.at, sign.says, sign.device, sign.by)


def skews(doubts: Iterable[Doubt]) -> tuple[Skew, ...]:
    """Return what the door noted of the clocks of a person's devices, as a history holds it."""
    return tuple(
        Skew(each.device, each.ahead.total_seconds(), each.at.timestamp(), each.of_reading)
        for each in doubts
    )


def _signs(past: History) -> Iterable[_Sign]:
    for kept in past.ahead:
        by = kept.time - kept.received
        yield _Sign(kept.received, FUTURE, kept.device, by, (kept_evidence(kept),))
    for skew in past.skews:
        says = OLD if skew.of_reading else AHEAD if skew.ahead > 0 else BEHIND
        yield _Sign(skew.at, says, skew.device, abs(skew.ahead))


def _time(seconds: float) -> Phrase:
    if seconds < 2 * HOUR:
        minutes = whole(round(seconds / MINUTE))
        return counted("{count} minute", "{count} minutes", {"count": minutes})
    if seconds < 2 * DAY:
        return counted("{count} hour", "{count} hours", {"count": whole(round(seconds / HOUR))})
    return counted("{count} day", "{count} days", {"count": whole(seconds // DAY)})
