"""The problem list of a patient, each entry with who put it there and when, as far as is stored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import or_, select

from alerts.naming.repository import names
from app.pages.door import Visit
from app.pages.explained import Reader
from app.pages.language import language
from fhir.moments import day
from ingest.archive.repository import bodies
from ingest.repository import condition_groups
from ingest.tables import Client, Condition, Resource

DISPROVEN = ("refuted", "entered-in-error")


@dataclass(frozen=True, slots=True)
class ConditionPrint:
    """One entry of the problem list."""

    name: str
    codes: str
    since: str
    status: str
    sources: list[str]  # who entered it and which integration sent it, in words


@dataclass(frozen=True, slots=True)
class Written:
    """What is stored of how an entry came here."""

    recorder: str = ""  # a name
    recorded: date | None = None
    sender: str = ""
    received: datetime | None = None


def conditions_of(visit: Visit, ids: Sequence[UUID], reader: Reader) -> list[ConditionPrint]:
    """Return what is on the problem list now; an entry may hold in several parts of time."""
    now, said = visit.now, language(visit.language)
    rows = on_list(visit, ids)
    written = _written(visit, {row.id for row in rows})
    return [
        ConditionPrint(
            said.say(named(row.codes)),
            ", ".join(str(code) for _, code in row.codes),
            said.day(since, today=now.date()) if (since := _since(row)) else "",
            said.say(row.clinical_status) if row.clinical_status else "",
            list(sources(written.get(row.id, Written()), reader)),
        )
        for row in rows
    ]


def on_list(visit: Visit, ids: Collection[UUID]) -> Sequence[Condition]:
    """Return the entries that hold now, the earliest first."""
    query = select(Condition).where(
        Condition.patient_id.in_(ids),
        Condition.verification_status.not_in(DISPROVEN),
        or_(Condition.until.is_(None), Condition.until > visit.now),
    )
    return visit.session.scalars(query.order_by(Condition.onset, Condition.id)).all()


def sources(written: Written, reader: Reader) -> Iterator[str]:
    """Yield who entered something and who sent it, each a sentence of its own."""
    said, when = reader.said, written.recorded
    recorded = said.day(when, today=reader.now.date()) if when else ""
    if written.recorder and recorded:
        yield said.say("entered by {who}, {day}", who=written.recorder, day=recorded)
    elif written.recorder:
        yield said.say("entered by {who}", who=written.recorder)
    elif recorded:
        yield said.say("entered {day}", day=recorded)
    if written.sender and written.received:
        facts = {"client": written.sender, "time": reader.at(written.received).absolute}
        yield said.say("sent by {client}, {time}", **facts)


def _written(visit: Visit, ids: set[UUID]) -> dict[UUID, Written]:
    """Return what is stored of these entries; one that came without a resource has nothing."""
    query = select(Resource).where(Resource.type == "Condition", Resource.id.in_(ids))
    newest = {row.id: row for row in visit.session.scalars(query.order_by(Resource.version))}
    rows = list(newest.values())
    read = [msgspec.json.decode(body) for body in bodies(visit.session, rows)]
    clients = select(Client.id, Client.name).where(Client.id.in_({row.client_id for row in rows}))
    senders = {row[0]: row[1] for row in visit.session.execute(clients)}
    people = names(visit.session, {who for each in read if (who := _recorder_id(each))})
    return {
        row.id: Written(
            _recorder(resource, people),
            day(str(resource.get("recordedDate", ""))[:10]),
            senders.get(row.client_id, "") if row.client_id else "",
            row.received_at,
        )
        for row, resource in zip(rows, read, strict=True)
    }


def _recorder(resource: Mapping[str, Any], people: Mapping[UUID, str]) -> str:
    """Return the name of who entered it: as it was sent, else as this site knows them."""
    display = str((resource.get("recorder") or {}).get("display", "")).strip()
    who = _recorder_id(resource)
    return display or (people.get(who, "") if who else "")


def _recorder_id(resource: Mapping[str, Any]) -> UUID | None:
    reference = str((resource.get("recorder") or {}).get("reference", ""))
    try:
        return UUID(reference.rpartition("/")[2])
    except ValueError:
        return None


def _since(row: Condition) -> date | None:
    return row.onset or (row.since.date() if row.since else None)


def named(codes: Sequence[Sequence[str]]) -> str:
    """Return the group that a condition counts for, where it counts for one."""
    for _, code in codes:
        bare = code.replace(".", "")
        for group in condition_groups().values():
            if code in group.snomed or any(bare.startswith(each) for each in group.icd10):
                return group.display
    return "Condition"
