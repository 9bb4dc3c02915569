from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from alerts import grouping
from core.vitals import Severity
from monitoring.findings import Problem

if TYPE_CHECKING:
    from datetime import datetime

    from tests.alerts.conftest import FindingMaker


def test_findings_group_by_problem_and_lead_with_the_gravest_then_the_newest(
    finding: FindingMaker, now: datetime
) -> None:
    old, new = finding(at=now - timedelta(hours=1)), finding(at=now)
    lesser = finding(Severity.YELLOW)
    other = finding(Severity.DQ, problem=Problem.DEVICE)

    groups = grouping.by_problem([lesser, old, other, new])

    assert groups == {Problem.DEVICE: (other,), Problem.FLUID: (new, old, lesser)}
    assert list(groups) == sorted(groups)


def test_evidence_that_was_taken_is_not_new_again(finding: FindingMaker, now: datetime) -> None:
    """REL-10."""
    known = {("HF-1", now): Severity.AMBER}

    assert grouping.fresh([finding(Severity.AMBER)], known) == ()
    assert grouping.fresh([finding(Severity.YELLOW)], known) == ()


def test_a_graver_judgement_of_the_same_instant_is_new(
    finding: FindingMaker, now: datetime
) -> None:
    known = {("HF-1", now): Severity.AMBER}
    graver = finding(Severity.RED)

    assert grouping.fresh([graver], known) == (graver,)


def test_one_rule_speaks_once_for_one_instant_at_its_gravest(finding: FindingMaker) -> None:
    red = finding(Severity.RED)

    assert grouping.fresh([finding(Severity.AMBER), red], {}) == (red,)


def test_context_alone_opens_nothing(finding: FindingMaker) -> None:
    assert not grouping.opens([finding(Severity.INFO)])
    assert grouping.opens([finding(Severity.INFO), finding(Severity.DQ)])
