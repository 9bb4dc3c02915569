"""Whom somebody wants to enrol, out of what was typed or stands in a row of a file: pure.

Everything that is wrong is said at once, each with its field, its reason, and what would be right.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from core.errors import Sentence
from fhir.enrolled import Born, Carer, Telecom
from ingest.placing import known_zone
from ingest.posting import LONGEST_NAME
from ingest.spelt import code_of, day_of, is_language, is_mail, phone_fault, system_fault

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from ingest.enrolment import ConditionGroup

SEXES = ("female", "male", "other", "unknown")
YES, NO = frozenset({"yes", "y", "true", "1", "예"}), frozenset({"no", "n", "false", "0", "아니요"})
# A second number of another hospital stands in a second pair of fields.
NUMBERS = (("identifier_system", "identifier"), ("identifier_system_2", "identifier_2"))
FIELDS = (
    *("name", "birth_date", "sex", "team"),
    *(name for pair in NUMBERS for name in pair),
    *("language", "zone", "phone", "email", "conditions", "lives_alone", "home_oxygen"),
    *("contact_name", "contact_relationship", "contact_phone"),
)
LONGEST = 200
NOT_REACHED = Telecom()
OLDEST = timedelta(days=366 * 125)
_APART = re.compile(r"[\s,;/]+")


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with one field, and what would be right."""

    field: str
    reason: Sentence
    right: Sentence


@dataclass(frozen=True, slots=True)
class Joining:
    """Somebody who is to be enrolled; nothing here is known of them yet."""

    born: Born
    numbers: tuple[tuple[str, str], ...]
    team: UUID
    language: str = ""
    zone: str = ""  # "": that of the site
    own: Telecom = NOT_REACHED
    conditions: tuple[tuple[str, str], ...] = ()
    lives_alone: bool | None = None
    home_oxygen: bool = False
    carers: tuple[Carer, ...] = ()


@dataclass(frozen=True, slots=True)
class Known:
    """What a row is read against: groups of conditions, teams by name, the day."""

    groups: Mapping[str, ConditionGroup]
    teams: Mapping[str, UUID]  # of whoever enrols, by folded name and by id
    today: date


