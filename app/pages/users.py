"""`/administration/users`: who may sign in, as what, in which teams, and who changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse
from pydantic import BaseModel, ConfigDict

from app.accounts.organisation import INVITATION_LASTS
from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.refusals import page_route
from app.pages.wording import moment
from app.staff import repository, service
from app.staff.service import PARTS, Newcomer
from core.audit import Action, record
from core.errors import InvalidError
from core.security import SYSTEM, Role
from ingest.repository import care_teams

if TYPE_CHECKING:
    from app.staff.service import Account
    from core.first import First

Text = Annotated[str, Form()]
USERS = "/administration/users"
ROLES = {
    Role.NURSE: "Nurse",
    Role.PHYSICIAN: "Physician",
    Role.SUPERVISOR: "Supervisor",
    Role.ADMINISTRATOR: "Administrator",
    Role.PRIVACY_OFFICER: "Privacy officer",
}
STATES = {"open": "may sign in", "invited": "invited, not come in yet", "closed": "shut out"}
WHAT = {
    "account": "Account made",
    "role": "Role changed",
    "joined": "Joined a team",
    "left": "Left a team",
    "closed": "Shut out",
    "opened": "Let in again",
}


class Invited(BaseModel):
    """What an administrator says of somebody new, and nothing else: see SEC-13."""

    model_config = ConfigDict(extra="ignore")

    username: str = ""
    display_name: str = ""
    email: str = ""
    role: str = ""
    csrf: str = ""


def router(door: Door) -> APIRouter:
    """Return the list of accounts, one account, and what may be done to it."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get(USERS)
    def listed(request: Request) -> Response:
        with door.visit(request) as visit:
            record(visit.session, visit.caller, Action.READ, "user-rights", now=visit.now)
            return _list(door, visit)

    @routes.post(USERS)
    def invite(request: Request, form: Annotated[Invited, Form()]) -> Response:
        with door.act(request, form.csrf) as visit:
            new = Newcomer(form.username, form.display_name, role_of(form.role), form.email)
            id_, secret = service.invite(visit.session, visit.caller, new, now=visit.now)
            return _one(door, visit, id_, link=_link(door, secret))

    @routes.get(f"{USERS}/{{user_id}}")
    def one(request: Request, user_id: UUID, done: str = "") -> Response:
        with door.visit(request) as visit:
            found = _one(door, visit, user_id, done=done)
            record(
                visit.session,
                visit.caller,
                Action.READ,
                "user-rights",
                now=visit.now,
                entity_id=user_id,
            )
            return found

    _acts(door, routes)
    return routes


def _acts(door: Door, routes: APIRouter) -> None:
    @routes.post(f"{USERS}/{{user_id}}/invite")
    def again(request: Request, user_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            secret = service.invite_again(visit.session, visit.caller, user_id, now=visit.now)
            return _one(door, visit, user_id, link=_link(door, secret))

    @routes.post(f"{USERS}/{{user_id}}/role")
    def change(request: Request, user_id: UUID, role: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.change_role(visit.session, visit.caller, user_id, role_of(role), now=visit.now)
        return _back(user_id, "role-changed")

    @routes.post(f"{USERS}/{{user_id}}/join")
    def join(
        request: Request, user_id: UUID, team: Text = "", part: Text = "", csrf: Text = ""
    ) -> Response:
        with door.act(request, csrf) as visit:
            service.join(visit.session, visit.caller, user_id, id_of(team), part, now=visit.now)
        return _back(user_id, "joined-team")

    @routes.post(f"{USERS}/{{user_id}}/leave")
    def leave(request: Request, user_id: UUID, team: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.leave(visit.session, visit.caller, user_id, id_of(team), now=visit.now)
        return _back(user_id, "left-team")

    @routes.post(f"{USERS}/{{user_id}}/disable")
    def disable(request: Request, user_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.disable(visit.session, visit.caller, user_id, now=visit.now)
        return _back(user_id, "shut-out")

    @routes.post(f"{USERS}/{{user_id}}/enable")
    def enable(request: Request, user_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.enable(visit.session, visit.caller, user_id, now=visit.now)
        return _back(user_id, "let-in")


def role_of(text: str) -> Role:
    """Return a role by its name; raise `InvalidError` where there is none."""
    try:
        return Role(text)
    except ValueError as error:
        raise InvalidError("There is no such role.", field="role") from error


def id_of(text: str) -> UUID:
    """Return an id that a form chose; raise `InvalidError` where it is none."""
    try:
        return UUID(text)
    except ValueError as error:
        raise InvalidError("Choose one from the list.", field="id") from error


def _back(user_id: UUID, done: str) -> Response:
    return RedirectResponse(f"{USERS}/{user_id}?done={done}", status_code=303)


def _link(door: Door, secret: str) -> str:
    return f"{door.settings.base_url.rstrip('/')}/welcome/{secret}"


def _list(door: Door, visit: Visit) -> Response:
    return door.pages.page(
        "users.html",
        visit=visit,
        here="administration",
        accounts=service.everybody(visit.session, visit.caller),
        roles=ROLES,
        states=STATES,
    )


def _one(door: Door, visit: Visit, user_id: UUID, *, link: str = "", done: str = "") -> Response:
    account = service.one(visit.session, visit.caller, user_id)
    teams = {str(each.id): each.name for each in care_teams(visit.session, SYSTEM)}
    return door.pages.page(
        "user.html",
        visit=visit,
        here="administration",
        notice=notice(done),
        account=account,
        own=account.id == visit.caller.id,
        link=link,
        days=INVITATION_LASTS.days,
        roles=ROLES,
        states=STATES,
        parts_of=PARTS,
        free=[(id_, name) for id_, name in teams.items() if id_ not in _ids(account)],
        changes=_changes(door, visit, user_id, teams),
    )


def _ids(account: Account) -> set[str]:
    return {str(id_) for id_, _ in account.teams}


def _changes(
    door: Door, visit: Visit, user_id: UUID, teams: dict[str, str]
) -> First[dict[str, object]]:
    names = {each.id: each.display_name for each in service.everybody(visit.session, visit.caller)}
    names_of_roles = {str(role): name for role, name in ROLES.items()}
    return repository.changes(visit.session, user_id).each(
        lambda each: {
            "at": moment(each.at, now=visit.now, zone=door.zone, language=visit.language),
            "what": WHAT.get(each.what, each.what),
            "before": names_of_roles.get(each.before, ""),
            "after": names_of_roles.get(each.after, ""),
            "team": teams.get(each.after) or teams.get(each.before) or "",
            "by": names.get(each.by, "") if each.by else "",
        }
    )
