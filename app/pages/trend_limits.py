"""Which limits the trends of a person are drawn against, by their plan and by the rules of today.

What a rule about change called a limit on one day is told with its alert, and is none of these.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from app.pages.door import Visit
from app.pages.limit_words import Limit
from core.vitals import Severity, Vital
from ingest import repository as people
from monitoring import words
from monitoring.phrases import Phrase
from monitoring.plans.lines import whose
from monitoring.plans.over_time import Held, held
from monitoring.plans.repository import versions_of
from monitoring.plans.site_rules import SiteRules

Limits = dict[Vital, list[Limit]]
TOLD = frozenset({Severity.RED, Severity.AMBER, Severity.YELLOW})


def limits_of(visit: Visit, patient_id: UUID, site: SiteRules, start: datetime) -> Limits:
    """Return the limits of a span by measurement, each with the times at which it held."""
    session, now = visit.session, visit.now
    versions = versions_of(session, people.one_person(session, patient_id))
    names = {each.name: each.display for each in site.templates.templates}
    found: Limits = {}
    for each in held(site, people.person(session, patient_id), versions, start, now):
        if each.line.severity in TOLD:
            found.setdefault(each.line.vital, []).append(_limit(each, names, visit.language))
    return found


def _limit(held: Held, names: Mapping[str, str], language: str) -> Limit:
    line, fixed = held.line, held.fixed
    if line.limit is None:
        owner = words.text("rule {rule}", language, rule=Phrase(line.rule))
    else:
        display = names.get(line.limit.origin_name, line.limit.origin_name)
        owner = words.phrase(whose(line.limit, display), language)
    return Limit(
        held.since,
        held.until,
        fixed.value,
        line.severity,
        fixed.comparison,
        fixed.needs,
        line.words(language),
        owner,
    )
