"""Bulk export: ordered, written in steps, polled, given out, and forgotten (FHIR-24)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.bulk import exporting
from app.bulk.tables import BulkPart
from fhir.summed import SUMMED
from ingest.summing.service import sum_up
from tests.app.retention.conftest import run_through
from tests.door import NOW, heart_rate, named, patient
from tests.ingest.summing.lives import asked, nobody
from tests.ingest.summing.test_again import moved

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.door import Clock, Gateway

from tests.app.bulk.exporter import Exporter


@pytest.fixture
def exporter(register: Callable[..., Gateway], database: Database, clock: Clock) -> Exporter:
    clock.now += timedelta(minutes=1)
    return Exporter(register(), database, clock)


def ids(resources: list[dict[str, Any]]) -> set[str]:
    return {each["id"] for each in resources}


def test_everything_is_given_out_as_it_was_received_fhir_24(exporter: Exporter) -> None:
    who = exporter.gateway.create(patient())
    sent = named(heart_rate(f"Patient/{who}", 71))
    reading = exporter.gateway.create(sent)

    manifest = exporter.done()

    assert manifest["requiresAccessToken"] is True
    assert manifest["request"] == "http://testserver/fhir/Patient/$export"
    assert manifest["error"] == []
    assert who in ids(exporter.lines(manifest, "Patient"))
    [given] = [each for each in exporter.lines(manifest, "Observation") if each["id"] == reading]
    assert {key: given[key] for key in sent} == sent
    counted = {each["type"]: each["count"] for each in manifest["output"]}
    assert counted["Observation"] == len(exporter.lines(manifest, "Observation"))


def test_a_summed_movement_says_for_how_many_it_counts_fhir_24(
    exporter: Exporter, database: Database
) -> None:
    who = exporter.gateway.create(patient())
    sent = [exporter.gateway.create(named(moved(f"Patient/{who}", m))) for m in (2, 9, 50)]
    with database.transaction() as session:
        wanted = asked(session, UUID(who), NOW - timedelta(days=7))
        sum_up(session, wanted, nobody, most=500)

    given = exporter.lines(exporter.done("/fhir/$export?_type=Observation"), "Observation")

    found = {each["id"]: each.get("extension") for each in given if each["id"] in sent}
    said = [{"url": SUMMED, "valuePositiveInt": 2}]
    assert found == {sent[0]: None, sent[2]: said}


def test_small_steps_give_the_same_as_large_ones_fhir_24(exporter: Exporter) -> None:
    for _ in range(30):
        exporter.gateway.create(patient())
    path = "/fhir/Patient/$export?_type=Patient,Observation"

    at_once = exporter.done(path)
    place = exporter.place(exporter.order(path))
    steps = exporter.work(place, rows=7)
    in_steps = exporter.gateway.get(place).json()

    assert steps > 5
    for kind in ("Patient", "Observation"):
        assert exporter.lines(in_steps, kind) == exporter.lines(at_once, kind)
    listed = [each["id"] for each in exporter.lines(in_steps, "Patient")]
    assert len(listed) == len(set(listed))


def test_an_export_is_as_of_its_transaction_time_fhir_24(exporter: Exporter) -> None:
    who = exporter.gateway.create(patient())
    first = named(heart_rate(f"Patient/{who}", 71))
    reading = exporter.gateway.create(first)
    exporter.clock.now += timedelta(seconds=5)

    place = exporter.place(exporter.order())
    exporter.clock.now += timedelta(seconds=5)
    exporter.gateway.post(
        heart_rate(f"Patient/{who}", 72)
        | {"identifier": first["identifier"], "status": "corrected"}
    )
    later = exporter.gateway.create(patient())
    exporter.work(place)
    manifest = exporter.gateway.get(place).json()

    assert later not in ids(exporter.lines(manifest, "Patient"))
    [given] = [each for each in exporter.lines(manifest, "Observation") if each["id"] == reading]
    assert given["valueQuantity"]["value"] == 71
    since = manifest["transactionTime"]
    changed = exporter.done(f"/fhir/Patient/$export?_since={since.replace('+', '%2B')}")
    assert later in ids(exporter.lines(changed, "Patient"))
    assert who not in ids(exporter.lines(changed, "Patient"))
    [newer] = [each for each in exporter.lines(changed, "Observation") if each["id"] == reading]
    assert newer["valueQuantity"]["value"] == 72


def test_types_and_filters_choose_what_is_given_fhir_24(exporter: Exporter) -> None:
    who = exporter.gateway.create(patient())
    reading = exporter.gateway.create(heart_rate(f"Patient/{who}"))

    only = exporter.done("/fhir/$export?_type=Patient&_outputFormat=ndjson")
    kept = exporter.done("/fhir/$export?_typeFilter=Observation%3Fcategory%3Dvital-signs")
    none = exporter.done("/fhir/$export?_typeFilter=Observation%3Fcategory%3Dlaboratory")

    assert [each["type"] for each in only["output"]] == ["Patient"]
    assert reading in ids(exporter.lines(kept, "Observation"))
    assert exporter.lines(none, "Observation") == []
    assert who in ids(exporter.lines(none, "Patient"))


def test_a_group_is_a_care_team_with_its_patients_and_people_fhir_24(exporter: Exporter) -> None:
    gateway = exporter.gateway
    inside, outside = gateway.create(patient()), gateway.create(patient())
    nurse, stranger = (gateway.create({"resourceType": "Practitioner"} | each) for each in PEOPLE)
    team = gateway.create(
        {
            "resourceType": "CareTeam",
            "status": "active",
            "name": "North",
            "subject": {"reference": f"Patient/{inside}"},
            "participant": [{"member": {"reference": f"Practitioner/{nurse}"}}],
        }
    )
    seen = gateway.create(heart_rate(f"Patient/{inside}"))
    unseen = gateway.create(heart_rate(f"Patient/{outside}"))

    manifest = exporter.done(f"/fhir/Group/{team}/$export")

    assert ids(exporter.lines(manifest, "Patient")) == {inside}
    assert ids(exporter.lines(manifest, "Observation")) == {seen}
    assert unseen not in ids(exporter.lines(manifest, "Observation"))
    assert ids(exporter.lines(manifest, "Practitioner")) == {nurse}
    assert stranger not in ids(exporter.lines(manifest, "Practitioner"))
    assert ids(exporter.lines(manifest, "CareTeam")) == {team}


PEOPLE = (
    {"identifier": [{"system": "urn:staff", "value": "n-77"}], "name": [{"family": "Marsh"}]},
    {"identifier": [{"system": "urn:staff", "value": "s-78"}], "name": [{"family": "Reed"}]},
)


def test_the_status_says_how_far_it_is_and_how_often_to_ask_fhir_24(exporter: Exporter) -> None:
    place = exporter.place(exporter.order())

    first = exporter.gateway.get(place)
    at_once = exporter.gateway.get(place)
    exporter.clock.now += timedelta(seconds=int(first.headers["Retry-After"]))
    in_time = exporter.gateway.get(place)

    assert (first.status_code, at_once.status_code, in_time.status_code) == (202, 429, 202)
    assert first.headers["X-Progress"].startswith("0 of ")
    assert at_once.json()["issue"][0]["code"] == "throttled"
    assert int(at_once.headers["Retry-After"]) >= 1


def test_a_finished_export_expires_and_is_forgotten_fhir_24(exporter: Exporter) -> None:
    place = exporter.place(exporter.order())
    exporter.work(place)
    answer = exporter.gateway.get(place)
    file = answer.json()["output"][0]["url"].removeprefix("http://testserver")

    exporter.clock.now += exporting.KEPT
    with exporter.database.transaction() as session:
        run_through(session, now=exporter.clock())
        left = session.scalar(
            select(func.count()).where(BulkPart.export_id == UUID(place.split("/")[-1]))
        )

    assert answer.headers["Expires"].endswith("GMT")
    assert exporter.gateway.get(place).status_code == 404
    assert exporter.gateway.get(file).status_code == 404
    assert left == 0
