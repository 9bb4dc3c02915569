"""A coincident timestamp of a device that comes again, or is put right (REL-05, REL-21)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.door import readings
from tests.ingest.clocks.test_service import stamp

if TYPE_CHECKING:
    from core.database import Database

AHEAD = timedelta(minutes=16)


def named_stamp(device: str, name: str, ahead: timedelta, **more: Any) -> dict[str, Any]:
    said = [{"system": "urn:maker", "value": name}]
    return stamp(device, "Device/gateway", ahead) | {"identifier": said} | more


@pytest.mark.parametrize("form", ["words", "name", "put"])
def test_a_timestamp_of_a_device_that_comes_again_is_stored_once_rel_05(
    gateway: Any, build: Any, form: str
) -> None:
    device, id_, ahead = f"Device/{uuid4()}", f"s{uuid4().hex}", AHEAD
    body = stamp(device, "Device/gateway", ahead)
    body |= {"words": {}, "put": {"id": id_}}.get(form, named_stamp(device, id_, ahead))

    def send() -> tuple[int, str]:
        put = form == "put"
        answer = gateway.put(f"Observation/{id_}", body) if put else gateway.post(body)
        return answer.status_code, answer.headers["Location"]

    first, again = send(), send()
    entries = gateway.post(build.bundle("batch", body, body)).json()["entry"]

    assert (first[0], again) == (201, (200, first[1]))
    if form != "put":
        places = {each["response"]["location"] for each in entries}
        assert {each["response"]["status"][:3] for each in entries} == {"200"}
        assert all(first[1].endswith(each) for each in places)


def test_two_timestamps_of_one_moment_in_one_batch_are_stored_once(
    gateway: Any, build: Any
) -> None:
    body = stamp(f"Device/{uuid4()}", "Device/gateway", AHEAD)

    entries = gateway.post(build.bundle("batch", body, body)).json()["entry"]

    assert [each["response"]["status"][:3] for each in entries] == ["201", "200"]
    assert len({each["response"]["location"] for each in entries}) == 1


def test_a_timestamp_of_a_device_is_corrected_under_its_name_and_stays_so(gateway: Any) -> None:
    device, name, ahead = f"Device/{uuid4()}", str(uuid4()), AHEAD
    body = named_stamp(device, name, ahead)
    first = gateway.post(body)

    right = gateway.post(named_stamp(device, name, ahead * 2, status="corrected"))
    late = gateway.post(body)

    assert [each.status_code for each in (first, right, late)] == [201, 200, 200]
    place = first.headers["Location"].split("/_history")[0].removeprefix("http://testserver")
    kept = gateway.get(place).json()
    assert (kept["status"], kept["meta"]["versionId"]) == ("corrected", "2")


def test_a_reading_of_somebody_does_not_go_by_the_name_of_a_devices_timestamp(
    gateway: Any, build: Any, database: Database
) -> None:
    who, device, name = gateway.create(build.patient()), f"Device/{uuid4()}", str(uuid4())
    body = named_stamp(device, name, AHEAD)
    assert gateway.post(body).status_code == 201

    answer = gateway.post(build.heart_rate(f"Patient/{who}", identifier=body["identifier"]))

    assert answer.status_code == 422
    assert answer.json()["issue"][0]["expression"] == ["Observation.identifier"]
    assert readings(database, who) == []
