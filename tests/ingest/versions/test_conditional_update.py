"""PUT by identifier through the door: created, replaced, or refused where it is not clear."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from tests.door import heart_rate, patient, readings, value_of

if TYPE_CHECKING:
    from core.database import Database


def test_a_conditional_update_creates_replaces_or_is_refused_fhir_05(gateway: Any) -> None:
    person = patient()
    path = f"Patient?identifier=urn:clinic:a|{value_of(person)}"

    first = gateway.put(path, person)
    second = gateway.put(path, person | {"gender": "male"})
    unclear = [
        gateway.put(query, person).status_code
        for query in ("Patient?name=Vale", "Patient?identifier=x", f"{path}&active=true")
    ]

    assert (first.status_code, second.status_code) == (201, 200)
    assert second.headers["ETag"] == 'W/"2"'
    assert unclear == [400] * 3


def test_16_conditional_updates_at_once_create_one_rel_05(gateway: Any, database: Database) -> None:
    who = gateway.create(patient())
    value = str(uuid4())
    reading = heart_rate(f"Patient/{who}", identifier=[{"system": "urn:d", "value": value}])

    with ThreadPoolExecutor(16) as pool:
        answers = list(
            pool.map(
                lambda _: gateway.put(f"Observation?identifier=urn:d|{value}", reading), range(16)
            )
        )

    assert sorted(each.status_code for each in answers) == [*[200] * 15, 201]
    assert len(readings(database, who)) == 1


def test_a_put_without_id_or_search_is_405_and_says_how(gateway: Any) -> None:
    answer = gateway.put("Patient", patient())

    assert answer.status_code == 405
    assert "Type/id" in answer.json()["issue"][0]["diagnostics"]
