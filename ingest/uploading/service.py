"""Keeps an uploaded file of people until somebody confirms it, then enrols whom it names once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec

from core import audit
from core.errors import ForbiddenError, NotFoundError
from ingest.archive.repository import lock
from ingest.receipt import Kind
from ingest.register.repository import body_of, drop, forget_previews, keep_preview
from ingest.register.repository import preview as stored
from ingest.register.service import (
    BY_FILE,
    check_may_enrol,
    enrol,
    known_already,
    known_for,
)
from ingest.register.tables import EnrolmentPreview
from ingest.sheet import Row, Sheet, checked, sheet_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.receipt import Sender

KEPT = timedelta(minutes=30)  # a file holds people's names: no longer than it takes to read it
ENTITY = "enrolment_preview"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a file that was confirmed: how many people."""

    enrolled: int
    known: int
    left_out: int


@dataclass(frozen=True, slots=True)
class Preview:
    """A file as it would be enrolled now, or what became of it."""

    id: UUID
    until: datetime
    sheet: Sheet | None  # None: it was confirmed, and its cells are gone
    rows: tuple[Row, ...] = ()
    outcome: Outcome | None = None

    @property
    def fit(self) -> list[Row]:
        """Return the rows that would be enrolled."""
        return [each for each in self.rows if each.joining is not None and not each.enrolled]

    @property
    def faulty(self) -> list[Row]:
        """Return the rows with something wrong."""
        return [each for each in self.rows if each.faults]

    @property
    def known(self) -> list[Row]:
        """Return the rows of people who are enrolled already."""
        return [each for each in self.rows if each.enrolled and not each.faults]


class _Body(msgspec.Struct):
    """A file as it is sealed."""

    rows: list[tuple[int, dict[str, str]]]
    encoding: str
    guessed: bool
    separator: str
    ignored: list[str]
    team: str


def upload(session: Session, caller: Caller, raw: bytes, *, team: str, now: datetime) -> UUID:
    """Keep a file for half an hour and return its id; nobody is enrolled by it.

    Raises
    ------
    ForbiddenError
        For whoever does not keep the register.
    InvalidError
        For a file that cannot be read; `field` is "file".
    """
    check_may_enrol(caller)
    if caller.id is None:
        raise ForbiddenError("a file is uploaded by somebody who is signed in")
    sheet = sheet_of(raw)
    body = _Body(
        list(sheet.rows), sheet.encoding, sheet.guessed, sheet.separator, [*sheet.ignored], team
    )
    forget_previews(session, before=now)
    row = EnrolmentPreview(
        user_id=caller.id, made_at=now, until=now + KEPT, enrolled=0, known=0, left_out=0
    )
    id_ = keep_preview(session, row, msgspec.json.encode(body).decode())
    audit.record(session, caller, audit.Action.CREATE, ENTITY, now=now, entity_id=id_)
    return id_


def preview(session: Session, caller: Caller, id_: UUID, *, now: datetime) -> Preview:
    """Return what a file would do now; raise `NotFoundError` once it is over, or for another's."""
    row = _own(session, caller, id_, now=now)
    if row.confirmed_at is not None:
        return _done(row)
    found = _read(session, caller, row, now=now)
    people = {who for each in found.rows for who in each.enrolled}
    patients = sorted(people) or (None,)
    audit.record(
        session, caller, audit.Action.READ, ENTITY, now=now, entity_id=id_, patients=patients
    )
    return found


def confirm(session: Session, sender: Sender, id_: UUID, *, now: datetime) -> Preview:
    """Enrol whom a file names; a second time it says again what the first did.

    Rows with something wrong are left out, and so is whoever is enrolled already. Raises as
    `preview` and `ingest.register.service.enrol` do.
    """
    check_may_enrol(sender.caller)
    row = _own(session, sender.caller, id_, now=now)
    if row.confirmed_at is not None:
        return _done(row)
    before = _read(session, sender.caller, row, now=now)
    # Others may enrol the same people at this moment: who is known is asked once they are locked.
    numbers = (pair for each in before.rows if each.joining for pair in each.joining.numbers)
    lock(session, (f"{Kind.PATIENT}|{'|'.join(pair)}" for pair in numbers))
    found = _read(session, sender.caller, row, now=now)
    people = [each.joining for each in found.fit if each.joining is not None]
    if people:
        enrol(session, sender, people, now=now, audited=BY_FILE)
    row.enrolled, row.known, row.left_out = len(people), len(found.known), len(found.faulty)
    row.confirmed_at, row.body = now, b""
    session.flush()
    audit.record(session, sender.caller, audit.Action.EXECUTE, ENTITY, now=now, entity_id=id_)
    return _done(row)


def discard(session: Session, caller: Caller, id_: UUID, *, now: datetime) -> None:
    """Delete a file; raises as `preview` does."""
    row = _own(session, caller, id_, now=now)
    drop(session, row)
    audit.record(session, caller, audit.Action.DELETE, ENTITY, now=now, entity_id=id_)


def looked_up(session: Session, rows: Iterable[Row]) -> tuple[Row, ...]:
    """Return rows with who is enrolled already under one of their numbers."""
    listed = list(rows)
    known = known_already(session, [each.joining for each in listed if each.joining])
    return tuple(replace(each, enrolled=tuple(dict.fromkeys(_of(each, known)))) for each in listed)


def _of(row: Row, known: dict[tuple[str, str], UUID]) -> Iterable[UUID]:
    numbers = row.joining.numbers if row.joining else ()
    return (known[pair] for pair in numbers if pair in known)


def _own(session: Session, caller: Caller, id_: UUID, *, now: datetime) -> EnrolmentPreview:
    row = stored(session, id_, now=now)
    if row is None or row.user_id != caller.id:
        raise NotFoundError("no such file")
    return row


def _read(session: Session, caller: Caller, row: EnrolmentPreview, *, now: datetime) -> Preview:
    body = msgspec.json.decode(body_of(session, row), type=_Body)
    sheet = Sheet(
        tuple(body.rows), body.encoding, body.guessed, body.separator, tuple(body.ignored)
    )
    known = known_for(session, caller, today=now.date())
    rows = looked_up(session, checked(sheet, known, team=body.team))
    return Preview(row.id, row.until, sheet, rows)


def _done(row: EnrolmentPreview) -> Preview:
    outcome = Outcome(row.enrolled, row.known, row.left_out)
    return Preview(row.id, row.until, None, outcome=outcome)
