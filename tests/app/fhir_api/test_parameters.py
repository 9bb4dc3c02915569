"""What a search may ask besides patient, code, date and status, and how the answer may look."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import uuid4

import pytest

from fhir.search_fields import FIELDS
from tests.door import Gateway, condition, heart_rate, named, patient, value_of

if TYPE_CHECKING:
    from collections.abc import Callable

LOINC = "http://loinc.org"
UCUM = "http://unitsofmeasure.org"


def quantity(value: float, code: str, **more: Any) -> dict[str, Any]:
    return {"value": value, "unit": code, "system": UCUM, "code": code} | more


def coded(code: str) -> dict[str, Any]:
    return {"coding": [{"system": LOINC, "code": code}]}


class Measured:
    """A patient with a weight in pounds, a bounded glucose, a pressure, and a heart rate."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.patient = gateway.create(patient())
        ref = f"Patient/{self.patient}"
        device = {"resourceType": "Device", "patient": {"reference": ref}, "status": "active"}
        self.device = gateway.create(named(device))
        pressure = heart_rate(ref, code=coded("85354-9"))
        del pressure["valueQuantity"]
        pressure["component"] = [
            {"code": coded("8480-6"), "valueQuantity": quantity(151, "mm[Hg]")},
            {"code": coded("8462-4"), "valueQuantity": quantity(90, "mm[Hg]")},
        ]
        by_device = {"device": {"reference": f"Device/{self.device}"}}
        sent = [
            heart_rate(ref, code=coded("29463-7"), valueQuantity=quantity(154.5, "[lb_av]")),
            heart_rate(
                ref, code=coded("2339-0"), valueQuantity=quantity(40, "mg/dL", comparator="<")
            ),
            pressure,
            heart_rate(ref, 88, effectivePeriod=None) | by_device,
        ]
        del sent[3]["effectivePeriod"], sent[3]["effectiveDateTime"]
        sent[3]["effectivePeriod"] = {
            "start": "2026-02-20T08:00:00Z",
            "end": "2026-02-20T20:00:00Z",
        }
        self.ids = [gateway.create(named(each)) for each in sent]

    def bundle(self, kind: str = "Observation", **query: str) -> dict[str, Any]:
        params = {name.replace("__", "-"): value for name, value in query.items()}
        whose = {"patient": self.patient} if kind == "Observation" else {}
        answer = self.gateway.http.get(
            f"/fhir/{kind}", params=whose | params, headers=self.gateway.headers()
        )
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@pytest.fixture(scope="module")
def measured(gateway: Gateway) -> Measured:
    return Measured(gateway)


def found(bundle: dict[str, Any], mode: str = "match") -> list[str]:
    entries = bundle.get("entry", ())
    return [e["resource"]["id"] for e in entries if e["search"]["mode"] == mode]


ROWS: list[tuple[dict[str, str], set[int]]] = [
    ({"value-quantity": f"70.1|{UCUM}|kg"}, {0}),  # 154.5 lb are 70.08 kg
    ({"value-quantity": f"70.0|{UCUM}|kg"}, set()),
    ({"value-quantity": "gt70||kg"}, {0}),
    ({"value-quantity": "154.5"}, {0}),
    ({"value-quantity": "ap160||[lb_av]"}, {0}),
    ({"value-quantity": "ne154.5||[lb_av]"}, set()),
    ({"value-quantity": "lt30||mg/dL"}, {1}),  # "<40" may be less than 30
    ({"value-quantity": "gt45||mg/dL"}, set()),
    ({"value-quantity": "lt2.5||mmol/L"}, {1}),
    ({"value-quantity": "88||/min,154.5||[lb_av]"}, {0, 3}),
    ({"component-value-quantity": "151||mm[Hg]"}, {2}),
    ({"component-value-quantity": "gt20||kPa"}, {2}),  # 150.01 mm[Hg]
    ({"value-quantity": "151||mm[Hg]"}, set()),
    ({"combo-value-quantity": "ge90"}, {0, 2}),
    ({"component-code": f"{LOINC}|8480-6"}, {2}),
    ({"component-code": "85354-9"}, set()),
    ({"combo-code": "8480-6,8867-4"}, {2, 3}),
    ({"date": "2026-02-20"}, {3}),
    ({"date": "gt2026-02-20T12:00:00Z"}, {0, 1, 2, 3}),
    ({"date": "sa2026-02-20T12:00:00Z"}, {0, 1, 2}),
    ({"date": "eb2026-02-21"}, {3}),
    ({"date": "ap2026-02-21"}, {3}),  # nine days ago: 0.9 days wider
]


