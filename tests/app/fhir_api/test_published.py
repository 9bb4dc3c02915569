"""Wardlight's own codes and its daily questions can be fetched by whoever may come in."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from alerts.patients.wording import Kind
from app.fhir_api.published import MESSAGES, resources
from fhir.codes import HOME_VITALS, SYMPTOM_VITALS
from fhir.own_codes import KNOWN, READ
from fhir.questionnaire import DAILY, QUESTIONS, VITALS
from fhir.strict import check
from tests.app.fhir_api.test_parameters import pages
from tests.door import patient

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.door import Gateway

ROOT = Path(__file__).parents[3]
SYMPTOMS = "urn:wardlight:codesystem:symptoms"
# Codes that have no list: ids of rules and of models, and what an audit outcome may say.
OPEN = {"rule", "model", "audit-outcome", "task", "task-part"}


def test_every_code_that_is_read_is_published_with_its_meaning_in_both_languages() -> None:
    for url, concepts in READ.items():
        codes = {each.code for each in concepts}
        assert codes == KNOWN.get(url, codes)
        assert all(each.definition and each.korean for each in concepts)
    assert len(SYMPTOM_VITALS) + len(HOME_VITALS) == sum(map(len, KNOWN.values()))


def test_every_question_is_about_a_symptom_that_is_read() -> None:
    assert {question.code for question in QUESTIONS} < VITALS.keys()
    assert all(question.korean and question.english for question in QUESTIONS)


@pytest.mark.parametrize("kind", ["CodeSystem", "Questionnaire"])
def test_what_is_published_is_valid_fhir(kind: str) -> None:
    assert resources(kind)
    for each in resources(kind):
        assert check(each) == ()


def test_every_code_system_of_ours_that_has_a_list_is_published() -> None:
    rooms = [path for room in ("fhir", "app", "ingest") for path in (ROOT / room).rglob("*.py")]
    named = set[str]()
    for path in rooms:
        named |= set(re.findall(r"urn:wardlight:codesystem:([a-z-]+)", path.read_text("utf-8")))

    assert {each["id"] for each in resources("CodeSystem")} == named - OPEN


def test_a_code_system_is_found_by_its_address_and_read_by_its_id(gateway: Gateway) -> None:
    [found] = gateway.get(f"/fhir/CodeSystem?url={SYMPTOMS}").json()["entry"]
    read = gateway.get("/fhir/CodeSystem/symptoms")

    assert read.status_code == 200
    assert found["resource"] == read.json()
    assert "chest-pain" in {each["code"] for each in read.json()["concept"]}
    assert gateway.get("/fhir/CodeSystem/nothing").status_code == 404
    assert gateway.get("/fhir/CodeSystem?url=urn:another").json().get("entry", []) == []


def test_the_daily_questions_are_found_and_ask_in_both_languages(gateway: Gateway) -> None:
    [found] = gateway.get(f"/fhir/Questionnaire?url={DAILY}").json()["entry"]

    assert found["resource"] == gateway.get("/fhir/Questionnaire/daily").json()
    items = found["resource"]["item"]
    assert all(_korean(each["_text"]) for each in items)
    assert {each["type"] for each in items} == {"integer", "choice"}
    options = {o["valueCoding"]["code"] for i in items for o in i.get("answerOption", ())}
    assert options == {"LA33-6", "LA32-8", "261665006"}


def _korean(text: dict[str, Any]) -> str:
    [extension] = text["extension"]
    language, content = extension["extension"]
    assert language == {"url": "lang", "valueCode": "ko"}
    return str(content["valueString"])


def test_whoever_may_come_in_may_fetch_them_page_by_page_and_in_a_bundle(
    register: Callable[..., Gateway],
) -> None:
    device = register("system/Observation.c")
    ids = pages(device, "CodeSystem", {"_count": "2"})
    entries = [{"request": {"method": "GET", "url": "Questionnaire/daily"}}]

    done = device.post({"resourceType": "Bundle", "type": "batch", "entry": entries})

    assert ids == sorted((each["id"] for each in resources("CodeSystem")), reverse=True)
    assert done.json()["entry"][0]["resource"]["url"] == DAILY
    assert device.http.get("/fhir/CodeSystem").status_code == 401


def test_an_answered_list_is_found_by_its_patient_and_its_questions(gateway: Gateway) -> None:
    who = gateway.create(patient())
    sent = {
        "resourceType": "QuestionnaireResponse",
        "identifier": {"system": "urn:answers", "value": f"of-{who}"},
        "questionnaire": f"{DAILY}|1",
        "status": "completed",
        "subject": {"reference": f"Patient/{who}"},
        "authored": "2026-03-02T11:00:00Z",
        "item": [{"linkId": "chest-pain", "answer": [{"valueBoolean": False}]}],
    }
    id_ = gateway.create(sent)

    for more in (
        {"questionnaire": DAILY},
        {"questionnaire": f"{DAILY}|1"},
        {"status": "completed"},
        {"authored": "ge2026-03-02"},
        {"identifier": f"urn:answers|of-{who}"},
    ):
        assert pages(gateway, "QuestionnaireResponse", {"patient": who} | more) == [id_]
    assert pages(gateway, "QuestionnaireResponse", {"patient": who, "status": "amended"}) == []
    everything = gateway.get(f"/fhir/Patient/{who}/$everything").json()["entry"]
    assert id_ in {each["resource"]["id"] for each in everything}


def test_each_kind_of_message_to_a_patient_has_its_words() -> None:
    assert set(MESSAGES) == set(Kind)
