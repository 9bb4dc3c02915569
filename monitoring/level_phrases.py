"""When a level of a limit rule holds and how it is confirmed, as phrases: for any language.

One phrase for the limit, one for the repeats it asks for (AL-20), one for what makes it graver.
"""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Severity, Vital
from monitoring.comparison import Comparison
from monitoring.phrases import Phrase, shortest, within

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from monitoring.phrases import Value
    from monitoring.rule_kinds import Companion, Level, LimitRule, Raise

HOUR, DAY, TWO_DAYS = 60, 1440, 2880  # minutes
BEYOND = {
    Comparison.AT_MOST: "{measure} at most {limit}",
    Comparison.BELOW: "{measure} below {limit}",
    Comparison.AT_LEAST: "{measure} at least {limit}",
    Comparison.ABOVE: "{measure} above {limit}",
}


def level_phrases(rule: LimitRule, level: Level) -> Iterator[Phrase]:
    """Yield the phrases of one level."""
    yield _limit(rule.vital, level)
    yield from _repeats(level)
    if level.raised is not None:
        yield _raise(level.raised)


def sized(vital: Vital, value: float) -> Phrase:
    """Return a value of a vital with its unit, with the decimals that it was written with."""
    unit = MEASURES[vital].unit_display
    facts: dict[str, Value] = {"value": shortest(value), "unit": Phrase(unit)}
    return Phrase("{value} {unit}" if unit else "{value}", facts)


def beyond(fact: Level | Companion, vital: Vital, limit: float) -> Phrase:
    """Return a vital beyond a limit; of a yes or no, only what it is."""
    measure = MEASURES[vital]
    if (measure.low, measure.high) == (0, 1):
        return Phrase(within(vital))
    return Phrase(
        BEYOND[fact.comparison],
        {"measure": Phrase(measure.display), "limit": sized(vital, limit)},
    )


def _limit(vital: Vital, level: Level) -> Phrase:
    upward = level.comparison.upward
    first = Phrase(MEASURES[vital].display)
    if level.limit is not None:
        first = beyond(level, vital, level.limit)
    if level.short_of is not None:
        both: dict[str, Value] = {"first": first, "limit": sized(vital, level.short_of)}
        first = Phrase("{first} and below {limit}" if upward else "{first} and above {limit}", both)
    if level.change is None:
        return first
    facts: dict[str, Value] = {
        "first": first,
        "change": sized(vital, abs(level.change)),
        "days": shortest(level.usual_days),
    }
    if level.limit is None and level.short_of is None:
        return Phrase(_ALONE_ABOVE if upward else _ALONE_BELOW, facts)
    return Phrase(_AND_ABOVE if upward else _AND_BELOW, facts)


_ALONE_ABOVE = "{first} {change} or more above the usual of {days} days"
_ALONE_BELOW = "{first} {change} or more below the usual of {days} days"
_AND_ABOVE = "{first} and {change} or more above the usual of {days} days"
_AND_BELOW = "{first} and {change} or more below the usual of {days} days"


def _repeats(level: Level) -> Iterator[Phrase]:
    if level.readings == 1:
        yield Phrase("one reading is enough")
        return
    agree: dict[str, Value] = {"agree": _agreeing(level)}
    if level.severity is Severity.RED:
        yield Phrase("opens at once, unconfirmed until {agree} agree", agree)
        return
    yield Phrase("{agree} must agree", agree)
    if level.unanswered_minutes is not None:
        waited = _minutes(level.unanswered_minutes)
        yield Phrase("unconfirmed where nobody repeats it for {time}", {"time": waited})


def _agreeing(level: Level) -> Phrase:
    facts: dict[str, Value] = {
        "count": shortest(level.readings),
        "time": _minutes(level.within_minutes),
    }
    found = Phrase(_IN_A_ROW if level.consecutive else _WITHIN, facts)
    if not level.apart_minutes:
        return found
    apart = _minutes(level.apart_minutes)
    return Phrase("{readings}, {apart} apart", {"readings": found, "apart": apart})


_WITHIN = "{count} readings within {time}"
_IN_A_ROW = "{count} readings in a row within {time}"


def _minutes(minutes: float) -> Phrase:
    if minutes >= TWO_DAYS:
        return Phrase("{number} days", {"number": shortest(minutes / DAY)})
    if minutes >= HOUR:
        return Phrase("{number} h", {"number": shortest(minutes / HOUR)})
    return Phrase("{number} min", {"number": shortest(minutes)})


def _raise(raised: Raise) -> Phrase:
    facts = [beyond(each, each.vital, each.limit) for each in raised.companions]
    takes = [Phrase("taking {medicine}", {"medicine": Phrase(m)}) for m in sorted(raised.medicines)]
    said: dict[str, Value] = {
        "tier": Phrase(raised.severity),
        "facts": _any_of([*facts, *takes]),
        "hours": shortest(raised.within_hours),
    }
    return Phrase(_GRAVER_WITHIN if facts else "{tier} with {facts}", said)


_GRAVER_WITHIN = "{tier} with {facts} within {hours} h"


def _any_of(facts: Iterable[Phrase]) -> Phrase:
    return reduce(_either, facts)


def _either(one: Phrase, other: Phrase) -> Phrase:
    return Phrase("{one} or {other}", {"one": one, "other": other})
