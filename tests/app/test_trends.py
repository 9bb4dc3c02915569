"""The values behind the trends, and who may have them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from app.pages.language import language
from app.pages.limit_words import Limit
from app.pages.trends import Canvas, Past, trends
from app.pages.units import Units, units
from core.audit import AuditEvent
from core.vitals import Quality, Reading, Severity, Vital
from monitoring.comparison import Comparison
from monitoring.findings import Usual
from monitoring.plans.lines import Needs
from reports.trend_chart import Mark
from tests.ward import MALSUN

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

PEOPLE = (MALSUN,)
Enter = Callable[[str], "TestClient"]
NOW = datetime(2026, 11, 23, 1, 42, tzinfo=UTC)
START = NOW - timedelta(days=30)
SEOUL = ZoneInfo("Asia/Seoul")
USUAL = Usual(95.5, 94, 97, 0.7, 28)
RED_91 = Limit(START, NOW, 91, Severity.RED, Comparison.AT_MOST, whose="rule SPO2-CRIT")


def canvas(past: Past, chosen: Units | None = None, said: str = "en") -> Canvas:
    return Canvas(NOW, START, SEOUL, language(said), units=chosen or Units(), past=past)


def reading(
    vital: Vital, value: float, ago: timedelta, quality: Quality = Quality.SCORED
) -> Reading:
    return Reading(str(uuid4()), vital, value, NOW - ago, NOW, quality=quality)


def test_the_days_below_a_picture_are_in_the_readers_language_ux_17() -> None:
    readings = [reading(Vital.SPO2, 95, timedelta(days=2))]

    pictures = [trends(readings, canvas(Past(), said=each))[0].picture for each in ("en", "ko")]

    days = [re.findall(r'class="tick day"[^>]*>([^<]+)<', each) for each in pictures]
    assert days[0] == ["25 Oct", "2 Nov", "10 Nov", "18 Nov"]
    assert days[1] == ["10월 25일", "11월 2일", "11월 10일", "11월 18일"]


@pytest.mark.parametrize(("hours", "told"), [(30, False), (40, True)])
def test_a_newest_value_that_is_old_is_told_with_its_day(hours: int, told: bool) -> None:  # noqa: FBT001 (a row of a table)
    """Silence is no gap between two readings: it lasts until now."""
    found = trends([reading(Vital.SPO2, 96, timedelta(hours=hours))], canvas(Past()))[0]

    said = [("last reading 21 Nov" in each) for each in (found.caption, found.plot.label)]
    assert said == [told, told]


def test_a_blood_pressure_is_never_made_of_two_measurements() -> None:
    """The newest diastolic value was not usable: that of the day before is not put beside 182."""
    day, hour = timedelta(days=1), timedelta(hours=1)
    readings = [
        reading(Vital.SYSTOLIC_BP, 131, day),
        reading(Vital.DIASTOLIC_BP, 76, day),
        reading(Vital.SYSTOLIC_BP, 182, hour),
        reading(Vital.DIASTOLIC_BP, 5, hour, Quality.IMPLAUSIBLE),
    ]

    before, now = (trends(each, canvas(Past()))[0].caption for each in (readings[:2], readings))

    assert "newest 131/76" in before
    assert "newest 182/–" in now  # noqa: RUF001 (an en dash stands for nothing)


def test_what_was_not_used_is_a_cross_and_in_the_table_and_not_in_the_line() -> None:
    past = Past({Vital.SPO2: USUAL}, limits={Vital.SPO2: [RED_91]})
    found = trends(
        [
            reading(Vital.SPO2, 95, timedelta(days=2)),
            reading(Vital.SPO2, 9, timedelta(days=1), Quality.IMPLAUSIBLE),
            reading(Vital.HEART_RATE, 70, timedelta(hours=3)),
        ],
        canvas(past),
    )

    first, second = sorted(found, key=lambda each: each.key, reverse=True)

    assert (first.title, second.title) == ("SpO2", "Heart rate")
    assert [row.quality for row in first.rows] == ["no: implausible", "yes"]
    assert "newest 95 %, between 95 and 95" in first.plot.label
    assert "1 reading not used" in first.plot.label
    assert first.picture.count('class="unused"') == 1
    assert "usual 94" in first.caption
    assert [key.words for key in first.keys] == ["RED ≤ 91 %"]
    assert "RED ≤ 91 %" in first.plot.label
    assert "no usual range yet" in second.caption


def test_what_an_alert_speaks_of_comes_first_and_its_marks_are_of_its_vital_only() -> None:
    mark = Mark(NOW - timedelta(days=1), "RED", ended=False)
    past = Past(first=[Vital.HEART_RATE], marks={Vital.HEART_RATE: [mark]})

    first, second = trends(
        [
            reading(Vital.SPO2, 95, timedelta(days=2)),
            reading(Vital.HEART_RATE, 70, timedelta(hours=3)),
        ],
        canvas(past),
    )

    assert (first.key, second.key) == ("heart-rate", "spo2")
    assert "mark mark-red" in first.picture
    assert "mark" not in second.picture


def test_no_mark_hides_a_graver_one_of_the_same_instant() -> None:
    """UX-11: RED stands on the axis and is drawn last; the lesser ones stand above it."""
    at = NOW - timedelta(days=1)
    lesser = Mark(at, "YELLOW", ended=False)
    marks = [Mark(at, "RED", ended=False), lesser, Mark(at, "AMBER", ended=True)]
    past = Past(marks={Vital.SPO2: [*marks, Mark(at - timedelta(days=9), "YELLOW", ended=False)]})

    (chart,) = trends([reading(Vital.SPO2, 95, timedelta(days=2))], canvas(past))

    assert [(m.tier, m.lift) for m in chart.plot.marks] == [
        ("YELLOW", 0),
        ("YELLOW", 2),
        ("AMBER", 1),
        ("RED", 0),
    ]
    assert chart.picture.count('transform="translate(0 -') == 2
    assert chart.picture.rindex("mark mark-") == chart.picture.index("mark mark-red")


def test_each_limit_is_drawn_named_and_told_over_the_whole_span_ux_11() -> None:
    change = START + timedelta(days=10)
    limits = [
        RED_91,
        Limit(START, NOW, 94, Severity.AMBER, Comparison.AT_MOST, Needs.CHANGE),
        Limit(START, change, 93, Severity.AMBER, Comparison.AT_MOST),
        Limit(change, NOW, 92, Severity.AMBER, Comparison.AT_MOST, whose="Dr Han"),
    ]

    (chart,) = trends(
        [reading(Vital.SPO2, 95, timedelta(hours=2)), reading(Vital.SPO2, 97, timedelta(days=3))],
        canvas(Past(limits={Vital.SPO2: limits})),
    )

    assert [key.words for key in chart.keys] == [
        "AMBER ≤ 94 % * with a change from the usual",
        "AMBER ≤ 92 %",
        "RED ≤ 91 %",
    ]
    assert chart.picture.count('class="limit limit-red" x1="0.0" x2="1000.0"') == 1
    assert chart.picture.count('class="limit limit-amber"') == 2, "a change of the plan is a step"
    assert chart.picture.count('class="limit limit-amber limit-given"') == 1
    for name in ("RED ≤ 91<", "AMBER ≤ 94 *<", "AMBER ≤ 93<", "AMBER ≤ 92<"):
        assert name in chart.picture
    assert [(row.limit, row.since, row.until) for row in chart.limits] == [
        ("RED ≤ 91 %", "before this span", "in force"),
        ("AMBER ≤ 94 %", "before this span", "in force"),
        ("AMBER ≤ 92 %", "3 Nov 10:42", "in force"),
        ("AMBER ≤ 93 %", "before this span", "3 Nov 10:42"),
    ]


def test_a_limit_far_from_all_that_was_measured_is_told_and_not_drawn() -> None:
    """Drawn, 600 mg/dL would press the readings into a stripe at the foot of the picture."""
    far = Limit(START, NOW, 600, Severity.RED, Comparison.AT_LEAST)
    low = Limit(START, NOW, 54, Severity.RED, Comparison.BELOW)

    (chart,) = trends(
        [reading(Vital.GLUCOSE, value, timedelta(days=1)) for value in (100, 150)],
        canvas(Past(limits={Vital.GLUCOSE: [far, low]})),
    )

    assert chart.picture.count('class="limit limit-red"') == 1
    assert [key.words for key in chart.keys] == [
        "RED ≥ 600 mg/dL (outside the picture)",
        "RED < 54 mg/dL",
    ]


def test_a_measure_without_a_limit_has_no_line() -> None:
    (chart,) = trends(
        [reading(Vital.BODY_WEIGHT, 61.2, timedelta(days=1))],
        canvas(Past(limits={Vital.SPO2: [RED_91]})),
    )

    assert 'class="limit' not in chart.picture
    assert (chart.keys, chart.limits) == ([], [])


@pytest.mark.parametrize(
    ("said", "vital", "canonical", "shown"),
    [
        ("lb.c.mg", Vital.BODY_WEIGHT, 61.2, "134.9"),
        ("kg.f.mg", Vital.BODY_TEMPERATURE, 38.0, "100.4"),
        ("kg.c.mmol", Vital.GLUCOSE, 180.0, "10.0"),
        ("kg.c.mg", Vital.GLUCOSE, 180.0, "180"),
        ("stone.c.mg", Vital.BODY_WEIGHT, 61.2, "61.2"),
        ("", Vital.BODY_TEMPERATURE, 38.0, "38.0"),
    ],
)
def test_a_value_is_shown_in_the_unit_of_the_reader_ux_16(
    said: str, vital: Vital, canonical: float, shown: str
) -> None:
    assert units(said).of(vital).words(canonical) == shown


def test_where_a_reader_chose_nothing_it_is_the_sites_units() -> None:
    assert str(units("", "lb.f.mg")) == "lb.f.mg"


def test_the_trends_are_korean_for_who_reads_korean_ux_17() -> None:
    (chart,) = trends(
        [reading(Vital.SPO2, 95, timedelta(days=2))], canvas(Past({Vital.SPO2: USUAL}), said="ko")
    )

    assert "최근 값 95" in chart.plot.label
    assert "평소 94" in chart.caption


def test_limits_stand_on_the_page_in_the_readers_language_ux_17(enter: Enter, ward: Ward) -> None:
    """Her plan was changed 100 days ago: at 14 days only what stands now is in force."""
    client = enter(ward.username)
    client.cookies.set("wardlight-language", "ko")

    page = client.get(f"/patients/{ward.patients['Oh Malsun']}?days=14").text

    assert "적색 ≤ 91 %" in page
    assert "주황 ≥ 125 /min" in page
    assert "120 /min" not in page.split('id="trend-heart-rate"')[1].split("</section>")[0]
    assert "이 측정에 적용 중인 고정 한계값이 없습니다." in page


def trends_read(database: Database) -> Counter[UUID | None]:
    """Return how often the audit says that each patient's trends were read, by anybody."""
    with database.transaction() as session:
        reads = select(AuditEvent.patient_id).where(AuditEvent.entity == "trends")
        return Counter(session.scalars(reads))


def test_only_the_own_team_gets_trends_and_each_read_is_audited_sec_11_sec_16(
    database: Database, enter: Enter, ward: Ward
) -> None:
    mine, foreign = ward.patients["Oh Malsun"], ward.patients["Yun Hidden"]
    client, before = enter(ward.username), trends_read(database)

    answer = client.get(f"/patients/{mine}/trends?days=14")
    theirs, nobody = (client.get(f"/patients/{each}/trends") for each in (foreign, uuid4()))

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert (theirs.status_code, nobody.status_code) == (404, 404)
    assert theirs.text == nobody.text
    assert client.get(f"/patients/{mine}/trends?days=15").status_code == 422
    assert trends_read(database) - before == Counter({mine: 1})
