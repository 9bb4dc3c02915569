"""What a score found once of a vital is what it would find anew, in whatever order it is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from core.vitals import Reading, Vital
from ingest.enrolment import Person
from monitoring.features import describe
from monitoring.windows import cut, history
from tests.rulebook import RULEBOOK

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
WHO = Person("p", "Asia/Seoul", groups=frozenset({"heart_failure"}))
VITALS = {Vital.BODY_WEIGHT: 80.0, Vital.SPO2: 96.0}


def readings() -> list[Reading]:
    """Return 25 days of two vitals, some of which arrived a day late or twice a day."""
    random = np.random.default_rng(5)
    return [
        Reading(
            f"{vital}-{day}-{hour}", vital, round(usual + random.normal(), 1), at,
            at + timedelta(hours=30 if random.random() < 0.2 else 0),
        )
        for vital, usual in VITALS.items()
        for day in range(25)
        for hour in ((0, 9) if day % 3 else (0,))
        for at in [START + timedelta(days=day, hours=hour)]
    ]  # fmt: skip


READINGS = readings()
SHARED = history(WHO, READINGS, gate=RULEBOOK.gate)
instants = st.integers(17 * 24, 26 * 24).map(lambda h: (START + timedelta(hours=h)).timestamp())


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(instants, instants), min_size=1, max_size=5))
def test_a_shared_history_describes_as_a_new_one(asked: list[tuple[float, float]]) -> None:
    for one, other in asked:
        until, arrived = sorted((one, other))
        known = cut(SHARED, until, arrived)
        anew = cut(history(WHO, READINGS, gate=RULEBOOK.gate), until, arrived)

        np.testing.assert_array_equal(describe(known, until), describe(anew, until))


@settings(max_examples=20, deadline=None)
@given(instants, st.tuples(instants, instants))
def test_a_span_of_an_episode_is_another_usual(until: float, span: tuple[float, float]) -> None:
    frozen = ((min(span), max(span)),)
    known = cut(replace(SHARED, frozen=frozen), until, until)
    anew = cut(history(WHO, READINGS, frozen, gate=RULEBOOK.gate), until, until)

    np.testing.assert_array_equal(describe(known, until), describe(anew, until))
