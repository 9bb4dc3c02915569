"""Answers to the daily questions are the same facts that survey Observations say (fhir.md 7a)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from core.outbox import Topic
from core.vitals import Quality, Vital
from fhir.questionnaire import DAILY, VITALS
from ingest.streams.repository import preliminary
from tests.door import NOW, bundle, readings, work_for
from tests.ingest.context.test_context import LOINC, SNOMED, SYMPTOMS, observation, read

if TYPE_CHECKING:
    from core.database import Database

AUTHORED = (NOW - timedelta(hours=1)).isoformat()
YES, NO = {"valueBoolean": True}, {"valueBoolean": False}


def answers(who: str, given: dict[str, dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:answers", "value": str(uuid4())},
        "questionnaire": f"{DAILY}|1",
        "status": "completed",
        "subject": {"reference": f"Patient/{who}"},
        "authored": AUTHORED,
        "item": [{"linkId": code, "answer": [value]} for code, value in given.items()],
    } | more


def facts(database: Database, who: str) -> dict[Vital, float | None]:
    return {r.vital: r.value for r in read(database, who) if r.quality is Quality.SCORED}


def coded(system: str, code: str) -> dict[str, Any]:
    return {"valueCoding": {"system": system, "code": code}}


@pytest.mark.parametrize("code", VITALS)
def test_each_answer_is_the_same_fact_as_a_survey_observation(
    gateway: Any, build: Any, database: Database, code: str
) -> None:
    by_list, alone = (gateway.create(build.patient()) for _ in range(2))

    gateway.create(answers(by_list, {code: YES}))
    gateway.create(observation(alone, SYMPTOMS, code, valueBoolean=True))

    assert facts(database, by_list) == facts(database, alone)
    assert len(facts(database, by_list)) == 1
    assert Topic.ASSESS in {row.topic for row in work_for(database, by_list)}


def test_what_is_not_answered_is_unknown_and_never_a_no(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    given = answers(who, {"chest-pain": NO, "vomiting": coded(SNOMED, "261665006")})
    given["item"].append({"linkId": "fainting"})

    gateway.create(given)

    assert facts(database, who) == {Vital.CHEST_PAIN: 0.0}
    [unknown] = [r for r in read(database, who) if r.quality is Quality.ABSENT]
    assert (unknown.vital, unknown.value, unknown.value_received) == (
        Vital.VOMITING,
        None,
        "asked-unknown",
    )


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        ({"valueInteger": 6}, {Vital.BREATHLESSNESS: 6.0}),
        ({"valueDecimal": 6.0}, {Vital.BREATHLESSNESS: 6.0}),
        (coded(LOINC, "LA33-6"), {Vital.BREATHLESS: 1.0}),
        ({"valueString": "very"}, {}),
        ({"valueInteger": 11}, {}),
    ],
)
def test_breathlessness_is_a_scale_and_a_yes_is_only_a_yes(
    gateway: Any, build: Any, database: Database, value: dict[str, Any], fact: dict[Vital, float]
) -> None:
    who = gateway.create(build.patient())

    gateway.create(answers(who, {"breathlessness": value}))

    assert facts(database, who) == fact


def test_an_unknown_question_is_named_and_the_other_answers_count(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    answer = gateway.post(answers(who, {"shoe-size": {"valueInteger": 43}, "chest-pain": YES}))

    [issue] = answer.json()["issue"]
    assert answer.status_code == 201
    assert (issue["severity"], issue["expression"]) == (
        "warning",
        ["QuestionnaireResponse.item[0].linkId"],
    )
    assert facts(database, who) == {Vital.CHEST_PAIN: 1.0}


@pytest.mark.parametrize(
    ("more", "expression"),
    [
        ({"questionnaire": "urn:somebody:else"}, "questionnaire"),
        ({"questionnaire": f"{DAILY}|99"}, "questionnaire"),
        ({"authored": None}, "authored"),
        ({"authored": "2026"}, "authored"),
        ({"subject": None}, "subject"),
        ({"subject": {"reference": "Patient/nobody"}}, "subject"),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_element(
    gateway: Any, build: Any, more: dict[str, Any], expression: str
) -> None:
    who = gateway.create(build.patient())
    sent = {k: v for k, v in (answers(who, {"chest-pain": YES}) | more).items() if v is not None}

    answer = gateway.post(sent)

    assert answer.status_code == 422
    assert [each["expression"] for each in answer.json()["issue"]] == [
        [f"QuestionnaireResponse.{expression}"]
    ]


@pytest.mark.parametrize("named", [True, False], ids=["by identifier", "by its words"])
def test_the_same_answers_again_are_stored_once(
    gateway: Any,
    build: Any,
    database: Database,
    named: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    """REL-05."""
    who = gateway.create(build.patient())
    sent = answers(who, {"chest-pain": YES})
    if not named:
        del sent["identifier"]

    first, again = gateway.post(sent), gateway.post(sent)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.headers["Location"] == again.headers["Location"]
    assert len(readings(database, who)) == 1


def test_answers_that_are_saved_again_before_they_are_complete_take_each_others_place(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    sent = answers(who, {"chest-pain": YES}, status="in-progress")
    gateway.create(sent)
    [first] = read(database, who)
    with database.transaction() as session:
        assert preliminary(session, [first.id]) == {first.id}

    item = [{"linkId": "vomiting", "answer": [YES]}]
    again = gateway.post(sent | {"item": [*sent["item"], *item]})
    late = gateway.post(sent | {"authored": (NOW - timedelta(hours=2)).isoformat()})
    done = gateway.post(sent | {"item": item, "status": "completed"})

    assert [each.status_code for each in (again, late, done)] == [200, 200, 200]
    assert done.headers["ETag"] == 'W/"3"'
    assert facts(database, who) == {Vital.VOMITING: 1.0}


def test_amended_answers_replace_and_an_error_takes_all_back(
    gateway: Any, build: Any, database: Database
) -> None:
    """REL-23."""
    who = gateway.create(build.patient())
    sent = answers(who, {"chest-pain": YES, "vomiting": NO})
    gateway.create(sent)

    gateway.post(sent | answers(who, {"chest-pain": NO}, status="amended") | named(sent))
    amended = facts(database, who)
    late = gateway.post(sent)  # the original again, after its correction
    gateway.post(sent | {"status": "entered-in-error"})

    assert amended == {Vital.CHEST_PAIN: 0.0}
    assert late.status_code == 200
    assert facts(database, who) == {}
    assert all(row.superseded for row in readings(database, who))


def named(sent: dict[str, Any]) -> dict[str, Any]:
    return {"identifier": sent["identifier"]}


def test_other_answers_under_the_same_name_and_status_are_a_conflict(
    gateway: Any, build: Any, database: Database
) -> None:
    """REL-08."""
    who = gateway.create(build.patient())
    sent = answers(who, {"chest-pain": YES})
    gateway.create(sent)

    gateway.post(answers(who, {"chest-pain": NO}) | named(sent))

    assert facts(database, who) == {Vital.CHEST_PAIN: 1.0}
    assert {r.quality for r in read(database, who)} == {Quality.SCORED, Quality.CONFLICT}


def test_a_list_is_put_read_and_its_versions_kept(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    id_ = gateway.create(answers(who, {"chest-pain": YES}))
    path = f"QuestionnaireResponse/{id_}"

    changed = answers(who, {"chest-pain": NO}, status="amended", id=id_)
    put = gateway.put(path, changed)

    read_back = gateway.get(f"/fhir/{path}")
    assert put.status_code == 200
    assert {k: v for k, v in read_back.json().items() if k != "meta"} == changed
    assert gateway.get(f"/fhir/{path}/_history/1").json()["status"] == "completed"
    assert gateway.delete(path).status_code == 405
    assert facts(database, who) == {Vital.CHEST_PAIN: 0.0}


@pytest.mark.parametrize("kind", ["batch", "transaction"])
def test_a_list_goes_in_a_bundle_with_the_person_it_is_of(
    gateway: Any, build: Any, database: Database, kind: str
) -> None:
    urn = f"urn:uuid:{uuid4()}"
    who = gateway.create(build.patient())
    sent = answers(who, {"chest-pain": YES})
    people: list[dict[str, Any]] = []
    if kind == "transaction":
        people, sent["subject"] = [build.patient()], {"reference": urn}

    done = gateway.post(bundle(kind, *people, sent, urls=(urn,) if people else ()))

    said = [each["response"] for each in done.json()["entry"]]
    assert [each["status"][:3] for each in said] == ["201"] * len(said)
    whose = said[0]["location"].split("/")[-3] if people else who
    assert facts(database, whose) == {Vital.CHEST_PAIN: 1.0}


def test_a_list_and_an_observation_that_say_the_same_are_one_fact_and_two_resources(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    single = observation(who, SYMPTOMS, "chest-pain", valueBoolean=True)
    given = answers(who, {"chest-pain": YES, "vomiting": YES})
    # The same identifier names different things of different types.
    given["identifier"] = single["identifier"][0]

    places = [gateway.post(each).headers["Location"] for each in (single, given)]
    after = gateway.post(observation(who, SYMPTOMS, "vomiting", valueBoolean=True)).headers[
        "Location"
    ]

    assert [place.split("/")[-4] for place in (*places, after)] == [
        "Observation",
        "QuestionnaireResponse",
        "Observation",
    ]
    assert facts(database, who) == {Vital.CHEST_PAIN: 1.0, Vital.VOMITING: 1.0}
    assert len([r for r in readings(database, who) if not r.superseded]) == 2


def test_a_list_of_somebody_who_is_not_enrolled_yet_waits_for_them(
    register: Any, build: Any, database: Database
) -> None:
    client, mrn = register(parks=True), str(uuid4())
    sent = answers("", {"chest-pain": YES})
    sent["subject"] = {"identifier": {"system": "urn:clinic:a", "value": mrn}}

    waits = client.post(sent)
    who = client.create(build.patient(identifier=[{"system": "urn:clinic:a", "value": mrn}]))

    assert waits.status_code == 202
    assert facts(database, who) == {Vital.CHEST_PAIN: 1.0}
    assert client.post(sent).status_code == 200


def test_a_bound_client_answers_for_its_own_patients_only(
    register: Any, gateway: Any, build: Any, database: Database
) -> None:
    """SEC-04."""
    stranger = gateway.create(build.patient())

    answer = register(bound=True).post(answers(stranger, {"chest-pain": YES}))

    assert answer.status_code == 403
    assert readings(database, stranger) == []
