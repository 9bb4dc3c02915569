"""The use cases of an export: begin it, write it step by step, say how far it is, give it out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import func, select, text
from zstandard import ZstdCompressor, ZstdDecompressor

from app.bulk.asking import later_than, read_filter
from app.bulk.tables import BulkExport, BulkPart, ExportState
from app.counted import counted
from app.erasure.beside import nobody_erased
from app.fhir_api.scope import BATCH, MOST_PATIENTS, Mark, Scope
from app.fhir_api.shelves import SHELVES
from app.fhir_api.walk import Hit, Walk
from core import audit, outbox
from core.errors import GoneError, NotFoundError, ThrottledError
from core.outbox import Outbox, Priority, State, Topic, stands
from core.sealing import keyring_of
from core.security import Caller
from fhir.outcome import Refusal
from fhir.search_parameters import Criteria, Place
from ingest.repository import raise_wall, team_patients
from ingest.tables import CareTeam, CareTeamParticipant, PractitionerRole

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy.orm import Session

    from app.bulk.asking import Wish
    from app.fhir_api.scope import Seen
    from core.database import Database
    from core.settings import Settings

KEPT = timedelta(hours=24)
AT_ONCE = 5  # running exports of one client
STEP_ROWS = 5_000  # looked at in one step: a second or two of work
AGAIN_SECONDS = 60
# A writer that has begun and not committed may still store something received earlier.
_OLDEST_WRITER = text(
    "select min(xact_start) from pg_stat_activity"
    " where backend_xid is not null and pid <> pg_backend_pid() and usename = current_user"
)
WRITER_STARTS_WITHIN = timedelta(seconds=1)


def begin(  # noqa: PLR0913 (an order has this many facts)
    session: Session,
    caller: Caller,
    wish: Wish,
    request: str,
    *,
    group_id: UUID | None = None,
    now: datetime,
) -> UUID:
    """Order an export and return its id; its data is that of the instant it names.

    Raises
    ------
    NotFoundError
        For a group that is no care team.
    ThrottledError
        When this client has too many running.
    """
    if group_id is not None and session.get(CareTeam, group_id) is None:
        raise NotFoundError("no such group: a group is a care team")
    running = select(func.count()).where(
        BulkExport.client_id == caller.id,
        BulkExport.state == ExportState.RUNNING,
        BulkExport.expires_at > now,
    )
    if (session.scalar(running) or 0) >= AT_ONCE:
        raise ThrottledError(f"at most {AT_ONCE} exports run at once", after=AGAIN_SECONDS)
    export = BulkExport(
        client_id=caller.id,
        scopes=sorted(caller.scopes),
        request=request,
        group_id=group_id,
        kinds=list(wish.kinds),
        filters=list(wish.filters),
        since=wish.since,
        state=ExportState.RUNNING,
        transaction_time=_settled(session, now),
        started_at=now,
        expires_at=now + KEPT,
    )
    session.add(export)
    session.flush()
    audit.record(session, caller, audit.Action.EXECUTE, "Export", now=now, entity_id=export.id)
    outbox.offer(session, Topic.EXPORT, export.id, now=now, priority=Priority.BULK)
    return export.id


def _settled(session: Session, now: datetime) -> datetime:
    """Return the latest instant of which everything that was received is committed."""
    writing = session.scalar(_OLDEST_WRITER)
    return now if writing is None else min(now, writing - WRITER_STARTS_WITHIN)


def step(
    session: Session,
    export_id: UUID,
    *,
    now: datetime,
    settings: Settings,
    rows: int = STEP_ROWS,
) -> None:
    """Write the next part or parts and ask for the next step, all in one transaction.

    An export that was cancelled is not there any more, and nothing is left to do.
    """
    nobody_erased(session)
    export = session.get(BulkExport, export_id, with_for_update=True)
    if export is None or export.state != ExportState.RUNNING:
        return
    raise_wall(session, caller_of(export))
    place = Place(settings.fhir_base, ZoneInfo(settings.site_timezone), export.transaction_time)
    budget, whose = rows, set[UUID | None]()
    while budget > 0 and export.kind_number < len(export.kinds):
        looked, hits = _Stride(session, export, place).take(budget)
        _keep(session, export, counted(session, hits))
        whose |= {hit.patient_id for hit in hits}
        if looked < budget:
            export.kind_number, export.part_number, export.after = export.kind_number + 1, 0, []
        budget -= max(looked, BATCH)
    audit.record(
        session,
        caller_of(export),
        audit.Action.READ,
        "Export",
        now=now,
        entity_id=export.id,
        patients=sorted(whose or {None}, key=str),
    )
    if export.kind_number < len(export.kinds):
        outbox.offer(session, Topic.EXPORT, export.id, now=now, priority=Priority.BULK)
    else:
        export.state = ExportState.DONE


def caller_of(export: BulkExport) -> Caller:
    """Return who asked, with the scopes they had then."""
    return Caller("client", export.client_id, scopes=frozenset(map(str, export.scopes)))


@dataclass(frozen=True, slots=True)
class _Stride:
    """One kind of an export, from where it stopped."""

    session: Session
    export: BulkExport
    place: Place

    @property
    def kind(self) -> str:
        return str(self.export.kinds[self.export.kind_number])

    def take(self, budget: int) -> tuple[int, list[Hit]]:
        """Return how many rows were looked at, fewer than the budget at the end, and the hits."""
        scope, group = self._scope(), self._group()
        after: Mark | None = tuple(map(str, self.export.after)) or None
        hits: list[Hit] = []
        looked = 0
        while looked < budget:
            size = min(BATCH, budget - looked)
            rows = SHELVES[self.kind].look(scope, after, size)
            hits += self._meant(scope, [row for row in rows if group is None or group.has(row)])
            looked, after = looked + len(rows), rows[-1].mark if rows else after
            if len(rows) < size:
                break
        self.export.after = list(after or ())
        return looked, hits

    def _scope(self) -> Scope:
        export = self.export
        team = self._team()
        few = team if team is not None and len(team) <= MOST_PATIENTS else None
        return Scope(
            self.session,
            caller_of(export),
            self.kind,
            export.transaction_time,
            patients=few if self.kind not in UNOWNED else None,
            updated=later_than(export.since, self.place),
        )

    def _team(self) -> frozenset[UUID] | None:
        group = self.export.group_id
        return None if group is None else frozenset(team_patients(self.session, group))

    def _group(self) -> _Group | None:
        team, id_ = self._team(), self.export.group_id
        return None if team is None or id_ is None else _Group(team, _members(self.session, id_))

    def _meant(self, scope: Scope, rows: Sequence[Seen]) -> list[Hit]:
        found: dict[Mark, Hit] = {}
        for criteria in self._criteria():
            narrowed = replace(scope, updated=(*scope.updated, *criteria.updated))
            walk = Walk(SHELVES[self.kind], narrowed, criteria, self.place)
            found |= {hit.mark: hit for hit in walk.sift(rows)}
        return [found[row.mark] for row in rows if row.mark in found]

    def _criteria(self) -> list[Criteria]:
        """Return the filters of this kind, any of which will do."""
        read = [read_filter(str(each), self.place) for each in self.export.filters]
        own = [each for each in read if not isinstance(each, Refusal) and each.kind == self.kind]
        return own or [Criteria(self.kind)]


UNOWNED = ("Practitioner", "PractitionerRole", "CareTeam")  # of a team and not of a patient


@dataclass(frozen=True, slots=True)
class _Group:
    """Whom a care team looks after, and the ids of the team, its people and their posts."""

    patients: frozenset[UUID]
    members: frozenset[str]

    def has(self, row: Seen) -> bool:
        if row.patient_id is not None:
            return row.patient_id in self.patients
        return row.id in self.members


def _members(session: Session, group: UUID) -> frozenset[str]:
    people = session.scalars(
        select(CareTeamParticipant.practitioner_id).where(CareTeamParticipant.care_team_id == group)
    ).all()
    posts = session.scalars(
        select(PractitionerRole.id).where(PractitionerRole.practitioner_id.in_(people))
    )
    return frozenset(map(str, (group, *people, *posts)))


def _keep(session: Session, export: BulkExport, hits: Sequence[Hit]) -> None:
    if not hits:
        return
    part = BulkPart(
        export_id=export.id,
        kind=export.kinds[export.kind_number],
        number=export.part_number,
        lines=len(hits),
    )
    # A line may hold no line end; what was received may be indented.
    lines = b"".join(b" ".join(hit.body.split(b"\n")).replace(b"\r", b" ") + b"\n" for hit in hits)
    part.body = keyring_of(session).seal(ZstdCompressor().compress(lines), place=_place(part))
    session.add(part)
    export.part_number += 1
    export.exported += len(hits)


def _place(part: BulkPart) -> str:
    return f"bulk_part/{part.export_id}/{part.kind}/{part.number}"


def own(session: Session, caller: Caller, export_id: UUID, *, now: datetime) -> BulkExport:
    """Return a client's own export; raise `NotFoundError` for anybody else's and expired ones."""
    export = session.get(BulkExport, export_id)
    if export is None or export.client_id != caller.id or export.expires_at <= now:
        raise NotFoundError("no such export: never made, cancelled, or expired")
    return export


def failed(session: Session, export: BulkExport) -> bool:
    """Return whether the work on it was given up."""
    query = select(Outbox.id).where(
        Outbox.topic == Topic.EXPORT, Outbox.subject_id == export.id, stands(State.PARKED)
    )
    return session.scalar(query.limit(1)) is not None


def counts(session: Session, export: BulkExport) -> dict[str, int]:
    """Return how many lines each file has."""
    query = select(BulkPart.kind, func.sum(BulkPart.lines)).where(BulkPart.export_id == export.id)
    rows = session.execute(query.group_by(BulkPart.kind).order_by(BulkPart.kind))
    return {row[0]: int(row[1]) for row in rows}


def pieces(database: Database, export_id: UUID, kind: str, lines: int) -> Iterator[bytes]:
    """Yield a file part by part until its lines are given; raise `GoneError` where one is gone."""
    number = given = 0
    while given < lines:
        with database.transaction() as session:
            part = session.get(BulkPart, (export_id, kind, number))
            if part is None:
                raise GoneError("the export was taken away while it was read")
            opened = keyring_of(session).open(part.body, place=_place(part))
        number, given = number + 1, given + part.lines
        yield ZstdDecompressor().decompress(opened)
