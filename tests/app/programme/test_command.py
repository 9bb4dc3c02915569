"""`wardlight programme`: what it prints, keeps and refuses."""

from __future__ import annotations

import csv
import io
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.cli import build
from app.commands import programme as commands
from app.programme.service import SETTING
from core.audit import AuditEvent
from core.errors import ConflictError, InvalidError, NotFoundError
from tests.app.programme.world import NOW, World

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session
    from typer.testing import Result


@pytest.fixture
def world(session: Session, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return a team of one; the command works in the test's own transaction."""

    @contextmanager
    def ours() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(commands, "transaction", ours)
    monkeypatch.setattr(commands, "utc_now", lambda: NOW)
    world = World(session)
    world.send_days(world.admit(name="-1+1"), date(2026, 11, 12), 13)
    return world


def run(world: World, *arguments: str) -> Result:
    command = [*("programme", "--team", str(world.team)), *arguments]
    return CliRunner().invoke(build("programme"), command, catch_exceptions=False)


def table(result: Result) -> list[dict[str, str]]:
    return [*csv.DictReader(io.StringIO(result.output))]


def test_the_command_turns_the_clocks_on_prints_them_and_turns_them_off(world: World) -> None:
    with pytest.raises(ConflictError, match="--clocks on"):
        run(world)

    said = run(world, "--clocks", "on").output
    assert "13 days; 0 minutes, 0 live contacts; evidence for 99445" in said
    assert "3 more days by 11 Dec (99454)" in said
    assert "10 more minutes and one live contact by 30 Nov (99470)" in said
    assert "the clocks are off" in run(world, "--clocks", "off").output

    query = select(AuditEvent).where(AuditEvent.entity == SETTING)
    rows = world.session.scalars(query.where(AuditEvent.entity_id == world.team)).all()
    assert [row.caller_kind for row in rows] == ["system", "system"]


def test_the_command_prints_csv_that_no_spreadsheet_calculates_sec_39(world: World) -> None:
    run(world, "--clocks", "on")

    rows = [*csv.DictReader(io.StringIO(run(world, "--format", "csv").output))]
    before = [
        *csv.DictReader(io.StringIO(run(world, "--format", "csv", "--on", "2026-11-01").output))
    ]

    assert [row["name"] for row in rows] == ["'-1+1"]
    assert (rows[0]["days with readings"], rows[0]["evidence for days"]) == ("13", "99445")
    assert rows[0]["more days possible"] == "3"
    assert (before[0]["window from"], before[0]["days with readings"]) == ("", "0")


def test_the_command_refuses_an_unknown_team_and_what_is_no_day(world: World) -> None:
    with pytest.raises(InvalidError):
        run(world, "--on", "yesterday")
    with pytest.raises(NotFoundError):
        CliRunner().invoke(
            build("programme"), ["programme", "--team", "none"], catch_exceptions=False
        )
