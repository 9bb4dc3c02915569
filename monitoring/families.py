"""The families of events that are predicted apart, and what they are called."""

from __future__ import annotations

from typing import NamedTuple

ANY = "any"
# What stands in a sentence after "most likely:"; a family that a model has and this list has not
# is shown by its own name.
FAMILIES: dict[str, str] = {
    "heart_failure": "heart failure",
    "respiratory": "a flare of COPD or pneumonia",
    "infection": "an infection",
    "glucose": "glucose too high or too low",
    "circulation": "fluid loss, a fast rhythm or severe pressure",
    "decline": "a fall or loss of strength",
}


class Target(NamedTuple):
    """What a head predicts: events of one family (`ANY` for all) within so many days."""

    family: str
    horizon_days: int


MAIN = Target(ANY, 7)
# In the order of the artefact's heads: the main one first, then other horizons, then families.
TARGETS: tuple[Target, ...] = (
    MAIN,
    Target(ANY, 3),
    Target(ANY, 14),
    *(Target(name, MAIN.horizon_days) for name in FAMILIES),
)
