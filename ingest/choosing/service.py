"""The use case of a choice: a clinician writes down what a person said of their data."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.audit import Action, record
from core.errors import ForbiddenError, NotFoundError
from core.ordered_ids import ordered_id
from core.outbox import Topic, offer
from core.security import Role
from fhir.consent import Said, consent
from ingest.access.repository import may_see
from ingest.archive.repository import Version, add_versions
from ingest.choices import Choice, Purpose, check
from ingest.choosing import repository
from ingest.merging.repository import survivor
from ingest.receipt import Kind

if TYPE_CHECKING:
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller

ENTITY = "choice"


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody writes down: of which purpose, yes or no, and how it was made known."""

    purpose: Purpose
    allowed: bool
    comment: str


def choose(
    session: Session, caller: Caller, patient_id: UUID, asked: Asked, *, now: datetime
) -> UUID:
    """Write a choice down; it counts from this transaction on. Return its id.

    The privacy officer sees nobody and writes for anybody, who may write to them. It is of the
    record that it is written for, also where that was merged: apart again, each has its own.

    Raises
    ------
    NotFoundError, ForbiddenError
        For whom the team filter hides the person, or who is no person that can be asked about it.
    InvalidError
        Without a word of how it was made known.
    """
    if caller.role is not Role.PRIVACY_OFFICER and not may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")
    who = caller.practitioner_id or caller.id
    if caller.kind != "user" or caller.role is None or who is None:
        raise ForbiddenError("a choice is written down by somebody who answers for it")
    check(asked.comment)
    choice = Choice(
        id=ordered_id(now),
        patient_id=patient_id,
        purpose=asked.purpose,
        allowed=asked.allowed,
        since=now,
        at=now,
        comment=asked.comment.strip(),
        author_id=who,
    )
    repository.add(session, choice)
    add_versions(session, None, [_resource(choice, caller)])
    whose = [choice.patient_id]
    record(session, caller, Action.CREATE, ENTITY, now=now, entity_id=choice.id, patients=whose)
    # What may be judged again is judged now, and what may not be any more drops its score.
    offer(session, Topic.ASSESS, survivor(session, patient_id), now=now)
    return choice.id


def _resource(choice: Choice, caller: Caller) -> Version:
    """Return a choice as the Consent that it is for others: they find and read it as any."""
    said = Said(choice.purpose, choice.allowed, choice.since, choice.until)
    who = f"Practitioner/{caller.practitioner_id}" if caller.practitioner_id else ""
    whose = f"Patient/{choice.patient_id}"
    written = consent(said, patient=whose, performer=who, recorded=choice.at)
    body = json.dumps(written).encode()
    return Version(Kind.CONSENT, choice.id, 1, choice.patient_id, choice.at, body)
