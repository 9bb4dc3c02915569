"""A folder is judged with what was true at the time: conditions, medicines, pauses, homes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from app.replay import replay
from app.replay_folder import read
from app.replay_past import past_of
from ingest.enrolment import Absence
from ingest.repository import condition_groups
from monitoring.service import load_rulebook
from tests.app.test_replay import START, condition, fluid, patient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from monitoring.eventtime import Past

Resource = dict[str, Any]
ANNA = {"reference": "Patient/anna"}
DAY = timedelta(days=1)


def write(folder: Path, resources: Iterable[Resource]) -> None:
    for each in resources:
        with (folder / f"{each['resourceType']}.ndjson").open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(each) + "\n")


def rules(folder: Path, resources: Iterable[Resource]) -> set[str]:
    write(folder, resources)
    output = folder / "out.ndjson"
    replay(folder, output, per_day=False, rulebook=load_rulebook(), model=None)
    lines = output.read_text(encoding="utf-8").splitlines()
    return {json.loads(line)["code"]["coding"][0]["code"] for line in lines}


def past(folder: Path, resources: Iterable[Resource]) -> Past:
    write(folder, resources)
    return past_of(read(folder).members["anna"], condition_groups())


@pytest.mark.parametrize(
    ("dates", "judged"),
    [
        ({}, True),
        ({"onsetDateTime": "2026-03-03"}, True),
        ({"onsetDateTime": "2026-03-25"}, False),
        ({"onsetDateTime": "2019", "abatementDateTime": "2026-03-04"}, False),
        ({"recordedDate": "2026-03-04"}, True),
        ({"recordedDate": "2026-03-25"}, False),
    ],
)
def test_the_rules_of_a_condition_ask_only_while_it_held(
    tmp_path: Path,
    dates: Resource,
    judged: bool,  # noqa: FBT001 (a column of the table)
) -> None:
    found = rules(
        tmp_path, [r | (dates if r["resourceType"] == "Condition" else {}) for r in fluid()]
    )

    assert any(rule.startswith("HF-") for rule in found) is judged


def statement(**more: Any) -> Resource:
    insulin = {"coding": [{"system": "http://www.whocc.no/atc", "code": "A10AE04"}]}
    return {
        "resourceType": "MedicationStatement",
        "id": "insulin",
        "status": "active",
        "subject": ANNA,
        "medicationCodeableConcept": insulin,
    } | more


def asked(system: str, code: str, when: datetime, **value: Any) -> Resource:
    return {
        "resourceType": "Observation",
        "id": f"{code}-{when:%Y-%m-%d}",
        "status": "final",
        "code": {"coding": [{"system": system, "code": code}]},
        "subject": ANNA,
        "effectiveDateTime": when.isoformat(),
    } | value


@pytest.mark.parametrize(
    ("period", "found"),
    [
        (None, {"GLU-NPO"}),
        ({"start": "2026-02-01"}, {"GLU-NPO"}),
        ({"start": "2026-03-20"}, set()),
        ({"start": "2026-01-01", "end": "2026-02-01"}, set()),
    ],
)
def test_a_medicine_counts_only_while_it_is_taken(
    tmp_path: Path, period: Resource | None, found: set[str]
) -> None:
    symptoms = "urn:wardlight:codesystem:symptoms"
    said = statement(**({"effectivePeriod": period} if period else {}))
    eats_little = asked(symptoms, "poor-intake", START, valueBoolean=True)

    assert rules(tmp_path, [patient("anna"), condition("anna", "E11.9"), said, eats_little]) == (
        found
    )


def test_a_later_line_of_the_same_medicine_says_until_when(tmp_path: Path) -> None:
    stopped = statement(status="stopped", meta={"lastUpdated": "2026-03-10T00:00:00Z"})

    who = past(tmp_path, [patient("anna"), statement(), stopped]).person

    taken = [
        "insulin" in who.at(datetime(2026, 3, n, tzinfo=UTC).timestamp(), inf).medicines
        for n in (9, 11)
    ]
    assert taken == [True, False]
    assert who.medicines == frozenset()


def test_an_episode_on_hold_is_a_pause_for_as_long_as_it_was(tmp_path: Path) -> None:
    hold = {"start": START.isoformat(), "end": (START + DAY).isoformat()}
    episode = {
        "resourceType": "EpisodeOfCare",
        "id": "e",
        "patient": ANNA,
        "status": "active",
        "statusHistory": [{"status": "onhold", "period": hold}],
    }
    held = episode | {"id": "f", "status": "onhold", "statusHistory": []}
    told = held | {"id": "g", "meta": {"lastUpdated": (START + 3 * DAY).isoformat()}}
    for each in (held, told):
        del each["statusHistory"]

    stays = past(tmp_path, [patient("anna"), episode, held, told]).person.stays

    # Of the second nobody says since when: it excuses nothing.
    assert [(s.why, s.since, s.until) for s in stays] == [
        (Absence.PAUSED, START, START + DAY),
        (Absence.PAUSED, START + 3 * DAY, None),
    ]


def test_who_lives_alone_is_known_from_the_answer_on(tmp_path: Path) -> None:
    living = "urn:wardlight:codesystem:living"
    yes = asked(living, "lives-alone", START, valueBoolean=True)
    no = asked(living, "lives-alone", START + 5 * DAY, valueBoolean=False)

    who = past(tmp_path, [patient("anna"), yes, no]).person

    times = (START - DAY, START + DAY, START + 6 * DAY)
    assert [who.at(t.timestamp(), inf).lives_alone for t in times] == [None, True, False]


def given(code: str, when: datetime, value: Resource, **more: Any) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": f"answers-{when:%Y-%m-%d}",
        "questionnaire": "urn:wardlight:questionnaire:daily",
        "status": "completed",
        "subject": ANNA,
        "authored": when.isoformat(),
        "item": [{"linkId": code, "answer": [value]}],
    } | more


@pytest.mark.parametrize(
    ("more", "found"),
    [
        ({}, {"HF-SX"}),
        ({"status": "in-progress"}, {"HF-SX"}),
        ({"status": "entered-in-error"}, set()),
    ],
)
def test_answers_to_the_daily_questions_are_judged(
    tmp_path: Path, more: Resource, found: set[str]
) -> None:
    rest = given("breathless-at-rest", START, {"valueBoolean": True}, **more)

    assert rules(tmp_path, [patient("anna"), condition("anna", "I50.9"), rest]) == found


def test_an_alert_refers_to_the_list_that_it_rests_on(tmp_path: Path) -> None:
    rest = given("breathless-at-rest", START, {"valueBoolean": True})

    rules(tmp_path, [patient("anna"), condition("anna", "I50.9"), rest])

    [line] = (tmp_path / "out.ndjson").read_text(encoding="utf-8").splitlines()
    refers = {"reference": f"QuestionnaireResponse/{rest['id']}"}
    assert json.loads(line)["implicated"] == [refers]


def test_a_list_that_is_taken_back_in_a_later_line_falls_with_its_answers(tmp_path: Path) -> None:
    rest = given("poor-intake", START, {"valueBoolean": True})
    later = (START + DAY).isoformat()
    back = rest | {"status": "entered-in-error", "meta": {"lastUpdated": later}}

    versions = past(tmp_path, [patient("anna"), rest, back]).versions

    assert [v.replaced for v in versions] == [(START + DAY).timestamp()]
