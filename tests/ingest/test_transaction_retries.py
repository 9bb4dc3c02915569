"""A transaction that comes again: what it holds is found again, and so is what that points at."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import func, select

from ingest.linked import DEEPEST
from ingest.tables import Resource
from tests.door import heart_rate, patient

if TYPE_CHECKING:
    from core.database import Database


def entry(resource: dict[str, Any], url: str, put: str = "") -> dict[str, Any]:
    asked = {"method": "PUT" if put else "POST", "url": put or resource["resourceType"]}
    return {"fullUrl": url, "resource": resource, "request": asked}


def panel(who: str, *members: str, **more: Any) -> dict[str, Any]:
    """Return an Observation with neither identifier nor value."""
    said = heart_rate(f"Patient/{who}") | {"hasMember": [{"reference": each} for each in members]}
    del said["valueQuantity"]
    said["code"] = {"coding": [{"system": "http://loinc.org", "code": "85353-1"}]}
    return said | more


def send(gateway: Any, *entries: dict[str, Any]) -> list[tuple[str, str]]:
    """Return of each entry its status, and where it is stored."""
    body = {"resourceType": "Bundle", "type": "transaction", "entry": list(entries)}
    answer = gateway.post(body)
    assert answer.status_code == 200, answer.text
    said = [each["response"] for each in answer.json()["entry"]]
    return [(each["status"][:3], each["location"].split("/_history")[0]) for each in said]


def read(gateway: Any, place: str) -> Any:
    answer = gateway.get(f"/fhir/{place}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def versions(database: Database, who: str) -> int:
    rows = select(func.count()).where(Resource.patient_id == UUID(who))
    with database.transaction() as session:
        return session.scalar(rows.where(Resource.type == "Observation")) or 0


def urls(count: int) -> list[str]:
    return [f"urn:uuid:{uuid4()}" for _ in range(count)]


@pytest.mark.parametrize("turned", [False, True])
def test_what_points_at_others_is_stored_once_however_often_it_comes_rel_05(
    gateway: Any, database: Database, *, turned: bool
) -> None:
    who, (pulse, group, whole) = gateway.create(patient()), urls(3)
    derived = heart_rate(
        f"Patient/{who}", 91, effectiveDateTime="2026-03-02T10:00:00Z",
        derivedFrom=[{"reference": pulse}],
    )  # fmt: skip
    sent = [
        entry(heart_rate(f"Patient/{who}"), pulse),
        entry(panel(who, pulse), group),
        entry(panel(who, group, pulse), whole),
        entry(derived, *urls(1)),
    ]
    sent = sent[::-1] if turned else sent

    first, *again = (send(gateway, *sent) for _ in range(3))

    assert {status for status, _ in first} == {"201"}
    places = [place for _, place in first]
    assert again == [[("200", place) for place in places]] * 2
    assert versions(database, who) == 4
    of_pulse, of_group, of_whole, of_derived = places[::-1] if turned else places
    linked = [each["reference"] for each in read(gateway, of_whole)["hasMember"]]
    assert linked == [of_group, of_pulse]
    assert read(gateway, of_derived)["derivedFrom"] == [{"reference": of_pulse}]


def test_what_points_at_a_reading_that_is_known_names_the_one_that_is_stored_fhir_07(
    gateway: Any,
) -> None:
    who, (pulse, group) = gateway.create(patient()), urls(2)
    known = gateway.create(heart_rate(f"Patient/{who}"))
    sent = [entry(panel(who, pulse), group), entry(heart_rate(f"Patient/{who}"), pulse)]

    (_, place), (status, twin) = send(gateway, *sent)

    assert (status, twin) == ("200", f"Observation/{known}")
    assert read(gateway, place)["hasMember"] == [{"reference": twin}]


def test_what_is_put_and_points_at_a_known_reading_gets_no_new_version_fhir_05(
    gateway: Any, database: Database
) -> None:
    who, (pulse, group), own = gateway.create(patient()), urls(2), f"p{uuid4().hex}"
    sent = [
        entry(panel(who, pulse, id=own), group, put=f"Observation/{own}"),
        entry(heart_rate(f"Patient/{who}"), pulse),
    ]

    first, again = send(gateway, *sent), send(gateway, *sent)

    assert [status for status, _ in first + again] == ["201", "201", "200", "200"]
    assert versions(database, who) == 2
    assert read(gateway, first[0][1])["meta"]["versionId"] == "1"


def test_circles_and_long_chains_are_taken_whole(gateway: Any, database: Database) -> None:
    who, places = gateway.create(patient()), urls(DEEPEST + 4)
    chain = [entry(panel(who, below), url) for url, below in pairwise(places)]
    chain.append(entry(heart_rate(f"Patient/{who}"), places[-1]))
    ring = urls(2)
    circle = [entry(panel(who, ring[1]), ring[0]), entry(panel(who, ring[0]), ring[1])]

    done = dict(zip([*places, *ring], send(gateway, *chain, *circle), strict=True))

    assert versions(database, who) == len(chain) + len(circle)
    for one, other in [*pairwise(places), ring, ring[::-1]]:
        [link] = read(gateway, done[one][1])["hasMember"]
        assert link["reference"] == done[other][1]
