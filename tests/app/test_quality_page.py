"""Every figure of the page is recomputed here from the outcomes (UX-08)."""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select

from alerts.tables import Alert, AlertEvent, AlertFinding
from core.audit import Action, AuditEvent
from core.clock import utc_now
from core.security import Caller, Role
from ingest.admission.repository import Allowance
from ingest.admission.service import Shares
from reports.quality import By, lines
from reports.rates import ACTIONABLE, COUNTED, TRUE
from reports.service import quality, team_week
from reports.week import Week
from tests.ward import open_ward

if TYPE_CHECKING:
    from core.database import Database
    from core.embedded import Servers
    from tests.app.conftest import Enter
    from tests.ward import Ward

OUTCOMES: list[tuple[str | None, str | None]] = [
    *[("true-actionable", "call")] * 2,
    *[("false-physiology-benign", "limit-wrong-for-person")] * 5,
    ("false-measurement", "technique"),
    ("duplicate", None),
    (None, None),
]
RULE = "HR-HIGH2"


def words(page: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())


@pytest.fixture(scope="module")
def ward(database: Database) -> Ward:
    """A ward with ten more alerts of one rule, eight of them labelled."""
    ward = open_ward(database)
    patients = list(ward.patients.values())[:3]
    fill(database, ward, patients, OUTCOMES)
    return ward


def fill(
    database: Database,
    ward: Ward,
    patients: list[UUID],
    outcomes: list[tuple[str | None, str | None]],
) -> None:
    alerts: list[dict[str, object]] = []
    findings: list[dict[str, object]] = []
    events: list[dict[str, object]] = []
    for n, (outcome, detail) in enumerate(outcomes):
        id_, at = uuid4(), ward.now - timedelta(days=1, minutes=n)
        alerts.append(
            {
                "id": id_,
                "patient_id": patients[n % len(patients)],
                "problem": "rhythm",
                "severity": "AMBER",
                "state": "resolved",
                **dict.fromkeys(("started_at", "last_seen_at", "last_found_at", "opened_at"), at),
                "closed_at": at + timedelta(hours=2),
                "outcome": outcome,
                "outcome_detail": detail,
                "policy_hash": "",
                "policy": {},
            }
        )
        findings.append(
            {
                "id": uuid4(),
                "alert_id": id_,
                "assessment_id": uuid4(),
                "rule_id": RULE,
                "severity": "AMBER",
                "at": at,
                "seen_at": at,
                "says": None,
                "source": "",
                "confidence": "E",
                "value": 112.0 + n % 10,
                "evidence": [],
                "missing": [],
                "confirmed": True,
                "back_in_range": False,
            }
        )
        events.append(
            {
                "alert_id": id_,
                "at": at + timedelta(minutes=10 + n % 10),
                "kind": "acknowledged",
                "actor_kind": "user",
                "reason": "acknowledged",
                "before": {},
                "after": {},
            }
        )
    with database.transaction() as session:
        session.execute(insert(Alert), alerts)
        session.execute(insert(AlertFinding), findings)
        session.execute(insert(AlertEvent), events)


def doctor(ward: Ward) -> Caller:
    return Caller("user", ward.user_id, Role.PHYSICIAN, ward.practitioner_id)


