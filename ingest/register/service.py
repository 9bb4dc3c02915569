"""Enrols people by hand: what was typed goes through the same door as what is sent (decision 47).

A supervisor may for their own teams, an administrator for every team, and the program itself
where somebody runs a command. A record that is there is corrected by a supervisor who sees it:
an administrator sees nobody.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import msgspec

from core import audit
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.security import SYSTEM, Role
from fhir import enrolled as wire
from fhir.enrolled import HOME_OXYGEN
from ingest.access.beyond import Beyond
from ingest.access.repository import beyond_wall
from ingest.archive.repository import lock
from ingest.backstop.service import guarded
from ingest.intake.service import take_all
from ingest.joining import Known
from ingest.numbers.repository import owners
from ingest.people.service import Desk
from ingest.posting import read as read_posted
from ingest.receipt import CREATED, Answer, Kind, Posted, Readable
from ingest.register.repository import person_name
from ingest.repository import care_teams, condition_groups, may_see
from ingest.spelt import teams_by_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.joining import Joining
    from ingest.receipt import Sender
    from ingest.roster import Team

ENROLLING = frozenset({Role.ADMINISTRATOR, Role.SUPERVISOR})
BY_FORM, BY_FILE = "Patient", "Import"  # what the audit calls the two ways


def may_enrol(caller: Caller) -> bool:
    """Return whether somebody keeps the register of people."""
    return caller.kind == "system" or (caller.kind == "user" and caller.role in ENROLLING)


def check_may_enrol(caller: Caller) -> None:
    """Raise `ForbiddenError` for whoever does not keep the register."""
    if not may_enrol(caller):
        raise ForbiddenError("people are enrolled by an administrator or a supervisor")


def teams_for(session: Session, caller: Caller) -> list[Team]:
    """Return the teams for which somebody may enrol."""
    from_all = caller.kind == "system" or caller.role is Role.ADMINISTRATOR
    return care_teams(session, SYSTEM if from_all else caller)


def may_keep(caller: Caller) -> bool:
    """Return whether somebody corrects records: of those whom they see."""
    return caller.kind == "user" and caller.role is Role.SUPERVISOR


def check_may_keep(session: Session, caller: Caller, patient_id: UUID) -> None:
    """Raise `NotFoundError` for a record that is not somebody's to keep (SEC-12)."""
    if not may_keep(caller) or not may_see(session, caller, patient_id):
        raise NotFoundError("no such patient")


def known_for(session: Session, caller: Caller, *, today: date) -> Known:
    """Return what is read against what somebody typed."""
    teams = ((each.id, each.name) for each in teams_for(session, caller))
    return Known(condition_groups(), teams_by_name(teams), today)


def known_already(session: Session, people: Iterable[Joining]) -> dict[tuple[str, str], UUID]:
    """Return who goes by the numbers of people that are to be enrolled."""
    names = [person_name(*pair) for each in people for pair in each.numbers]
    return {(name.system, name.value): owner for name, owner in owners(session, names).items()}


def enrol(
    session: Session,
    sender: Sender,
    people: Sequence[Joining],
    *,
    now: datetime,
    audited: str = BY_FORM,
) -> list[UUID]:
    """Enrol people, all or none, and return their ids in the order given.

    Raises
    ------
    ForbiddenError
        For whoever does not keep the register, or for a team that is not theirs.
    ConflictError
        Where one of the numbers is somebody's already: nobody is enrolled twice.
    """
    check_may_enrol(sender.caller)
    theirs = {each.id for each in teams_for(session, sender.caller)}
    if any(each.team not in theirs for each in people):
        raise ForbiddenError("people are enrolled for your own care teams")
    lock(session, (f"{Kind.PATIENT}|{'|'.join(pair)}" for each in people for pair in each.numbers))
    if known_already(session, people):
        raise ConflictError("somebody is enrolled under this number already", field="identifier")
    bodies = list(_bodies(people, now=now))
    within: dict[str, str] = {}
    readable = [_read(each, sender) for each in bodies]
    answers: dict[int, Answer] = {
        each.index: found for each, found in zip(bodies, readable, strict=True)
        if isinstance(found, Answer)
    }  # fmt: skip
    sound = [each for each in readable if not isinstance(each, Answer)]
    if not answers:
        with beyond_wall(session, Beyond.ENROLMENT):
            answers = take_all(Desk(session, sender, within, now), sound, linked=within)
            session.flush()
    _check(answers)
    ids = [a.id for i, a in sorted(answers.items()) if a.type == Kind.PATIENT and a.id]
    events = [audit.Event(audit.Action.CREATE, audited, id_, (id_,)) for id_ in ids]
    audit.record_all(session, sender.caller, events, now=now)
    return ids


def _read(posted: Posted, sender: Sender) -> Readable | Answer:
    return guarded(posted.type, lambda: read_posted(posted, sender))


def _check(answers: dict[int, Answer]) -> None:
    """Raise for what the door refused: what a form took is nothing that it refuses."""
    for answer in answers.values():
        if answer.refused:
            raise InvalidError("this cannot be kept as it was typed", field="name")
        if answer.type == Kind.PATIENT and answer.status != CREATED:
            raise ConflictError(
                "somebody is enrolled under this number already", field="identifier"
            )


def _bodies(people: Iterable[Joining], *, now: datetime) -> Iterator[Posted]:
    index = 0
    for each in people:
        url = f"urn:uuid:{uuid4()}"
        for full_url, resource in resources_of(each, url, now=now):
            raw = msgspec.json.encode(resource)
            yield Posted(index, resource["resourceType"], raw, full_url=full_url)
            index += 1


def resources_of(
    joining: Joining, url: str, *, now: datetime
) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield what enrols somebody who is referred to by a URL, each with its own URL or ""."""
    person = wire.patient(
        joining.born, joining.numbers, language=joining.language, zone=joining.zone
    )
    yield url, wire.with_contacts(person, joining.own, joining.carers)
    yield "", wire.episode(url, f"{Kind.CARE_TEAM}/{joining.team}", since=now)
    codes = [*joining.conditions, *([HOME_OXYGEN] if joining.home_oxygen else [])]
    for code in codes:
        yield "", wire.condition(url, code, recorded=now)
    if joining.lives_alone is not None:
        yield "", wire.lives_alone(url, alone=joining.lives_alone, at=now)
