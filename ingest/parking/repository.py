"""Keeps Observations that wait for their patient, found by the digest of the record number."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import uuid4

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert

from core.sealed_fields import seal, unseal
from core.sealing import keyring_of
from fhir.outcome import Issue
from ingest.numbers.repository import key_of
from ingest.people.repository import name_in
from ingest.people.tables import Parked
from ingest.receipt import Answer, Kind
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from ingest.receipt import Name, Sender
    from ingest.settled import Seen

POSTED, PUT = "parked", "parked-put"  # what the digest of a body is made with
WAITS = Answer(
    202,
    (
        Issue(
            "warning",
            "incomplete",
            "nobody with this record number is enrolled: kept until somebody is, and not judged",
            "Observation.subject",
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """What waits of one client: how much, and since when."""

    client: str
    count: int
    oldest: datetime


def park(
    session: Session, sender: Sender, bodies: Iterable[tuple[Name, Seen]], *, now: datetime
) -> None:
    """Keep Observations for a patient who is not enrolled; the same bytes are kept once.

    What is put again waits from then on: what was put to its id meanwhile gives way to it.
    """
    ring = keyring_of(session)
    for name, seen in bodies:
        id_, text = uuid4(), seen.raw.decode()
        digest = ring.blind(PUT if seen.replaces else POSTED, text)
        if seen.replaces:
            mine = (Parked.client_id == sender.client_id, Parked.digest == digest)
            session.execute(delete(Parked).where(*mine))
        row = insert(Parked).values(
            id=id_,
            client_id=sender.client_id,
            patient_key=key_of(ring, name),
            digest=digest,
            body=seal(session, Parked.body, text, id=id_),
            received_at=now,
        )
        session.execute(row.on_conflict_do_nothing(index_elements=["client_id", "digest"]))


def parked(
    session: Session,
    sender: Sender,
    strangers: Iterable[Seen],
    *,
    now: datetime,
) -> dict[int, Answer]:
    """Keep what is of somebody who is not enrolled, where that was agreed with the client.

    Those whose subject is named in no other way than by a record number can wait.
    """
    if not sender.parks:
        return {}
    named = {
        each.index: (name, each)
        for each in strangers
        if each.parsed.subject is not None
        and (name := name_in(each.parsed.subject, Kind.PATIENT)) is not None
    }
    park(session, sender, named.values(), now=now)
    return dict.fromkeys(named, WAITS)


def waiting_for(session: Session, names: Iterable[Name]) -> list[Parked]:
    """Return what waits for somebody with one of these numbers, in the order of arrival, locked."""
    keys = [key_of(keyring_of(session), name) for name in names]
    query = select(Parked).where(Parked.patient_key.in_(keys)).order_by(Parked.turn)
    return list(session.scalars(query.with_for_update()))


def body_of(session: Session, row: Parked) -> bytes:
    """Return the received bytes."""
    return unseal(session, Parked.body, row.body, id=row.id).encode()


def was_put(session: Session, row: Parked, raw: bytes) -> bool:
    """Return whether it came by PUT; the id in the body of a POST means nothing."""
    return row.digest == keyring_of(session).blind(PUT, raw.decode())


def summary(session: Session) -> list[Waiting]:
    """Return what waits, by client; no values and no numbers of anybody."""
    rows = session.execute(
        select(Client.name, func.count(), func.min(Parked.received_at))
        .join(Client, Client.id == Parked.client_id)
        .group_by(Client.name)
        .order_by(Client.name)
    )
    return [Waiting(*row) for row in rows]


def drop(session: Session, client_id: UUID, *, before: datetime) -> int:
    """Forget what a client sent before an instant; return how many Observations that was."""
    gone = delete(Parked).where(Parked.client_id == client_id, Parked.received_at < before)
    return len(session.scalars(gone.returning(Parked.id)).all())
