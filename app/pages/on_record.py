"""What is on record beside readings: conditions, devices, numbers to call, who looked (SEC-19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from sqlalchemy import or_, select

from app.accounts.tables import AppUser
from app.emergency.service import ENDED, STARTED
from app.pages.devices import DevicePrint, devices_print
from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.language import language
from app.pages.wording import Moment
from core.audit import Action, AuditEvent
from core.sealed_fields import unseal
from ingest.contacts.repository import contacts_of
from ingest.repository import condition_groups, one_person
from ingest.tables import Client, Condition

SHOWN = 20
DISPROVEN = ("refuted", "entered-in-error")
# What a row of the audit calls what was looked at, in words.
LOOKED_AT = {
    "patient": "the patient page",
    "patients": "the list of patients",
    "trends": "the trends",
    "inbox": "the inbox",
    "accesses": "who looked",
    "report": "a report",
    STARTED: "access in an emergency, opened",
    ENDED: "access in an emergency, ended",
}


@dataclass(frozen=True, slots=True)
class ConditionPrint:
    """One entry of the problem list."""

    name: str
    codes: str
    since: str
    status: str


@dataclass(frozen=True, slots=True)
class CallPrint:
    """One number to call."""

    who: str
    address: str
    relationship: str


@dataclass(frozen=True, slots=True)
class AccessPrint:
    """One read: who, as what, of what, when."""

    id: int
    at: Moment
    who: str
    role: str
    what: str


@dataclass(frozen=True, slots=True)
class RecordPrint:
    """The cards."""

    conditions: list[ConditionPrint]
    devices: list[DevicePrint]
    calls: list[CallPrint]
    accesses: list[AccessPrint]


def record_print(visit: Visit, patient_id: UUID, reader: Reader) -> RecordPrint:
    """Return what the page of a patient whom the visitor may see says of their record."""
    ids = list(one_person(visit.session, patient_id))
    held = contacts_of(visit.session, patient_id, now=visit.now)
    said = language(visit.language)
    return RecordPrint(
        _conditions(visit, ids),
        devices_print(visit, ids, reader),
        [
            CallPrint(
                each.name or (said.say("Carer") if each.carer else said.say("Patient")),
                each.address,
                each.relationship,
            )
            for each in held
        ],
        accesses(visit, ids, reader, most=SHOWN),
    )


def _conditions(visit: Visit, ids: Sequence[UUID]) -> list[ConditionPrint]:
    """Return what is on the problem list now; an entry may hold in several parts of time."""
    now, said = visit.now, language(visit.language)
    query = select(Condition).where(
        Condition.patient_id.in_(ids),
        Condition.verification_status.not_in(DISPROVEN),
        or_(Condition.until.is_(None), Condition.until > now),
    )
    rows = visit.session.scalars(query.order_by(Condition.onset, Condition.id))
    return [
        ConditionPrint(
            said.say(_named(row.codes)),
            ", ".join(str(code) for _, code in row.codes),
            said.day(day, today=now.date()) if (day := _since(row)) else "",
            said.say(row.clinical_status) if row.clinical_status else "",
        )
        for row in rows
    ]


def _since(row: Condition) -> date | None:
    return row.onset or (row.since.date() if row.since else None)


def _named(codes: Sequence[Sequence[str]]) -> str:
    """Return the group that a condition counts for, where it counts for one."""
    for _, code in codes:
        bare = code.replace(".", "")
        for group in condition_groups().values():
            if code in group.snomed or any(bare.startswith(each) for each in group.icd10):
                return group.display
    return "Condition"


def accesses(
    visit: Visit, ids: Sequence[UUID], reader: Reader, *, most: int, before: int | None = None
) -> list[AccessPrint]:
    """Return who read something of a patient, or opened it in an emergency, the newest first."""
    row = AuditEvent
    looked = or_(row.action == Action.READ, row.entity.in_((STARTED, ENDED)))
    query = select(row).where(row.patient_id.in_(ids), looked)
    if before is not None:
        query = query.where(row.id < before)
    rows = visit.session.scalars(query.order_by(row.id.desc()).limit(most)).all()
    who = _who(visit, {each.caller_id for each in rows if each.caller_id})
    said = language(visit.language)
    return [
        AccessPrint(
            each.id,
            reader.at(each.recorded),
            *_called(each, who, said.say("Wardlight"), said.say("somebody unknown")),
            said.say(LOOKED_AT.get(each.entity, each.entity)),
        )
        for each in rows
    ]


def _called(
    row: AuditEvent, who: dict[UUID, tuple[str, str]], program: str, unknown: str
) -> tuple[str, str]:
    """Return the name and the role of who looked."""
    if row.caller_id is None:
        return program, row.caller_kind
    return who.get(row.caller_id, (unknown, row.caller_kind))


def _who(visit: Visit, ids: set[UUID]) -> dict[UUID, tuple[str, str]]:
    session = visit.session
    users = session.scalars(select(AppUser).where(AppUser.id.in_(ids)))
    found = {
        each.id: (unseal(session, AppUser.display_name, each.display_name, id=each.id), each.role)
        for each in users
    }
    clients = session.execute(select(Client.id, Client.name).where(Client.id.in_(ids)))
    return found | {each[0]: (each[1], "client") for each in clients}
