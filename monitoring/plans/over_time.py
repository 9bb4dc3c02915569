"""Which fixed limits were in force for a person from when to when: pure.

Plans and what is known of a person have their times; the rulebook, the site's plan and the
templates are those that stand now, since a text that was replaced is kept by its hash alone.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING

from monitoring.plans.lines import Needs, lines
from monitoring.plans.versions import TARGET, limit_of, newest
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from ingest.enrolment import Person
    from monitoring.plans.lines import Fixed, Line
    from monitoring.plans.site_rules import SiteRules
    from monitoring.plans.versions import Version


@dataclass(frozen=True, slots=True)
class Held:
    """One limit from when to when it was in force."""

    line: Line
    fixed: Fixed
    since: datetime
    until: datetime


def held(
    site: SiteRules, person: Person, versions: Sequence[Version], start: datetime, end: datetime
) -> list[Held]:
    """Return the limits of a span: of each tier and end of the range those that speak first.

    `person` is who somebody is now; what they were in between is read from their dated facts.
    """
    found: list[Held] = []
    for since, until in pairwise([start, *_turns(person, versions, start, end), end]):
        for line in _first(_lines(site, person, versions, since)):
            if line.fixed is not None:
                _join(found, Held(line, line.fixed, since, until))
    return found


def _turns(
    person: Person, versions: Iterable[Version], start: datetime, end: datetime
) -> list[datetime]:
    """Return the instants inside the span at which another limit may begin."""
    facts = person.dated.changes if person.dated else []
    known = [start.fromtimestamp(at, start.tzinfo) for at in facts if at <= end.timestamp()]
    return sorted({at for at in (*known, *(v.at for v in versions)) if start < at < end})


def _lines(
    site: SiteRules, person: Person, versions: Iterable[Version], at: datetime
) -> list[Line]:
    """Return every level that was in force at an instant and told anybody."""
    stood = newest(v for v in versions if v.at <= at)
    own = [limit_of(v) for v in stood if v.standing and v.subject != TARGET]
    second = at.timestamp()
    then = _on_target(person, versions, stood).at(second, second)
    day = local_day(second, zone_of(person.zone))
    plan = site.plan_of(then, day, own)
    return [line for line in lines(plan, then, day) if line.rule not in plan.rulebook.shadowed]


def _on_target(person: Person, versions: Iterable[Version], stood: Iterable[Version]) -> Person:
    """Return the person with the target of oxygen of that time, where versions tell of one."""
    if person.dated is None or not any(v.subject == TARGET for v in versions):
        return person
    on = any(v.subject == TARGET and v.standing for v in stood)
    return replace(person, dated=replace(person.dated, scale_two=on))


def _first(found: Iterable[Line]) -> list[Line]:
    """Return of each vital, tier and end the limit that a value meets first.

    What needs more than a value counts beside it, unless a plain limit is met as early.
    """
    kept: list[Line] = []
    for line in sorted((each for each in found if each.fixed), key=_met):
        if not any(_covers(other, line) for other in kept):
            kept.append(line)
    return kept


def _met(line: Line) -> tuple[float, bool]:
    """Order the limits of one end by how early a value meets them, the plain one of two first."""
    assert line.fixed is not None  # noqa: S101 (what has none was left out)
    value = line.fixed.value if line.upward else -line.fixed.value
    return value, line.fixed.needs is not Needs.NOTHING


def _covers(kept: Line, line: Line) -> bool:
    same = (kept.vital, kept.severity, kept.upward) == (line.vital, line.severity, line.upward)
    if not same or kept.fixed is None or line.fixed is None:
        return False
    return kept.fixed.needs in (Needs.NOTHING, line.fixed.needs)


def _join(found: list[Held], new: Held) -> None:
    """Add a stretch, or lengthen the one before where the limit stayed as it was."""
    for place, old in enumerate(found):
        if old.until == new.since and (old.line, old.fixed) == (new.line, new.fixed):
            found[place] = replace(old, until=new.until)
            return
    found.append(new)