def row_of(page: str, table: str, name: str) -> list[str]:
    part = page[page.index(f'id="by-{table}"') :]
    part = part[: part.index("</section>")]
    row = next(
        r
        for r in re.findall(r"<tr>.*?</tr>", part, re.DOTALL)
        if re.search(rf">{name}(</code>)?</th>", r)
    )
    return [words(cell) for cell in re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", row, re.DOTALL)]


def test_every_figure_of_a_rule_is_what_its_outcomes_say_ux_08(enter: Enter, ward: Ward) -> None:
    page = enter(ward.username).get("/quality?weeks=4")

    cells = row_of(page.text, "rule", RULE)

    counted = [o for o, _ in OUTCOMES if o in COUNTED]
    true, acted = sum(o in TRUE for o in counted), counted.count(ACTIONABLE)
    assert cells[0] == f"Heart rate high {RULE}"
    assert int(cells[1]) >= len(OUTCOMES)
    assert f"{true} of {len(counted)}" in cells[6]
    assert f"{acted} of {len(counted)}" in cells[7]
    assert "25 % (7–59)" in cells[7]  # noqa: RUF001 (an en dash is how a range is written)
    assert "False: harmless for this person: 5" in cells[10]
    assert "technique 1" in cells[11]


def test_the_figures_are_those_of_the_weekly_report_of_the_same_week(
    database: Database, ward: Ward
) -> None:
    caller, now = doctor(ward), utc_now()
    week = Week.of(now - timedelta(days=1), zone=ZoneInfo("UTC"))
    with database.transaction() as session:
        report = team_week(session, caller, ward.team, week, now=now).report
        world = quality(session, caller, team=ward.team, since=week.start, until=min(week.end, now))
    tiers = {line.key: len(line.alerts) for line in lines(world, By.TIER)}

    assert len(world.opened) == report.opened
    assert tiers == {line.severity.value: line.opened for line in report.tiers if line.opened}
    assert Counter(e.outcome for e in world.opened if e.outcome) == report.outcomes
    medians = {line.key: line.median for line in lines(world, By.TIER)}
    assert medians == {line.severity.value: line.median for line in report.tiers if line.opened}


def test_a_figure_leads_to_the_alerts_behind_it_and_that_is_audited(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    path = f"/quality/alerts?weeks=4&by=rule&key={RULE}&label=false-physiology-benign"

    listed = client.get(path)

    assert "5 alerts, the newest first." in words(listed.text)
    assert listed.text.count("<tr><th scope") == 1 + 5
    with database.transaction() as session:
        event = select(AuditEvent.patient_id).where(
            AuditEvent.entity == "quality",
            AuditEvent.action == Action.READ,
            AuditEvent.caller_id == ward.user_id,
        )
        assert set(ward.patients.values()) & set(session.scalars(event))


def test_nobody_sees_figures_or_alerts_of_another_team_sec_11(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)

    assert client.get(f"/quality?team={ward.other_team}").status_code == 404
    assert "Hillside" not in client.get("/quality").text
    elsewhere = enter(ward.outsider).get(f"/quality/alerts?by=rule&key={RULE}").text
    assert "0 alerts, the newest first." in words(elsewhere)


@pytest.mark.parametrize(
    "query",
    ["weeks=5", "first=2026-01-01", "first=2026-02-01&last=2026-01-01", "team=x", "weeks=x"],
)
def test_a_span_that_is_none_is_refused(enter: Enter, ward: Ward, query: str) -> None:
    assert enter(ward.username).get(f"/quality?{query}").status_code == 422


@pytest.mark.parametrize(
    ("first", "last"), [("2026-11-01", "9999-12-31"), ("0001-01-01", "9999-12-31")]
)
def test_a_day_at_the_edge_of_the_calendar_is_refused_and_its_field_named(
    enter: Enter, ward: Ward, first: str, last: str
) -> None:
    """It has no morrow: a clear refusal, not a fault of ours (SEC-38)."""
    answer = enter(ward.username).get(f"/quality?first={first}&last={last}")

    assert answer.status_code == 422
    assert "The last day lies after the first, a year at most" in words(answer.text)


def test_a_proposal_is_tried_on_the_past_and_ends_in_text_for_the_plan(
    enter: Enter, ward: Ward
) -> None:
    client = enter(ward.username)
    assert f"/quality/trial?weeks=4&amp;rule={RULE}" in client.get("/quality?weeks=4").text

    page = client.get(f"/quality/trial?weeks=4&rule={RULE}")

    said = words(page.text)
    assert page.status_code == 200
    assert "Judged again: 3 of the 3 people in whom the rule spoke." in said
    assert "In the last 90 days it would have raised" in said
    assert '[off] "HR-HIGH2" = "in the place of HR-HIGH2' in said
    assert 'vital = "heart_rate"' in said
    assert "A RED would no longer be raised." not in said


def test_a_trial_waits_for_the_one_that_its_reader_has_running_sec_36(
    database: Database, embedded: Servers, enter: Enter, ward: Ward
) -> None:
    client, allowance = enter(ward.username), Allowance(embedded.broker_url)
    mine = allowance.hold([f"turn:what-if:{ward.user_id}"], 60)
    assert mine is not None
    database.info["shares"] = Shares(allowance, 1_000, 1_000)
    try:
        page = client.get(f"/quality/trial?weeks=4&rule={RULE}")
    finally:
        allowance.let_go(mine)
        del database.info["shares"]

    assert (page.status_code, page.headers["retry-after"]) == (429, "5")
    assert "being worked out for you already" in words(page.text)


def test_what_is_not_proposed_cannot_be_tried(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)

    assert client.get("/quality/trial?rule=HR-HIGH3").status_code == 404
    assert client.get("/quality/trial?rule=nothing").status_code == 404


def test_the_download_says_the_same_as_the_page(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)

    answer = client.get("/quality.csv?weeks=4")

    rows = list(csv.DictReader(io.StringIO(answer.text)))
    mine = next(row for row in rows if (row["group by"], row["group"]) == ("rule", RULE))
    cells = row_of(client.get("/quality?weeks=4").text, "rule", RULE)
    assert answer.headers["content-disposition"] == 'attachment; filename="quality.csv"'
    assert (mine["alerts"], mine["patients"]) == (cells[1], cells[2])
    assert mine["false-physiology-benign"] == "5"
    assert mine["acted on"] == "0.25"


def test_the_page_is_in_korean_too_ux_17(enter: Enter, ward: Ward) -> None:
    page = enter(ward.username).get("/quality", headers={"Accept-Language": "ko"}).text

    assert "알림의 품질" in page
    assert "By rule" not in page
