from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from core.vitals import Vital
from lab.complexion import BRANDS, apart, complexion
from lab.devices import reported
from lab.physiology import resident
from lab.scenarios import WORLDS
from lab.simulator import simulate

OLDER = WORLDS["older"]


def test_tone_and_brand_take_nothing_from_the_streams_that_were_there() -> None:
    """Proves evidence.md 8.6 item 1: what was drawn before the tone is drawn as it was."""
    touched, calm = (np.random.default_rng([3, 4]) for _ in range(2))

    complexion(resident(np.random.default_rng(1)), OLDER, apart(touched))

    assert touched.random() == calm.random()
    assert touched.spawn(1)[0].random() == calm.spawn(1)[0].random()


def test_in_a_world_without_bias_an_oximeter_reads_the_same_for_everybody() -> None:
    base = WORLDS["base"]

    for number in range(20):
        person, seen = complexion(
            resident(np.random.default_rng(number)), base, np.random.default_rng(number)
        )
        assert 1 <= person.tone <= 10
        assert person.brand in BRANDS
        assert seen == replace(base, oximeter_bias=0.0, oximeter_error=0.0)


def test_the_bias_grows_with_the_tone_and_below_ninety_two() -> None:
    """Proves evidence.md 6 and 8.2: 0 to +2 points, growing as true saturation falls."""
    people = [
        complexion(resident(np.random.default_rng(1)), OLDER, np.random.default_rng(number))
        for number in range(400)
    ]
    bias = {person.tone: seen.oximeter_bias for person, seen in people}

    assert [bias[tone] for tone in sorted(bias)] == sorted(bias.values())
    assert bias[1] == 0
    assert bias[10] == pytest.approx(2.0)
    worst = replace(OLDER, oximeter_bias=bias[10], oximeter_error=0.0)
    light = replace(OLDER, oximeter_bias=bias[1], oximeter_error=0.0)
    for truth, more in ((97.0, 0.0), (86.0, 2.0)):
        dark, pale = (
            reported(Vital.SPO2, np.full(4000, truth), world, np.random.default_rng(2)).mean()
            for world in (worst, light)
        )
        assert dark - pale == pytest.approx(more, abs=0.15)


def test_a_life_knows_its_true_saturation() -> None:
    life = next(iter(simulate(1, 60, world=OLDER, seed=2)))

    assert life.saturation is not None
    assert len(life.saturation) == 60
