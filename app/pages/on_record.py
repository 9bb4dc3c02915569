"""What is on record beside readings: conditions, devices, numbers to call, who looked (SEC-19)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, or_, select

from app.accounts.tables import AppUser
from app.audit_search.kinds import WORDS
from app.dead_letters import ENTITY as DEAD_LETTER
from app.emergency.service import ENDED, STARTED
from app.pages.devices import DevicePrint, devices_print
from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.language import Language, language
from app.pages.problem_list import ConditionPrint, conditions_of
from app.pages.wording import Moment
from core.audit import Action, AuditEvent, unless_away
from core.first import First
from core.sealed_fields import unseal
from fhir.contact_points import SMS
from ingest.contacts.repository import Contact, contacts_of
from ingest.repository import one_person
from ingest.tables import Client

SHOWN = 20
DIGITS = "0123456789"
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
class CallPrint:
    """One number to call; `tel` is what a telephone dials, "" for what is no number of one."""

    who: str
    address: str
    relationship: str
    carer: bool
    tel: str


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
    devices: First[DevicePrint]
    calls: list[CallPrint]
    accesses: list[AccessPrint] | None  # None: the audit cannot be read

    @property
    def first_calls(self) -> list[CallPrint]:
        """Return whom to call about an alert: the patient, then the first who is named beside."""
        found: dict[bool, CallPrint] = {}
        for each in self.calls:
            if each.tel:
                found.setdefault(each.carer, each)
        return [found[carer] for carer in sorted(found)]


def record_print(visit: Visit, patient_id: UUID, reader: Reader) -> RecordPrint:
    """Return what the page of a patient whom the visitor may see says of their record."""
    ids = list(one_person(visit.session, patient_id))
    held = contacts_of(visit.session, patient_id, now=visit.now)
    said = language(visit.language)
    return RecordPrint(
        conditions_of(visit, ids, reader),
        devices_print(visit, ids, reader),
        [_call(each, said) for each in held],
        unless_away(visit.session, ids, lambda: accesses(visit, ids, reader, most=SHOWN)),
    )


def _call(held: Contact, said: Language) -> CallPrint:
    return CallPrint(
        held.name or (said.say("Carer") if held.carer else said.say("Patient")),
        held.address,
        held.relationship,
        held.carer,
        dialled(held.address) if held.channel == SMS else "",
    )


def dialled(address: str) -> str:
    """Return a number as a telephone takes it: its digits, and a plus before them."""
    plus = "+" if address.strip().startswith("+") else ""
    return plus + "".join(each for each in address if each in DIGITS)


def accesses(
    visit: Visit, ids: Sequence[UUID], reader: Reader, *, most: int, before: int | None = None
) -> list[AccessPrint]:
    """Return who read, searched, copied or printed something of a patient, the newest first.

    So is who opened it in an emergency; who had work done again saw nothing of it.
    """
    row = AuditEvent
    did = and_(row.action == Action.EXECUTE, row.entity != DEAD_LETTER)
    looked = or_(row.action == Action.READ, did)
    saw = row.outcome != "refused"
    query = select(row).where(row.patient_id.in_(ids), looked, saw)
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
            said.say(LOOKED_AT.get(each.entity) or WORDS.get(each.entity, each.entity)),
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
