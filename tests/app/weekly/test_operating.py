"""What an operator sees of weekly reports: numbers without anybody, and commands."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from typer.testing import CliRunner

from app.cli import build
from app.commands import weekly as commands
from app.dead_letters import WORDS
from app.metrics.exposition import Numbers, exposition
from app.metrics.repository import numbers
from app.tasks import STEPS
from app.weekly import repository
from app.weekly.states import State
from core.outbox import Topic
from core.security import SYSTEM
from tests.app.weekly.conftest import FIRST, MONDAY_SEVEN, SATURDAY, TUESDAY, of, work
from tests.app.weekly.test_issues import LATER, label

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from tests.ward import Ward


def test_the_metrics_say_how_reports_came_and_of_nobody_sec_26(
    session: Session, ward: Ward
) -> None:
    before = exposition(numbers(session, now=SATURDAY)).decode()
    assert "on_time_ratio" not in exposition(Numbers()).decode()
    assert 'wardlight_weekly_reports{report="on-time"} 0.0' in before

    work(session, SATURDAY, ward.team)
    work(session, MONDAY_SEVEN, ward.team)
    row = of(session, ward.team)[0]  # late: the team is older than its reports are

    counts = repository.counts(session, since=FIRST.replace(month=9), now=MONDAY_SEVEN)
    said = exposition(numbers(session, now=MONDAY_SEVEN)).decode()
    assert (row.late, counts["on-time"], counts["late"]) == (True, 1, 1)
    for state, count in counts.items():
        assert f'wardlight_weekly_reports{{report="{state}"}} {float(count)}' in said
    assert f"wardlight_weekly_reports_on_time_ratio {1 / sum(counts.values())}" in said
    overdue = repository.overdue_since(session, now=TUESDAY)
    assert overdue is not None  # other wards' teams, whose reports nobody made here
    age = (TUESDAY - overdue).total_seconds()
    said = exposition(numbers(session, now=TUESDAY)).decode()
    assert f"wardlight_weekly_report_overdue_seconds {age}" in said


def test_a_worker_knows_both_kinds_of_work_and_a_page_can_say_them() -> None:
    for topic in (Topic.REPORT, Topic.LETTER):
        assert topic in STEPS
        assert topic in WORDS


@pytest.fixture
def here(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    @contextmanager
    def transaction() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(commands, "transaction", transaction)
    monkeypatch.setattr(commands, "utc_now", lambda: LATER)


@pytest.mark.usefixtures("here")
def test_a_week_is_issued_again_by_command(session: Session, ward: Ward) -> None:
    work(session, SATURDAY, ward.team)
    work(session, MONDAY_SEVEN, ward.team)
    label(session, ward, "true-actionable")
    asked = ["reports", "again", "--team", str(ward.team), "--week", "2006-W45", "--reason", "x"]
    cli = build("reports")

    found = CliRunner().invoke(cli, asked)

    assert found.output == "version 2 of 2006-W45 is due\n"
    row = of(session, ward.team)[2]
    assert (row.version, row.state, row.monday) == (2, State.DUE, FIRST)
    stored = repository.one(session, row.id)
    assert stored is not None
    assert (stored.asked_by_kind, stored.reason) == (SYSTEM.kind, "x")
    assert str(CliRunner().invoke(cli, asked).exception) == "This report is being made already."
    asked[3] = "nobody's"
    assert "name one team" in str(CliRunner().invoke(cli, asked).exception)


@pytest.mark.usefixtures("here")
def test_the_command_lists_what_came_in_time(session: Session, ward: Ward) -> None:
    work(session, SATURDAY, ward.team)
    work(session, MONDAY_SEVEN, ward.team)

    said = CliRunner().invoke(build("reports"), ["reports", "list"]).output

    lines = said.splitlines()
    times = "due 2006-11-13 07:00, made 2006-11-13 07:00"
    assert f"2006-W45 version 1  Riverside: made, {times}, 0 told by mail" in lines
    times = "due 2006-11-06 07:00, made 2006-11-11 12:00"
    assert f"2006-W44 version 1  Riverside: made late, {times}, 0 told by mail" in lines
    assert lines[-1].startswith("on time: 1 of ")
