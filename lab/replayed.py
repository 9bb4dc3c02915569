"""What the rules said about somebody, as it happened: the replay in event time, told in days."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from core.vitals import Severity
from lab.stepping import told
from monitoring.eventtime import Past, Version, run
from monitoring.plans.site_rules import SiteRules, standing
from monitoring.rule_words import tiers

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.vitals import Reading
    from ingest.enrolment import Person
    from monitoring.rulebook import Rulebook

DAY = 86_400.0
PAGED = (Severity.RED, Severity.AMBER)
SPOKEN = frozenset((*PAGED, Severity.YELLOW))


@dataclass(frozen=True, slots=True)
class Said:
    """One finding that reached a clinician: when, under which problem, by which rule."""

    day: float  # since the start that the caller names
    problem: str
    rule: str
    severity: Severity
    stood: bool = True  # False of a RED that a normal repeat lowered by itself (AL-20)


def speaking(rules: Rulebook | SiteRules) -> SiteRules:
    """Return the rules of a site without those that change nothing of what a clinician is told.

    What says INFO or DQ at most opens no episode and enters no combination. The rules of the
    quality gate stay, whatever they say: by them a double counts once, a weight that may be
    another person's waits for its repeat, and what was measured badly teaches no baseline.
    """
    site = standing(rules)
    gate = frozenset(r.id for r in site.rulebook.gate.rules)
    kept = tuple(r for r in site.rulebook.rules if r.id in gate or SPOKEN & set(tiers(r)))
    return SiteRules(replace(site.rulebook, rules=kept), site.limits, site.templates)


def said(
    person: Person,
    readings: Iterable[Reading],
    rules: Rulebook | SiteRules,
    start: float,
    until: datetime,
) -> list[Said]:
    """Return the AMBER and RED findings about a person; `start` in seconds since the epoch."""
    past = Past(person, [Version(reading) for reading in readings])
    site = standing(rules)
    news = run(past, rulebook=site, model=None, until=until)
    spoken = (each for each in news if each.finding.severity in SPOKEN)
    return [
        Said(
            (each.at.timestamp() - start) / DAY,
            each.finding.problem,
            each.finding.rule_id,
            each.finding.severity,
            stood,
        )
        for each, stood in told(spoken, past, site.rulebook)
        if each.finding.severity in PAGED
    ]
