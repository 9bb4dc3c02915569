"""Invented names for the demo: nobody's, and said to be synthetic on every resource."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from random import Random

KOREAN_FAMILY = ("김", "이", "박", "최", "정", "강", "조", "윤", "장", "임", "한", "오")
KOREAN_GIVEN = {
    "female": ("순자", "영희", "정숙", "미경", "복순", "명자", "옥순", "혜숙", "금순", "말자"),
    "male": ("영수", "상철", "병호", "정남", "동식", "기태", "춘식", "종길", "만수", "석구"),
}
ENGLISH_FAMILY = (
    "Ashdown", "Birkett", "Calloway", "Dunmore", "Ellery", "Fairbrook",
    "Greaves", "Hollis", "Ingham", "Larkin", "Merriman", "Oakes",
)  # fmt: skip
ENGLISH_GIVEN = {
    "female": ("Margaret", "Dorothy", "Jean", "Beryl", "Hazel", "Irene", "Mavis", "Ruth"),
    "male": ("Arthur", "Cyril", "Frank", "Gordon", "Harold", "Leonard", "Stanley", "Walter"),
}


@dataclass(frozen=True, slots=True)
class Name:
    """A family and a given name, shown in the order of their language."""

    family: str
    given: str
    language: str  # BCP 47

    @property
    def text(self) -> str:
        """Return the name as it is written."""
        korean = self.language == "ko"
        return f"{self.family}{self.given}" if korean else f"{self.given} {self.family}"


def name(random: Random, *, sex: str, language: str) -> Name:
    """Draw a name; `sex` is FHIR's administrative gender."""
    families, given = (
        (KOREAN_FAMILY, KOREAN_GIVEN) if language == "ko" else (ENGLISH_FAMILY, ENGLISH_GIVEN)
    )
    return Name(random.choice(families), random.choice(given[sex]), language)
