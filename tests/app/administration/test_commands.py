"""The commands of administration do what the pages do, through the same services."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select, update
from typer.testing import CliRunner

from app.accounts.tables import AppUser
from app.cli import build
from app.commands import integrations, staff, teams
from app.staff.integrations import Registration
from app.staff.integrations import register as registered
from core.clock import utc_now
from core.errors import ConflictError, NotFoundError
from core.outward import Outward
from core.security import SYSTEM, Role
from core.settings import Settings
from ingest.tables import Client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session


@pytest.fixture(autouse=True)
def here(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the commands work in the test's own transaction."""

    @contextmanager
    def ours() -> Iterator[Session]:
        yield session
        session.flush()

    for module in (staff, teams, integrations):
        monkeypatch.setattr(module, "transaction", ours)


def run(group: str, *arguments: str) -> str:
    return CliRunner().invoke(build(group), [group, *arguments], catch_exceptions=False).output


def test_somebody_is_let_in_moved_and_taken_out_by_command(session: Session) -> None:
    user, team = f"nurse-{uuid4().hex[:8]}", f"Team {uuid4().hex[:8]}"
    run("team", "add", team)
    said = run("user", "newcomer", user, "nurse", "--name", "Nurse New")
    assert re.search(r"/welcome/\S{43}", said)

    staff.join(user, team)
    assert f"{user}  nurse  invited  {team}" in run("user", "list")
    run("user", "role", user, "supervisor")
    staff.leave(user, team)

    assert f"{user}  supervisor  invited  -" in run("user", "list")
    row = session.scalars(select(AppUser).where(AppUser.username == user)).one()
    assert row.role == Role.SUPERVISOR
    with pytest.raises(NotFoundError):
        run("user", "enable", "no-such-user")


def test_a_link_is_printed_while_nobody_runs_the_clinic_sec_08(session: Session) -> None:
    name = f"boss-{uuid4().hex[:8]}"
    everybody = update(AppUser).where(AppUser.role == Role.ADMINISTRATOR)
    session.execute(everybody.values(disabled=True))
    run("user", "newcomer", name, "administrator", "--name", "Boss")

    assert re.search(r"/set-up/\S{43}", run("user", "set-up"))  # nobody has come in yet

    came_in = update(AppUser).where(AppUser.username == name)
    session.execute(came_in.values(issuer="https://login.example", subject=name))
    assert run("user", "set-up").strip() == "there is an administrator already"


def test_sites_and_teams_are_made_renamed_and_closed_by_command() -> None:
    site, team = f"Site {uuid4().hex[:8]}", f"Team {uuid4().hex[:8]}"
    run("site", "add", site)
    run("team", "add", team, "--site", site)
    assert f"{team}  {site}  0 members, 0 patients" in run("team", "list")

    with pytest.raises(ConflictError):
        run("site", "close", site)
    run("team", "rename", team, f"{team} two")
    run("team", "close", f"{team} two")
    run("site", "close", site)
    with pytest.raises(NotFoundError):
        run("team", "close", team)


def test_an_integration_is_rotated_and_suspended_by_command(session: Session) -> None:
    name = f"gateway-{uuid4().hex[:8]}"
    new, outward = Registration(name, "system/Observation.cu"), Outward.of(Settings())
    client, _ = registered(session, SYSTEM, new, outward=outward, now=utc_now())

    key = json.loads(run("client", "rotate", name))
    run("client", "suspend", name)
    session.expire_all()

    row = session.get_one(Client, client)
    assert row.disabled
    assert [each["kid"] for each in row.jwks["keys"]][-1] == key["kid"]
    assert f"{name}  suspended  never" in run("client", "list")
    assert run("client", "sent", name) == ""
    run("client", "resume", name)
    run("client", "retire", name)
    session.expire_all()
    assert len(session.get_one(Client, client).jwks["keys"]) == 1
