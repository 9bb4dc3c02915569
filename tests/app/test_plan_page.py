from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.app.conftest import Enter
    from tests.ward import Ward


def plan_of(enter: Enter, ward: Ward, name: str) -> str:
    """Return the words of the section, as a reader sees them."""
    page = enter(ward.username).get(f"/patients/{ward.patients[name]}").text
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