@pytest.mark.parametrize(("query", "expected"), ROWS, ids=str)
def test_amounts_components_and_periods_are_found_fhir_11(
    measured: Measured, query: dict[str, str], expected: set[int]
) -> None:
    assert {measured.ids.index(each) for each in found(measured.bundle(**query))} == expected


def test_a_device_is_found_by_every_form_of_reference_fhir_11(measured: Measured) -> None:
    id_ = measured.device
    forms = [id_, f"Device/{id_}", f"http://testserver/fhir/Device/{id_}"]

    answers = [found(measured.bundle(device=form)) for form in forms]

    assert answers == [[measured.ids[3]]] * len(forms)
    assert found(measured.bundle(device=f"https://other.example/Device/{id_}")) == []
    assert found(measured.bundle(**{"device:Device": id_})) == [measured.ids[3]]


def test_what_is_referred_to_and_where_it_came_from_come_along_fhir_11(measured: Measured) -> None:
    included = measured.bundle(_id=measured.ids[3], _include="Observation:device")
    origin = measured.bundle(_id=measured.ids[3], _revinclude="Provenance:target")

    assert found(included, "include") == [measured.device]
    assert found(origin, "include") == [f"Observation-{measured.ids[3]}-1"]
    (entry,) = [e for e in origin["entry"] if e["search"]["mode"] == "include"]
    assert measured.gateway.get(entry["fullUrl"]).json() == entry["resource"]


def test_an_unknown_include_is_reported_or_refused_fhir_11(measured: Measured) -> None:
    path = "/fhir/Observation?_include=Observation:performer"

    lenient = measured.gateway.get(path)
    strict = measured.gateway.get(path, Prefer="handling=strict")

    (outcome,) = [e for e in lenient.json()["entry"] if e["search"]["mode"] == "outcome"]
    assert "_include" in outcome["resource"]["issue"][0]["diagnostics"]
    assert strict.status_code == 400


def test_a_summary_and_chosen_elements_are_tagged_subsetted_fhir_11(measured: Measured) -> None:
    one = {"_id": measured.ids[3]}
    summary = measured.bundle(**one, _summary="true")["entry"][0]["resource"]
    chosen = measured.bundle(**one, _elements="effective,device")["entry"][0]["resource"]
    data = measured.bundle(**one, _summary="data")["entry"][0]["resource"]
    whole = measured.bundle(**one, _summary="false")["entry"][0]["resource"]

    assert [each["code"] for each in summary["meta"]["tag"]] == ["SUBSETTED"]
    assert "device" not in summary
    assert chosen.keys() == {"resourceType", "id", "meta", "status", "code", "device"}
    assert data.keys() == whole.keys()
    assert "tag" not in whole["meta"]