class Reader:
    """Reads the fields of one person, and gathers what is wrong with them."""

    def __init__(self, typed: Mapping[str, str], known: Known) -> None:
        self.typed = {name: typed.get(name, "").strip() for name in FIELDS}
        self.known = known
        self.faults: list[Fault] = []

    def wrong(self, field: str, reason: Sentence, right: Sentence) -> None:
        """Note a fault."""
        self.faults.append(Fault(field, reason, right))

    def name(self) -> str:
        """Return the name."""
        text = self.typed["name"]
        if not text:
            self.wrong(
                "name", Sentence("the name is missing"), Sentence("a name as the person writes it")
            )
        self._length("name", text)
        return text

    def _length(self, field: str, text: str) -> None:
        if len(text) > LONGEST:
            right = Sentence("at most {most} characters", {"most": LONGEST})
            self.wrong(field, Sentence("this is too long"), right)
        if not text.isprintable():
            right = Sentence("letters, digits and marks only")
            self.wrong(field, Sentence("a character that cannot be shown stands in it"), right)

    def birth_date(self) -> date | None:
        """Return the day of birth."""
        text = self.typed["birth_date"]
        right = Sentence("a day such as 1948-05-06 (year, month, day)")
        found = day_of(text)
        if not text:
            self.wrong("birth_date", Sentence("the day of birth is missing"), right)
        elif found is None:
            self.wrong("birth_date", Sentence("this is not a day"), right)
        elif not self.known.today - OLDEST <= found <= self.known.today:
            right = Sentence("a day that is past, and not more than 125 years")
            self.wrong("birth_date", Sentence("nobody who lives was born on this day"), right)
        return found

    def sex(self) -> str:
        """Return the administrative gender, "" where it is not said."""
        text = self.typed["sex"].lower()
        if text and text not in SEXES:
            right = Sentence("female, male, other, unknown, or nothing")
            self.wrong("sex", Sentence("this is none of the codes"), right)
        return text

    def numbers(self) -> tuple[tuple[str, str], ...]:
        """Return the record numbers, each with the system that gave it."""
        found = [self._number(*pair) for pair in NUMBERS]
        pairs = tuple(dict.fromkeys(pair for pair in found if pair is not None))
        if not pairs and not any(self.typed[name] for pair in NUMBERS for name in pair):
            right = Sentence("the number by which the hospital or programme knows the person")
            self.wrong("identifier", Sentence("a record number is missing"), right)
        return pairs

    def _number(self, system_field: str, field: str) -> tuple[str, str] | None:
        system, value = self.typed[system_field], self.typed[field]
        if not system and not value:
            return None
        before = len(self.faults)
        if not value:
            self.wrong(
                field,
                Sentence("the system stands without a number"),
                Sentence("the number in that system"),
            )
        if (said := system_fault(system)) is not None:
            self.faults.append(Fault(system_field, *said))
        self._length(field, value)
        if len(f"{system}{value}".encode()) > LONGEST_NAME:
            self.wrong(
                field,
                Sentence("this is too long"),
                Sentence("at most {most} bytes", {"most": LONGEST_NAME}),
            )
        return (system, value) if len(self.faults) == before else None

    def team(self) -> UUID | None:
        """Return the team that will look after them."""
        text = self.typed["team"]
        found = self.known.teams.get(text.casefold())
        if not text:
            right = Sentence("the name of one of your care teams")
            self.wrong("team", Sentence("without a team nobody would be responsible"), right)
        elif found is None:
            right = Sentence("the name of one of your care teams, written as there")
            self.wrong(
                "team", Sentence("none of your teams, or more than one, has this name"), right
            )
        return found

    def language(self) -> str:
        """Return the language they are spoken to in."""
        text = self.typed["language"]
        if text and not is_language(text):
            right = Sentence("a code such as en, ko or ko-KR, or nothing")
            self.wrong("language", Sentence("this is no code of a language"), right)
        return text

    def zone(self) -> str:
        """Return the time zone they live in."""
        text = self.typed["zone"]
        if text and not known_zone(text):
            right = Sentence("a name such as Asia/Seoul or Europe/London, or nothing")
            self.wrong("zone", Sentence("there is no such time zone"), right)
        return text

    def phone(self, field: str) -> str:
        """Return a telephone number."""
        text = self.typed[field]
        if (said := phone_fault(text)) is not None:
            self.faults.append(Fault(field, *said))
        return text

    def email(self) -> str:
        """Return an address of mail."""
        text = self.typed["email"]
        if text and (not is_mail(text) or len(text) > LONGEST):
            right = Sentence("an address such as name@example.org")
            self.wrong("email", Sentence("this is no address of mail"), right)
        return text

    def conditions(self) -> tuple[tuple[str, str], ...]:
        """Return the codes of the problem list."""
        found = []
        for each in filter(None, _APART.split(self.typed["conditions"])):
            code = code_of(each, self.known.groups)
            if code is None:
                right = Sentence("codes of ICD-10 or SNOMED CT such as I50.9, or names of groups")
                self.wrong("conditions", Sentence("one of the entries is no code"), right)
                break
            found.append(code)
        return tuple(dict.fromkeys(found))

    def yes_or_no(self, field: str) -> bool | None:
        """Return what was answered, None where nothing was."""
        text = self.typed[field].casefold()
        if text and text not in YES | NO:
            self.wrong(
                field, Sentence("this is neither yes nor no"), Sentence("yes, no, or nothing")
            )
        return text in YES if text else None

    def carers(self) -> tuple[Carer, ...]:
        """Return whom else to call."""
        name, relation = self.typed["contact_name"], self.typed["contact_relationship"]
        phone = self.phone("contact_phone")
        self._length("contact_name", name)
        self._length("contact_relationship", relation)
        if (name or relation) and not phone:
            right = Sentence("a number to call them, or no contact at all")
            self.wrong("contact_phone", Sentence("the contact has no telephone number"), right)
        return (Carer(name, relation, phone),) if phone else ()


def read(typed: Mapping[str, str], known: Known) -> Joining | tuple[Fault, ...]:
    """Return whom a form or a row enrols, or everything that is wrong with it."""
    reader = Reader(typed, known)
    team = reader.team()
    found = Joining(
        born=Born(reader.name(), reader.birth_date(), reader.sex()),
        numbers=reader.numbers(),
        team=team or UUID(int=0),
        language=reader.language(),
        zone=reader.zone(),
        own=Telecom(reader.phone("phone"), reader.email()),
        conditions=reader.conditions(),
        lives_alone=reader.yes_or_no("lives_alone"),
        home_oxygen=bool(reader.yes_or_no("home_oxygen")),
        carers=reader.carers(),
    )
    return tuple(reader.faults) or found
