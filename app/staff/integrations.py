"""Device integrations as those see them who run the clinic: keys, state, counts; no patient data.

What one has sent is counted from the audit, which has a row for each request of each client.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Date, cast, func, select

from app.commands.clients import NAME_FORM, make_key
from app.staff.service import check_runs
from core.audit import Action, AuditEvent, record
from core.errors import ConflictError, InvalidError, NotFoundError
from ingest.access.beyond import Beyond
from ingest.access.repository import beyond_wall
from ingest.binding.service import set_grant
from ingest.clients.service import live_keys, register_client
from ingest.people.tables import ClientPatient
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Sequence
    from uuid import UUID

    from sqlalchemy.orm import Session

    from core.outward import Outward
    from core.security import Caller

ENTITY = "client"
PEOPLE = 100  # on one page
DAYS = 14
OVERLAP = timedelta(days=7)  # for which a key goes on beside the one that follows it
WROTE = (Action.CREATE, Action.UPDATE, Action.DELETE)
REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Line:
    """One integration."""

    id: UUID
    name: str
    suspended: bool
    bound: bool
    jwks_url: str
    keys: tuple[tuple[str, str], ...]  # the id of a key, until when it holds ("" for good)
    scopes: tuple[str, ...]
    created_at: datetime
    last_seen: datetime | None


@dataclass(frozen=True, slots=True)
class Sent:
    """What came on one day, in requests as the audit has them."""

    day: str
    taken: int
    refused: int


@dataclass(frozen=True, slots=True)
class Registration:
    """What is said of a new integration; without an address a key pair is made."""

    name: str
    scopes: str
    jwks_url: str = ""
    bound: bool = True


def listing(session: Session, caller: Caller, *, now: datetime) -> list[Line]:
    """Return every integration by name; raise `NotFoundError` but to who runs the clinic."""
    check_runs(caller)
    rows = session.scalars(select(Client).order_by(Client.name)).all()
    return [_line(session, row, now=now) for row in rows]


def one(session: Session, caller: Caller, client_id: UUID, *, now: datetime) -> Line:
    """Return one integration; raise `NotFoundError` where there is none."""
    check_runs(caller)
    return _line(session, _of(session, client_id), now=now)


def _line(session: Session, row: Client, *, now: datetime) -> Line:
    # By the index of the caller and the instant: the newest row alone is read.
    newest = (
        select(AuditEvent.recorded)
        .where(AuditEvent.caller_id == row.id)
        .order_by(AuditEvent.recorded.desc())
        .limit(1)
    )
    keys = live_keys(row.jwks, now=now)["keys"]
    return Line(
        row.id,
        row.name,
        row.disabled,
        row.bound,
        row.jwks_url,
        tuple((str(each.get("kid", "")), str(each.get("until", ""))) for each in keys),
        tuple(str(scope) for scope in row.scopes),
        row.created_at,
        session.scalar(newest),
    )


def sent(
    session: Session, caller: Caller, client_id: UUID, *, now: datetime
) -> tuple[list[Sent], dict[str, int]]:
    """Return what an integration sent by day, the newest first, and why what was refused."""
    check_runs(caller)
    day = cast(func.timezone("UTC", AuditEvent.recorded), Date)
    rows = session.execute(
        select(day, AuditEvent.outcome, func.count())
        .where(
            AuditEvent.caller_id == client_id,
            AuditEvent.recorded > now - timedelta(days=DAYS),
            AuditEvent.action.in_(WROTE),
        )
        .group_by(day, AuditEvent.outcome)
    ).all()
    days: dict[str, list[int]] = {}
    reasons: dict[str, int] = {}
    for on, outcome, count in rows:
        refused = outcome.startswith(REFUSED)
        days.setdefault(on.isoformat(), [0, 0])[refused] += count
        if refused:
            why = outcome.partition(";")[0].removeprefix(REFUSED).strip() or REFUSED
            reasons[why] = reasons.get(why, 0) + count
    return [Sent(on, *days[on]) for on in sorted(days, reverse=True)], reasons


def register(
    session: Session, caller: Caller, new: Registration, *, outward: Outward, now: datetime
) -> tuple[UUID, dict[str, Any]]:
    """Register an integration; return it and its private key, {} where it keeps keys itself.

    Raises
    ------
    InvalidError
        For a name, a scope or an address that cannot be.
    ConflictError
        Where the name is taken.
    """
    check_runs(caller)
    if not NAME_FORM.fullmatch(new.name):
        raise InvalidError(
            "A name has letters, digits, dots, dashes and underscores, at most 64.", field="name"
        )
    if new.jwks_url:
        _check_address(outward, new.jwks_url)
    private, public = make_key()
    id_ = register_client(
        session,
        new.name,
        new.scopes.split(),
        {} if new.jwks_url else {"keys": [public]},
        bound=new.bound,
        jwks_url=new.jwks_url,
        now=now,
    )
    record(session, caller, Action.CREATE, ENTITY, now=now, entity_id=id_)
    return id_, {} if new.jwks_url else {**private, "client_id": str(id_)}


def _check_address(outward: Outward, address: str) -> None:
    try:
        outward.check(address)
    except InvalidError as error:
        raise InvalidError("Keys are kept at a public https address.", field="jwks_url") from error


def rotate(session: Session, caller: Caller, client_id: UUID, *, now: datetime) -> dict[str, Any]:
    """Return a new private key; those from before hold for another week (`OVERLAP`).

    Raises `ConflictError` where the integration keeps its keys at an address: it rotates them
    there.
    """
    row = _held(session, caller, client_id)
    if row.jwks_url:
        raise ConflictError("This integration keeps its keys at its own address.")
    private, public = make_key()
    ends = (now + OVERLAP).isoformat()
    before = [
        {**key, "until": min(str(key.get("until") or ends), ends)}
        for key in live_keys(row.jwks, now=now)["keys"]
    ]
    row.jwks = {"keys": [*before, public]}
    record(session, caller, Action.UPDATE, ENTITY, now=now, entity_id=row.id)
    return {**private, "client_id": str(row.id)}


def retire_old(session: Session, caller: Caller, client_id: UUID, *, now: datetime) -> None:
    """End the keys at once that a newer one follows: one of them may have been stolen."""
    row = _held(session, caller, client_id)
    row.jwks = {"keys": [key for key in row.jwks.get("keys", []) if "until" not in key]}
    record(session, caller, Action.UPDATE, ENTITY, now=now, entity_id=row.id)


def suspend(
    session: Session, caller: Caller, client_id: UUID, *, suspended: bool, now: datetime
) -> None:
    """Refuse an integration from its next request on, or let it in again."""
    row = _held(session, caller, client_id)
    row.disabled = suspended
    record(session, caller, Action.UPDATE, ENTITY, now=now, entity_id=row.id)


def bind(
    session: Session, caller: Caller, pair: tuple[UUID, UUID], *, granted: bool, now: datetime
) -> None:
    """Let an integration speak for a patient, or no longer; `pair` is (client, patient)."""
    check_runs(caller)
    with beyond_wall(session, Beyond.BINDING):
        set_grant(session, caller, pair, granted=granted, now=now)


def bound_to(
    session: Session, caller: Caller, client_id: UUID, *, now: datetime, after: UUID | None = None
) -> tuple[Sequence[ClientPatient], UUID | None]:
    """Return a page of whom an integration may speak for, and after whom the next one goes on.

    Ids, and nothing else of anybody, the newest first (SEC-16).
    """
    check_runs(caller)
    row = ClientPatient
    query = select(row).where(row.client_id == client_id)
    last = session.get(row, (client_id, after)) if after else None
    if last is not None:
        beside = (row.since == last.since) & (row.patient_id > last.patient_id)
        query = query.where((row.since < last.since) | beside)
    ordered = query.order_by(row.since.desc(), row.patient_id).limit(PEOPLE + 1)
    found = session.scalars(ordered).all()
    shown = found[:PEOPLE]
    whose = [each.patient_id for each in shown]
    record(session, caller, Action.READ, ENTITY, now=now, entity_id=client_id, patients=whose)
    return shown, shown[-1].patient_id if len(found) > PEOPLE else None


def _of(session: Session, client_id: UUID) -> Client:
    row = session.get(Client, client_id)
    if row is None:
        raise NotFoundError("no such integration")
    return row


def _held(session: Session, caller: Caller, client_id: UUID) -> Client:
    check_runs(caller)
    row = session.get(Client, client_id, with_for_update=True)
    if row is None:
        raise NotFoundError("no such integration")
    return row
