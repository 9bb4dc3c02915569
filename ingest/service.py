"""The use cases of the door: take one resource or a Bundle, read one back, enrol by override."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from core import audit
from core.errors import InvalidError, NotFoundError
from core.scopes import permitted
from core.sealed_fields import seal
from fhir.outcome import Refusal
from fhir.strict import decode
from ingest.backstop.service import guarded
from ingest.bundles.service import Work, settle
from ingest.categories import within
from ingest.clients.service import (
    agree,
    exchange_token,
    reader_of,
    register_client,
    sender_of,
)
from ingest.entries import LOOKING
from ingest.intake.service import take_all
from ingest.people.service import Desk
from ingest.posting import read as read_posted
from ingest.receipt import (
    Answer,
    Method,
    Posted,
    Readable,
    Sender,
    refuse,
)
from ingest.repository import may_see
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.policy import Tolerance
    from ingest.answers import Answers
    from ingest.bundles.service import Elsewhere

FORBIDDEN = 403

__all__ = [
    "accept",
    "accept_bundle",
    "accept_each",
    "agree",
    "enrol_by_override",
    "exchange_token",
    "reader_of",
    "register_client",
    "sender_of",
]


def accept(session: Session, sender: Sender, posted: Posted, *, now: datetime) -> Answer:
    """Take one resource: stored with its work and its audit row, or refused with a reason."""
    return accept_each(session, sender, [posted], now=now)[0]


def accept_each(
    session: Session, sender: Sender, posted: Sequence[Posted], *, now: datetime
) -> list[Answer]:
    """Take resources of separate requests in the order given, each with its own audit row."""
    answers: dict[int, Answer] = {}
    readable = []
    for index, each in enumerate(posted):
        outcome = _read(replace(each, index=index), sender)
        if isinstance(outcome, Answer):
            answers[index] = outcome
        else:
            readable.append(outcome)
    answers |= take_all(Desk(session, sender, {}, now), readable)
    events = [
        event
        for index, each in enumerate(posted)
        for event in _events(
            each.type, [answers[index]], sender.policy.used(each.raw), _DONE[each.method]
        )
    ]
    audit.record_all(session, sender.caller, events, now=now)
    return [answers[index] for index in range(len(posted))]


def accept_bundle(  # noqa: PLR0913 (whose, which Bundle, how much of it, when, and who else helps)
    session: Session,
    sender: Sender,
    raw: bytes,
    only: frozenset[int] | None = None,
    *,
    now: datetime,
    elsewhere: Elsewhere | None = None,
) -> Answers | Answer:
    """Take a batch, each entry for itself, or a transaction, all or nothing (FHIR-07).

    `only` are the indexes of the entries of a batch that are taken, where that is not all.
    """
    work = Work(session, sender, now, lambda posted: _read(posted, sender), elsewhere, only)
    answers = settle(work, raw)
    tolerated = sender.policy.used(raw)
    if isinstance(answers, Answer):
        events = _events("Bundle", [answers], tolerated)
    else:
        events = _of_entries(answers, tolerated)
    audit.record_all(session, sender.caller, events, now=now)
    return answers


def _of_entries(answers: Answers, tolerated: frozenset[Tolerance]) -> list[audit.Event]:
    """Return what is written down of a Bundle: one action each; reads were noted when done."""
    by_action: dict[audit.Action, list[Answer]] = {}
    for method, answer in zip(answers.methods, answers.entries, strict=True):
        if method not in LOOKING:
            by_action.setdefault(_DONE.get(method, audit.Action.CREATE), []).append(answer)
    if not answers.entries:
        by_action[audit.Action.CREATE] = []
    return [
        event
        for action, listed in by_action.items()
        for event in _events("Bundle", listed, tolerated, action)
    ]


_RIGHT = {Method.POST: "c", Method.PUT: "u", Method.DELETE: "d"}
_DONE: dict[str, audit.Action] = {
    Method.POST: audit.Action.CREATE,
    Method.PUT: audit.Action.UPDATE,
    Method.DELETE: audit.Action.DELETE,
}


def _read(posted: Posted, sender: Sender) -> Readable | Answer:
    """Check the scope of each resource, inside Bundles too, before its content (SEC-03)."""
    categories = permitted(sender.caller.scopes, posted.type, _RIGHT[posted.method])
    no = refuse(403, "forbidden", f"the granted scopes do not permit {posted.type} {posted.doing}")
    if categories is not None and (not categories or posted.method is Method.DELETE):
        return no
    if posted.method is Method.DELETE:
        return Readable(posted, ())

    def reading() -> Readable | Answer:
        found = read_posted(posted, sender)
        if isinstance(found, Readable) and categories is not None:
            return found if within(found.resource or _decoded(posted, sender), categories) else no
        return found

    return guarded(posted.type, reading)


def _decoded(posted: Posted, sender: Sender) -> dict[str, Any]:
    resource = decode(sender.policy.unmarked(posted.raw))
    return {} if isinstance(resource, Refusal) else sender.policy.without_nulls(resource)


def _events(
    entity: str,
    answers: Iterable[Answer],
    tolerated: frozenset[Tolerance],
    action: audit.Action = audit.Action.CREATE,
) -> list[audit.Event]:
    """Return what is written down: whose data the request touched, or that it was refused.

    A tolerance without which the body would not have been read is named beside the outcome.
    """
    listed = list(answers)
    touched = {each.patient_id for each in listed if each.patient_id and not each.refused}
    refusals = [each.status for each in listed if each.refused]
    denied = {each.patient_id for each in listed if each.patient_id and each.refused}
    events = []
    if denied:  # somebody spoke for a patient who is not theirs (SEC-04)
        outcome = f"refused {FORBIDDEN}"
        events.append(audit.Event(action, entity, None, tuple(sorted(denied)), outcome))
    if denied and not touched:
        return events
    outcome = f"refused {refusals[0]}" if refusals and not touched else "success"
    return [
        *events,
        audit.Event(
            action,
            entity,
            listed[0].id if len(listed) == 1 else None,
            tuple(sorted(touched)) or (None,),
            "; ".join((outcome, *(f"tolerated {each}" for each in sorted(tolerated)))),
        ),
    ]


def enrol_by_override(
    session: Session, caller: Caller, patient_id: UUID, reason: str, *, now: datetime
) -> None:
    """Enrol a patient whatever the programme's terms say, and keep the reason."""
    if not reason.strip():
        raise InvalidError("a reason is needed", field="reason")
    row = session.get(Patient, patient_id)
    if row is None or not may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    row.override_by, row.override_at = caller.id, now
    row.override_reason = seal(session, Patient.override_reason, reason.strip(), id=row.id)
    audit.record(
        session,
        caller,
        audit.Action.UPDATE,
        "Patient",
        now=now,
        entity_id=patient_id,
        patients=(patient_id,),
    )
