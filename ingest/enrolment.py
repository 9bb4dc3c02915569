"""Who is monitored, and why: age, condition groups, and the facts that change a rule.

Eligibility is a reason that is stated, not a gate: a clinician's enrolment overrides it,
with the reason kept (`alerting.md`, founding idea: 65 and over, two or more conditions).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from ingest.asked import Asked
    from ingest.dated import Facts

ELIGIBLE_AGE = 65
NEEDED_GROUPS = 2
COUNTED_TIERS = ("core", "usual")
RISK_FACTOR = "risk_factor"
ACTIVE = ("active", "recurrence", "relapse")
DISPROVEN = ("refuted", "entered-in-error")
# ICD-10-CM: chronic, and acute on chronic, respiratory failure with hypercapnia.
HYPERCAPNIC = ("J9612", "J9622")
LIVES_ALONE = "105529008"  # SNOMED CT, a finding on a problem list
# Dependence on supplemental oxygen: ICD-10-CM, and the SNOMED CT finding.
OXYGEN = (("icd-10", "Z9981"), ("snomed", "931000119107"))


@dataclass(frozen=True, slots=True)
class ConditionGroup:
    """A chronic condition as ICD-10 prefixes and SNOMED CT codes (roots and known leaves)."""

    name: str
    display: str
    tier: str
    icd10: tuple[str, ...]
    snomed: frozenset[str]
    source: str = ""
    concept: str = ""  # the SNOMED CT code that names it


def groups_from(table: Mapping[str, Mapping[str, Any]]) -> dict[str, ConditionGroup]:
    """Build the groups from `conditions.toml`; raise `ValueError` for an unknown tier."""
    groups = {
        name: ConditionGroup(
            name=name,
            display=str(entry["display"]),
            tier=str(entry["tier"]),
            icd10=tuple(entry["icd10"]),
            snomed=frozenset(str(code) for code in (*entry["roots"], *entry["leaves"])),
            source=str(entry["source"]),
            concept=next(map(str, entry["roots"]), ""),
        )
        for name, entry in table.items()
    }
    unknown = {group.tier for group in groups.values()} - {*COUNTED_TIERS, RISK_FACTOR}
    if unknown:
        raise ValueError(f"unknown tier: {', '.join(sorted(unknown))}")
    return groups


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One entry of a problem list, as it was received."""

    codes: tuple[tuple[str, str], ...]  # (system, code)
    clinical_status: str
    verification_status: str = ""

    @property
    def active(self) -> bool:
        """Return whether it holds now and nobody has disproved it."""
        return self.clinical_status in ACTIVE and self.verification_status not in DISPROVEN


class Absence(StrEnum):
    """Why somebody is not expected to measure, told apart from silence."""

    ADMITTED = "admitted"  # an Encounter of class IMP
    PAUSED = "paused"  # the programme's own pause, with an end
    DISCHARGED = "discharged"  # monitored no longer; without an end until somebody says so


@dataclass(frozen=True, slots=True)
class Stay:
    """A span of days on which nobody is paged for silence; open while `until` is None."""

    why: Absence
    since: datetime
    until: datetime | None = None


def stay_at(stays: Iterable[Stay], at: float) -> Stay | None:
    """Return in which stay somebody is at an instant (seconds since the epoch), if in any."""
    for stay in stays:
        ended = stay.until is not None and stay.until.timestamp() <= at
        if stay.since.timestamp() <= at and not ended:
            return stay
    return None


@dataclass(frozen=True, slots=True)
class Person:
    """What the judgement may know about somebody: no name, no record number.

    `medicines` are classes (`beta-blocker`, `insulin`, `sulfonylurea`, `diuretic`,
    `antihypertensive`, `raas-inhibitor`, `sglt2-inhibitor`, `metformin`, `steroid`); none of
    them counts as known while `medicines_known` is False. `traits` are finer facts of the
    problem list that a rule asks for (`frail`, `late-kidney-disease`). Where `dated` is given,
    these are what is true now, and `at` says what was true at another time.
    """

    id: str
    zone: str
    birth_date: date | None = None
    sex: str = ""
    groups: frozenset[str] = frozenset()
    lives_alone: bool | None = None
    scale_two: bool = False  # hypercapnic failure confirmed by a clinician; never inferred
    on_oxygen: bool | None = None
    medicines: frozenset[str] = frozenset()
    medicines_known: bool = False
    traits: frozenset[str] = frozenset()
    stays: tuple[Stay, ...] = ()
    asked: tuple[Asked, ...] = ()  # what the programme asked them to measure, and when
    dated: Facts | None = field(default=None, repr=False, compare=False)

    def at(self, instant: float, arrived: float) -> Person:
        """Return who this was at an instant, by what had arrived by another (seconds)."""
        return self if self.dated is None else self.dated.person(self, instant, arrived)

    def age(self, today: date) -> int | None:
        """Return the age in whole years, or None where the birth date is unknown."""
        if self.birth_date is None:
            return None
        before = (today.month, today.day) < (self.birth_date.month, self.birth_date.day)
        return today.year - self.birth_date.year - before


