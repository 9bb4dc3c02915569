from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from app.fhir_api.service import Asked, search
from core.audit import AuditEvent
from core.security import Caller, Role
from fhir.search_parameters import Criteria, Place, read_search
from tests.door import BASE, NOW, Clock, Gateway, heart_rate, named, patient, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database

LOINC = "http://loinc.org"
CATEGORY = "http://terminology.hl7.org/CodeSystem/observation-category"
DATES = ("2026-02-27", "2026-03-01T08:00:00Z", "2026-03-02T11:30:00Z")


class Someone:
    """A patient with three heart rates and an oxygen saturation."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.resource = patient()
        self.id = gateway.create(self.resource)
        ref = f"Patient/{self.id}"
        self.sent = [
            named(heart_rate(ref, 70 + i, effectiveDateTime=at)) for i, at in enumerate(DATES)
        ]
        spo2 = heart_rate(ref, 96, code={"coding": [{"system": LOINC, "code": "59408-5"}]})
        spo2["valueQuantity"] |= {"unit": "%", "code": "%"}
        self.sent.append(named(spo2 | {"status": "preliminary"}))
        self.ids = [gateway.create(each) for each in self.sent]

    def found(self, **query: str) -> set[int]:
        answer = get(self.gateway, "Observation", {"patient": self.id} | query)
        return {self.ids.index(each) for each in matches(answer)}


def get(gateway: Gateway, kind: str, query: Any = (), **headers: str) -> dict[str, Any]:
    answer = gateway.http.get(f"/fhir/{kind}", params=query, headers=gateway.headers(**headers))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def matches(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    entries = bundle.get("entry", [])
    return [e["resource"]["id"] for e in entries if e["search"]["mode"] == mode]


def link(bundle: dict[str, Any], relation: str) -> str:
    return next((str(e["url"]) for e in bundle["link"] if e["relation"] == relation), "")


@pytest.fixture(scope="module")
def someone(gateway: Gateway) -> Someone:
    return Someone(gateway)


ROWS: list[tuple[dict[str, str], set[int]]] = [
    ({}, {0, 1, 2, 3}),
    ({"code": "8867-4"}, {0, 1, 2}),
    ({"code": f"{LOINC}|8867-4"}, {0, 1, 2}),
    ({"code": "|8867-4"}, set()),
    ({"code": f"59408-5,{LOINC}|8867-4"}, {0, 1, 2, 3}),
    ({"category": f"{CATEGORY}|vital-signs"}, {0, 1, 2, 3}),
    ({"category": "laboratory"}, set()),
    ({"status": "preliminary"}, {3}),
    ({"status": "final,preliminary"}, {0, 1, 2, 3}),
    ({"date": "2026-02"}, {0}),
    ({"date": "eq2026-02-27"}, {0}),
    ({"date": "ne2026-02-27"}, {1, 2, 3}),
    ({"date": "gt2026-03-01"}, {2, 3}),
    ({"date": "lt2026-03-01"}, {0}),
    ({"date": "ge2026-03-01"}, {1, 2, 3}),
    ({"date": "le2026-03-01"}, {0, 1}),
    ({"date": "sa2026-02-27"}, {1, 2, 3}),
    ({"date": "eb2026-03-01"}, {0}),
    ({"date": "2026"}, {0, 1, 2, 3}),
    ({"date": "2026-03-02T11:30:00Z"}, {2, 3}),
    ({"_lastUpdated": "ge2026-03-02"}, {0, 1, 2, 3}),
    ({"_lastUpdated": "lt2026-03-02"}, set()),
]


@pytest.mark.parametrize(("query", "expected"), ROWS, ids=str)
def test_each_parameter_finds_what_it_says_fhir_11(
    someone: Someone, query: dict[str, str], expected: set[int]
) -> None:
    assert someone.found(**query) == expected


def test_repeated_parameters_must_all_hold_fhir_11(someone: Someone) -> None:
    pairs = [("patient", someone.id), ("date", "ge2026-03-01"), ("date", "lt2026-03-02")]

    assert matches(get(someone.gateway, "Observation", pairs)) == [someone.ids[1]]


def test_a_patient_is_found_by_every_form_of_reference_fhir_11(someone: Someone) -> None:
    number = f"urn:clinic:a|{value_of(someone.resource)}"
    forms = [
        ("patient", f"Patient/{someone.id}"),
        ("subject", someone.id),
        ("subject", f"{BASE}/fhir/Patient/{someone.id}"),
        ("patient.identifier", number),
        ("subject:identifier", number),
    ]

    found = [set(matches(get(someone.gateway, "Observation", [form]))) for form in forms]
    other = get(
        someone.gateway, "Observation", {"patient": f"https://o.example/Patient/{someone.id}"}
    )

    assert found == [set(someone.ids)] * len(forms)
    assert matches(other) == []


def test_ids_and_identifiers_find_one_fhir_11(someone: Someone) -> None:
    number = f"urn:device|{value_of(someone.sent[1])}"

    assert matches(get(someone.gateway, "Observation", {"_id": someone.ids[0]})) == [someone.ids[0]]
    assert matches(get(someone.gateway, "Observation", {"identifier": number})) == [someone.ids[1]]


def test_results_are_sorted_counted_and_included_fhir_11(someone: Someone) -> None:
    asked = {"patient": someone.id, "code": "8867-4"}

    up = get(someone.gateway, "Observation", asked | {"_sort": "date"})
    down = get(someone.gateway, "Observation", asked | {"_sort": "-date", "_count": "2"})
    number = get(someone.gateway, "Observation", asked | {"_summary": "count"})
    more = get(someone.gateway, "Observation", asked | {"_include": "Observation:subject"})

    assert matches(up) == someone.ids[:3]
    assert matches(down) == [someone.ids[2], someone.ids[1]]
    assert (number["total"], "entry" in number) == (3, False)
    assert matches(more, "include") == [someone.id]


def test_an_unknown_parameter_is_reported_or_refused_fhir_11(someone: Someone) -> None:
    query = {"patient": someone.id, "colour": "red"}

    lenient = get(someone.gateway, "Observation", query)
    strict = someone.gateway.http.get(
        "/fhir/Observation",
        params=query,
        headers=someone.gateway.headers(Prefer="handling=strict"),
    )

    outcome = next(e["resource"] for e in lenient["entry"] if e["search"]["mode"] == "outcome")
    assert "colour" in outcome["issue"][0]["diagnostics"]
    assert "colour" not in link(lenient, "self")
    assert strict.status_code == 400


def test_a_malformed_value_is_400_naming_the_parameter(gateway: Gateway) -> None:
    answer = gateway.get("/fhir/Observation?date=yesterday")

    assert answer.status_code == 400
    assert answer.json()["issue"][0]["diagnostics"].startswith("date:")


def test_post_search_equals_get(someone: Someone) -> None:
    """FHIR-11."""
    query = {"patient": someone.id, "code": "8867-4", "date": "ge2026-03-01"}
    headers = someone.gateway.headers() | {"Content-Type": "application/x-www-form-urlencoded"}

    posted = someone.gateway.http.post("/fhir/Observation/_search", data=query, headers=headers)

    assert posted.json() == get(someone.gateway, "Observation", query)


def test_what_is_found_is_what_was_sent_fhir_14(someone: Someone) -> None:
    (entry,) = get(someone.gateway, "Observation", {"_id": someone.ids[0]})["entry"]

    read = someone.gateway.get(f"/fhir/Observation/{someone.ids[0]}").json()
    assert entry["resource"] == read


def all_pages(gateway: Gateway, first: dict[str, Any], each: Callable[[], None]) -> list[str]:
    ids, bundle = matches(first), first
    while url := link(bundle, "next"):
        each()
        bundle = gateway.get(url).json()
        ids += matches(bundle)
    return ids


@pytest.mark.parametrize("sort", ["date", "-date", "_lastUpdated", "-_lastUpdated"])
def test_pages_neither_skip_nor_repeat_while_others_write_fhir_12(
    gateway: Gateway, clock: Clock, sort: str
) -> None:
    who = gateway.create(patient())
    sent = []
    for minute in range(7):
        clock.now = clock.now + timedelta(seconds=1)
        at = f"2026-03-01T08:{minute:02}:00Z"
        sent.append(gateway.create(heart_rate(f"Patient/{who}", effectiveDateTime=at)))

    def write() -> None:
        clock.now = clock.now + timedelta(seconds=1)
        second = clock.now.strftime("%H:%M:%S")
        for day in ("2026-02-01", "2026-03-01"):
            gateway.create(heart_rate(f"Patient/{who}", effectiveDateTime=f"{day}T{second}Z"))

    first = get(gateway, "Observation", {"patient": who, "_count": "2", "_sort": sort})
    found = all_pages(gateway, first, write)

    assert found == (sent[::-1] if sort.startswith("-") else sent)


def test_links_carry_nothing_about_anybody_and_cannot_be_made_up_sec_24(
    someone: Someone, register: Callable[..., Gateway]
) -> None:
    """FHIR-12."""
    number = value_of(someone.resource)
    query = {"patient.identifier": f"urn:clinic:a|{number}", "code": "8867-4", "_count": "1"}
    bundle = get(someone.gateway, "Observation", query)
    onward = link(bundle, "next")

    assert number not in unquote(link(bundle, "self"))
    assert [name for name, _ in parse_qsl(urlsplit(onward).query)] == ["_page"]
    assert someone.id not in onward
    assert someone.gateway.get(f"{onward[:-3]}AAA").status_code == 410
    assert register().get(onward).status_code == 410


def test_a_scope_without_search_finds_nothing_and_is_audited_sec_03(
    register: Callable[..., Gateway], someone: Someone, database: Database
) -> None:
    device = register("system/Observation.cr", "system/Condition.s")

    assert device.get(f"/fhir/Observation?patient={someone.id}").status_code == 403
    assert device.get("/fhir/Condition").status_code == 200
    assert device.http.get("/fhir/Observation").status_code == 401
    with database.transaction() as session:
        tries = select(AuditEvent.outcome).where(
            AuditEvent.caller_id == device.client_id, AuditEvent.entity == "Observation"
        )
        assert session.scalars(tries).all() == ["refused"]


def test_each_patient_who_was_seen_is_written_down_sec_16(
    register: Callable[..., Gateway], someone: Someone, database: Database
) -> None:
    reader = register("system/*.rs")

    get(reader, "Observation", {"patient": someone.id})

    with database.transaction() as session:
        rows = select(AuditEvent.patient_id).where(AuditEvent.caller_id == reader.client_id)
        assert session.scalars(rows).all() == [UUID(someone.id)]


def test_another_teams_patient_is_not_found_sec_11(someone: Someone, database: Database) -> None:
    outsider = Caller("user", uuid4(), role=Role.PHYSICIAN, practitioner_id=uuid4())
    place = Place(f"{BASE}/fhir", UTC, NOW)
    number = f"urn:clinic:a|{value_of(someone.resource)}"

    for query in [("patient", someone.id), ("patient.identifier", number), ("_sort", "date")]:
        criteria = read_search("Observation", [query], place)
        assert isinstance(criteria, Criteria)
        asked = Asked((query,), place, "s", NOW, asof=NOW + timedelta(days=1))
        with database.transaction() as session:
            answer = search(session, outsider, criteria, asked)

        assert b'"entry"' not in answer
        assert query[0] != "patient.identifier" or someone.id.encode() not in answer


def test_too_much_to_compare_is_said_and_not_cut(
    someone: Someone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SEC-37."""
    monkeypatch.setattr("app.fhir_api.walk.EXAMINED", 2)
    query = {"patient": someone.id, "code": "8867-4"}

    refused = someone.gateway.http.get(
        "/fhir/Observation",
        params=query | {"_sort": "date,_lastUpdated"},
        headers=someone.gateway.headers(),
    )
    orders = [{}, {"_sort": "date"}, {"_sort": "_lastUpdated"}, {"_lastUpdated": "ge2020"}]
    paged = [
        all_pages(someone.gateway, get(someone.gateway, "Observation", query | each), lambda: None)
        for each in orders
    ]

    assert refused.status_code == 400
    (issue,) = refused.json()["issue"]
    assert issue["code"] == "too-costly"
    assert issue["diagnostics"].startswith("_sort: ")
    assert [set(each) for each in paged] == [set(someone.ids[:3])] * len(orders)
