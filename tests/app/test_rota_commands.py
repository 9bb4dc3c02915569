"""`wardlight rota` and `wardlight policy`: what they print, keep and refuse."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select
from typer.testing import CliRunner

from app.cli import build
from app.commands import rota as commands
from core.errors import InvalidError, NotFoundError
from ingest.tables import CareTeam, CareTeamParticipant
from ingest.teams.repository import members
from tests.people import clinician

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session
    from typer.testing import Result


@pytest.fixture
def team(session: Session, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return a team of two; the commands work in the test's own transaction."""

    @contextmanager
    def ours() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(commands, "transaction", ours)
    monkeypatch.setenv("WARDLIGHT_SITE_TIMEZONE", "Asia/Seoul")
    monkeypatch.setenv("WARDLIGHT_FALLBACK_EMAIL", "fallback@clinic.example")
    identity = uuid4()
    session.add(CareTeam(id=identity, name=f"River {identity.hex[:6]}"))
    people = [("Dr Han", "han@clinic.example"), ("Dr Lim", "")]
    for name, email in people:
        who = clinician(session, uuid4(), name, email)
        session.add(who)
        session.flush()
        session.add(
            CareTeamParticipant(care_team_id=identity, practitioner_id=who.id, role="physician")
        )
    session.flush()
    return f"River {identity.hex[:6]}"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(build(), [*arguments], catch_exceptions=False)


def added(result: Result) -> UUID:
    return UUID(result.output.split()[0])


NIGHTS = ("--days", "mon-fri", "--from", "18:00", "--to", "08:00", "--first", "2026-01-01")


def test_a_rota_is_shown_with_its_rows_and_its_holes_in_words_al_18(team: str) -> None:
    run("rota", "add", team, "Dr Han", *NIGHTS)

    shown = run("rota", "show", team).output

    assert "Dr Han on call" in shown
    assert "on call: Dr Han, mon-fri 18:00\u201308:00, from 2026-01-01 00:00" in shown
    assert "! nobody on call Saturday 08:00\u2013Monday 08:00" in shown


def test_the_check_warns_of_holes_and_of_members_without_a_channel_al_18(team: str) -> None:
    run("rota", "add", team, "Dr Lim", "--days", "mon-sun", "--from", "18:00", "--to", "18:00")

    checked = run("rota", "check", team)

    assert checked.exit_code == 1
    assert "Dr Lim has no working channel but the inbox" in checked.output
    assert "nobody on call" not in checked.output.split("\n")[-1]


def test_a_whole_rota_of_reachable_people_passes_the_check(team: str, session: Session) -> None:
    run("rota", "add", team, "Dr Han", "--days", "mon-sun", "--from", "00:00", "--to", "24:00")
    team_id = session.scalars(select(CareTeam.id).where(CareTeam.name == team)).one()
    mute = [who.practitioner_id for who in members(session, team_id) if not who.email]
    session.execute(
        delete(CareTeamParticipant).where(CareTeamParticipant.practitioner_id.in_(mute))
    )

    checked = run("rota", "check", team)

    assert (checked.exit_code, checked.output) == (0, "no holes, and everybody has a channel\n")


def test_an_override_and_a_leave_are_kept_until_they_are_removed(team: str) -> None:
    run("rota", "add", team, "Dr Han", *NIGHTS)
    bounds = ("--from", "2099-03-06T20:00", "--to", "2099-03-07")
    override = added(run("rota", "override", team, "Dr Lim", *bounds))
    leave = added(run("rota", "leave", team, "Dr Han", *bounds, "--substitute", "Dr Lim"))

    shown = run("rota", "show", team).output
    run("rota", "remove", str(override))
    run("rota", "remove", str(leave))
    after = run("rota", "show", team).output

    assert "override: Dr Lim, from 2099-03-06 20:00 until 2099-03-07 00:00" in shown
    assert (
        "leave: Dr Han, from 2099-03-06 20:00 until 2099-03-07 00:00; in their place: Dr" in shown
    )
    assert "2099" not in after


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (("add", "{team}", "Dr Who", *NIGHTS), InvalidError, "who: 'Dr Who': not of the team"),
        (("add", "No team", "Dr Han", *NIGHTS), NotFoundError, "team: no team 'No team'"),
        (
            ("override", "{team}", "Dr Han", "--from", "soon", "--to", "2099-01-01"),
            InvalidError,
            "from: 'soon' is no local time",
        ),
        (
            ("leave", "{team}", "Dr Han", "--from", "2099-01-02", "--to", "2099-01-01"),
            InvalidError,
            "until: the end must be after the start",
        ),
    ],
)
def test_what_cannot_be_meant_is_refused_with_the_field_and_the_reason(
    team: str, arguments: tuple[str, ...], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        run("rota", *(each.format(team=team) for each in arguments))


SITE = """
[site]
zone = "Asia/Seoul"
holidays = ["kr"]
cover = ["in_hours"]
"""


def test_a_sites_policy_is_shown_with_hours_holidays_and_the_emergency_route(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDLIGHT_EMERGENCY_NUMBER", "119")
    (tmp_path / "site.toml").write_text(SITE)
    (tmp_path / "kr.toml").write_text('2026-10-09 = "Hangul Day"\n')

    shown = run("policy", "show", "--policy", str(tmp_path / "site.toml")).output

    assert "every other team: Asia/Seoul, somebody reads mon-fri 08:00\u201318:00" in shown
    assert "holidays: 2026-10-09 Hangul Day" in shown
    assert "at once: the person's text says that nobody reads, and to call 119" in shown
    checked = run("policy", "check", "--policy", str(tmp_path / "site.toml"))
    assert "is in order" in checked.output


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (SITE, "kr.toml cannot be read"),
        ('routes = []\n[site]\ncover = ["in_hours"]', "names no emergency number"),
        ("[hours", "site.toml cannot be read"),
    ],
)
def test_a_faulty_policy_is_refused_with_the_reason(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "site.toml").write_text(text)

    with pytest.raises(InvalidError, match=words):
        run("policy", "check", "--policy", str(tmp_path / "site.toml"))
