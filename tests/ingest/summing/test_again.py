"""What is summed up and sent again counts once, and is neither read nor changed any more."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from ingest.parcels.repository import Span, cut_out
from ingest.summing.service import sum_up
from ingest.summing.tables import SummedKey
from ingest.tables import Resource
from tests.door import NOW, bundle, named
from tests.ingest.summing.lives import asked, nobody, rows_of

if TYPE_CHECKING:
    from core.database import Database

HOUR = NOW - timedelta(days=9)


def moved(subject: str, minute: float, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "status": "final",
        "code": {
            "coding": [
                {
                    "system": "urn:wardlight:codesystem:home-activity",
                    "code": "home-motion-count",
                }
            ]
        },
        "subject": {"reference": subject},
        "effectiveDateTime": (HOUR + timedelta(minutes=minute)).isoformat(),
        "valueQuantity": {"value": 1, "unit": "{events}"},
    } | more


def sum_of(database: Database, who: str, *, days: int = 7) -> int:
    with database.transaction() as session:
        wanted = asked(session, UUID(who), NOW - timedelta(days=days))
        return sum_up(session, wanted, nobody, most=500).rows


def events(database: Database, who: str) -> list[int]:
    with database.transaction() as session:
        return [1 + row.summed for row in rows_of(session, UUID(who))]


@pytest.mark.parametrize("call", [named, lambda resource: resource], ids=["named", "unnamed"])
def test_what_is_summed_up_counts_once_however_often_it_is_sent_rel_05(
    gateway: Any, build: Any, database: Database, call: Any
) -> None:
    who = gateway.create(build.patient())
    sent = [call(moved(f"Patient/{who}", minute)) for minute in (2, 9, 14, 50)]
    gateway.post(bundle("batch", *sent))

    assert sum_of(database, who) == 2
    again = [gateway.post(each) for each in (*sent, *sent)]
    gateway.post(bundle("batch", *sent))

    assert {answer.status_code for answer in again} == {200}
    assert again[1].json()["issue"][0]["code"] == "duplicate"
    assert "Location" not in again[1].headers
    assert sum_of(database, who) == 0
    assert events(database, who) == [1, 3]


def test_a_late_one_is_new_and_an_earlier_one_can_no_longer_be_taken_back_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    sent = [named(moved(f"Patient/{who}", minute)) for minute in (2, 9, 50)]
    for each in sent:
        gateway.create(each)
    sum_of(database, who)

    late = gateway.post(named(moved(f"Patient/{who}", 20)))
    wrong = gateway.post(sent[1] | {"status": "entered-in-error"})
    moved_on = gateway.post(sent[1] | moved(f"Patient/{who}", 11, status="corrected"))

    assert late.status_code == 201
    assert [each.status_code for each in (wrong, moved_on)] == [422, 422]
    assert wrong.json()["issue"][0]["expression"] == ["Observation.status"]
    assert sum_of(database, who) == 1
    assert events(database, who) == [1, 3]


def test_a_name_that_outlived_its_movement_may_be_given_again_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    """The second name of one movement stands in no bytes: it is let go when it is met."""
    who = gateway.create(build.patient())
    sent = [named(moved(f"Patient/{who}", minute)) for minute in (2, 9, 50)]
    for each in sent:
        gateway.create(each)
    other = named(sent[1])
    assert gateway.post(other).status_code == 200
    sum_of(database, who)

    again, anew = gateway.post(other), gateway.post(other | moved(f"Patient/{who}", 3000))

    assert (again.status_code, anew.status_code) == (200, 201)
    assert gateway.post(other | moved(f"Patient/{who}", 3000)).status_code == 200
    assert events(database, who) == [1, 2, 1]


def several(subject: str, minute: float, *codes: str) -> dict[str, Any]:
    """Return one Observation that says several things of one instant."""
    whole = named(moved(subject, minute))
    value = whole.pop("valueQuantity")
    systems = [{"system": whole["code"]["coding"][0]["system"], "code": each} for each in codes]
    parts = [{"code": {"coding": [each]}, "valueQuantity": value} for each in systems]
    return whole | {"code": {"text": "Hub"}, "component": parts}


def test_beside_a_summed_movement_another_value_is_taken_and_the_movement_counts_once_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    subject = f"Patient/{who}"
    for minute in (2, 9, 14, 50):
        gateway.create(named(moved(subject, minute)))
    sum_of(database, who)

    both = several(subject, 9, "home-motion-count", "bathroom")
    answers = [gateway.post(each) for each in (both, both, several(subject, 9, "bathroom"))]

    assert [each.status_code for each in answers] == [201, 200, 200]
    assert "duplicate" in {each["code"] for each in answers[0].json()["issue"]}
    with database.transaction() as session:
        kept = [(r.vital, r.effective.minute) for r in rows_of(session, UUID(who))]
        counts = [1 + r.summed for r in rows_of(session, UUID(who))]
    assert kept == [("motion", 2), ("bathroom", 9), ("motion", 50)]
    assert counts == [1, 1, 3]


def test_what_says_more_under_a_summed_name_is_refused_and_not_silently_left_out_rel_05(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    subject = f"Patient/{who}"
    sent = [named(moved(subject, minute)) for minute in (2, 9, 50)]
    for each in sent:
        gateway.create(each)
    sum_of(database, who)
    more = several(subject, 9, "home-motion-count", "bathroom")
    more["identifier"] = sent[1]["identifier"]

    refused = gateway.post(more)

    assert refused.status_code == 422
    assert refused.json()["issue"][0]["expression"] == ["Observation.status"]
    assert events(database, who) == [1, 2]


def test_of_what_is_summed_up_no_bytes_and_no_address_are_left_sec_48(
    gateway: Any, build: Any, database: Database
) -> None:
    """404 and not 410: an id that is kept would tell when it was received."""
    who = gateway.create(build.patient())
    answers = [gateway.post(named(moved(f"Patient/{who}", n))) for n in (2, 9, 50)]
    paths = ["/fhir/" + "/".join(a.headers["Location"].split("/")[-4:-2]) for a in answers]
    gone = Resource.id == UUID(paths[1].rsplit("/", 1)[-1])
    with database.transaction() as session:
        span = session.execute(
            select(Resource.parcel_id, Resource.start, Resource.length).where(gone)
        ).one()

    sum_of(database, who)

    assert [gateway.get(path).status_code for path in paths] == [200, 404, 200]
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(Resource).where(gone)) == 0
        assert set(cut_out(session, [Span(*span)])[0]) == {0}
        kept = session.scalars(select(SummedKey).where(SummedKey.patient_id == UUID(who))).all()
        assert len(kept) == 2  # what it was, and what it was called
        assert {each.day.hour for each in kept} == {0}
