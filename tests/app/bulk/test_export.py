"""Bulk export: ordered, written in steps, polled, given out, and forgotten (FHIR-24)."""

from __future__ import annotations

import gzip
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.bulk import exporting, loading
from app.bulk.tables import BulkExport, BulkPart, ExportState
from core.audit import AuditEvent
from core.outbox import Outbox, State, Topic
from tests.app.bulk.conftest import SETTINGS
from tests.door import NOW, heart_rate, named, patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from httpx2 import Response as Received

    from core.database import Database
    from tests.door import Clock, Gateway

ASYNC = {"Prefer": "respond-async"}


@dataclass(slots=True)
class Exporter:
    """Somebody who exports, and the worker's part."""

    gateway: Gateway
    database: Database
    clock: Clock

    def order(self, path: str = "/fhir/Patient/$export", **headers: str) -> Received:
        return self.gateway.get(path, **(headers or ASYNC))

    def place(self, answer: Received) -> str:
        assert answer.status_code == 202, answer.text
        return answer.headers["Content-Location"].removeprefix("http://testserver")

    def work(self, place: str, *, rows: int = exporting.STEP_ROWS) -> int:
        """Do every step as the worker does; return how many there were."""
        id_, steps = UUID(place.rsplit("/", maxsplit=1)[-1]), 0
        while True:
            with self.database.transaction() as session:
                export = session.get(BulkExport, id_)
                if export is None or export.state == ExportState.DONE:
                    return steps
                exporting.step(session, id_, now=self.clock(), settings=SETTINGS, rows=rows)
            steps += 1

    def done(self, path: str = "/fhir/Patient/$export", *, rows: int = exporting.STEP_ROWS) -> Any:
        """Order, work, and return the manifest."""
        place = self.place(self.order(path))
        self.work(place, rows=rows)
        answer = self.gateway.get(place)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def lines(self, manifest: Any, kind: str) -> list[dict[str, Any]]:
        urls = [each["url"] for each in manifest["output"] if each["type"] == kind]
        if not urls:
            return []
        answer = self.gateway.get(urls[0].removeprefix("http://testserver"))
        assert answer.headers["content-type"].startswith("application/fhir+ndjson")
        return [json.loads(line) for line in answer.text.splitlines()]


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
        loading.forget_expired(session, now=exporter.clock())
        left = session.scalar(
            select(func.count()).where(BulkPart.export_id == UUID(place.split("/")[-1]))
        )

    assert answer.headers["Expires"].endswith("GMT")
    assert exporter.gateway.get(place).status_code == 404
    assert exporter.gateway.get(file).status_code == 404
    assert left == 0


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
        ("/fhir/Patient/$export?_type=Encounter", ASYNC, 400),
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