def test_the_number_is_given_where_it_is_asked_for_fhir_11(
    measured: Measured, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "total" not in measured.bundle(_count="1")
    assert measured.bundle(_count="1", _total="accurate")["total"] == len(measured.ids)
    assert measured.bundle(_count="1", _total="estimate")["total"] == len(measured.ids)

    monkeypatch.setattr("app.fhir_api.walk.COUNTED", 2)
    monkeypatch.setattr("app.fhir_api.walk.BATCH", 2)
    refused = measured.gateway.get(f"/fhir/Observation?patient={measured.patient}&_total=accurate")
    estimate = measured.bundle(_total="estimate")

    assert refused.json()["issue"][0]["code"] == "too-costly"
    assert "total" not in estimate


def test_several_sort_keys_are_applied_in_turn_fhir_11(gateway: Gateway) -> None:
    ref = f"Patient/{gateway.create(patient())}"
    ids = []
    for code, day in (("8867-4", 2), ("8867-4", 1), ("9279-1", 2)):
        gateway.clock.now += timedelta(seconds=1)
        at = f"2026-02-0{day}T08:00:00Z"
        sent = heart_rate(ref, 20, code=coded(code), effectiveDateTime=at)
        ids.append(gateway.create(named(sent)))
    query = {"patient": ref, "_count": "1"}

    up = pages(gateway, "Observation", query | {"_sort": "date,-_lastUpdated"})
    down = pages(gateway, "Observation", query | {"_sort": "-date,_lastUpdated"})

    assert up == [ids[1], ids[2], ids[0]]
    assert down == [ids[0], ids[2], ids[1]]


def pages(gateway: Gateway, kind: str, query: dict[str, str]) -> list[str]:
    answer = gateway.http.get(f"/fhir/{kind}", params=query, headers=gateway.headers())
    ids: list[str] = []
    while True:
        bundle = answer.json()
        ids += found(bundle)
        links = {each["relation"]: each["url"] for each in bundle["link"]}
        if "next" not in links:
            return ids
        answer = gateway.get(links["next"])


@pytest.mark.parametrize("sort", [{}, {"_sort": "date"}, {"_sort": "-_lastUpdated"}])
def test_pages_hold_while_another_thread_writes_fhir_12(
    gateway: Gateway, sort: dict[str, str]
) -> None:
    gateway.clock.now = gateway.clock.now.replace(microsecond=0)
    ref = f"Patient/{gateway.create(patient())}"
    sent = [
        gateway.create(named(heart_rate(ref, 70, effectiveDateTime=f"2026-03-01T08:{i:02}:00Z")))
        for i in range(12)
    ]
    first = gateway.http.get(
        "/fhir/Observation",
        params={"patient": ref, "_count": "2"} | sort,
        headers=gateway.headers(),
    ).json()
    later = gateway.clock.now.replace(microsecond=500)

    def write() -> None:
        gateway.clock.now = later
        for day in range(1, 15):
            at = f"2026-02-{day:02}T10:00:00Z"
            gateway.create(named(heart_rate(ref, 71, effectiveDateTime=at)))

    writer = Thread(target=write)
    writer.start()
    ids = found(first)
    while url := {each["relation"]: each["url"] for each in first["link"]}.get("next"):
        first = gateway.get(url).json()
        ids += found(first)
    writer.join()

    assert sorted(ids) == sorted(sent)


@pytest.mark.parametrize("kind", FIELDS)
def test_post_search_equals_get_for_every_type_fhir_11(gateway: Gateway, kind: str) -> None:
    query = {"_lastUpdated": "ge2026-01-01", "_count": "3"}
    headers = gateway.headers() | {"Content-Type": "application/x-www-form-urlencoded"}

    posted = gateway.http.post(f"/fhir/{kind}/_search", data=query, headers=headers).json()
    got = gateway.http.get(f"/fhir/{kind}", params=query, headers=gateway.headers()).json()

    if kind != "AuditEvent":  # the first search is an event itself
        assert found(posted) == found(got)
    assert applied(posted) == applied(got)


def applied(bundle: dict[str, Any]) -> list[tuple[str, str]]:
    return parse_qsl(urlsplit(bundle["link"][0]["url"]).query)


def test_people_and_their_teams_are_found_by_their_own_parameters(gateway: Gateway) -> None:
    ref = {"reference": f"Patient/{gateway.create(patient())}"}
    doctor = gateway.create(named({"resourceType": "Practitioner", "active": True}))
    member = {"member": {"reference": f"Practitioner/{doctor}"}}
    team = gateway.create(
        named(
            {
                "resourceType": "CareTeam",
                "status": "active",
                "subject": ref,
                "participant": [member],
            }
        )
    )
    code = {"coding": [{"system": "http://hl7.org/fhir/sid/icd-10", "code": "I50.9"}]}
    sick = gateway.create(condition(ref["reference"], code=code))
    whose = {"patient": ref["reference"]}

    assert pages(gateway, "CareTeam", {"participant": f"Practitioner/{doctor}"}) == [team]
    assert pages(gateway, "CareTeam", whose | {"status": "active"}) == [team]
    assert pages(gateway, "Condition", whose | {"clinical-status": "active"}) == [sick]
    assert pages(gateway, "Condition", whose | {"code": "I50.8"}) == []


def test_a_name_is_not_searched_and_not_repeated(gateway: Gateway) -> None:
    answer = gateway.get("/fhir/Patient?name=Vale", Prefer="handling=strict")

    assert answer.status_code == 400
    assert "Vale" not in answer.text


def test_an_identifier_without_its_system_is_found_too_fhir_11(
    gateway: Gateway, register: Callable[..., Gateway]
) -> None:
    who = gateway.create(patient())
    sent = named(heart_rate(f"Patient/{who}"), value=f"n-{uuid4()}")
    id_ = gateway.create(sent)
    other = register()

    assert pages(other, "Observation", {"patient": who, "identifier": value_of(sent)}) == [id_]
    assert pages(other, "Observation", {"identifier": f"urn:device|{value_of(sent)}"}) == [id_]
    bundle = other.get(f"/fhir/Observation?identifier=urn:device|{value_of(sent)}").json()
    assert value_of(sent) not in unquote(bundle["link"][0]["url"])
