"""A row of a score that tells families of events apart (decision 34)."""

from __future__ import annotations

from dataclasses import replace

from app.pages.briefly import brief
from core.vitals import Vital
from monitoring.findings import FamilyRisk
from tests.app.test_briefly import RAISED, points, score, subject


def test_a_score_that_tells_families_apart_leads_with_what_raised_the_likeliest_ux_02() -> None:
    """Decision 34: the finding's value is the likeliest family's, and so is what is shown."""
    finding, grounds = score(*RAISED)
    assert grounds.risk is not None
    parts = tuple(replace(each, points=-each.points) for each in grounds.risk.contributions)
    family = FamilyRisk("glucose", 0.14, 0.0, 0.0, grounds.risk.contributions)
    whole_of_it = replace(grounds.risk, probability=0.2, contributions=parts, family=family)

    row = subject(finding, points(150, 282), replace(grounds, risk=whole_of_it))

    assert row.vital is Vital.GLUCOSE
    assert brief(row).second.startswith(
        "Learned score for glucose too high or too low: 14 % within 7 days"
    )
