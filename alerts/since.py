"""What has changed about a person since a clinician last looked: findings, tiers, readings, rules.

Each change is a sentence as data; `monitoring.words` makes the words. Looks that follow each other
closely are one look: whoever turns back to a page after a form has not forgotten it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Quality, Severity, Vital
from monitoring.phrases import Instant, Phrase, counted, number, whole, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from alerts.inbox import EpisodeView, TimelineEntry
    from core.vitals import Reading
    from monitoring.phrases import Value

SITTING = timedelta(minutes=15)  # looks no further apart are one look (E)
MOVED = ("opened", "rose", "lowered", "reopened", "withdrawn", "auto-closed", "resolved")


@dataclass(frozen=True, slots=True)
class Known:
    """What stands about a person now: episodes, readings by effective time, rulebook hashes."""

    episodes: Sequence[EpisodeView]
    readings: Sequence[Reading]
    rulebook_then: str
    rulebook_now: str
    limits: Sequence[
        tuple[datetime, str]
    ] = ()  # when a limit of the person's plan changed, of what


def last_look(looks: Iterable[datetime], now: datetime) -> datetime | None:
    """Return when somebody last looked before this sitting; None where they never did."""
    start = now
    for look in sorted(looks, reverse=True):
        if start - look > SITTING:
            return look
        start = look
    return None


def latest_look(looks: Iterable[datetime], now: datetime) -> datetime | None:
    """Return when somebody last looked in this sitting; None where this is its first look."""
    latest = max(looks, default=None)
    return latest if latest is not None and now - latest <= SITTING else None


def changes(known: Known, since: datetime | None, *, zone: str) -> list[Phrase]:
    """Return the changes in sentences, the first of which says since when."""
    if since is None:
        return [Phrase("You have not looked at this person before.")]
    moment = {"since": Instant(since.timestamp(), zone)}
    found = [*_moved(known.episodes, since), *_found(known.episodes, since)]
    found += _measured(known.readings, since)
    found += [_limit(about) for at, about in reversed(known.limits) if at > since]
    if known.rulebook_then and known.rulebook_then != known.rulebook_now:
        found.append(Phrase("The rules or limits in force have changed."))
    if not found:
        return [Phrase("Nothing has changed since you last looked, on {since}.", moment)]
    return [Phrase("You last looked on {since}. Since then:", moment), *found]


def _limit(about: str) -> Phrase:
    """Return that a limit changed: of a vital, or the range of oxygen that a clinician set."""
    if about in tuple(Vital):
        return Phrase(
            "A limit of this person's plan has changed: {measure}.",
            {"measure": Phrase(within(Vital(about)))},
        )
    return Phrase("The oxygen range of this person's plan has changed.")


def _moved(episodes: Iterable[EpisodeView], since: datetime) -> Iterator[Phrase]:
    for episode in episodes:
        for entry in episode.timeline:
            if entry.at > since and entry.kind in MOVED:
                yield _step(entry, episode)


def _step(entry: TimelineEntry, episode: EpisodeView) -> Phrase:
    tier = entry.after.get("severity") or episode.severity
    facts: dict[str, Value] = {
        "problem": Phrase(episode.problem.replace("-", " ")),
        "tier": Phrase(str(Severity(str(tier)))),
    }
    if entry.kind in ("opened", "reopened"):
        return Phrase("An alert was opened: {problem}, {tier}.", facts)
    if entry.kind == "rose":
        return Phrase("An alert rose: {problem}, now {tier}.", facts)
    if entry.kind == "lowered":
        return Phrase("An alert was lowered: {problem}, now {tier}.", facts)
    return Phrase("An alert was closed: {problem}.", facts)


def _found(episodes: Iterable[EpisodeView], since: datetime) -> Iterator[Phrase]:
    """Yield the newest finding of each live alert that came after, and how many there are."""
    for episode in episodes:
        new = [finding for finding in episode.findings if finding.seen_at > since]
        if episode.state.ended or not new:
            continue
        facts: dict[str, Value] = {
            "problem": Phrase(episode.problem.replace("-", " ")),
            "count": whole(len(new)),
            "finding": max(new, key=lambda each: (each.at, each.severity.rank)).says.main,
        }
        yield counted(
            "{count} new finding ({problem}): {finding}.",
            "{count} new findings ({problem}), the newest: {finding}.",
            facts,
        )


def _measured(readings: Iterable[Reading], since: datetime) -> Iterator[Phrase]:
    """Yield, for each vital that was measured since, how often and what it was before and last."""
    by_vital: dict[Vital, list[Reading]] = defaultdict(list)
    for reading in readings:
        if reading.quality is Quality.SCORED and reading.value is not None:
            by_vital[reading.vital].append(reading)
    for vital, every in by_vital.items():
        new = [each for each in every if each.received > since]
        if new and MEASURES[vital].unit_display:
            yield _newest(vital, new, [each for each in every if each.received <= since])


def _newest(vital: Vital, new: Sequence[Reading], before: Sequence[Reading]) -> Phrase:
    facts: dict[str, Value] = {
        "measure": Phrase(within(vital)),
        "count": whole(len(new)),
        "value": number(new[-1].value or 0.0, vital),
        "unit": Phrase(MEASURES[vital].unit_display),
    }
    if before:
        facts["before"] = number(before[-1].value or 0.0, vital)
        return counted(
            "{count} new reading of {measure}: {value} {unit}, before that {before} {unit}.",
            "{count} new readings of {measure}, the last {value} {unit}, "
            "before them {before} {unit}.",
            facts,
        )
    return counted(
        "{count} new reading of {measure}: {value} {unit}.",
        "{count} new readings of {measure}, the last {value} {unit}.",
        facts,
    )
