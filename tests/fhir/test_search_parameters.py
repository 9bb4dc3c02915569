from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from fhir.outcome import Refusal
from fhir.search_parameters import SEARCHES, Criteria, Place, read_search
from fhir.search_tokens import Coded, Token, alternatives, read_token

NOW = datetime(2026, 3, 2, tzinfo=UTC)
PLACE = Place("https://w.example/fhir", UTC, NOW)
LOINC = "http://loinc.org"


def read(*pairs: tuple[str, str], kind: str = "Observation", strict: bool = False) -> Criteria:
    criteria = read_search(kind, pairs, PLACE, strict=strict)
    assert isinstance(criteria, Criteria), criteria
    return criteria


TOKENS = {
    "8867-4": Token(None, "8867-4"),
    f"{LOINC}|8867-4": Token(LOINC, "8867-4"),
    "|8867-4": Token("", "8867-4"),
    f"{LOINC}|": Token(LOINC, None),
    r"a\|b\,c\\": Token(None, "a|b,c\\"),
    "": None,
    "|": None,
    "a|b|c": None,
}


@pytest.mark.parametrize("text", TOKENS)
def test_a_token_says_its_system_its_code_or_both_fhir_11(text: str) -> None:
    assert read_token(text) == TOKENS[text]


def test_an_escaped_comma_is_no_list() -> None:
    assert alternatives(r"a\,b,c") == [r"a\,b", "c"]


def test_no_system_is_not_any_system() -> None:
    assert not Token("", "a").fits(Coded(LOINC, "a"))
    assert Token(None, "a").fits(Coded(LOINC, "a"))


MALFORMED = [
    ("patient", ""), ("patient", "Patient/a/b"), ("patient", "Group/1"), ("patient.name", "x"),
    ("subject:identifier", "a|b|c"), ("patient:Group", "x"), ("code", ""), ("code:text", "x"),
    ("code", "a,"), ("category", "|"), ("date", "yesterday"), ("date", "a92026"),
    ("date", "2026-02-30"), ("status", ""), ("_id", "a b"), ("identifier", "|"),
    ("_lastUpdated", "x"), ("_count", "-1"), ("_count", "ten"), ("_count", ""),
    ("_sort", "code"), ("_summary", "most"), ("_include", "device"),
    ("_id:missing", "true"), ("patient.identifier", "urn:s|"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value"), MALFORMED)
def test_a_malformed_value_is_refused_naming_the_parameter(name: str, value: str) -> None:
    refused = read_search("Observation", [(name, value)], PLACE)

    assert isinstance(refused, Refusal)
    assert refused.status == 400
    assert refused.issues[0].text.startswith(f"{name}: expected") or name == "_summary"


def test_an_unknown_parameter_is_noted_and_by_strict_handling_refused_fhir_11() -> None:
    pairs = [("colour", "red"), ("Ines Vale", "1")]

    refused = read_search("Observation", pairs, PLACE, strict=True)

    assert read(*pairs).ignored == ["colour", "Ines Vale"]
    assert isinstance(refused, Refusal)
    assert [issue.text for issue in refused.issues] == [
        "search parameter colour is not served",
        "search parameter (unnamed) is not served",
    ]


def test_what_only_observations_serve_is_unknown_elsewhere() -> None:
    assert read(("date", "x"), ("value-quantity", "x"), kind="Patient").ignored == [
        "date",
        "value-quantity",
    ]


def test_counts_are_capped_and_zero_asks_for_the_number_only() -> None:
    assert read(("_count", "5000")).count == 1000
    assert read().count == 50
    assert read(("_count", "0")).only_count


def test_a_patient_is_meant_by_id_by_reference_or_by_an_address_of_this_server() -> None:
    sent = ["p1", "Patient/p1", f"{PLACE.base}/Patient/p1"]

    assert {read(("patient", each)).patients[0].ids for each in sent} == {("p1",)}
    assert read(("patient", "https://other.example/fhir/Patient/p1")).patients[0].ids == ("",)


def test_all_repeats_must_hold_and_any_of_a_list_will_do() -> None:
    resource: dict[str, Any] = {
        "code": {"coding": [{"system": LOINC, "code": "8867-4"}, {"code": "hr"}]},
        "effectiveDateTime": "2026-03-02T10:00:00Z",
    }

    assert read(("code", "x,8867-4"), ("code", "|hr")).fits(resource, PLACE)
    assert not read(("code", "x"), ("code", "|hr")).fits(resource, PLACE)
    assert read(("date", "ge2026-03-02"), ("date", "lt2026-03-03")).fits(resource, PLACE)
    assert not read(("date", "ge2026-03-02"), ("date", "lt2026-03-02")).fits(resource, PLACE)


def test_too_many_parameters_are_refused() -> None:
    assert isinstance(read_search("Observation", [("code", "x")] * 51, PLACE), Refusal)


def test_every_type_can_be_searched_by_id_and_change() -> None:
    assert all(
        {"_id", "_lastUpdated"} <= {each.name for each in searches}
        for searches in SEARCHES.values()
    )
