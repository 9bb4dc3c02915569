"""Bulk export: cancelled, refused, guarded, written down (FHIR-24, SEC-03, SEC-12, SEC-27)."""

from __future__ import annotations

import gzip
import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from sqlalchemy import select

from app.bulk import exporting
from app.bulk.tables import BulkPart
from core.audit import AuditEvent
from core.outbox import Outbox, State, Topic
from tests.door import NOW, patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from core.database import Database
    from tests.door import Clock, Gateway

from tests.app.bulk.exporter import ASYNC, Exporter


@pytest.fixture
def exporter(register: Callable[..., Gateway], database: Database, clock: Clock) -> Exporter:
    clock.now += timedelta(minutes=1)
    return Exporter(register(), database, clock)


@pytest.mark.parametrize("finished", [True, False])
def test_a_cancelled_export_is_gone_and_its_work_does_nothing_fhir_24(
    exporter: Exporter, *, finished: bool
) -> None:
    place = exporter.place(exporter.order())
    if finished:
        exporter.work(place)

    answer = exporter.gateway.http.delete(place, headers=exporter.gateway.headers())

    assert answer.status_code == 202
    assert exporter.gateway.get(place).status_code == 404
    assert exporter.work(place) == 0


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/fhir/Patient/$export", {"Accept": "*/*"}, 400),
        ("/fhir/Patient/$export?_outputFormat=application/parquet", ASYNC, 400),
        ("/fhir/Patient/$export?_type=Immunization", ASYNC, 400),
        ("/fhir/Patient/$export?_elements=id", ASYNC, 400),
        ("/fhir/Patient/$export?_since=yesterday", ASYNC, 400),
        ("/fhir/Patient/$export?_typeFilter=Patient%3Fname%3DVale", ASYNC, 400),
        ("/fhir/Patient/$export?_elements=id", {"Prefer": "respond-async, handling=lenient"}, 202),
        ("/fhir/Group/00000000-0000-0000-0000-000000000009/$export", ASYNC, 404),
        ("/fhir/Group/north/$export", ASYNC, 404),
    ],
)
def test_what_cannot_be_served_is_refused_or_leniently_passed_over_fhir_24(
    exporter: Exporter, path: str, headers: dict[str, str], status: int
) -> None:
    answer = exporter.order(path, **headers)

    assert answer.status_code == status, answer.text
    if status != 202:
        assert answer.json()["issue"][0]["severity"] == "error"


def test_an_export_is_ordered_by_parameters_too_fhir_24(exporter: Exporter) -> None:
    exporter.gateway.create(patient())
    said = {
        "resourceType": "Parameters",
        "parameter": [{"name": "_type", "valueString": "Patient"}],
    }

    answer = exporter.gateway.http.post(
        "/fhir/Patient/$export", content=json.dumps(said), headers=exporter.gateway.headers(**ASYNC)
    )
    place = exporter.place(answer)
    exporter.work(place)

    assert [e["type"] for e in exporter.gateway.get(place).json()["output"]] == ["Patient"]


def test_scopes_choose_the_types_and_named_ones_must_be_granted_sec_03(
    exporter: Exporter, register: Callable[..., Gateway]
) -> None:
    exporter.gateway.create(patient())
    reader = Exporter(register("system/Patient.rs"), exporter.database, exporter.clock)
    device = Exporter(register("system/Observation.c"), exporter.database, exporter.clock)

    assert {each["type"] for each in reader.done()["output"]} == {"Patient"}
    assert reader.order("/fhir/$export?_type=Observation").status_code == 403
    assert device.order().status_code == 403


def test_nobody_sees_anothers_export_sec_12(
    exporter: Exporter, register: Callable[..., Gateway]
) -> None:
    place = exporter.place(exporter.order())
    exporter.work(place)
    file = exporter.gateway.get(place).json()["output"][0]["url"]
    stranger = register()

    assert stranger.get(place).status_code == 404
    assert stranger.get(file.removeprefix("http://testserver")).status_code == 404
    assert stranger.http.delete(place, headers=stranger.headers()).status_code == 404


def test_a_file_is_sealed_where_it_lies_and_compressed_on_its_way_sec_27(
    exporter: Exporter,
) -> None:
    exporter.gateway.create(patient(name=[{"family": "Canaryfeather"}]))
    manifest = exporter.done("/fhir/$export?_type=Patient")
    url = manifest["output"][0]["url"].removeprefix("http://testserver")

    with exporter.database.transaction() as session:
        kept = session.scalars(select(BulkPart.body)).all()
    headers = exporter.gateway.headers(Accept_Encoding="gzip")
    with exporter.gateway.http.stream("GET", url, headers=headers) as answer:
        raw = b"".join(answer.iter_raw())

    assert answer.headers["Content-Encoding"] == "gzip"
    assert b"Canaryfeather" in gzip.decompress(raw)
    assert all(b"Canaryfeather" not in body for body in kept)


def test_whose_data_was_exported_is_written_down_sec_16(exporter: Exporter) -> None:
    who = exporter.gateway.create(patient())
    exporter.done()

    with exporter.database.transaction() as session:
        query = select(AuditEvent.caller_id).where(
            AuditEvent.entity == "Export", AuditEvent.patient_id == UUID(who)
        )
        assert set(session.scalars(query)) == {exporter.gateway.client_id}


def test_work_that_was_given_up_is_said_and_the_number_at_once_is_bounded(
    exporter: Exporter,
) -> None:
    places = [exporter.place(exporter.order()) for _ in range(exporting.AT_ONCE)]
    too_many = exporter.order()
    with exporter.database.transaction() as session:
        row = session.scalars(
            select(Outbox).where(
                Outbox.topic == Topic.EXPORT, Outbox.subject_id == UUID(places[0].split("/")[-1])
            )
        ).one()
        row.state = State.PARKED

    answer = exporter.gateway.get(places[0])

    assert (too_many.status_code, answer.status_code) == (429, 500)
    assert exporter.clock() > NOW
