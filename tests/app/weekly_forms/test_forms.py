"""The same numbers in every form; who gets one, and what is written down about it."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from sqlalchemy import func, select

from app.weekly_forms import table
from app.weekly_forms.fhir import fhir
from app.weekly_forms.numbers import numbers
from core.audit import AuditEvent
from tests.app.conftest import SETTINGS
from tests.oracle.panel import panel

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi.testclient import TestClient

    from core.database import Database
    from reports.service import TeamWeek
    from tests.app.weekly_forms.printed import Printed
    from tests.ward import Ward

    Enter = Callable[[str], TestClient]
SUFFIXES = {
    "pdf": ("application/pdf", "inline"),
    "csv": ("text/csv; charset=utf-8", "attachment"),
    "json": ("application/fhir+json; charset=utf-8", "attachment"),
}


def rows(found: TeamWeek) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(table.csv(found))))


def one(found: TeamWeek, part: str, line: str, name: str) -> tuple[int, int | None]:
    (row,) = [
        row for row in rows(found) if (row["part"], row["line"], row["name"]) == (part, line, name)
    ]
    return int(row["value"]), int(row["of"]) if row["of"] else None


def bundle(found: TeamWeek) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(fhir(found, SETTINGS, now=found.week.start, language="en"))
    return read


def reported(found: TeamWeek, measure: str) -> dict[str, Any]:
    (group,) = [
        each["resource"]["group"][0]
        for each in bundle(found)["entry"]
        if each["resource"].get("measure", "").startswith(f"urn:wardlight:measure:{measure}|")
    ]
    return dict(group)


def counts(group: dict[str, Any]) -> tuple[int, ...]:
    return tuple(each["count"] for each in group["population"])


def test_page_pdf_table_and_fhir_have_equal_numbers_ux_15(english: Printed) -> None:
    found, report = english.found, english.found.report
    tiers = {line.severity: line for line in report.tiers}

    assert one(found, "opened", "", "") == (report.opened, None)
    assert counts(reported(found, "alerts-opened")) == (report.opened,)
    assert f"{report.opened}" in english.text
    for severity, line in tiers.items():
        assert one(found, "tiers", severity, "opened") == (line.opened, None)
        on_time = (line.on_time.hits, line.on_time.of)
        assert one(found, "tiers", severity, "on_time") == on_time
    strata = reported(found, "alerts-opened")["stratifier"][0]["stratum"]
    assert {each["value"]["text"]: counts(each) for each in strata} == {
        severity: (line.opened,) for severity, line in tiers.items()
    }
    days = report.adherence_trend[-1]
    assert counts(reported(found, "days-with-a-reading"))[1:] == (days.of, days.hits)
    ppv = (report.opened, report.ppv.of, report.ppv.hits)
    assert counts(reported(found, "alerts-true")) == ppv


def test_the_table_has_every_field_of_the_report(english: Printed) -> None:
    """Also what is added to it later: nobody has to think of the table."""
    parts = {row["part"].partition(".")[0] for row in rows(english.found)}
    report = english.found.report
    empty = {each.name for each in fields(report) if getattr(report, each.name) in ((), {})}

    assert parts == {each.name for each in fields(report)} - empty
    named = {row["patient"] for row in rows(english.found)} - {""}
    assert named == set(english.found.names.values())
    shares = [each for each in numbers(report) if each.of is not None]
    assert len(shares) > len(report.problems)
    assert [each for each in shares if not 0 <= float(each.value or 0) <= (each.of or 0)] == []
    lines = [(r["part"], r["line"], r["name"]) for r in rows(english.found)]
    assert len(set(lines)) == len(lines), "a line that cannot be told from another"


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\tx", " =1"])
def test_no_name_in_the_table_is_a_formula_sec_39(english: Printed, name: str) -> None:
    who = next(iter(english.found.names))
    found = replace(english.found, names={**english.found.names, who: name})

    cells = [row["patient"] for row in rows(found) if row["patient_id"] == str(who)]

    assert cells
    assert set(cells) == {f"'{name}"}


def test_what_fhir_says_is_valid_and_about_nobody_fhir_25(english: Printed) -> None:
    found = english.found
    document = bundle(found)
    text = json.dumps(document)

    assert panel([document]) == [[]]
    kinds = [each["resource"]["resourceType"] for each in document["entry"]]
    assert kinds.count("MeasureReport") == kinds.count("Measure") >= 6
    assert kinds.count("DocumentReference") == 1
    assert not [name for name in found.names.values() if name in text]
    assert not [str(who) for who in found.names if str(who) in text]
    measures = {
        f"{each['resource']['url']}|{each['resource']['version']}"
        for each in document["entry"]
        if each["resource"]["resourceType"] == "Measure"
    }
    assert {e["resource"]["measure"] for e in document["entry"] if "measure" in e["resource"]} == (
        measures
    )


def test_the_same_week_has_the_same_ids_in_fhir(english: Printed) -> None:
    ids = [each["resource"]["id"] for each in bundle(english.found)["entry"]]

    assert ids == [each["resource"]["id"] for each in bundle(english.found)["entry"]]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_each_form_is_handed_out_under_a_fixed_name_and_written_down_sec_16(
    enter: Enter, ward: Ward, database: Database, suffix: str
) -> None:
    client = enter(ward.username)
    with database.transaction() as session:
        before = session.scalar(select(func.max(AuditEvent.id))) or 0

    answer = client.get(f"/reports/{ward.team}.{suffix}")

    kind, how = SUFFIXES[suffix]
    assert answer.status_code == 200
    assert answer.headers["content-type"] == kind
    assert answer.headers["content-disposition"] == f'{how}; filename="weekly-report.{suffix}"'
    assert answer.headers["cache-control"] == "no-store"
    with database.transaction() as session:
        wrote = session.scalars(select(AuditEvent).where(AuditEvent.id > before)).all()
        assert {row.entity_id for row in wrote} == {ward.team}
        assert {row.entity for row in wrote} == {
            "weekly-report-print" if suffix == "pdf" else "weekly-report-export"
        }
        assert len({row.patient_id for row in wrote}) == len(wrote) >= 7


def test_the_page_leads_to_its_forms_and_paper_does_not(
    enter: Enter, ward: Ward, english: Printed
) -> None:
    page = enter(ward.username).get(f"/reports/{ward.team}").text

    for suffix in SUFFIXES:
        address = f"/reports/{ward.team}.{suffix}?week={english.found.week}"
        assert address in page
        assert address not in english.page
    assert not re.search(r"<(nav|header|button|script|form)\b", english.page.split("<main")[0])
    assert "<script" not in english.page
    assert "<details" in english.page
    assert not re.search(r"<details(?! open)", english.page), "a paper cannot be unfolded"


@pytest.mark.parametrize("suffix", SUFFIXES)
@pytest.mark.parametrize("query", ["?week=2031-W01", "?version=99"])
def test_a_week_or_issue_that_is_not_there_is_not_found(
    enter: Enter, ward: Ward, suffix: str, query: str
) -> None:
    assert enter(ward.username).get(f"/reports/{ward.team}.{suffix}{query}").status_code == 404


def test_without_pango_the_pdf_names_the_package_and_the_rest_is_handed_out(
    enter: Enter, ward: Ward, monkeypatch: pytest.MonkeyPatch, tmp_path: Any
) -> None:
    (tmp_path / "sitecustomize.py").write_text(
        "import cffi\n"
        "def dlopen(self, name, flags=0):\n"
        "    raise OSError('no library')\n"
        "cffi.FFI.dlopen = dlopen\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    client = enter(ward.username)

    english, korean = (
        client.get(f"/reports/{ward.team}.pdf", headers={"Accept-Language": language})
        for language in ("en", "ko")
    )

    for answer in (english, korean):
        assert answer.status_code == 503
        assert "libpango-1.0-0" in answer.text
    assert "데비안" in korean.text
    assert client.get(f"/reports/{ward.team}.csv").status_code == 200


def test_a_rate_a_span_and_an_id_become_cells(english: Printed) -> None:
    listed = numbers(english.found.report)

    assert all(each.value is None or isinstance(each.value, int | float | str) for each in listed)
    assert {each.unit for each in listed} <= {"", "s"}
    assert all(each.who is None or isinstance(each.who, UUID) for each in listed)
