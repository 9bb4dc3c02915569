"""For whom a rule is, or a limit of a plan: conditions, age, medicines, home, last discharge."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from core.vitals import Vital
from ingest.enrolment import Absence
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from ingest.enrolment import Person
    from monitoring.moment import Moment
    from monitoring.rule_kinds import Rule, Scope

HOUR = 3_600.0


def applies(rule: Rule, now: Moment) -> bool:
    """Return whether the rule is for this person at this moment."""
    scope = rule.scope
    return suits(scope, now.person, now.day) and (
        scope.on_oxygen is None or scope.on_oxygen is on_oxygen(now)
    )


def suits(scope: Scope, person: Person, day: int) -> bool:
    """Return whether a scope is for a person on a local day (its ordinal), oxygen left aside."""
    return (
        (not scope.conditions or bool(scope.conditions & person.groups))
        and not scope.without_conditions & person.groups
        and _age_and_traits(scope, person, day)
        and (not scope.medicines or bool(scope.medicines & person.medicines))
        and not scope.without_medicines & person.medicines
        and scope.scale_two in (None, person.scale_two)
        and scope.lives_alone in (None, bool(person.lives_alone))
        and (scope.discharged_within is None or _discharged(person, day, scope.discharged_within))
    )


def _discharged(person: Person, day: int, within: int) -> bool:
    """Return whether the last stay in hospital ended so few days ago, and none is open."""
    zone = zone_of(person.zone)
    stays = [each for each in person.stays if each.why is Absence.ADMITTED]
    begun = [each for each in stays if local_day(each.since.timestamp(), zone) <= day]
    if not begun or any(each.until is None for each in begun):
        return False
    last = max(local_day(each.until.timestamp(), zone) for each in begun if each.until)
    return 0 <= day - last <= within


def on_oxygen(now: Moment) -> bool | None:
    """Return whether the person breathes oxygen now: by the last day's flow, else as enrolled.

    None where nobody has said so: unknown is unknown, and not air (fhir.md section 7a).
    """
    for vital, air in AIR.items():
        series = now.series(vital)
        if series is not None and now.at - float(series.times[-1]) <= OXYGEN_KNOWN * HOUR:
            return float(series.values[-1]) > air
    return now.person.on_oxygen


AIR = {Vital.OXYGEN_FLOW: 0.0, Vital.OXYGEN_CONCENTRATION: 21.0}
OXYGEN_KNOWN = 24.0  # hours (E)


def _age_and_traits(scope: Scope, person: Person, day: int) -> bool:
    old = scope.least_age is None or _old_enough(person, day, scope.least_age)
    marked = not scope.traits or bool(scope.traits & person.traits)
    return (old or marked) if scope.age_or_trait else (old and marked)


def _old_enough(person: Person, day: int, least_age: int) -> bool:
    age = person.age(date.fromordinal(day))
    # Unknown age counts as old: the programme is for people of 65 and over, and a rule
    # that is not applied can hide something (fail open).
    return age is None or age >= least_age
