"""`wardlight report`: the same forms from the command line, and refusals by the option's name."""

from __future__ import annotations

import json
import stat
from datetime import UTC
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from app.cli import build
from core.audit import AuditEvent
from core.errors import InvalidError, NotFoundError
from reports.week import Week

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Ward


@pytest.fixture
def week(ward: Ward, embedded: Servers, monkeypatch: pytest.MonkeyPatch) -> str:
    for name, value in embedded.environment().items():
        monkeypatch.setenv(name, value)
    return str(Week.of(ward.now, zone=UTC))


def run(ward: Ward, week: str, output: Path, *more: str) -> Result:
    asked = ["report", "--team", str(ward.team), "--week", week, "--output", str(output), *more]
    return CliRunner().invoke(build("report"), asked, catch_exceptions=True)


@pytest.mark.parametrize(
    ("form", "begins"),
    [("html", b"<!DOCTYPE html>"), ("pdf", b"%PDF-1.7"), ("csv", b"team,week,"), ("fhir", b"{")],
)
def test_each_form_is_written_for_its_owner_alone_and_into_the_audit(
    ward: Ward, week: str, database: Database, tmp_path: Path, form: str, begins: bytes
) -> None:
    output = tmp_path / "report"
    with database.transaction() as session:
        before = session.scalar(select(func.max(AuditEvent.id))) or 0

    done = run(ward, week, output, "--format", form, "--lang", "ko")

    assert done.exit_code == 0, done.output
    assert output.read_bytes().lstrip().startswith(begins)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600
    with database.transaction() as session:
        wrote = session.scalars(select(AuditEvent).where(AuditEvent.id > before)).all()
        assert {row.caller_kind for row in wrote} == {"system"}
        assert {row.entity_id for row in wrote} == {ward.team}


def test_the_page_is_whole_by_itself_and_in_the_language_that_was_asked_for(
    ward: Ward, week: str, tmp_path: Path
) -> None:
    output = tmp_path / "report.html"

    run(ward, week, output, "--format", "html", "--lang", "ko")

    page = output.read_text(encoding="utf-8")
    assert '<html lang="ko">' in page
    assert "적색" in page
    assert not [part for part in ("<link", "<script", "<nav", " src=") if part in page]


def test_fhir_goes_to_standard_output_where_that_is_asked_for(
    ward: Ward, week: str, tmp_path: Path
) -> None:
    done = run(ward, week, tmp_path / "x", "--format", "fhir", "--output", "-")

    assert json.loads(done.stdout)["resourceType"] == "Bundle"


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        (("--team", "Nowhere"), NotFoundError, "team: no team 'Nowhere'"),
        (("--week", "2026-47"), InvalidError, "week: '2026-47': a week is written like 2026-W47"),
        (("--week", "2026-W60"), InvalidError, "week: '2026-W60': there is no such week"),
        (("--week", "2031-W01"), NotFoundError, "week: 2031-W01 has not begun"),
        (("--version", "7"), NotFoundError, "version: .* has no issue 7"),
        (("--lang", "xx"), InvalidError, "lang: 'xx' is none of en, ko"),
    ],
    ids=lambda value: value[1] if isinstance(value, tuple) else "",
)
def test_what_cannot_be_is_refused_by_the_name_of_the_option(
    ward: Ward,
    week: str,
    tmp_path: Path,
    more: tuple[str, str],
    error: type[Exception],
    said: str,
) -> None:
    done = run(ward, week, tmp_path / "x", "--format", "csv", *more)

    with pytest.raises(error, match=said):
        raise done.exception or AssertionError(done.output)
    assert not (tmp_path / "x").exists()


def test_a_file_that_cannot_be_written_is_said(ward: Ward, week: str, tmp_path: Path) -> None:
    done = run(ward, week, tmp_path / "no" / "folder", "--format", "csv")

    with pytest.raises(InvalidError, match=r"output: .*No such file"):
        raise done.exception or AssertionError(done.output)
