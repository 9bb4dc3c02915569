"""`wardlight patient enrol`: the same file as on the page, without a name on the screen."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from app.cli import build
from app.commands import enrolment
from ingest.repository import team_patients
from ingest.tables import CareTeam, Patient
from tests.register import HEAD, SYSTEM_A

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sqlalchemy.orm import Session
    from typer.testing import Result


@pytest.fixture(autouse=True)
def ours(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have the command work in the test's own transaction."""

    @contextmanager
    def opened() -> Iterator[Session]:
        yield session

    monkeypatch.setattr(enrolment, "transaction", opened)


def enrol(file: Path, *arguments: str) -> Result:
    asked = ["patient", "enrol", "--csv", str(file), *arguments]
    return CliRunner().invoke(build(), asked, catch_exceptions=False)


def test_a_dry_run_says_every_fault_and_enrols_nobody_then_the_file_is_enrolled_once(
    session: Session, tmp_path: Path
) -> None:
    """SEC-20: rows and columns are named, and nobody."""
    team, name = uuid4(), f"Riverside {uuid4().hex[:6]}"
    session.add(CareTeam(id=team, name=name))
    session.flush()
    file = tmp_path / "people.csv"
    rows = [HEAD, f"Canary Vale,1948-05-06,{SYSTEM_A},{uuid4().hex}", f",x,{SYSTEM_A},18"]
    file.write_text("\n".join(rows))
    before = session.scalar(select(func.count()).select_from(Patient))

    dry = enrol(file, "--team", name, "--dry-run")

    assert dry.exit_code == 1
    assert "row 3, name: the name is missing; right would be: a name as the" in dry.stdout
    assert "row 3, birth_date: this is not a day" in dry.stdout
    assert "1 would be enrolled, 1 with faults left out" in dry.stdout
    assert session.scalar(select(func.count()).select_from(Patient)) == before

    first, second = enrol(file, "--team", name), enrol(file, "--team", name)

    assert "1 enrolled, 1 with faults left out" in first.stdout
    [patient] = team_patients(session, team)
    assert f"row 2: enrolled already as {patient}, left as they are" in second.stdout
    assert "0 enrolled" in second.stdout
    assert "Canary" not in dry.stdout + first.stdout + second.stdout
