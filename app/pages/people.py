"""Who somebody is, in one short line; pure."""

from __future__ import annotations

from datetime import date

from app.pages.language import language as spoken_in
from app.pages.wording import age
from ingest.repository import condition_groups
from ingest.roster import PatientProfile
from monitoring.catalogue import ENGLISH

MOST_CONDITIONS = 4


def conditions(person: PatientProfile, language: str = ENGLISH) -> str:
    """Return the condition groups by name, the first four."""
    groups, said = condition_groups(), spoken_in(language)
    names = sorted(said.say(groups[name].display) for name in person.groups if name in groups)
    more = [f"+{len(names) - MOST_CONDITIONS}"] if len(names) > MOST_CONDITIONS else []
    return " · ".join(names[:MOST_CONDITIONS] + more)


def facts(person: PatientProfile, *, today: date, language: str = ENGLISH) -> str:
    """Return age, conditions and what changes the meaning of an alert."""
    said = spoken_in(language)
    parts = [said.say(age(person.birth_date, today)), conditions(person, language)]
    if person.lives_alone:
        parts.append(said.say("lives alone"))
    return " · ".join(part for part in parts if part)
