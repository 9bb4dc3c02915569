"""The weekly report as a team reads it: people first, and every figure leads to what it counts."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from core.audit import AuditEvent
from core.clock import utc_now
from reports.quality import By, lines, whole
from reports.service import quality, team_week
from reports.week import Week
from tests.reported import doctor, happen
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from core.database import Database
    from reports.rates import Rate
    from reports.weekly import Report
    from tests.app.conftest import Enter

UTC = ZoneInfo("UTC")
KOREAN = {"accept-language": "ko"}
LINK = re.compile(r'<a href="([^"]+)" data-count="(\d+)"')
TOTAL = re.compile(r"([\d,]+) alerts?, the newest first")


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """A ward on the Wednesday of the last week that is over."""
    week = Week.of(utc_now(), zone=UTC).shifted(-1)
    ward = open_ward(database, now=(week.start + timedelta(days=2, hours=12)).astimezone(UTC))
    happen(database, ward)
    return ward


def address(ward: Ward, path: str = "") -> str:
    return f"/reports/{ward.team}{path}?week={Week.of(ward.now, zone=UTC)}"


def report_of(database: Database, ward: Ward) -> Report:
    week = Week.of(ward.now, zone=UTC)
    with database.transaction() as session:
        return team_week(session, doctor(ward), ward.team, week, now=utc_now()).report


def by_count(links: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return sorted(links, key=lambda link: int(link[1]))


def text(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


def test_every_figure_leads_to_a_list_of_exactly_the_alerts_that_it_counts(
    enter: Enter, ward: Ward
) -> None:
    """UX-15: on the page of the report, or on that of quality with the same span."""
    client = enter(ward.username)
    found = LINK.findall(unescape(client.get(address(ward)).text))
    # One of each kind of figure: of those that are alike the one that counts most.
    kinds = {
        tuple(sorted(parse_qs(urlsplit(href).query))): (href, n) for href, n in by_count(found)
    }
    links = dict(kinds.values())

    counts = {href: TOTAL.findall(client.get(href).text) for href in links}

    assert len(links) > 7
    assert any(href.startswith("/quality/alerts") for href in links)
    assert counts == {href: [count] for href, count in links.items()}


def test_the_figures_are_those_of_the_page_of_quality_of_the_same_week(
    database: Database, ward: Ward
) -> None:
    """UX-08, UX-15: rules, devices, tiers, outcomes and the burden, by either way of counting."""
    report, week = report_of(database, ward), Week.of(ward.now, zone=UTC)
    with database.transaction() as session:
        world = quality(
            session, doctor(ward), team=ward.team, since=week.start, until=min(week.end, utc_now())
        )

    def of(by: By) -> dict[str, tuple[int, Rate]]:
        return {line.key: (len(line.alerts), line.ppv) for line in lines(world, by)}

    assert of(By.RULE) == {line.rule: (line.opened, line.ppv) for line in report.rules}
    assert of(By.DEVICE) == {line.device: (line.opened, line.ppv) for line in report.devices}
    assert {k: n for k, (n, _) in of(By.TIER).items()} == {
        line.severity.value: line.opened for line in report.tiers if line.opened
    }
    assert whole(world).per_week == report.burden.per_patient_week
    assert whole(world).outcomes == report.outcomes
    assert (whole(world).ppv, whole(world).actionable) == (report.ppv, report.actionable)


def test_the_work_of_the_week_is_listed_entry_by_entry(
    database: Database, enter: Enter, ward: Ward
) -> None:
    work, client = report_of(database, ward).work, enter(ward.username)

    reached = text(client.get(f"{address(ward, '/acts')}&of=reached").text)
    minutes = text(client.get(f"{address(ward, '/acts')}&of=minutes").text)

    assert f"{work.reached} entries, the newest first" in reached
    assert reached.count("Oh Malsun") == work.reached
    assert f"1 entry, the newest first. Minutes: {work.all_minutes}." in minutes
    with database.transaction() as session:
        row = select(AuditEvent).where(AuditEvent.caller_id == ward.user_id)
        rows = session.scalars(row.order_by(AuditEvent.id.desc()).limit(2)).all()
    assert {each.patient_id for each in rows} == {ward.patients["Oh Malsun"]}  # SEC-16
    assert {each.entity_id for each in rows} == {ward.team}


def test_a_list_behind_a_figure_names_its_alerts_and_nobody_elses(
    database: Database, enter: Enter, ward: Ward
) -> None:
    report = report_of(database, ward)
    page = enter(ward.username).get(f"{address(ward, '/alerts')}&tier=RED").text

    listed = re.findall(r'data-alert="([^"]+)"', page)

    assert sorted(listed) == sorted(str(e.id) for e in report.alerts if e.severity == "RED")


def test_the_first_page_says_why_in_the_words_of_the_inbox(enter: Enter, ward: Ward) -> None:
    """UX-02: number, usual range and course; the silent have their reason, and none is well."""
    page = text(enter(ward.username).get(address(ward)).text)

    front = page[: page.index("Alerts by tier")]

    assert re.search(r"Oh Malsun RED SpO2 86 % ?, usual \d+–\d+, falling for \d+ days", front)  # noqa: RUF001 (an en dash joins a range)
    assert "Jung Dahye In hospital until" in front
    assert "taken by nobody, due since" in front
    order = [front.index(title) for title in ("Got worse", "Silent, and why", "Video visits")]
    assert order == sorted(order)


def test_all_of_it_is_in_korean_for_who_reads_korean_ux_17(enter: Enter, ward: Ward) -> None:
    page = enter(ward.username).get(address(ward), headers=KOREAN).text
    of_team, _, rest = page.partition('id="people-pages"')
    body = text(of_team[of_team.index("<h1>") :] + rest[rest.index('id="definitions"') :])
    body = body[: body.index("5건 미만")]

    english = set(re.findall(r"(?<!\w)[A-Za-z]{3,}(?!\w)", body))

    names = {word for name in ward.patients for word in name.split()}
    terms = {"PPV", "actionable", "event", "risk", "UTC", "PDF", "CSV", "FHIR"}
    assert english - names - terms <= {"Riverside", "Han"}


@pytest.mark.parametrize("path", ["", "/alerts", "/people", "/acts"])
def test_nobody_of_another_team_gets_report_or_list_sec_11_sec_12(
    enter: Enter, ward: Ward, path: str
) -> None:
    assert enter(ward.outsider).get(address(ward, path)).status_code == 404
    assert enter(ward.username).get(address(ward, path)).status_code == 200


@pytest.mark.parametrize(
    "query", ["/alerts?state=x", "/alerts?of=x", "/people?of=x", "/acts?of=x", "/alerts?hours=x"]
)
def test_a_figure_that_there_is_not_is_refused(enter: Enter, ward: Ward, query: str) -> None:
    assert enter(ward.username).get(f"/reports/{ward.team}{query}").status_code == 422


def test_a_colleague_sees_the_same_numbers(enter: Enter, ward: Ward) -> None:
    pages = [enter(who).get(address(ward)).text for who in (ward.username, ward.colleague)]

    assert LINK.findall(pages[0]) == LINK.findall(pages[1])
