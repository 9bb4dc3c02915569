"""Who is talked about at the meeting, and what is asked (UX-15)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from hypothesis import given
from hypothesis import strategies as st

from core.vitals import Severity
from monitoring.findings import Problem
from reports import silence
from reports.adherence import Adherence, Risk
from reports.courses import Change
from reports.episodes import Episode
from reports.silence import Silent
from reports.talk import Known, Question, Talk, Why, questions, repeated, talked_about
from reports.week import Week
from reports.weekly import Report, World, weekly

if TYPE_CHECKING:
    import random

ANNA, BEN, CARLA, DORA = (UUID(int=n) for n in (1, 2, 3, 4))
MONDAY = datetime(2026, 11, 16, tzinfo=UTC)
NOTHING = weekly(World((), (), (), {}, {}), Week.parse("2026-W47", zone=UTC), now=MONDAY)


def alert(
    who: UUID,
    severity: Severity,
    *,
    taken: bool = False,
    outcome: str = "",
    problem: Problem = Problem.FLUID,
) -> Episode:
    at = MONDAY + timedelta(hours=1) if taken else None
    return Episode(uuid4(), who, problem, severity, MONDAY, at, None, outcome, None)


def nothing_from(who: UUID) -> Silent:
    return Silent(who, silence.Why.NOTHING)


def report(**values: object) -> Report:
    return replace(NOTHING, **values)  # type: ignore[arg-type]


def talk(of: Report) -> tuple[Talk, ...]:
    return talked_about(of, end=MONDAY + timedelta(days=7))


def test_what_nobody_has_taken_comes_first_however_grave_the_rest_is() -> None:
    found = talk(
        report(
            still_open=(
                alert(ANNA, Severity.RED, taken=True),
                alert(BEN, Severity.AMBER),
                alert(CARLA, Severity.RED),
            )
        )
    )

    assert found == (
        Talk(CARLA, Severity.RED, (Why.UNTAKEN,)),
        Talk(BEN, Severity.AMBER, (Why.UNTAKEN,)),
        Talk(ANNA, Severity.RED, (Why.OPEN,)),
    )


def test_what_was_taken_after_the_week_was_untaken_at_its_end() -> None:
    late = replace(alert(ANNA, Severity.RED), acknowledged_at=MONDAY + timedelta(days=8))

    assert talk(report(still_open=(late,))) == (Talk(ANNA, Severity.RED, (Why.UNTAKEN,)),)


def test_a_person_stands_once_with_every_reason() -> None:
    found = talk(
        report(
            worse=(Change(ANNA, Severity.RED, None),),
            still_open=(alert(ANNA, Severity.RED), alert(ANNA, Severity.YELLOW, taken=True)),
            silent=(nothing_from(ANNA), nothing_from(BEN), Silent(DORA, silence.Why.PAUSED)),
            adherence=(
                Adherence(BEN, 0, 6, risk=Risk.GAP),  # said by their silence
                Adherence(CARLA, 2, 6, risk=Risk.FALLING),
                Adherence(DORA, 0, 6),
            ),
        )
    )

    assert [(each.patient_id, each.why) for each in found] == [
        (ANNA, (Why.UNTAKEN, Why.WORSE, Why.SILENT)),
        (BEN, (Why.SILENT,)),
        (CARLA, (Why.DROPPING,)),
    ]


def test_a_data_quality_alert_is_no_gravity_and_no_reason() -> None:
    found = talk(report(still_open=(alert(ANNA, Severity.DQ),), silent=(nothing_from(ANNA),)))

    assert found == (Talk(ANNA, None, (Why.SILENT,)),)


def test_one_who_lives_alone_and_is_silent_is_asked_after_before_the_device() -> None:
    silent = Talk(ANNA, None, (Why.SILENT,))

    assert questions(silent, Known()) == (Question.WHAT_STOPPED,)
    assert questions(silent, Known(lives_alone=True)) == (
        Question.WHO_SAW_THEM,
        Question.WHAT_STOPPED,
    )


def test_someone_worse_is_asked_what_else_it_could_be_and_what_comes_next() -> None:
    worse = Talk(ANNA, Severity.RED, (Why.WORSE,))

    assert questions(worse, Known(goals=False, reviews_due=True)) == (
        Question.WHAT_ELSE,
        Question.WHAT_NEXT,
        Question.REVIEW_DUE,
        Question.GOALS,
    )


def test_a_limit_is_questioned_where_most_of_its_alerts_were_false() -> None:
    false = [alert(ANNA, Severity.AMBER, outcome="false-measurement") for _ in range(2)]
    true = alert(ANNA, Severity.AMBER, outcome="true-actionable")
    other = alert(ANNA, Severity.AMBER, outcome="false-measurement", problem=Problem.BREATHING)

    assert repeated([*false, true])
    assert not repeated([*false])  # two are no pattern
    assert not repeated([*false, true, true])  # half and half
    assert not repeated([*false, other])  # of two problems


@given(shuffled=st.randoms())
def test_the_order_of_what_is_stored_changes_nothing(shuffled: random.Random) -> None:
    episodes = [
        alert(who, severity, taken=taken)
        for who in (ANNA, BEN, CARLA, DORA)
        for severity, taken in ((Severity.RED, True), (Severity.AMBER, False))
    ]
    expected = talk(report(still_open=tuple(episodes)))
    shuffled.shuffle(episodes)

    assert talk(report(still_open=tuple(episodes))) == expected
