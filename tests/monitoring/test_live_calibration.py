"""Live calibration: what acknowledged alerts alone would say is wrong, and the sample mends it."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from uuid import UUID

import numpy as np
import pytest

from monitoring.followed import (
    FollowedDay,
    Outcome,
    Source,
    Verdicts,
    is_drawn,
    known,
    rate,
    weights,
)
from monitoring.live_calibration import (
    FEWEST_PEOPLE,
    Fit,
    Scored,
    as_many,
    band_of,
    calibrated,
    wilson,
)

YES = Outcome.YES
TRUE, FALSE = {"true-actionable", "true-no-action-needed"}, {"false-measurement"}
DAY = date(2026, 3, 2)
DRAWN_WITH = 0.2


def apart(days: int, predicted: float, known: int) -> Scored:
    """Return the scored days of as many people."""
    return Scored(days, predicted, known, people=days, size=float(days))


class Truth:
    """Invented patient-days whose true risk is known, and what a programme would know of them.

    Who worsens mostly alarms, and clinicians label what alarmed: as it is in life.
    """

    def __init__(self, *, days: int = 20_000, seed: int = 3) -> None:
        random = np.random.default_rng(seed)
        self.risk = random.beta(0.6, 12, days)
        self.worse = random.random(days) < self.risk
        alerted = random.random(days) < np.where(self.worse, 0.6, 0.02 + self.risk)
        self.followed: list[FollowedDay] = []
        self.scored: dict[int, Scored] = {}
        for n in range(days):
            self._add(UUID(int=n), float(self.risk[n]), bool(self.worse[n]), bool(alerted[n]))

    def _add(self, person: UUID, risk: float, worse: bool, alerted: bool) -> None:  # noqa: FBT001 (a truth table)
        label = ("true-actionable" if worse else "false-measurement",) if alerted else ()
        how = known(Verdicts(False, label), true=TRUE, false=FALSE)
        before = self.scored.get(band_of(risk), apart(0, 0.0, 0))
        self.scored[band_of(risk)] = apart(
            before.days + 1, before.predicted + risk, before.known + (how is not None)
        )
        if how is not None:
            self.followed.append(FollowedDay(person, risk, how[0], 1.0, how[1]))
        elif is_drawn(person, DAY, DRAWN_WITH):
            said = Outcome.YES if worse else Outcome.NO
            # Every fifth is never answered.
            answer = said if person.int % 5 else None
            self.followed.append(FollowedDay(person, risk, Source.DRAWN, DRAWN_WITH, answer))


@pytest.fixture(scope="module")
def truth() -> Truth:
    return Truth()


def test_acknowledged_alerts_alone_are_biased_and_the_sample_is_not(truth: Truth) -> None:
    acknowledged = [day for day in truth.followed if day.source is Source.LABEL]
    naive = sum(day.outcome is Outcome.YES for day in acknowledged) / len(acknowledged)
    pairs = weights(truth.followed)
    weighed = sum(w for day, w in pairs if day.outcome is Outcome.YES) / sum(w for _, w in pairs)
    true = float(truth.worse.mean())

    assert naive > 5 * true
    assert weighed == pytest.approx(true, rel=0.10)


def test_a_calibrated_score_is_found_so_by_the_sample_in_every_band(truth: Truth) -> None:
    bands = calibrated(truth.scored, truth.followed)

    assert len(bands) == 6
    assert {band.fit for band in bands} == {Fit.AS_PREDICTED}
    for number, band in enumerate(bands):
        inside = np.array([band_of(float(risk)) == number for risk in truth.risk])
        assert band.least is not None
        assert band.most is not None
        assert band.least <= truth.worse[inside].mean() <= band.most


def test_taken_for_all_days_the_acknowledged_would_call_it_far_too_low(truth: Truth) -> None:
    """What the page would say if nobody drew anything, and the quiet days were left out."""
    labelled = [day for day in truth.followed if day.source is Source.LABEL]
    only: dict[int, Scored] = {}
    for day in labelled:
        before = only.get(band_of(day.probability), apart(0, 0.0, 0))
        days, predicted = before.days + 1, before.predicted + day.probability
        only[band_of(day.probability)] = apart(days, predicted, days)

    bands = calibrated(only, labelled)

    assert [band.fit for band in bands] == [Fit.MORE] * len(bands)


def test_a_score_that_says_half_of_what_comes_is_told(truth: Truth) -> None:
    scored = {n: replace(each, predicted=each.predicted / 2) for n, each in truth.scored.items()}

    bands = calibrated(scored, truth.followed)

    assert bands[-1].fit is Fit.MORE


def test_a_band_with_few_answers_cannot_tell() -> None:
    answers = [FollowedDay(UUID(int=n), 0.03, Source.DRAWN, 0.5, Outcome.NO) for n in range(19)]

    (band,) = calibrated({2: apart(500, 15.0, 0)}, answers)

    assert (band.fit, band.seen, band.answered, band.days) == (Fit.CANNOT_TELL, None, 19, 500)


def test_many_days_and_answers_of_few_people_cannot_tell() -> None:
    """Of 29 people all days are known, or 19 were asked about, some of them twice: too few."""
    worse = [FollowedDay(UUID(int=n % 29), 0.15, Source.LABEL, 1.0, YES) for n in range(290)]
    asked = [FollowedDay(UUID(int=n % 19), 0.15, Source.DRAWN, 0.5, YES) for n in range(38)]

    (known,) = calibrated({4: Scored(290, 43.5, 290, people=29, size=29.0)}, worse)
    (drawn,) = calibrated({4: apart(500, 75.0, 0)}, asked)
    (more,) = calibrated({4: Scored(300, 45.0, 290, people=31, size=31.0)}, worse)

    assert (known.fit, known.seen) == (Fit.CANNOT_TELL, None)
    assert (drawn.fit, drawn.seen, drawn.answered) == (Fit.CANNOT_TELL, None, 38)
    assert more.fit is Fit.CANNOT_TELL  # of ten days it is neither known nor asked


def test_a_share_of_other_days_than_were_counted_cannot_tell() -> None:
    """Sixty are counted as known, and of thirty of them it is not told how they turned out."""
    better = [FollowedDay(UUID(int=n), 0.15, Source.LABEL, 1.0, Outcome.NO) for n in range(30)]

    (band,) = calibrated({4: apart(60, 9.0, 60)}, better)

    assert (band.fit, band.seen) == (Fit.CANNOT_TELL, None)


@pytest.mark.parametrize("alike", [0.5, 2.0])
@pytest.mark.parametrize("source", [Source.LABEL, Source.DRAWN])
def test_the_interval_holds_the_truth_as_often_as_it_says_where_people_differ(
    alike: float, source: Source
) -> None:
    """Some give two days and some thirteen; the smaller `alike`, the more all of one end alike."""
    random = np.random.default_rng(11)
    missed, runs, truth, people = 0, 200, 0.15, FEWEST_PEOPLE
    for _ in range(runs):
        own = random.beta(truth * alike, (1 - truth) * alike, people)
        days = [
            FollowedDay(UUID(int=n), truth, source, 1.0, YES if worse else Outcome.NO)
            for n in range(people)
            for worse in random.random(13 if n % 2 else 2) < own[n]
        ]
        size = as_many([13.0 if n % 2 else 2.0 for n in range(people)])
        known = len(days) if source is Source.LABEL else 0
        scored = Scored(len(days), truth * len(days), known, people, size)
        (band,) = calibrated({band_of(truth): scored}, days)
        assert band.least is not None
        assert band.most is not None
        missed += not band.least <= truth <= band.most

    assert missed / runs <= 0.07  # 0.05, and what chance adds in so many runs


def test_an_interval_that_says_nothing_confirms_nothing() -> None:
    """None of 25 got worse: as many as 13 in a hundred may, and three were predicted."""
    answers = [FollowedDay(UUID(int=n), 0.03, Source.DRAWN, 0.5, Outcome.NO) for n in range(25)]

    (band,) = calibrated({2: apart(500, 15.0, 0)}, answers)

    assert band.fit is Fit.CANNOT_TELL
    assert band.most is not None
    assert band.most > 0.13


@pytest.mark.parametrize(
    ("verdicts", "expected"),
    [
        (Verdicts(True), (Source.ADMISSION, Outcome.YES)),
        (Verdicts(False, ("true-no-action-needed",)), (Source.LABEL, Outcome.YES)),
        (Verdicts(False, ("false-measurement",)), (Source.LABEL, Outcome.NO)),
        (Verdicts(False, ("false-measurement", "true-actionable")), (Source.LABEL, Outcome.YES)),
        (Verdicts(False, ("false-measurement", None)), None),
        (Verdicts(False, ("unsure",)), None),
        (Verdicts(False, ("duplicate",)), None),
        (Verdicts(False), None),
    ],
)
def test_how_a_window_turned_out(
    verdicts: Verdicts, expected: tuple[Source, Outcome] | None
) -> None:
    assert known(verdicts, true=TRUE, false=FALSE) == expected


def test_the_lot_falls_the_same_way_twice_and_as_often_as_is_said() -> None:
    people = [UUID(int=n) for n in range(5_000)]
    drawn = [is_drawn(each, DAY, 0.1) for each in people]

    assert drawn == [is_drawn(each, DAY, 0.1) for each in people]
    assert sum(drawn) / len(people) == pytest.approx(0.1, abs=0.02)
    assert not any(is_drawn(each, DAY, 0.0) for each in people)
    assert all(is_drawn(each, DAY, 1.0) for each in people)


def test_a_clinician_is_asked_about_three_times_a_week() -> None:
    assert rate(people=300, clinicians=5) == pytest.approx(0.05)
    assert rate(people=4, clinicians=5) == 1.0
    assert rate(people=0, clinicians=5) == 0.0
    assert rate(people=300, clinicians=0) == 0.0


def test_an_interval_is_the_published_one() -> None:
    """Newcombe 1998, table 1: 81 of 263 is 0.2553 to 0.3662."""
    assert wilson(81 / 263, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
