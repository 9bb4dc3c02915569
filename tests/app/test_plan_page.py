from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from tests.ward import MALSUN, TAESIK

if TYPE_CHECKING:
    from tests.app.conftest import Enter
    from tests.ward import Ward

PEOPLE = (MALSUN, TAESIK)


def plan_of(enter: Enter, ward: Ward, name: str, language: str = "en") -> str:
    """Return the words of the section, as a reader sees them."""
    asked = {"Accept-Language": language}
    page = enter(ward.username).get(f"/patients/{ward.patients[name]}", headers=asked).text
    section = page[page.index('id="plan"') : page.index("</section>", page.index('id="plan"'))]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", section)).split())


def test_each_limit_stands_with_whose_it_is_why_and_since_when(enter: Enter, ward: Ward) -> None:
    said = plan_of(enter, ward, "Oh Malsun")

    assert re.search(
        r"AMBER Heart rate at least 125 /min; one reading is enough Dr Han , since \d+ \w+ \d{4},"
        r" review by \d+ \w+ \d{4} review overdue : her pacemaker keeps her fast",
        said,
    )
    assert "RED Heart rate at least 131 /min" in said
    assert "rule HR-HIGH3" in said


def test_what_gave_way_is_told_with_the_reason(enter: Enter, ward: Ward) -> None:
    said = plan_of(enter, ward, "Oh Malsun")

    assert (
        "Gave way: YELLOW Heart rate at or above 100 /min of template heart failure: "
        "a clinician's limit for this patient goes first"
    ) in said
    assert re.search(
        r"Rules that gave way [^:]*HR-HIGH2[^:]*: below RED, a clinician.s limit stands", said
    )


def test_a_review_that_is_overdue_is_told_and_the_limit_stays(enter: Enter, ward: Ward) -> None:
    said = plan_of(enter, ward, "Oh Malsun")

    assert re.search(r"Review overdue. Heart rate: to be reviewed by \d+ \w+ \d{4}", said)


def test_every_version_is_kept_in_the_history(enter: Enter, ward: Ward) -> None:
    said = plan_of(enter, ward, "Oh Malsun")

    assert "History: 2 versions" in said
    assert "2. changed by Dr Han: Heart rate alert high 125 /min" in said
    assert "1. set by Dr Han: Heart rate alert high 120 /min" in said


def test_whom_no_template_is_for_is_judged_by_the_rulebook_alone(enter: Enter, ward: Ward) -> None:
    said = plan_of(enter, ward, "Moon Taesik")

    assert "Templates diabetes, not known to take insulin or a sulfonylurea" in said
    assert "No clinician has set a limit for this patient." in said


def test_a_korean_reader_reads_the_plan_in_korean(enter: Enter, ward: Ward) -> None:
    """What a person wrote (reasons, names) and the literature stay as they were written."""
    said = plan_of(enter, ward, "Oh Malsun", "ko")

    assert re.search(
        r"주황 심박수 125회/분 이상; 한 번의 측정으로 알림 Dr Han , \d{4}년 \d+월 \d+일부터,"
        r" \d{4}년 \d+월 \d+일까지 재검토 재검토 기한 지남 : her pacemaker keeps her fast",
        said,
    ), said
    assert "적용되지 않음: 황색 심박수 100회/분 이상, 심부전 기본 기준" in said
    assert "이 환자에 대한 의료진의 기준이 우선" in said
    assert "관리 계획 이력 2건" in said
    assert "규칙집 기준만 적용되는 항목" in said
    english = re.findall(
        r"at (?:least|most)|must agree|review by|Gave way|and (?:above|below)", said
    )
    assert english == []
