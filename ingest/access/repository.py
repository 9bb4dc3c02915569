"""The one team filter: which patients a caller may see (SEC-11)."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from uuid import UUID

from psycopg.pq import TransactionStatus
from sqlalchemy import Select, exists, false, func, select, text, union_all

from core.rows import driver_of
from core.security import CLINICAL, Role
from ingest.access.tables import EmergencyAccess
from ingest.choices import Purpose
from ingest.choosing.repository import who_said
from ingest.merging.repository import with_all_ids
from ingest.people.tables import ClientPatient
from ingest.tables import CareTeam, CareTeamParticipant, CareTeamPatient, Client, Patient

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy import Row
    from sqlalchemy.orm import Session

    from core.security import Caller
    from ingest.access.beyond import Beyond


def visible_to(caller: Caller) -> Select[UUID]:
    """Return the patients that a caller may see: the one team filter (SEC-11).

    The synthetic person by whom the system watches itself is nobody's (REL-33).

    A person sees the patients of the active teams they take part in, those whose care they
    manage, and for an hour one whom they opened in an emergency. A supervisor also sees those
    whom no active team has: an alert that went to the fallback team must open for somebody. A
    client is bounded by its scopes, and a bound one to the patients it may speak for (SEC-04); one
    that is there for research to those whose yes stands now (SEC-47). The program itself sees all.
    Whoever runs the clinic or guards its privacy sees nobody, be they of a team or not.
    """
    if caller.kind == "system":
        return _real()
    if caller.kind == "client":
        return _of_client(caller)
    if caller.role is not None and caller.role not in CLINICAL:
        return _real().where(false())
    # An id that no row has: compared with None, SQL would ask for rows without a manager.
    self_id = caller.practitioner_id or UUID(int=0)
    member = (
        select(CareTeamParticipant.care_team_id)
        .join(CareTeam, CareTeam.id == CareTeamParticipant.care_team_id)
        .where(CareTeamParticipant.practitioner_id == self_id, CareTeam.active)
    )
    cared_for = select(CareTeamPatient.patient_id).where(
        CareTeamPatient.care_team_id.in_(member) | (CareTeamPatient.care_manager_id == self_id)
    )
    # For an hour, whoever said why: see `app.emergency` (SEC-14).
    opened = select(EmergencyAccess.patient_id).where(
        EmergencyAccess.user_id == (caller.id or UUID(int=0)),
        EmergencyAccess.until > func.clock_timestamp(),
        EmergencyAccess.ended_at.is_(None),
    )
    seen = union_all(cared_for, opened)
    own = _real().where(Patient.id.in_(with_all_ids(seen)))
    if caller.role is not Role.SUPERVISOR:
        return own
    taken = (
        select(CareTeamPatient.patient_id)
        .join(CareTeam, CareTeam.id == CareTeamPatient.care_team_id)
        .where(CareTeam.active)
    )
    mine, theirs = with_all_ids(seen), with_all_ids(taken)
    return _real().where(Patient.id.in_(mine) | Patient.id.not_in(theirs))


def _of_client(caller: Caller) -> Select[UUID]:
    bound = exists().where(Client.id == caller.id, Client.bound)
    own = select(ClientPatient.patient_id).where(ClientPatient.client_id == caller.id)
    studies = exists().where(Client.id == caller.id, Client.research)
    agreed = who_said(Purpose.RESEARCH, allowed=True)
    usable = Patient.id.not_in(who_said(Purpose.USE, allowed=False))
    return _real().where(
        ~bound | Patient.id.in_(with_all_ids(own)),
        ~studies | (Patient.id.in_(agreed) & usable),
    )


def _real() -> Select[UUID]:
    return select(Patient.id).where(~Patient.synthetic)


def may_see(session: Session, caller: Caller, patient_id: UUID) -> bool:
    """Return whether the team filter lets the caller see this patient."""
    query = select(Patient.id).where(Patient.id == patient_id, Patient.id.in_(visible_to(caller)))
    return session.scalar(query) is not None


def raise_wall(session: Session, caller: Caller) -> None:
    """Have PostgreSQL itself keep what is not this caller's from the rest of the transaction.

    The second wall behind `visible_to` (SEC-11): a session sees only what is known of their
    patients from here on, whatever a query forgets. Whom they may see is found out now; raise it
    again where that changed. The program itself raises none.
    """
    if caller.kind in WALLED and caller.id is not None:
        session.flush()
        session.execute(_RAISE, {"kind": caller.kind, "caller": caller.id})


@contextmanager
def walled(session: Session, caller: Caller) -> Iterator[None]:
    """Let what is inside see whom one caller may, and what follows whom was seen before."""
    before = session.execute(_STANDS).one()
    raise_wall(session, caller)
    with _then(session, before):
        yield


@contextmanager
def beyond_wall(session: Session, why: Beyond) -> Iterator[None]:
    """Let what is inside read and write of everybody, as it must for a reason that has a name."""
    before = session.execute(_STANDS).one()
    session.flush()
    session.execute(_SET, {"caller": "", "sees": "", "beyond": why.name})
    with _then(session, before):
        yield


@contextmanager
def _then(session: Session, before: Row[Any]) -> Iterator[None]:
    """Raise the wall again as it was, however the block ends."""
    try:
        yield
        session.flush()
    finally:
        status = driver_of(session).info.transaction_status if session.is_active else None
        if status is TransactionStatus.INTRANS:  # else nothing more is read in it
            session.connection().execute(_SET, before._asdict())


WALLED = ("user", "client")
_RAISE = text("select wardlight_raise(:kind, :caller)")
_SET = text(
    "select set_config('wardlight.caller', :caller, true),"
    " set_config('wardlight.sees', :sees, true),"
    " set_config('wardlight.beyond', :beyond, true)"
)
_STANDS = text(
    "select coalesce(current_setting('wardlight.caller', true), '') as caller,"
    " coalesce(current_setting('wardlight.sees', true), '') as sees,"
    " coalesce(current_setting('wardlight.beyond', true), '') as beyond"
)


def memberships(session: Session, practitioners: Iterable[UUID]) -> dict[UUID, frozenset[UUID]]:
    """Return the active teams that each of some clinicians takes part in or manages people of."""
    wanted = list(practitioners)
    part = select(CareTeamParticipant.practitioner_id, CareTeamParticipant.care_team_id).where(
        CareTeamParticipant.practitioner_id.in_(wanted)
    )
    managed = select(CareTeamPatient.care_manager_id, CareTeamPatient.care_team_id).where(
        CareTeamPatient.care_manager_id.in_(wanted)
    )
    both = part.union(managed).subquery()
    query = select(both.c[0], both.c[1]).join(CareTeam, CareTeam.id == both.c[1])
    found: dict[UUID, set[UUID]] = {}
    for who, team in session.execute(query.where(CareTeam.active)):
        found.setdefault(who, set()).add(team)
    return {who: frozenset(teams) for who, teams in found.items()}
