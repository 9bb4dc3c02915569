"""Which earlier alerts were like this one, and how they turned out: of the person, of the rule.

A share of the whole programme is said only where enough alerts are labelled; duplicates and
unsure ones say nothing about a rule and are left out of it (alerting.md section 7).
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.outcomes import WORDS, Label
from monitoring.phrases import Instant, Phrase, counted, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alerts.inbox import EpisodeView
    from monitoring.phrases import Value

LEAST = 20  # labelled alerts of a rule, before a share of them says anything (E)
SPAN = timedelta(days=365)  # how far back the programme is looked at (E)
NAMED = 3  # earlier alerts that are told one by one
TRUE = (Label.TRUE_ACTIONABLE, Label.TRUE_NO_ACTION)
TELLING = (*TRUE, Label.FALSE_MEASUREMENT, Label.FALSE_PHYSIOLOGY)


def alike(
    episode: EpisodeView, every: Iterable[EpisodeView], labelled: Mapping[str, int], *, zone: str
) -> list[Phrase]:
    """Return in sentences what earlier alerts of this person and of this rule turned out to be.

    `every` are the episodes of the person; `labelled` counts the programme's alerts of the
    rule of the headline by label.
    """
    rule = episode.headline.rule_id
    before = [e for e in every if e.id != episode.id and e.problem is episode.problem]
    earlier = sorted(before, key=lambda e: e.opened_at, reverse=True)
    return [*_of_person(episode, earlier, rule, zone), _of_programme(rule, labelled)]


def _of_person(
    episode: EpisodeView, earlier: list[EpisodeView], rule: str, zone: str
) -> Iterator[Phrase]:
    facts: dict[str, Value] = {
        "problem": Phrase(episode.problem.replace("-", " ")),
        "count": whole(len(earlier)),
        "outcomes": tuple(_ended(each, zone) for each in earlier[:NAMED]),
    }
    if not earlier:
        yield Phrase("No earlier alert of this person about this: {problem}.", facts)
        return
    yield counted(
        "{count} earlier alert of this person about this ({problem}): {outcomes}.",
        "{count} earlier alerts of this person about this ({problem}), the newest: {outcomes}.",
        facts,
    )
    same = sum(any(f.rule_id == rule for f in each.findings) for each in earlier)
    again: dict[str, Value] = {"count": whole(same), "rule": Phrase(rule)}
    yield Phrase("Of these, the same rule fired in {count}: {rule}.", again)


def _ended(episode: EpisodeView, zone: str) -> Phrase:
    ended = episode.state.ended
    how = WORDS.get(episode.outcome, "closed without an outcome") if ended else "still open"
    opened = Instant(episode.opened_at.timestamp(), zone)
    return Phrase("{outcome} ({opened})", {"opened": opened, "outcome": Phrase(how)})


def _of_programme(rule: str, labelled: Mapping[str, int]) -> Phrase:
    telling = sum(labelled.get(label, 0) for label in TELLING)
    facts: dict[str, Value] = {"rule": Phrase(rule), "count": whole(telling)}
    facts |= {"least": whole(LEAST), "days": whole(SPAN.days)}
    if telling < LEAST:
        return Phrase(
            "In the programme too few alerts of {rule} have an outcome to say more: "
            "{count} in {days} days, of {least} that are needed.",
            facts,
        )
    true = sum(labelled.get(label, 0) for label in TRUE)
    facts["true"] = whole(100 * true / telling)
    facts["acted"] = whole(100 * labelled.get(Label.TRUE_ACTIONABLE, 0) / telling)
    return Phrase(
        "In the programme {count} alerts of {rule} had an outcome in {days} days: "
        "{true} % were true, {acted} % led to an action.",
        facts,
    )
