from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from app.cds_hooks.request import Asked, Feedback, read_feedback, read_request
from fhir.identity import Identifier
from fhir.outcome import Refusal

CARD = "7b2d0a1c-0000-4000-8000-000000000001"


def asked(**more: Any) -> dict[str, Any]:
    context = {"userId": "Practitioner/1", "patientId": "p1"}
    return {"hook": "patient-view", "hookInstance": str(uuid4()), "context": context} | more


def told(**more: Any) -> dict[str, Any]:
    entry = {"card": CARD, "outcome": "accepted", "outcomeTimestamp": "2026-03-02T12:00:00Z"}
    return {"feedback": [entry | more]}


def test_the_chart_is_known_by_its_id_and_its_record_numbers_fhir_23() -> None:
    patient = {
        "resourceType": "Patient",
        "id": "p1",
        "identifier": [{"system": "urn:a", "value": "1"}, {"system": "urn:b"}],
    }

    assert read_request(asked()) == Asked("p1", None)
    assert read_request(asked(prefetch={"patient": patient})) == Asked(
        "p1", (Identifier("urn:a", "1"),)
    )


@pytest.mark.parametrize(
    ("more", "path"),
    [
        ({"hook": "order-sign"}, "hook"),
        ({"hookInstance": "one"}, "hookInstance"),
        ({"hookInstance": 7}, "hookInstance"),
        ({"context": None}, "context"),
        ({"context": {"userId": "Practitioner/1"}}, "context.patientId"),
        ({"context": {"patientId": "p1"}}, "context.userId"),
        ({"context": {"patientId": 1, "userId": "Practitioner/1"}}, "context.patientId"),
        ({"prefetch": []}, "prefetch"),
        ({"prefetch": {"patient": "p1"}}, "prefetch.patient"),
        ({"prefetch": {"patient": {"resourceType": "Group"}}}, "prefetch.patient"),
        (
            {"prefetch": {"patient": {"resourceType": "Patient", "id": "p2"}}},
            "prefetch.patient.id",
        ),
        (
            {"prefetch": {"patient": {"resourceType": "Patient", "identifier": ["1"]}}},
            "prefetch.patient.identifier",
        ),
    ],
)
def test_a_bad_request_is_refused_by_its_element_fhir_23(more: dict[str, Any], path: str) -> None:
    refused = read_request(asked(**more))

    assert isinstance(refused, Refusal)
    assert (refused.status, refused.issues[0].expression) == (400, path)


def test_feedback_says_what_became_of_a_card_fhir_23() -> None:
    why = {"reason": {"code": "duplicate", "system": "urn:x"}, "userComment": "seen"}
    read = read_feedback(told(outcome="overridden", overrideReason=why))

    assert isinstance(read, tuple)
    (one,) = read
    assert isinstance(one, Feedback)
    assert (str(one.card), one.outcome, one.reason, one.comment) == (
        CARD,
        "overridden",
        "duplicate",
        "seen",
    )


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"feedback": []},
        {"feedback": "all"},
        {"feedback": [1]},
        told(card="one"),
        told(outcome="ignored"),
        told(outcomeTimestamp="2026-03-02"),
        told(outcomeTimestamp="2026-03-02T12:00:00"),
        told(overrideReason="none"),
        told(overrideReason={"reason": "none"}),
        told(overrideReason={"userComment": "x" * 2001}),
        {"feedback": told()["feedback"] * 101},
    ],
)
def test_bad_feedback_is_refused_whole_fhir_23(document: dict[str, Any]) -> None:
    refused = read_feedback(document)

    assert isinstance(refused, Refusal)
    assert refused.status == 400
