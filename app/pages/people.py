"""Who somebody is, in one short line; pure."""

from __future__ import annotations

from datetime import date

from app.pages.wording import age
from ingest.repository import condition_groups
from ingest.roster import PatientProfile

MOST_CONDITIONS = 4


def conditions(person: PatientProfile) -> str:
    """Return the condition groups by name, the first four."""
    groups = condition_groups()
    names = sorted(groups[name].display for name in person.groups if name in groups)
    more = [f"+{len(names) - MOST_CONDITIONS}"] if len(names) > MOST_CONDITIONS else []
    return " · ".join(names[:MOST_CONDITIONS] + more)


def facts(person: PatientProfile, *, today: date) -> str:
    """Return age, conditions and what changes the meaning of an alert."""
    parts = [age(person.birth_date, today), conditions(person)]
    if person.lives_alone:
        parts.append("lives alone")
    return " · ".join(part for part in parts if part)
