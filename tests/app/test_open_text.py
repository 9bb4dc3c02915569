"""Every column in which a word about a person may stand is sealed, or says why it is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import ARRAY, LargeBinary, String
from sqlalchemy.dialects.postgresql import JSONB

from app.erasure.belonging import KEPT, SHARED, ways
from app.schema import METADATA
from core.sealed_fields import sealed_columns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import Column

TEXT = (String, JSONB, ARRAY, LargeBinary)
CODES = "codes of ours, from a closed list"
DATA = "values and codes that rules and searches compare; no words of anybody"
DIGEST = "a digest with a key or of a random secret"
PROGRAM = "sentences and words of the program"
BEFORE = "empty since 0090, but in rows that still wait to be sealed"
LASTS = "sealed as a whole, by its own place, and gone after a day"
STAFF = "what a team is called; where a record system names one after a person, they are erased"
MODEL = "which device it is, by its row's id or as its sender calls it; its own name is sealed"
OF_ALL = "why a report of a whole team was made anew; the page asks for no names"
# What is of a person's row and is not sealed, and why.
OPEN = {
    "alert": {
        CODES: "problem severity highest paged held state outcome outcome_detail route",
        DATA: "policy policy_hash",
        BEFORE: "snooze_reason outcome_note",
    },
    "alert_event": {CODES: "kind actor_kind reason", DATA: "before after kept"},
    "alert_finding": {
        CODES: "rule_id severity confidence vital",
        DATA: "says usual evidence missing",
        PROGRAM: "source sentence patient_sentence counterfactual",
    },
    "answered_request": {DIGEST: "digest"},
    "appointment": {CODES: "status"},
    "asked_measurement": {CODES: "vital", DATA: "days times"},
    "assessment": {
        CODES: "key severity rulebook_hash model_id",
        DATA: "findings shadow risk usual expected notes",
    },
    "baseline_freeze": {CODES: "problem"},
    "bulk_export": {CODES: "state", DATA: "scopes request kinds filters after"},
    "bulk_part": {CODES: "kind", LASTS: "body"},
    "care_team": {STAFF: "name"},
    "checklist_answer": {CODES: "item answer", PROGRAM: "about"},
    "clock_doubt": {MODEL: "device"},
    "condition": {CODES: "codes clinical_status verification_status"},
    "correction": {CODES: "what kind"},
    "daily_question": {DATA: "at"},
    "declared_pause": {CODES: "kind"},
    "delivery": {CODES: "recipient channel severity state public_id"},
    "delivery_attempt": {CODES: "outcome code"},
    "device": {MODEL: "model"},
    "discharge": {CODES: "why"},
    "emergency_access": {CODES: "reason"},
    "followed_day": {CODES: "model_id source outcome"},
    "medicine": {CODES: "classes"},
    "parked": {DIGEST: "patient_key digest"},
    "patient": {CODES: "sex zone language"},
    "patient_absence": {CODES: "why"},
    "patient_identifier": {DIGEST: "key value_key"},
    "patient_message": {
        CODES: "recipient channel kind key language zone state reason",
        DATA: "asks says",
        DIGEST: "link_digest page_digest",
    },
    "patient_message_attempt": {CODES: "code"},
    "patient_number": {CODES: "channel", DIGEST: "key"},
    "person_choice": {CODES: "purpose"},
    "plan_version": {CODES: "subject change", DATA: "content"},
    "reading": {
        CODES: "vital quality comparator site",
        DATA: "precision value_received unit_received",
        MODEL: "device",
    },
    "repeat_request": {CODES: "vital reading_id rule_id tip"},
    "resource": {CODES: "type status"},
    "rolled_up": {CODES: "zone"},
    "score_contest": {CODES: "by model_id ground ruling"},
    "shadow_score": {CODES: "model_id tier judging_id judging_tier"},
    "shadowed_day": {CODES: "model_id"},
    "step": {CODES: "kind state to_kind recipient channel reason"},
    "subscription": {CODES: "status topic content payload", PROGRAM: "error"},
    "subscription_attempt": {CODES: "code"},
    "subscription_notice": {CODES: "kind"},
    "time_spent": {CODES: "work"},
    "weekly_report": {
        CODES: "zone state why asked_by_kind",
        DATA: "report patients",
        DIGEST: "digest",
        PROGRAM: "detail",
        OF_ALL: "reason",
    },
}


def test_every_text_of_a_person_is_sealed_or_says_why_not_sec_27() -> None:
    known = {f"{table}.{name}" for table, why in OPEN.items() for name in names(why)}

    found = {str(each) for each in of_persons()}

    assert found - known == set()
    assert known - found == set()


def names(why: dict[str, str]) -> Iterator[str]:
    for said in why.values():
        yield from said.split()


def of_persons() -> Iterator[Column[object]]:
    sealed = {each.column for each in sealed_columns(METADATA)}
    for table in (*ways(METADATA), *(METADATA.tables[name] for name in SHARED)):
        for column in table.columns:
            if isinstance(column.type, TEXT) and column not in sealed:
                yield column


def test_no_table_of_nobody_has_a_person_and_a_text() -> None:
    assert not {table.name for table in ways(METADATA)} & set(KEPT)
