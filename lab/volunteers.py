"""Finds a simulated person who fits a story of the demo, and their calm time before it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lab.devices import adherence, measure
from lab.physiology import resident, stable
from lab.scenarios import World
from lab.simulator import Life

if TYPE_CHECKING:
    from numpy.random import Generator

    from lab.physiology import Resident
    from lab.stories import Story


def volunteer(story: Story, days: int, random: Generator) -> Life:
    """Draw people until one fits the story and owns the devices it speaks of."""
    world = World("demo", adherence=story.adherence, drop_out=0.0)
    while True:
        person = resident(random)
        if not _fits(person, story):
            continue
        calm = stable(person, days, random)
        streams = measure(person, calm, adherence(days, (), world, random), world, random)
        if story.vitals <= streams.keys():
            return Life(0, person, days, streams, (), ())


def _fits(person: Resident, story: Story) -> bool:
    return (
        story.needs <= person.conditions
        and not story.without & person.conditions
        and story.lives_alone in (None, person.lives_alone)
        and not person.scale_two  # the demo enrols nobody on the second scale of NEWS2
    )
