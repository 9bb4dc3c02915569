"""The demo's people and what their devices send: synthetic, as FHIR, with a feed that goes on.

No HTTP in here: the caller posts. All persons are invented and labelled so.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import islice
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np

from lab.enrolment import Demo, enrol_patients, enrol_teams
from lab.feed import continuing
from lab.names import name
from lab.resources import batch, observation
from lab.stories import STORIES, Story
from lab.telling import readings_of
from lab.volunteers import volunteer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from lab.resources import Resource, Sent

ENTRIES = 500  # a Bundle may hold 1,000; smaller ones answer sooner
RECENT = timedelta(hours=24)
PLACES = (("ko", "Asia/Seoul"), ("en", "Europe/London"))  # language, zone of each team


@dataclass(frozen=True, slots=True)
class Cohort:
    """People of the demo: Bundles to post in this order, then a feed."""

    people: tuple[Demo, ...]
    enrolment_bundles: list[Resource]
    history_bundles: list[Resource]  # batches of readings older than 24 h
    recent_bundles: list[Resource]

    def live(self, start: datetime, random: Random) -> Iterator[Resource]:
        """Yield single Observations for ever, two seconds apart from `start` on."""
        for sent in continuing(self.people, start, random):
            yield observation(sent, alone=True)


def cohort(patients: int, days: int, *, now: datetime, seed: int) -> Cohort:
    """Return `patients` people with `days` days of readings that end at `now`.

    The first five include people who worsen now, so that each tier of alert occurs; the
    same seed gives the same people.
    """
    people = tuple(_person(number, days, now, seed) for number in range(patients))
    sent = sorted(
        (each for demo in people for each in readings_of(demo, now)), key=lambda s: s.effective
    )
    return Cohort(
        people=people,
        enrolment_bundles=[enrol_teams(), *enrol_patients(people)],
        history_bundles=_batches(s for s in sent if s.effective < now - RECENT),
        recent_bundles=_batches(s for s in sent if s.effective >= now - RECENT),
    )


def _person(number: int, days: int, now: datetime, seed: int) -> Demo:
    story: Story = STORIES[number % len(STORIES)]
    life = volunteer(story, days + 1, np.random.default_rng([seed, number]))
    language, zone = PLACES[number % len(PLACES)]
    random = Random(seed * 1_000 + number)
    today = now.astimezone(ZoneInfo(zone)).date()
    return Demo(
        number=number,
        name=name(random, sex=life.person.sex, language=language),
        birth_date=_birthday(today, life.person.age, random),
        zone=zone,
        team=number % len(PLACES),
        story=story,
        life=life,
        first_day=today - timedelta(days=days),
        seed=seed,
    )


def _birthday(today: date, age: int, random: Random) -> date:
    return today - timedelta(days=round(age * 365.25) + random.randint(10, 350))


def _batches(sent: Iterable[Sent]) -> list[Resource]:
    resources = (observation(each) for each in sent)
    return [batch(some) for some in iter(lambda: list(islice(resources, ENTRIES)), [])]
