"""Forecasts day by day on made-up people: who is drawn, what is suspected, what is of use."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from lab.judging import ends_of_days
from lab.reporting import daily
from lab.reporting.daily import (
    THRESHOLDS,
    Days,
    Forecast,
    alerted_days,
    decision_curve,
    forecast,
    suspected,
)
from lab.reporting.tally import Figure
from tests.lab.watched_people import a_person

if TYPE_CHECKING:
    from lab.reporting.people import Watched


def people(count: int) -> list[Watched]:
    """Return people watched for 100 days, each with one event on a day of their own."""
    return [
        replace(a_person(f"p{n}", events=(60.0 + n,)), days=ends_of_days(100)) for n in range(count)
    ]


def test_days_on_which_an_event_is_treated_are_no_forecasts() -> None:
    days = Days.of(people(4), 7)

    assert days.followed.sum() == 4 * 7
    assert len(days.followed) == int(days.kept.sum()) == 4 * (72 - 14)


@pytest.mark.parametrize("copies", [1, 6])
def test_a_person_of_several_worlds_is_drawn_once_for_all(copies: int) -> None:
    """Proves evidence.md 3.5: the same person in six worlds is one person of the bootstrap."""
    every = [person for person in people(5) for _ in range(copies)]

    days = Days.of(every, 7)

    assert days.patients == 5
    (weights,) = days.weights(1, draws=1)
    assert all(len(np.unique(weights[days.patient == number])) == 1 for number in range(5))


def test_what_ranks_too_well_is_taken_as_leakage(monkeypatch: pytest.MonkeyPatch) -> None:
    """Proves evidence.md G9: an AUROC above 0.90 is suspect."""
    monkeypatch.setattr(daily, "DRAWS", 5)
    every = people(6)
    days = Days.of(every, 7)
    seeing = np.concatenate([np.where(p.days < p.seen.events[0], p.days, 0) for p in every])
    chance = np.random.default_rng(1).uniform(size=len(seeing))

    judged = {
        name: forecast(days, values, 1, probability=False)
        for name, values in {"sees the future": seeing, "guesses": chance}.items()
    }

    assert judged["sees the future"].figures["auroc"].value > 0.9
    assert abs(judged["guesses"].figures["auroc"].value - 0.5) < 0.2
    assert suspected({"base": judged}) == ["sees the future in base"]
    assert suspected({"base": {"x": Forecast({"auroc": Figure(0.9)}, None)}}) == []


def test_to_alert_always_is_worth_the_share_of_events_less_the_odds_of_the_rest() -> None:
    every = people(4)
    days = Days.of(every, 7)
    share = float(days.followed.mean())
    knows = np.zeros(len(days.kept))
    knows[np.flatnonzero(days.kept)[days.followed]] = 1.0

    found = decision_curve(days, {"knows": knows}, {"never": np.zeros(len(knows), np.bool_)})

    odds = [least / (1 - least) for least in THRESHOLDS]
    assert found["alert on every day"] == pytest.approx([share - (1 - share) * o for o in odds])
    assert found["alert on no day"] == found["never"] == [0.0] * len(THRESHOLDS)
    assert found["knows"] == pytest.approx([share] * len(THRESHOLDS))


def test_a_day_is_alerted_by_what_was_said_in_the_24_hours_before_its_end() -> None:
    person = replace(a_person(alerts=(40.2,)), days=ends_of_days(60))

    assert person.days[alerted_days(person)].astype(int).tolist() == [40]
