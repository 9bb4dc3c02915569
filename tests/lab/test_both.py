"""Rules and score beside each other in one comparison: together, alone, and at each burden."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Severity
from lab.comparators import Strength
from lab.evaluation import SCORED_HEADINGS, equal_rows, report
from lab.histories import instant
from lab.judging import SCORE
from lab.reds import EVERY, reds
from lab.replayed import Said
from lab.reporting.document import Table
from lab.reporting.results import Results
from lab.reporting.tally import Figure
from lab.reporting.ways import COMBINED, DOUBTED, LIVE, SCORED
from lab.reporting.writing_ways import reds_section
from tests.lab.watched_people import DAY, a_person

if TYPE_CHECKING:
    from lab.reporting.people import Watched


def scored_person() -> Watched:
    """An AMBER that the score doubts, one that it supports, a RED, and an alert of its own."""
    days = np.arange(28.0, 390.0) + 0.999
    score = np.full(len(days), 0.1)
    score[(days > 200) & (days < 202)] = DOUBTED + 0.1
    score[(days > 300) & (days < 302)] = 2.0
    person = a_person(alerts=(100.0, 200.5), events=(203.0, 304.0))
    said = (*person.findings, Said(350.0, "glucose", "GLU-L2", Severity.RED))
    told = Strength(instant(0) + days * DAY, score)
    rules = {**person.seen.rules, "glucose": np.array([350.0])}
    seen = replace(person.seen, rules=rules, others={SCORE: {SCORED: told}})
    return replace(person, seen=seen, findings=said, days=days)


def test_rules_and_score_stand_together_and_alone() -> None:
    found = report([scored_person() for _ in range(4)], seed=1)

    cards = {card.name: card for card in found.alone}
    assert round(cards[LIVE].burden) == 4  # three of the rules, one of the score
    assert cards[LIVE].sensitivity == 1
    assert round(cards[COMBINED].burden) == 3  # the AMBER that the score doubts is held back
    assert round(cards[SCORE].burden) == 1
    assert {bout.card.name for bout in found.equal} == {SCORE, COMBINED}
    assert COMBINED not in {bout.card.name for bout in found.narrow}


def test_the_other_ways_are_held_against_the_score_at_its_own_burden() -> None:
    people = [scored_person() for _ in range(4)]
    plain = Strength(instant(0) + np.array([120.0, 303.5]) * DAY, np.array([2.0, 1.5]))
    for number, each in enumerate(people):
        others = {**each.seen.others, "plain": {"fluid": plain}}
        people[number] = replace(each, seen=replace(each.seen, others=others))

    found = report(people, seed=1)

    [bout] = [each for each in found.scored if each.card.name == "plain"]
    assert bout.target == next(card.burden for card in found.alone if card.name == SCORE)
    assert bout.ahead == 0.5  # at one alert a year the plain way is wrong
    assert len(equal_rows([bout])[0]) == len(SCORED_HEADINGS)


def test_without_rules_or_without_a_score_nothing_is_put_together() -> None:
    scoreless = a_person(alerts=(100.0,))

    assert COMBINED not in {c.name for c in report([scored_person()], seed=1, ruled=False).alone}
    assert LIVE not in {c.name for c in report([scoreless], seed=1).alone}
    assert report([scoreless], seed=1).scored == ()


def test_the_report_says_red_rule_by_rule() -> None:
    none = Results("rules", {}, "all", "all", {}, Figure(0.0), {})
    some = replace(none, reds=reds([scored_person()]))

    [section] = reds_section(some)
    [table] = [each for each in section.blocks if isinstance(each, Table)]
    assert [row[0] for row in table.rows] == [EVERY, "GLU-L2"]
    assert len(table.rows[0]) == len(table.headings)
    assert reds_section(none) == ()
