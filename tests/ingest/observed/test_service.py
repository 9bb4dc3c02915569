"""Two clients that speak of one reading; repeats, and what their senders are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from core.vitals import Quality
from tests.door import named, readings, value_of

if TYPE_CHECKING:
    from core.database import Database


def words(answer: Any) -> list[str]:
    return [each["code"] for each in answer.json()["issue"]]


def living(database: Database, who: str) -> list[tuple[float | None, str]]:
    return [(r.value, r.quality) for r in readings(database, who) if not r.superseded]


@pytest.mark.parametrize("status", ["corrected", "amended", "final"])
def test_another_clients_value_is_kept_beside_and_replaces_nothing_fhir_20(
    register: Any, build: Any, database: Database, status: str
) -> None:
    """REL-08: an earlier version is found by id or by (client, identifier), and by nothing else."""
    one, other = register(), register()
    who = one.create(build.patient())
    first = one.post(named(build.heart_rate(f"Patient/{who}", 61)))

    answer = other.post(named(build.heart_rate(f"Patient/{who}", 99, status=status)))

    assert answer.status_code == 201
    assert words(answer) == ["conflict"]
    assert one.get(_path(first)).headers["ETag"] == 'W/"1"'
    assert sorted(living(database, who)) == [(61.0, Quality.SCORED), (99.0, Quality.CONFLICT)]


@pytest.mark.parametrize("status", ["entered-in-error", "cancelled"])
@pytest.mark.parametrize("value", [61, 99])
def test_another_client_withdraws_nothing_fhir_20(
    register: Any, build: Any, database: Database, status: str, value: float
) -> None:
    one, other = register(), register()
    who = one.create(build.patient())
    first = one.post(named(build.heart_rate(f"Patient/{who}", 61)))

    answer = other.post(named(build.heart_rate(f"Patient/{who}", value, status=status)))

    assert answer.status_code == 201
    assert answer.headers["Location"] != first.headers["Location"]
    assert living(database, who) == [(61.0, Quality.SCORED)]


def test_the_same_client_corrects_what_it_sent_without_identifier_fhir_20(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    gateway.post(build.heart_rate(f"Patient/{who}", 61))

    answer = gateway.post(build.heart_rate(f"Patient/{who}", 99, status="corrected"))

    assert answer.headers["ETag"] == 'W/"2"'
    assert living(database, who) == [(99.0, Quality.SCORED)]


@pytest.mark.parametrize("conditional", [True, False])
def test_one_reading_that_two_relay_is_stored_once_and_both_names_find_it_rel_07(
    register: Any,
    build: Any,
    database: Database,
    conditional: bool,  # noqa: FBT001 (a parameter of the test)
) -> None:
    """FHIR-04: a condition that matches nothing does not make a second of an equal reading."""
    one, other = register(), register()
    who = one.create(build.patient())
    first = one.post(named(build.heart_rate(f"Patient/{who}", 61)))
    again = named(build.heart_rate(f"Patient/{who}", 61))
    criteria = f"identifier=urn:device|{value_of(again)}"
    condition = {"If-None-Exist": criteria} if conditional else {}

    answer = other.post(
        again, Prefer="return=OperationOutcome", **(condition if conditional else {})
    )
    repeat = other.post(again)

    assert answer.status_code == repeat.status_code == 200
    assert [(each["severity"], each["code"]) for each in answer.json()["issue"]] == [
        ("information", "duplicate")
    ]
    assert answer.headers["Location"] == repeat.headers["Location"] == first.headers["Location"]
    assert repeat.json()["resourceType"] == "Observation"
    assert living(database, who) == [(61.0, Quality.SCORED)]


@pytest.mark.parametrize(
    ("doubtful", "text"),
    [
        ({"valueQuantity": {"value": 61, "unit": "beats"}}, "not scored"),
        (
            {"effectiveDateTime": None, "effectivePeriod": {"start": "2026-06-01T07:00:00Z"}},
            "not scored",
        ),
        ({"effectiveDateTime": "2031-06-01T07:00:00Z"}, "not scored"),
    ],
)
def test_a_repeat_of_a_doubtful_reading_is_warned_of_as_the_first_was_fhir_08(
    gateway: Any, build: Any, doubtful: dict[str, Any], text: str
) -> None:
    """REL-07: the client can always learn that a reading is stored, and not scored."""
    who = gateway.create(build.patient())
    sent = named(build.heart_rate(f"Patient/{who}", 61) | doubtful)
    sent = {name: value for name, value in sent.items() if value is not None}

    first, again = gateway.post(sent), gateway.post(sent)

    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json()["issue"] == first.json()["issue"]
    assert text in str(again.json()["issue"])


def test_a_repeat_of_a_value_in_conflict_says_so_again_rel_08(gateway: Any, build: Any) -> None:
    who = gateway.create(build.patient())
    gateway.post(named(build.heart_rate(f"Patient/{who}", 61)))
    sent = named(build.heart_rate(f"Patient/{who}", 99))

    first, again = gateway.post(sent), gateway.post(sent)

    assert (first.status_code, again.status_code) == (201, 200)
    assert words(first) == words(again) == ["conflict"]


def test_a_contained_patient_is_refused_saying_what_to_send_instead_fhir_08(
    gateway: Any, build: Any
) -> None:
    within = [{"resourceType": "Patient", "id": "p"}]

    answer = gateway.post(build.heart_rate("#p") | {"contained": within})

    assert answer.status_code == 422
    (issue,) = answer.json()["issue"]
    assert issue["expression"] == ["Observation.subject"]
    assert "contained resources are not used" in issue["diagnostics"]
    assert "reference.identifier" in issue["diagnostics"]


def _path(answer: Any) -> str:
    return "/fhir/" + str(answer.headers["Location"].split("/fhir/")[1]).partition("/_history")[0]
