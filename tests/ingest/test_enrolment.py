from __future__ import annotations

from datetime import date

import pytest

from ingest.enrolment import Diagnosis, Person, eligibility, groups_from, groups_of, hypercapnic
from ingest.repository import condition_groups

ICD, SCT = "http://hl7.org/fhir/sid/icd-10-cm", "http://snomed.info/sct"
TODAY = date(2026, 3, 2)

# The dihedral group D5 and the permutation of Verhoeff's scheme (1969), which SNOMED CT uses.
_FLIP = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _times(left: int, right: int) -> int:
    if left < 5:
        return (left + right) % 5 if right < 5 else 5 + (left + right) % 5
    return 5 + (left - right) % 5 if right < 5 else (left - right) % 5


def verhoeff(code: str) -> bool:
    check = 0
    for position, digit in enumerate(reversed(code)):
        turned = int(digit)
        for _ in range(position % 8):
            turned = _FLIP[turned]
        check = _times(check, turned)
    return check == 0


def diagnosis(system: str, code: str, status: str = "active", verified: str = "") -> Diagnosis:
    return Diagnosis(((system, code),), status, verified)


def test_the_table_has_34_groups_with_their_sources() -> None:
    groups = condition_groups()

    assert len(groups) == 34
    assert all(each.source and each.display for each in groups.values())


def test_every_snomed_code_has_a_right_check_digit() -> None:
    assert verhoeff("84114007")
    assert not verhoeff("84114008")

    wrong = [
        code for each in condition_groups().values() for code in each.snomed if not verhoeff(code)
    ]

    assert wrong == []


def test_an_unknown_tier_is_refused() -> None:
    entry = {"display": "x", "tier": "odd", "icd10": [], "roots": [], "leaves": [], "source": "x"}

    with pytest.raises(ValueError, match="odd"):
        groups_from({"x": entry})


@pytest.mark.parametrize(
    ("system", "code", "expected"),
    [
        (ICD, "I50.22", {"heart_failure"}),
        (ICD, "I11.0", {"heart_failure", "hypertension"}),
        (ICD, "I25.5", {"heart_failure", "coronary_heart_disease"}),
        (ICD, "N18.3", {"chronic_kidney_disease"}),
        ("http://hl7.org/fhir/sid/icd-10", "f00.1", {"dementia"}),
        (ICD, "C44.1", set()),
        (SCT, "88805009", {"heart_failure"}),
        (SCT, "185086009", {"copd"}),
        (SCT, "431857002", {"chronic_kidney_disease"}),
        (SCT, "I50", set()),
        ("http://loinc.org", "84114007", set()),
    ],
)
def test_a_code_falls_in_its_groups(system: str, code: str, expected: set[str]) -> None:
    assert groups_of([diagnosis(system, code)], condition_groups()) == expected


@pytest.mark.parametrize(
    ("status", "verified", "counts"),
    [
        ("active", "confirmed", True),
        ("recurrence", "", True),
        ("relapse", "provisional", True),
        ("resolved", "confirmed", False),
        ("remission", "", False),
        ("active", "refuted", False),
        ("active", "entered-in-error", False),
    ],
)
def test_only_what_holds_and_was_not_disproved_counts(
    status: str,
    verified: str,
    counts: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    found = groups_of([diagnosis(ICD, "I50.9", status, verified)], condition_groups())

    assert bool(found) is counts


@pytest.mark.parametrize(
    ("born", "groups", "eligible"),
    [
        (date(1948, 5, 6), {"heart_failure", "copd"}, True),
        (date(1948, 5, 6), {"heart_failure", "hypertension"}, True),
        (date(1948, 5, 6), {"hypertension", "hyperlipidaemia"}, False),
        (date(1948, 5, 6), {"heart_failure", "obesity"}, False),
        (date(1961, 3, 2), {"heart_failure", "copd"}, True),
        (date(1961, 3, 3), {"heart_failure", "copd"}, False),
        (None, {"heart_failure", "copd"}, False),
    ],
)
def test_the_terms_are_65_years_and_two_conditions(
    born: date | None,
    groups: set[str],
    eligible: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    person = Person("p", "UTC", birth_date=born, groups=frozenset(groups))

    verdict = eligibility(person, condition_groups(), today=TODAY)

    assert verdict.eligible is eligible
    assert verdict.reason


def test_hypercapnic_failure_is_read_from_the_problem_list_only_while_it_holds() -> None:
    assert hypercapnic([diagnosis(ICD, "J96.12")])
    assert not hypercapnic([diagnosis(ICD, "J96.11")])
    assert not hypercapnic([diagnosis(ICD, "J96.12", "resolved")])
