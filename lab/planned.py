"""How the pipeline does on TIHM under a site's plan: what `wardlight replay --plan` alerts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.replay import in_hours, judged
from ingest.enrolment import Person
from lab.intake import readings_of
from lab.plan_fit import fired_days, fit
from lab.reference import LONDON, observations
from lab.tihm import Comparison, Day, agreement
from monitoring.eventtime import Past, Version
from monitoring.plans.site_rules import site_rules
from monitoring.plans.templates import Templates

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date

    from lab.reference import Participant
    from monitoring.plans.plan_file import SitePlan
    from monitoring.plans.site_rules import SiteRules
    from monitoring.rulebook import Rulebook

FIXED = "limits alone, fitted on the same people"
PLANNED = "the plan, through the pipeline"


def planned(participants: Sequence[Participant], plan: SitePlan, rulebook: Rulebook) -> Comparison:
    """Compare a plan with the labels, beside limits alone that were fitted on the same people."""
    alone = fit(participants, hours=False).limits
    days = []
    for who in participants:
        acted = alerted_days(who, plan, rulebook)
        fixed = fired_days(who, alone, None)
        for day in sorted({row.taken.date() for row in who.measured}):
            names = (name for name, fired in ((FIXED, fixed), (PLANNED, acted)) if day in fired)
            days.append(Day(who.id, day in who.labelled, frozenset(names)))
    labelled = sum(day.labelled for day in days)
    return Comparison(len(days), labelled, tuple(agreement(n, days) for n in (FIXED, PLANNED)))


def alerted_days(who: Participant, plan: SitePlan, rulebook: Rulebook) -> set[date]:
    """Return the local days on which the service would be told something of a person."""
    return set(_alerted(who, plan, site_rules(rulebook, Templates(), plan)))


def _alerted(who: Participant, plan: SitePlan, rules: SiteRules) -> Iterator[date]:
    readings = list(readings_of(observations(who), zone=LONDON.key))
    person = Person(id=who.id, zone=LONDON.key, sex=who.sex, groups=frozenset({"dementia"}))
    past = Past(person, [Version(each) for each in readings])
    until = max((each.received for each in readings), default=None)
    for news in judged(past, rulebook=rules, model=None, until=until):
        told = in_hours(news, plan.hours, LONDON) if plan.hours else news
        yield told.at.astimezone(LONDON).date()
