"""Let people in, change what they may do, and shut them out: all of it at once in effect (SEC-15).

Their sessions end with a change of role, so that nobody goes on with what they had (SEC-07);
streams end at the next look, and what waits to be sent to them goes to the fallback team. Nobody
changes their own rights, and the last who can run the clinic stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from alerts.repository import records_had_by
from alerts.steps.service import give_back
from app.accounts import organisation
from app.accounts import service as accounts
from app.accounts.service import NewUser
from app.staff import repository
from core.audit import Action, record
from core.errors import ConflictError, ForbiddenError, InvalidError, NotFoundError
from core.sealed_fields import seal, unseal
from core.security import CLINICAL, Caller, Role
from ingest.access.beyond import Beyond
from ingest.repository import beyond_wall, may_see
from ingest.tables import CareTeam, Practitioner

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.accounts.tables import AppUser

PARTS = {"": "Member", "physician": "Physician who answers"}
LONGEST = 200


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in, or might: never with anything that opens a door."""

    id: UUID
    username: str
    display_name: str
    role: Role
    clinician: bool
    disabled: bool
    state: str
    teams: tuple[tuple[UUID, str], ...]


@dataclass(frozen=True, slots=True)
class Newcomer:
    """Whom an administrator lets in; `practitioner_id` where a record system knows them."""

    username: str
    display_name: str
    role: Role
    email: str = ""
    practitioner_id: UUID | None = None


def check_runs(caller: Caller) -> None:
    """Refuse whoever does not run the clinic: for them there is nothing here (SEC-12)."""
    if caller.kind != "system" and caller.role is not Role.ADMINISTRATOR:
        raise NotFoundError("for administrators")


def everybody(session: Session, caller: Caller) -> list[Account]:
    """Return every account; raise `NotFoundError` but to who runs the clinic."""
    check_runs(caller)
    teams = repository.teams_by_person(session)
    return [_account(session, user, teams) for user in repository.everybody(session)]


def one(session: Session, caller: Caller, user_id: UUID) -> Account:
    """Return one account; raise `NotFoundError` where there is none."""
    found = [each for each in everybody(session, caller) if each.id == user_id]
    if not found:
        raise NotFoundError("no such account")
    return found[0]


def _account(session: Session, user: AppUser, teams: dict[UUID, list[tuple[UUID, str]]]) -> Account:
    waits = user.subject is None and not user.password_hash
    state = "closed" if user.disabled else "invited" if waits else "open"
    return Account(
        user.id,
        user.username,
        unseal(session, type(user).display_name, user.display_name, id=user.id),
        Role(user.role),
        user.practitioner_id is not None,
        user.disabled,
        state,
        tuple(teams.get(user.practitioner_id, ())) if user.practitioner_id else (),
    )


def invite(session: Session, caller: Caller, new: Newcomer, *, now: datetime) -> tuple[UUID, str]:
    """Make an account without any password; return it and the secret of its one-time link.

    Raises
    ------
    InvalidError
        For an empty name, or an address that is none.
    ConflictError
        Where the user name is taken.
    """
    check_runs(caller)
    _check_names(new)
    who = new.practitioner_id
    if who is None and new.role in CLINICAL:
        who = _practitioner(session, caller, new, now=now)
    made = NewUser(new.username, new.display_name, "", new.role, practitioner_id=who)
    secret = organisation.invite(session, made, now=now)
    user = accounts.named(session, new.username)
    repository.note(session, caller, user.id, "account", before="", after=new.role, now=now)
    record(session, caller, Action.CREATE, "user-rights", now=now, entity_id=user.id)
    return user.id, secret


def invite_again(session: Session, caller: Caller, user_id: UUID, *, now: datetime) -> str:
    """Return a new one-time link for who has not come in yet; the one before opens nothing."""
    user = _other(session, caller, user_id)
    if user.disabled or user.subject is not None or user.password_hash:
        raise ConflictError("This person has come in already, or is shut out.")
    secret = organisation.renew(user, now=now)
    record(session, caller, Action.UPDATE, "user-rights", now=now, entity_id=user.id)
    return secret


def change_role(
    session: Session, caller: Caller, user_id: UUID, role: Role, *, now: datetime
) -> None:
    """Give somebody another role; their sessions end, and they sign in anew (SEC-07, SEC-15).

    Raises
    ------
    ForbiddenError
        For one's own account.
    ConflictError
        For the last administrator.
    InvalidError
        For a clinical role where the account belongs to no clinician.
    """
    user = _other(session, caller, user_id)
    if user.role == role:
        return
    if role in CLINICAL and user.practitioner_id is None:
        raise InvalidError("This account belongs to no clinician.", field="role")
    _keep_one(session, user)
    before, user.role = user.role, role
    session.flush()
    accounts.revoke_sessions(session, user.id, now=now)
    _bar(session, user)
    _give_back(session, user, now=now)
    repository.note(session, caller, user.id, "role", before=before, after=role, now=now)
    record(session, caller, Action.UPDATE, "user-rights", now=now, entity_id=user.id)


