"""The shelf of what Wardlight publishes for everybody: its own codes, and its daily questions."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec

from alerts.delivery.repository import DeliveryState
from alerts.outcomes import ACTIONS, WORDS
from alerts.patients.wording import Kind
from alerts.policy import Channel
from app.fhir_api.scope import Mark, Scope, Seen
from core.vitals import Severity
from fhir import (
    communication,
    communication_request,
    consent,
    contested,
    flag,
    goal,
    risk_assessment,
    task,
)
from fhir.own_codes import DATED, READ, VERSION, Concept, code_system
from fhir.questionnaire import daily
from ingest.choices import Purpose
from monitoring.contests import MEANS
from monitoring.families import ANY, FAMILIES
from monitoring.findings import Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from enum import StrEnum

CODE_SYSTEM, QUESTIONNAIRE = "CodeSystem", "Questionnaire"
CHANGED = datetime.fromisoformat(DATED).replace(tzinfo=UTC)
TITLES = ("Symptoms that are asked for", "What a home and its devices tell", "Who lives alone")
TIERS = {
    Severity.RED: "Somebody must act at once",
    Severity.AMBER: "The care team must act within its hours",
    Severity.YELLOW: "To be looked at within days",
    Severity.INFO: "For the record, told to nobody",
    Severity.DQ: "About the measurement, never to a physician",
}

MESSAGES = {
    Kind.REPEAT: "Something is to be measured again",
    Kind.DAILY: "The daily question how somebody is",
    Kind.INSTRUCTION: "What to do now that a RED opened",
    Kind.WITHDRAWN: "A RED that was told of rested on a value that was taken back",
    Kind.REVIEW: "What came of it after a clinician looked",
    Kind.VISIT: "A video visit was booked",
    Kind.VISIT_OFF: "The video visit was cancelled",
}

PURPOSES = {
    Purpose.MONITORING: "Judging readings, and telling of what is found",
    Purpose.SCORING: "The learned score; without it rules alone judge",
    Purpose.RESEARCH: "Giving data to integrations that were registered for research",
    Purpose.TRAINING: "Training learned models",
    Purpose.USE: "Anything at all: who says no has the use of their data restricted",
}


@cache
def resources(kind: str) -> tuple[dict[str, Any], ...]:
    """Return everything that is published of a kind, by id, without meta."""
    if kind == QUESTIONNAIRE:
        return (daily(),)
    read = (
        code_system(url, title, concepts)
        for (url, concepts), title in zip(READ.items(), TITLES, strict=True)
    )
    return tuple(sorted((*read, *_written()), key=lambda each: str(each["id"])))


def _written() -> Iterable[dict[str, Any]]:
    """Yield the codes that only Wardlight itself says."""
    tiers = (Concept(tier, tier, text) for tier, text in TIERS.items())
    yield code_system(task.TIERS, "How grave an alert is", tiers)
    yield code_system(flag.PROBLEMS, "The clinical question of an alert", _plain(Problem))
    labels = (Concept(str(label), text, text) for label, text in WORDS.items())
    yield code_system(task.OUTCOMES, "What an alert turned out to be", labels)
    actions = (
        Concept(action, action.replace("-", " "), f"With the outcome {label}")
        for label, listed in ACTIONS.items()
        for action in listed
    )
    yield code_system(task.ACTIONS, "What was done, or why the outcome", actions)
    again = Concept(communication_request.AGAIN, "measure again", "Take this measurement once more")
    yield code_system(communication_request.ASKING, "What a person is asked to do", [again])
    target = Concept(goal.SCALE_TWO, goal.WORDS, "A clinician confirmed hypercapnic failure")
    yield code_system(goal.GOALS, "What a clinician set as a target", [target])
    yield code_system(communication.CHANNELS, "How somebody is told", _plain(Channel))
    yield code_system(
        communication.STATES, "What is known of a message to somebody", _plain(DeliveryState)
    )
    kinds = (Concept(kind, kind, text) for kind, text in MESSAGES.items())
    yield code_system(communication.TO_PATIENTS, "What a patient or carer is told of", kinds)
    purposes = (Concept(purpose, purpose, text) for purpose, text in PURPOSES.items())
    yield code_system(consent.PURPOSES, "What somebody lets be done with their data", purposes)
    families = {ANY: "any event of these"} | FAMILIES
    events = (Concept(code, text, text) for code, text in families.items())
    yield code_system(risk_assessment.FAMILIES, "What the learned score foresees", events)
    doubts = (Concept(each.code, each, text) for each, text in MEANS.items())
    yield code_system(contested.CONTESTS, "How it stands with a contested score", doubts)


def _plain(codes: type[StrEnum]) -> Iterable[Concept]:
    for each in codes:
        words = each.value.replace("-", " ")
        yield Concept(each.value, words, words)


class Published:
    """Few resources that change only with the program; no patient's data is in them."""

    def serves(self, scope: Scope, key: str) -> bool:  # noqa: ARG002 (one signature for all shelves)
        """Return whether its own order is the one by this key; they changed together."""
        return key in ("_lastUpdated", "date")

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next resources, by id."""
        rows = sorted(self._all(scope), key=lambda seen: seen.id, reverse=scope.down)
        if after is not None:  # what stood there may be gone with another version
            rows = [
                seen for seen in rows if (seen.mark < after if scope.down else seen.mark > after)
            ]
        return rows[:limit]

    def pick(self, scope: Scope) -> list[Seen]:
        """Return those that the scope names by id."""
        return [seen for seen in self._all(scope) if seen.id in (scope.ids or ())]

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:  # noqa: ARG002 (one signature for all shelves)
        """Return the resources with meta."""
        return [msgspec.json.encode(each.row) for each in seen]

    def _all(self, scope: Scope) -> list[Seen]:
        meta = {"meta": {"versionId": VERSION, "lastUpdated": CHANGED.isoformat()}}
        blank = Seen("", int(VERSION), None, CHANGED, (), {})
        return [
            replace(blank, id=each["id"], mark=(each["id"],), row=each | meta)
            for each in resources(scope.kind)
        ]
