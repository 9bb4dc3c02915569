"""The plan of the TIHM service: made by a command, and better than limits alone."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lab.plan_fit import fired_days, fit, splits
from lab.plan_text import plan_text
from lab.planned import FIXED, PLANNED, alerted_days, planned
from lab.reference import read_tihm
from lab.tihm import SEED
from monitoring.service import load_plan, load_rulebook

if TYPE_CHECKING:
    from lab.plan_fit import Fitted
    from lab.reference import Participant

PLAN = Path(__file__).parents[2] / "examples" / "plans" / "tihm.toml"
pytestmark = pytest.mark.reference


@pytest.fixture(scope="module")
def everybody(reference_data: Path) -> list[Participant]:
    return read_tihm(reference_data / "tihm")


@pytest.fixture(scope="module")
def fitted(everybody: list[Participant]) -> Fitted:
    return fit(everybody)


def test_the_plan_that_ships_is_what_the_command_makes(
    everybody: list[Participant], fitted: Fitted
) -> None:
    text = plan_text(fitted, patients=len(everybody))

    assert PLAN.read_text(encoding="utf-8") == text


def test_the_plan_agrees_better_with_what_was_confirmed_than_limits_alone(
    everybody: list[Participant],
) -> None:
    table = planned(everybody, load_plan(PLAN, load_rulebook()), load_rulebook())

    by_name = {each.name: each for each in table.agreements}
    assert by_name[PLANNED].f1 >= by_name[FIXED].f1 + 0.02
    assert by_name[PLANNED].fired_per_100 <= by_name[FIXED].fired_per_100


def test_on_people_it_was_not_fitted_on_it_is_better_on_average_at_no_more_burden(
    everybody: list[Participant],
) -> None:
    tried = list(splits(everybody, repeats=6, seed=SEED))

    assert sum(t.plan_f1 - t.fixed_f1 for t in tried) > 0
    assert sum(t.plan_fired - t.fixed_fired for t in tried) <= 0.1 * len(tried)


def test_the_pipeline_acts_on_the_days_that_the_limits_name_and_on_red(
    everybody: list[Participant], fitted: Fitted
) -> None:
    plan, rulebook = load_plan(PLAN, load_rulebook()), load_rulebook()

    for who in everybody[:6]:
        named = fired_days(who, fitted.limits, fitted.hours)
        assert named <= alerted_days(who, plan, rulebook), who.id