@dataclass(frozen=True, slots=True)
class Eligibility:
    """Whether somebody meets the programme's terms, in words."""

    eligible: bool
    reason: str


# Finer facts of the problem list: ICD-10 codes by prefix, SNOMED CT codes as they are.
TRAITS: dict[str, tuple[str, ...]] = {
    "frail": ("R54", "248279007"),
    "late-kidney-disease": (
        *("N18.4", "N18.5", "N18.6", "N184", "N185", "N186", "Z99.2", "Z992"),
        *("431857002", "433146000", "46177005"),
    ),
    "fall-history": ("Z91.81", "Z9181", "R29.6", "R296"),
}


def traits_of(diagnoses: Iterable[Diagnosis]) -> frozenset[str]:
    """Return the finer facts that active diagnoses name."""
    codes = [code.upper() for each in diagnoses if each.active for _, code in each.codes]
    return frozenset(
        trait for trait, known in TRAITS.items() if any(c.startswith(known) for c in codes)
    )


def classes_of(
    codes: Iterable[tuple[str, str]], classes: Mapping[str, Sequence[str]], *, system: str
) -> frozenset[str]:
    """Return the classes of a medicine by its codes in one system; none where it has none there."""
    atc = [code.upper() for named, code in codes if named == system]
    return frozenset(
        name for name, known in classes.items() if any(c.startswith(tuple(known)) for c in atc)
    )


def groups_of(
    diagnoses: Iterable[Diagnosis], groups: Mapping[str, ConditionGroup]
) -> frozenset[str]:
    """Return the condition groups that active, unrefuted diagnoses fall in.

    ICD-10 codes match by prefix after dots are stripped; nested prefixes count in each of
    their groups (I11.0 is heart failure and hypertension), as `evidence.md` section 4 says.
    """
    return frozenset(
        group.name
        for diagnosis in diagnoses
        if diagnosis.active
        for group in groups.values()
        if any(_matches(group, system, code) for system, code in diagnosis.codes)
    )


def hypercapnic(diagnoses: Iterable[Diagnosis]) -> bool:
    """Return whether chronic hypercapnic respiratory failure stands on the problem list."""
    return any(
        "icd-10" in system and code.replace(".", "").upper().startswith(HYPERCAPNIC)
        for diagnosis in diagnoses
        if diagnosis.active
        for system, code in diagnosis.codes
    )


def says_lives_alone(diagnoses: Iterable[Diagnosis]) -> bool:
    """Return whether an active finding says that the person lives alone."""
    return any(
        "snomed" in system and code == LIVES_ALONE
        for diagnosis in diagnoses
        if diagnosis.active
        for system, code in diagnosis.codes
    )


def says_home_oxygen(diagnoses: Iterable[Diagnosis]) -> bool:
    """Return whether an active entry says that the person breathes oxygen at home."""
    return any(
        known in system and code.replace(".", "").upper() == oxygen
        for diagnosis in diagnoses
        if diagnosis.active
        for system, code in diagnosis.codes
        for known, oxygen in OXYGEN
    )


def _matches(group: ConditionGroup, system: str, code: str) -> bool:
    if "snomed" in system:
        return code in group.snomed
    if "icd-10" in system:
        return code.replace(".", "").upper().startswith(group.icd10)
    return False


def eligibility(
    person: Person, groups: Mapping[str, ConditionGroup], *, today: date
) -> Eligibility:
    """Judge the programme's terms: 65 or older, and two condition groups that count.

    Groups of the tier `risk_factor` count for nothing by themselves, but hypertension beside
    at least one core or usual group counts as one: hypertension and hyperlipidaemia alone
    do not make two.
    """
    age = person.age(today)
    counted = sorted(g for g in person.groups if g in groups and groups[g].tier in COUNTED_TIERS)
    if counted and "hypertension" in person.groups:
        counted.append("hypertension")
    names = ", ".join(groups[g].display for g in counted) or "none that counts"
    if age is None:
        return Eligibility(eligible=False, reason=f"birth date unknown; conditions: {names}")
    eligible = age >= ELIGIBLE_AGE and len(counted) >= NEEDED_GROUPS
    verdict = "meets" if eligible else "does not meet"
    return Eligibility(
        eligible=eligible,
        reason=f"{verdict} the terms (65 or older, two conditions): {age} years; {names}",
    )
