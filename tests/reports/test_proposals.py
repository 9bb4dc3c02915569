"""What is proposed for a noisy rule, and that a plan file reads what is told to be put into it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import UUID

import pytest

from core.vitals import Severity
from ingest.repository import condition_groups
from monitoring.plans.plan_file import read_plan
from monitoring.rule_kinds import LimitRule
from reports.proposals import Kind, plan_text, propose
from reports.quality import Line
from tests.reports.test_quality import ANNA, UNTIL, alert
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from monitoring.rule_kinds import Rule

FAST = RULEBOOK.by_id["HR-HIGH2"]
RED = RULEBOOK.by_id["HR-HIGH3"]
GOOD, MISMEASURED = "true-actionable", "false-measurement"
HARMLESS, FINE = "false-physiology-benign", "true-no-action-needed"


def line(rule: Rule, *outcomes: str, tier: Severity = Severity.AMBER) -> Line:
    found = [alert(n, ANNA, each, tier=tier) for n, each in enumerate(outcomes)]
    return Line(rule.id, tuple(found), 10.0, (), UNTIL)


def values(*found: float) -> dict[UUID, float]:
    return {UUID(int=100 + n): value for n, value in enumerate(found)}


def test_what_is_mostly_mismeasured_is_asked_to_be_repeated() -> None:
    assert isinstance(FAST, LimitRule)
    single = replace(FAST, levels=tuple(replace(level, readings=1) for level in FAST.levels))

    found = propose(single, line(single, *[MISMEASURED] * 5), {})

    assert found.kind is Kind.AGREE
    assert found.limit is not None
    assert (found.limit.readings, found.limit.within_minutes) == (2, 30)


def test_what_is_mostly_harmless_moves_to_the_first_value_that_led_to_an_action() -> None:
    found = propose(
        FAST,
        line(FAST, HARMLESS, HARMLESS, FINE, HARMLESS, GOOD),
        values(112, 114, 116, 127, 121),
    )

    assert (found.kind, found.value, found.spared, found.lost) == (Kind.MOVE, 121, 3, 0)
    assert found.limit is not None
    assert 121 in {found.limit.alert_high, found.limit.warn_high}


def test_where_none_led_to_an_action_it_is_the_median_of_them() -> None:
    found = propose(FAST, line(FAST, *[HARMLESS] * 5), values(112, 114, 118, 120, 126))

    assert (found.value, found.spared) == (118, 2)


@pytest.mark.parametrize(
    ("outcomes", "kind"),
    [([HARMLESS] * 4, Kind.FEW), ([GOOD] * 3 + [HARMLESS] * 3, Kind.GOOD)],
    ids=str,
)
def test_too_little_is_known_or_it_is_good_enough(outcomes: list[str], kind: Kind) -> None:
    assert propose(FAST, line(FAST, *outcomes), {}).kind is kind


def test_a_red_is_never_proposed_to_be_silenced_al_01() -> None:
    reds = line(RED, *[HARMLESS] * 9, tier=Severity.RED)

    found = propose(RED, reds, values(*[132] * 9))

    assert (found.kind, found.limit, plan_text(found)) == (Kind.RED, None, "")


def test_no_rule_of_the_rulebook_is_given_a_text_that_a_plan_refuses() -> None:
    conditions = frozenset(condition_groups())
    head = 'version = "1"\nname = "n"\nsource = "s"\n'
    read = 0
    for rule in RULEBOOK.rules:
        for outcomes in ([MISMEASURED] * 5, [HARMLESS] * 5):
            lot = line(rule, *outcomes)
            low = isinstance(rule, LimitRule) and not rule.levels[0].comparison.upward
            limits = [e.limit for e in getattr(rule, "levels", ()) if e.limit is not None]
            near = [(min(limits) - 1 if low else max(limits) + 1)] * 5 if limits else []
            found = propose(rule, lot, values(*near))
            if found.limit is None:
                continue
            plan = read_plan(head + plan_text(found), rules=RULEBOOK.by_id, conditions=conditions)
            read += 1
            assert plan.limits == (replace(found.limit, reason=plan.limits[0].reason),), rule.id
            assert set(plan.off) == {rule.id}
    assert read >= 10
