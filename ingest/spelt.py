"""What somebody typed, as what it means: a day, a code, a number's system, a team (pure)."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING

from core.errors import Sentence
from fhir.codes import SNOMED
from ingest.numbering import said_by_sender

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from uuid import UUID

    from ingest.enrolment import ConditionGroup

ICD10 = "http://hl7.org/fhir/sid/icd-10"
FEWEST_DIGITS, MOST_DIGITS = 6, 15  # ITU-T E.164 has 15 at most
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_MAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s.]+")
_NUMBER = re.compile(r"\+?[0-9 ().\-\u00a0]+")
_ICD = re.compile(r"[A-TV-Z][0-9][0-9A-Z](\.?[0-9A-Z]{1,4})?")
_CONCEPT = re.compile(r"[0-9]{6,18}")
_SYSTEM = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:\S+")
PHONE = Sentence("digits, with + before the code of a country, such as +82 10 1234 5678")


def system_fault(system: str) -> tuple[Sentence, Sentence] | None:
    """Return what is wrong with the name of a hospital's system, and what would be right."""
    right = Sentence("a URI such as https://hospital.example/mrn or urn:oid:1.2.3")
    if not system:
        return Sentence("the number stands without the system that gave it"), right
    if not _SYSTEM.fullmatch(system):
        return Sentence("this is no URI, so that two hospitals could mean different things"), right
    if not said_by_sender(system):
        return Sentence("this system is given by Wardlight itself"), right
    return None


def code_of(text: str, groups: Mapping[str, ConditionGroup]) -> tuple[str, str] | None:
    """Return the code of an entry: ICD-10, SNOMED CT, or a group of conditions by its name."""
    group = groups.get(text.lower())
    if group is not None:
        return (SNOMED, group.concept)
    if _CONCEPT.fullmatch(text):
        return (SNOMED, text)
    return (ICD10, text.upper()) if _ICD.fullmatch(text.upper()) else None


def day_of(text: str) -> date | None:
    """Return the day that a text names, or None."""
    try:
        return date.fromisoformat(text.strip()) if "-" in text else None
    except ValueError:
        return None


def teams_by_name(teams: Iterable[tuple[UUID, str]]) -> dict[str, UUID]:
    """Return teams by folded name and by id; a name that two of them have names neither."""
    listed = list(teams)
    names = [name.casefold() for _, name in listed]
    return {str(id_): id_ for id_, _ in listed} | {
        name.casefold(): id_ for id_, name in listed if names.count(name.casefold()) == 1
    }


def phone_fault(text: str) -> tuple[Sentence, Sentence] | None:
    """Return what is wrong with a telephone number, and what would be right; "" is none."""
    if text and not _NUMBER.fullmatch(text):
        return Sentence("this is no telephone number"), PHONE
    if text and not FEWEST_DIGITS <= sum(each.isdigit() for each in text) <= MOST_DIGITS:
        return Sentence("a telephone number has from 6 to 15 digits"), PHONE
    return None


def is_language(text: str) -> bool:
    """Return whether this is a code of a language."""
    return _LANGUAGE.fullmatch(text) is not None


def is_mail(text: str) -> bool:
    """Return whether this can be an address of mail."""
    return _MAIL.fullmatch(text) is not None
