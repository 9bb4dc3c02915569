"""Changes conditions, the home, language, zone and numbers of a person, by whoever treats them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from core.errors import InvalidError, NotFoundError
from core.ordered_ids import ordered_id
from core.security import CLINICAL
from fhir import enrolled as wire
from fhir.people import read_patient
from ingest.archive.repository import fetch, lock
from ingest.backstop.service import guarded
from ingest.intake.service import take_all
from ingest.merging.repository import one_person
from ingest.people.service import Desk
from ingest.posting import read as read_posted
from ingest.receipt import Answer, Kind, Posted
from ingest.rectifying.repository import (
    ENCODER,
    current,
    looked_at,
    names_of,
    said_of,
    store,
    store_patient,
)
from ingest.rectifying.service import Change, What, check_reason, write
from ingest.repository import may_see, survivor
from ingest.tables import Condition

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime
    from typing import Any
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.enrolled import Carer, Telecom
    from ingest.receipt import Sender


@dataclass(frozen=True, slots=True)
class Reach:
    """How a person is spoken to and reached, as a form has it."""

    language: str
    zone: str
    own: Telecom
    carers: tuple[Carer, ...]


def may_change(session: Session, caller: Caller, patient_id: UUID) -> bool:
    """Return whether somebody may change what is known of a person's health and home."""
    clinician = caller.kind == "user" and caller.role in CLINICAL
    return clinician and may_see(session, caller, patient_id)


def check_may_change(session: Session, caller: Caller, patient_id: UUID) -> None:
    """Raise `NotFoundError` for whoever may not."""
    if not may_change(session, caller, patient_id):
        raise NotFoundError("no such patient")


def add_condition(  # noqa: PLR0913 (whose, which, since when, why, by whom and when)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    code: tuple[str, str],
    *,
    onset: date | None,
    reason: str,
    now: datetime,
) -> UUID:
    """Put a condition on somebody's problem list; return its id.

    Raises
    ------
    NotFoundError
        For whoever may not.
    InvalidError
        Without a reason, or with an onset that is to come.
    """
    check_may_change(session, sender.caller, patient_id)
    check_reason(reason)
    if onset is not None and onset > now.date():
        raise InvalidError("the onset is not in the future", field="onset")
    head = survivor(session, patient_id)
    lock(session, [f"patient|{head}"])
    resource = wire.condition(f"{Kind.PATIENT}/{head}", code, recorded=now, onset=onset)
    id_ = ordered_id(now)
    version = store(session, sender, (Kind.CONDITION, id_), resource, now=now)
    change = Change(head, What.CONDITION_ADDED, reason)
    write(session, sender.caller, change, version, now=now, at=(Kind.CONDITION, id_))
    return id_


def end_condition(  # noqa: PLR0913 (as above)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    condition_id: UUID,
    *,
    never: bool,
    reason: str,
    now: datetime,
) -> None:
    """Say that a condition is over from now on, or that it never was; raises as `add_condition`."""
    check_may_change(session, sender.caller, patient_id)
    check_reason(reason)
    records = one_person(session, survivor(session, patient_id))
    lock(session, [f"patient|{each}" for each in records])
    row = session.get(Condition, (condition_id, 0), populate_existing=True)
    if row is None or row.patient_id not in records:
        raise NotFoundError("no such condition")
    said = _condition(session, sender, row, now=now)
    resource = wire.never(said) if never else wire.over(said, at=now)
    version = store(session, sender, (Kind.CONDITION, condition_id), resource, now=now)
    what = What.CONDITION_NEVER if never else What.CONDITION_ENDED
    change = Change(row.patient_id, what, reason)
    write(session, sender.caller, change, version, now=now, at=(Kind.CONDITION, condition_id))


def _condition(
    session: Session, sender: Sender, row: Condition, *, now: datetime
) -> dict[str, Any]:
    """Return what a Condition says; one that came without a resource is given its first."""
    found = fetch(session, Kind.CONDITION, row.id)
    if found is not None and found.body:
        return said_of(session, Kind.CONDITION, row.id, found.version)
    system, code = row.codes[0]
    subject = f"{Kind.PATIENT}/{row.patient_id}"
    made = wire.condition(subject, (str(system), str(code)), recorded=now, onset=row.onset)
    place = (Kind.CONDITION, row.id)
    store(session, sender, place, made, now=now)
    return made


def set_living(  # noqa: PLR0913 (as above)
    session: Session, sender: Sender, patient_id: UUID, *, alone: bool, reason: str, now: datetime
) -> None:
    """Say whether somebody lives alone from now on; raises as `add_condition` does."""
    check_may_change(session, sender.caller, patient_id)
    check_reason(reason)
    head = survivor(session, patient_id)
    resource = wire.lives_alone(f"{Kind.PATIENT}/{head}", alone=alone, at=now)
    posted = Posted(0, Kind.OBSERVATION, msgspec.json.encode(resource))
    read = guarded(posted.type, lambda: read_posted(posted, sender))
    if isinstance(read, Answer):
        raise InvalidError("this cannot be kept as it was typed", field="reason")
    [answer] = take_all(Desk(session, sender, {}, now), [read]).values()
    if answer.refused or answer.id is None:
        raise InvalidError("this cannot be kept as it was typed", field="reason")
    change = Change(head, What.LIVES_ALONE, reason)
    at = (Kind.OBSERVATION, answer.id)
    write(session, sender.caller, change, answer.version, now=now, at=at)


def reach_of(session: Session, patient_id: UUID, *, now: datetime) -> Reach:
    """Return how a person is reached, as a form has it."""
    said, _ = looked_at(session, patient_id, now=now)
    is_ = read_patient(said)
    return Reach(is_.language, is_.zone, *wire.reached(said))


def set_reach(  # noqa: PLR0913 (as above)
    session: Session,
    sender: Sender,
    patient_id: UUID,
    to: Reach,
    *,
    reason: str,
    now: datetime,
) -> list[What]:
    """Change language, zone and numbers; return what was changed. Raises as `add_condition`."""
    check_may_change(session, sender.caller, patient_id)
    check_reason(reason)
    head = survivor(session, patient_id)
    lock(session, [f"patient|{head}"])
    said = current(session, sender, head, now=now)
    changes = list(_changes(said, to))
    if not changes:
        raise InvalidError("this is what the record says already", field="reason")
    names = names_of(session, head)
    for what, resource in changes:
        version = store_patient(session, sender, head, resource, names, now=now)
        write(session, sender.caller, Change(head, what, reason), version, now=now)
    return [what for what, _ in changes]


def _changes(said: dict[str, Any], to: Reach) -> Iterable[tuple[What, dict[str, Any]]]:
    is_ = read_patient(said)
    if to.language != is_.language:
        said = wire.with_language(said, to.language)
        yield What.LANGUAGE, said
    if to.zone and to.zone != is_.zone:
        said = wire.with_zone(said, to.zone)
        yield What.ZONE, said
    again = wire.with_contacts(said, to.own, to.carers)
    if ENCODER.encode(again) != ENCODER.encode(said):
        yield What.CONTACTS, again
