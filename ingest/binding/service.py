"""Refuses what a client or a device says about somebody for whom it does not speak (SEC-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core import audit
from core.errors import NotFoundError
from ingest.binding import repository
from ingest.device_periods import somebody_elses
from ingest.merging.repository import everybody
from ingest.people.repository import find, torn
from ingest.people.service import contradictory
from ingest.placing import place
from ingest.receipt import Answer, Kind, refuse_for
from ingest.tables import Client, Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from fhir.identity import Ref
    from fhir.observation import ParsedObservation
    from ingest.people.service import Desk
    from ingest.receipt import Sender
    from ingest.settled import Seen

NOT_GRANTED = (
    "this client may not speak for this patient: it speaks for those it enrolled and those it was"
    " granted (wardlight client grant)"
)
NOT_ITS_DEVICE = (
    "at that time the device was another patient's: send a new version of the Device with its"
    " patient, or leave the device out if another one measured"
)


def granted(session: Session, sender: Sender, patients: Iterable[UUID]) -> set[UUID]:
    """Return those of the patients for whom the sender may speak."""
    wanted = set(patients)
    return repository.spoken_for(session, sender.client_id, wanted) if sender.bound else wanted


def not_granted(patient_id: UUID, expression: str) -> Answer:
    """Return the answer to what a bound client says about a stranger."""
    return refuse_for(patient_id, 403, "forbidden", NOT_GRANTED, expression)


def refusals(
    desk: Desk, parsed: Mapping[int, ParsedObservation], patients: Mapping[Ref, UUID]
) -> dict[int, Answer]:
    """Return the answers to those Observations that speak for somebody else's patient."""
    whose = {i: patients[each.subject] for i, each in parsed.items() if each.subject in patients}  # type: ignore[index]  # a subject that is absent is in no mapping
    allowed = granted(desk.session, desk.sender, whose.values())
    barred = {
        index: not_granted(patient, "Observation.subject")
        for index, patient in whose.items()
        if patient not in allowed
    }
    return barred | _devices_of_others(
        desk, {i: parsed[i] for i in whose if i not in barred}, whose
    )


def contradictions(desk: Desk, seen: Sequence[Seen]) -> dict[int, Answer]:
    """Return the answers to those that name two people, or two devices, in one reference."""
    answers: dict[int, Answer] = {}
    for kind, field in ((Kind.DEVICE, "device"), (Kind.PATIENT, "subject")):
        said: dict[int, Ref | None] = {each.index: getattr(each.parsed, field) for each in seen}
        refs = [ref for ref in said.values() if ref is not None]
        wrong = torn(desk.session, desk.sender, kind, refs, within=desk.within)
        answers |= {
            each.index: contradictory(f"{each.parsed.kind}.{field}")
            for each in seen
            if said[each.index] in wrong
        }
    return answers


def _devices_of_others(
    desk: Desk, parsed: Mapping[int, ParsedObservation], whose: Mapping[int, UUID]
) -> dict[int, Answer]:
    named = [each.device for each in parsed.values() if each.device is not None]
    if not named:
        return {}
    device = find(desk.session, desk.sender, Kind.DEVICE, named, within=desk.within)
    if not device:
        return {}
    uses = repository.uses(desk.session, device.values())
    people = everybody(desk.session, whose.values())
    return {
        index: refuse_for(whose[index], 403, "forbidden", NOT_ITS_DEVICE, "Observation.device")
        for index, each in parsed.items()
        if each.device in device
        and somebody_elses(
            uses.get(device[each.device], ()),
            people[whose[index]],
            place(each.when, "UTC", received=desk.now),
        )
    }


def set_grant(
    session: Session, caller: Caller, pair: tuple[UUID, UUID], *, granted: bool, now: datetime
) -> None:
    """Let a client speak for a patient, or no longer; `pair` is (client, patient).

    Raises
    ------
    NotFoundError
        Where there is no such client or patient, or nothing to take back.
    """
    client_id, patient_id = pair
    if session.get(Client, client_id) is None or session.get(Patient, patient_id) is None:
        raise NotFoundError("no such client, or no such patient")
    if granted:
        repository.grant(session, client_id, patient_id, now=now)
    elif not repository.revoke(session, client_id, patient_id):
        raise NotFoundError("this client was not granted this patient")
    audit.record(
        session,
        caller,
        audit.Action.CREATE if granted else audit.Action.DELETE,
        "client_patient",
        now=now,
        entity_id=client_id,
        patients=(patient_id,),
    )
