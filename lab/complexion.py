"""What of a person an oximeter may fail for: the skin's tone and the device's brand.

`evidence.md` sections 6 and 8.2: a bias of 0 to +2 points that grows with the tone and as true
saturation falls below 92 %, and an error that is mostly constant for each device. Drawn from
a stream of its own, so that no other number of a life moves; knows nothing of rules or model.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.random import Generator

    from lab.physiology import Resident
    from lab.scenarios import World

OWN_STREAM = 7_001  # far from the children that a life's own generator spawns
TONES = 10  # Monk's scale
LIGHTEST = 1
# E: three brands, bought at random; the error of each in the world's own. Where a world has no
# such error the brands differ in nothing, and no gap between them is real.
BRANDS = {"A": 0.6, "B": 1.0, "C": 1.4}


def apart(random: Generator) -> Generator:
    """Return a generator that depends on a life's seed only, and takes nothing from its own."""
    seed = random.bit_generator.seed_seq
    if not isinstance(seed, np.random.SeedSequence):
        raise TypeError("a life is drawn from a seeded generator")
    own = np.random.SeedSequence(seed.entropy, spawn_key=(*seed.spawn_key, OWN_STREAM))
    return np.random.default_rng(own)


def complexion(person: Resident, world: World, random: Generator) -> tuple[Resident, World]:
    """Return the person with tone and brand, and the world as this person's oximeter sees it."""
    share = float(random.beta(*world.tones))
    tone = LIGHTEST + min(int(share * TONES), TONES - 1)
    brand = str(random.choice(list(BRANDS)))
    kept = float(random.normal()) * world.oximeter_error * BRANDS[brand]
    darker = (tone - LIGHTEST) / (TONES - LIGHTEST)
    seen = replace(world, oximeter_bias=world.oximeter_bias * darker, oximeter_error=kept)
    return replace(person, tone=tone, brand=brand), seen
