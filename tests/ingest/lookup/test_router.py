"""Reading by id: versions, history, and what a caller has already."""

from __future__ import annotations

import json
from datetime import timedelta
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from fhir.strict import check, decode
from tests.door import NOW, device, heart_rate, patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database

VITAL = "http://terminology.hl7.org/CodeSystem/observation-category|vital-signs"


def five_versions(gateway: Any, clock: Any) -> str:
    id_ = gateway.create(device())
    for number in range(4):
        clock.now += timedelta(minutes=1)
        gateway.put(f"Device/{id_}", device(id=id_, lotNumber=str(number)))
    return str(id_)


def test_a_history_shows_every_version_newest_first_fhir_05(gateway: Any, clock: Any) -> None:
    id_ = five_versions(gateway, clock)
    gateway.delete(f"Device/{id_}")

    answer = gateway.get(f"/fhir/Device/{id_}/_history")

    said = answer.json()
    strict = decode(json.dumps(said).encode())
    assert isinstance(strict, dict)
    assert check(strict) == ()
    assert (said["type"], said["total"]) == ("history", 6)
    methods = [each["request"]["method"] for each in said["entry"]]
    assert methods == ["DELETE", *["PUT"] * 4, "POST"]
    assert "resource" not in said["entry"][0]
    tags = [each["response"]["etag"] for each in said["entry"]]
    assert tags == [f'W/"{number}"' for number in (6, 5, 4, 3, 2, 1)]
    held = [each["resource"]["meta"]["versionId"] for each in said["entry"][1:]]
    assert held == ["5", "4", "3", "2", "1"]


def test_a_history_is_paged_and_new_versions_move_nothing_fhir_05(gateway: Any, clock: Any) -> None:
    id_ = five_versions(gateway, clock)
    seen: list[str] = []
    path = f"/fhir/Device/{id_}/_history?_count=2"

    while path:
        page = gateway.get(path).json()
        seen += [each["resource"]["meta"]["versionId"] for each in page["entry"]]
        gateway.put(f"Device/{id_}", device(id=id_, lotNumber=str(uuid4())))
        links = {each["relation"]: each["url"] for each in page["link"]}
        path = links.get("next", "").removeprefix("http://testserver")

    assert seen == ["5", "4", "3", "2", "1"]


@pytest.mark.parametrize("query", ["_count=x", "_since=2026-01-01", "_before=-1", "page=2"])
def test_a_history_that_is_not_asked_for_clearly_is_400(gateway: Any, query: str) -> None:
    id_ = gateway.create(device())

    assert gateway.get(f"/fhir/Device/{id_}/_history?{query}").status_code == 400


@pytest.mark.parametrize("path", ["Device/_history", "_history"])
def test_histories_of_a_type_or_of_all_are_not_served_fhir_01(gateway: Any, path: str) -> None:
    assert gateway.get(f"/fhir/{path}").status_code in (404, 405)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"If_None_Match": 'W/"1"'}, 304),
        ({"If_None_Match": '"1"'}, 304),
        ({"If_None_Match": 'W/"4", W/"1"'}, 304),
        ({"If_None_Match": "*"}, 304),
        ({"If_None_Match": 'W/"2"'}, 200),
        ({"If_Modified_Since": format_datetime(NOW, usegmt=True)}, 304),
        ({"If_Modified_Since": format_datetime(NOW - timedelta(seconds=1), usegmt=True)}, 200),
        ({"If_Modified_Since": "yesterday"}, 200),
        ({"If_None_Match": 'W/"2"', "If_Modified_Since": format_datetime(NOW, usegmt=True)}, 200),
    ],
)
def test_what_the_caller_has_is_not_sent_again_fhir_05(
    gateway: Any, headers: dict[str, str], status: int
) -> None:
    id_ = gateway.create(device())

    answer = gateway.get(f"/fhir/Device/{id_}", **headers)

    assert answer.status_code == status
    assert answer.headers["ETag"] == 'W/"1"'
    assert bool(answer.content) == (status == 200)


def test_head_is_get_without_its_body(gateway: Any) -> None:
    id_ = gateway.create(device())

    answer = gateway.http.head(f"/fhir/Device/{id_}", headers=gateway.headers())

    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["ETag"] == 'W/"1"'


def test_pretty_changes_only_the_white_space(gateway: Any) -> None:
    id_ = gateway.create(device())

    plain = gateway.get(f"/fhir/Device/{id_}")
    pretty = gateway.get(f"/fhir/Device/{id_}?_pretty=true&_format=json")

    assert pretty.json() == plain.json()
    assert pretty.text.count("\n") > 5
    assert {pretty.headers["content-type"], plain.headers["content-type"]} == {
        "application/fhir+json; charset=utf-8"
    }


def test_a_create_only_device_may_not_read_replace_or_look_back_sec_03(
    gateway: Any, register: Callable[..., Any], database: Database
) -> None:
    who = gateway.create(patient())
    meter = register("system/Observation.c")
    id_ = meter.create(heart_rate(f"Patient/{who}"))

    asked = [
        meter.get(f"/fhir/Observation/{id_}"),
        meter.get(f"/fhir/Observation/{id_}/_history"),
        meter.get(f"/fhir/Observation/{id_}/_history/1"),
        meter.put(f"Observation/{id_}", heart_rate(f"Patient/{who}", id=id_)),
        meter.put("Observation?identifier=urn:d|1", heart_rate(f"Patient/{who}")),
        meter.get(f"/fhir/Patient/{who}"),
        meter.post(patient()),
        meter.delete(f"Device/{id_}"),
    ]

    assert {each.status_code for each in asked} == {403}
    assert {each.json()["issue"][0]["code"] for each in asked} == {"forbidden"}
    with database.transaction() as session:
        tries = select(AuditEvent.outcome).where(AuditEvent.caller_id == meter.client_id)
        assert [each[:7] for each in session.scalars(tries)].count("refused") == len(asked)


def test_a_scope_for_a_category_opens_that_category_alone_sec_03(
    gateway: Any, register: Callable[..., Any]
) -> None:
    who = gateway.create(patient())
    vital = heart_rate(f"Patient/{who}")
    survey = {
        key: value for key, value in vital.items() if key not in ("category", "valueQuantity")
    }
    survey |= {
        "category": [{"coding": [{"code": "survey", "system": VITAL.partition("|")[0]}]}],
        "code": {"coding": [{"system": "http://loinc.org", "code": "63503-7"}]},
        "valueString": "with a cat",
    }
    ids = [gateway.create(each) for each in (vital, survey)]
    narrow = register(f"system/Observation.cr?category={VITAL}")

    reads = [narrow.get(f"/fhir/Observation/{id_}").status_code for id_ in ids]
    past = [narrow.get(f"/fhir/Observation/{id_}/_history").status_code for id_ in ids]
    creates = [narrow.post(each).status_code for each in (vital, survey)]

    assert reads == past == [200, 403]
    assert creates == [200, 403]
