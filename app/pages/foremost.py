"""A patient's open alerts on their page: which stands first, which fold, what the first looks like.

A lesser alert is one line until somebody opens it. A RED or AMBER that nobody has taken is never
folded, and neither is anything graver than the alert that stands first, nor what the reader owns.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.inbox import GRAVE, EpisodeView, FindingView, foremost
from app.pages.language import Language
from app.pages.trends import Trend, anchor
from core.vitals import MEASURES, Vital
from reports.charts import Svg

MOST_PICTURES = 3  # of an alert that speaks of several measurements


@dataclass(frozen=True, slots=True)
class Picture:
    """The chart of one measurement in small; `drawn` is None where the span has no reading."""

    title: str
    caption: str
    limits: list[str]  # in force, in words
    anchor: str
    drawn: Svg | None


def in_order(episodes: Sequence[EpisodeView]) -> list[EpisodeView]:
    """Return the open ones in the order of work, of equals what nobody has taken before others."""
    return sorted((each for each in episodes if not each.state.ended), key=foremost)


def folded(live: Sequence[EpisodeView], mine: Collection[object] = ()) -> frozenset[UUID]:
    """Return which of the open alerts are one line, given in their order; `mine` is the reader."""
    return frozenset(each.id for each in live[1:] if _folds(each, live[0], mine))


def _folds(each: EpisodeView, first: EpisodeView, mine: Collection[object]) -> bool:
    untaken = each.severity in GRAVE and each.state.waits
    in_hand = each.owner_id in mine or each.holding.claimed_by_id in mine
    return not untaken and not in_hand and each.severity.rank <= first.severity.rank


def pictures(live: Sequence[EpisodeView], trends: Sequence[Trend], said: Language) -> list[Picture]:
    """Return the trend of what the first alert speaks of, its measurements in their order."""
    vitals = list(_spoken_of(live[0])) if live else []
    known = {f"trend-{each.key}": each for each in trends}
    places = dict.fromkeys(anchor(vital) for vital in vitals)
    found = [_picture(known[place], place) for place in places if place in known]
    if found or not vitals:
        return found[:MOST_PICTURES]
    none = said.say("no reading in the span of the trends")
    return [Picture(said.say(MEASURES[vitals[0]].display), none, [], "trends", None)]


def _picture(trend: Trend, place: str) -> Picture:
    limits = [key.words for key in trend.keys]
    return Picture(trend.title, trend.caption, limits, place, trend.picture)


def _spoken_of(episode: EpisodeView) -> Iterator[Vital]:
    """Yield the vitals of an alert's gravest finding, else those that its readings are of."""
    heads: tuple[FindingView, ...] = (episode.headline, *episode.findings)
    for finding in heads:
        if finding.vital:
            yield finding.vital
            return
        if finding.evidence:
            yield from dict.fromkeys(each.vital for each in finding.evidence)
            return
