"""The first start: a link, once, on which the first administrator is made (SEC-08).

There are no default credentials. A link lasts a day, opens once, is kept as a digest, and is
made only while nobody can run the clinic.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from app.accounts import organisation
from app.accounts.service import NewUser, create_user
from app.staff import repository
from app.staff.tables import SetUpLink
from core.audit import Action, record
from core.errors import NotFoundError
from core.security import SYSTEM, Role, digest, new_secret

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

LINK_LASTS = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class First:
    """The first administrator; without a password where people sign in at the organisation."""

    username: str
    display_name: str
    password: str = ""


def open_link(session: Session, *, now: datetime) -> str | None:
    """Return the secret of a new link, None where somebody can run the clinic already.

    A link that was made before opens nothing any more.
    """
    if repository.administrators(session):
        return None
    for each in repository.unspent(session):
        each.until = min(each.until, now)
    secret, id_ = new_secret(), uuid4()
    session.add(SetUpLink(id=id_, digest=digest(secret), made_at=now, until=now + LINK_LASTS))
    record(session, SYSTEM, Action.CREATE, "set-up-link", now=now, entity_id=id_)
    return secret


def check(session: Session, secret: str, *, now: datetime) -> SetUpLink:
    """Return the link of a secret, held; raise `NotFoundError` where it opens nothing."""
    link = repository.link(session, digest(secret), now=now)
    if link is None or repository.administrators(session):
        raise NotFoundError("no such link")
    return link


def begin(session: Session, secret: str, first: First, *, local: bool, now: datetime) -> str:
    """Make the first administrator; return the secret of their invitation, "" if they have none.

    Raises
    ------
    NotFoundError
        For a link that is unknown, used, or expired, and where there is an administrator.
    InvalidError
        For an empty name or a poor password; the link stays as it was.
    """
    link = check(session, secret, now=now)
    new = NewUser(first.username, first.display_name, first.password, Role.ADMINISTRATOR)
    invitation = ""
    if local:
        create_user(session, new, now=now)
    else:
        invitation = organisation.invite(session, new, now=now)
    link.used_at = now
    record(session, SYSTEM, Action.EXECUTE, "set-up-link", now=now, entity_id=link.id)
    return invitation


def said(secret: str | None, base_url: str) -> str:
    """Return what is printed of a link of a first start, "" without one."""
    if secret is None:
        return ""
    return (
        "nobody runs this clinic yet; make the first administrator here, once, within a day:\n"
        f"{base_url.rstrip('/')}/set-up/{secret}"
    )