def join(  # noqa: PLR0913 (who, into what, as what, and by whom)
    session: Session, caller: Caller, user_id: UUID, team_id: UUID, part: str, *, now: datetime
) -> None:
    """Bring somebody into a team; raise `InvalidError` for a part that there is not."""
    user = _other(session, caller, user_id)
    if part not in PARTS:
        raise InvalidError("There is no such part in a team.", field="part")
    if user.practitioner_id is None:
        raise InvalidError("This account belongs to no clinician.", field="user")
    team = session.get(CareTeam, team_id)
    if team is None or not team.active:
        raise NotFoundError("no such team")
    repository.join(session, team_id, user.practitioner_id, part)
    repository.note(session, caller, user.id, "joined", before="", after=str(team_id), now=now)
    record(session, caller, Action.UPDATE, "user-rights", now=now, entity_id=user.id)


def leave(session: Session, caller: Caller, user_id: UUID, team_id: UUID, *, now: datetime) -> None:
    """Take somebody out of a team; what they had and see no more is everybody's again."""
    user = _other(session, caller, user_id)
    who = user.practitioner_id
    if who is None or not repository.leave(session, team_id, who, now=now):
        raise NotFoundError("not of this team")
    _give_back(session, user, now=now)
    repository.note(session, caller, user.id, "left", before=str(team_id), after="", now=now)
    record(session, caller, Action.UPDATE, "user-rights", now=now, entity_id=user.id)


def disable(session: Session, caller: Caller, user_id: UUID, *, now: datetime) -> None:
    """Shut somebody out at once: no session, no stream, no notice, and none of their alerts."""
    user = _other(session, caller, user_id)
    if user.disabled:
        return
    _keep_one(session, user)
    user.disabled = True
    accounts.revoke_sessions(session, user.id, now=now)
    _bar(session, user)
    _give_back(session, user, now=now)
    repository.note(session, caller, user.id, "closed", before="open", after="closed", now=now)
    record(session, caller, Action.UPDATE, "user-rights", now=now, entity_id=user.id)


def enable(session: Session, caller: Caller, user_id: UUID, *, now: datetime) -> None:
    """Let somebody in again who was shut out, with the role and the teams that they had."""
    user = _other(session, caller, user_id)
    if not user.disabled:
        return
    user.disabled = False
    _bar(session, user)
    repository.note(session, caller, user.id, "opened", before="closed", after="open", now=now)
    record(session, caller, Action.UPDATE, "user-rights", now=now, entity_id=user.id)


def _other(session: Session, caller: Caller, user_id: UUID) -> AppUser:
    """Return the account of somebody else than who changes it, held."""
    check_runs(caller)
    if caller.id == user_id:
        raise ForbiddenError("Nobody changes their own rights. Ask another administrator.")
    user = repository.held(session, user_id)
    if user is None:
        raise NotFoundError("no such account")
    return user


def _keep_one(session: Session, user: AppUser) -> None:
    if repository.administrators(session) == {user.id}:
        raise ConflictError("This is the last administrator. Make another one first.")


def _bar(session: Session, user: AppUser) -> None:
    """Have a clinician told of alerts only while an account of theirs may open them."""
    session.flush()
    who = session.get(Practitioner, user.practitioner_id) if user.practitioner_id else None
    if who is not None:
        who.barred = not repository.has_open(session, who.id)
        session.flush()


def _give_back(session: Session, user: AppUser, *, now: datetime) -> None:
    """Take from somebody every alert that they may not open any more (SEC-15)."""
    session.flush()
    who = user.practitioner_id or user.id
    caller = Caller("user", user.id, Role(user.role), user.practitioner_id)
    with beyond_wall(session, Beyond.STAFF):
        had = records_had_by(session, who)
        gone = {each for each in had if user.disabled or not may_see(session, caller, each)}
        if gone:
            give_back(session, gone, who, now=now)


def _check_names(new: Newcomer) -> None:
    for name, value in (("username", new.username), ("display_name", new.display_name)):
        if not value.strip() or len(value) > LONGEST:
            raise InvalidError("an account needs a user name and a display name", field=name)
    if new.email and ("@" not in new.email or len(new.email) > LONGEST):
        raise InvalidError("This is no e-mail address.", field="email")


def _practitioner(session: Session, caller: Caller, new: Newcomer, *, now: datetime) -> UUID:
    id_ = uuid4()
    session.add(
        Practitioner(
            id=id_,
            name=seal(session, Practitioner.name, new.display_name.strip(), id=id_),
            email=seal(session, Practitioner.email, new.email.strip(), id=id_),
        )
    )
    session.flush()
    record(session, caller, Action.CREATE, "practitioner", now=now, entity_id=id_)
    return id_
