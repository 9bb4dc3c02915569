"""Live and replay ask the learned score at the same moments, and hear the same."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Reading, Vital
from ingest import repository as people
from ingest.enrolment import Person
from monitoring import eventtime, repository, service
from monitoring.eventtime import Past, Scored, Version
from monitoring.rule_kinds import ScoreRule
from tests.monitoring.test_service import enrol, measure
from tests.rulebook import RULEBOOK

if TYPE_CHECKING:
    from uuid import UUID

    from sqlalchemy.orm import Session

    from monitoring.eventtime import News
    from monitoring.findings import Assessment, Risk

START = datetime(2026, 3, 2, 8, tzinfo=UTC)
SHIPPED = service.load_model()
assert SHIPPED is not None
# Sensitive, so that a few readings alert; that live and replay agree is no matter of the level.
MODEL = replace(SHIPPED, thresholds={"YELLOW": 0.0155, "AMBER": 0.5})
SOMEBODY = Person("p", "UTC")
# Nothing but the score: what other rules find would freeze the usual, and nobody raises it here.
SCORE = replace(RULEBOOK, rules=tuple(r for r in RULEBOOK.rules if isinstance(r, ScoreRule)))
USUAL = {Vital.HEART_RATE: (72.0, 9.0), Vital.SPO2: (95.0, -2.0), Vital.BODY_WEIGHT: (80.0, 0.9)}


def worsening() -> list[tuple[Vital, float, datetime]]:
    """Return fifteen calm days, then three that get worse by the reading, twice a day."""
    random = np.random.default_rng(3)
    return [
        (vital, round(centre + random.uniform(-0.4, 0.4) + worse * max(day - 14, 0), 1), at)
        for day in range(18)
        for hours in (0, 9)
        for at in [START + timedelta(days=day, hours=hours)]
        for vital, (centre, worse) in USUAL.items()
    ]


def live(session: Session, patient: UUID) -> dict[datetime, Assessment]:
    """Return what is judged at each arrival from the fourteenth day on, and at each midnight."""
    told: dict[datetime, Assessment] = {}
    everything = worsening()
    midnights = {START.replace(hour=0) + timedelta(days=day) for day in range(1, 19)}
    for at in sorted({at for _, _, at in everything} | midnights):
        for vital, value, taken in everything:
            if taken == at:
                measure(session, patient, vital, value, at=at)
        if at >= START + timedelta(days=13):
            made = service.assess(session, patient, now=at, rulebook=SCORE, model=MODEL)
            told[at] = repository.assessment(session, made)
    return told


def replayed(person: Person) -> tuple[list[News], dict[datetime, Scored]]:
    readings = [
        Reading(f"r{n}", vital, value, at, at) for n, (vital, value, at) in enumerate(worsening())
    ]
    scored: dict[datetime, Scored] = {}

    def listen(each: Scored) -> None:
        scored[datetime.fromtimestamp(each.at, UTC)] = each

    past = Past(person, [Version(reading) for reading in readings])
    until = readings[-1].received
    run = eventtime.run(past, rulebook=SCORE, model=MODEL, until=until, scored=listen)
    return list(run), scored


def bare(risk: Risk | None) -> Risk | None:
    """Return a score without the names of readings, which live and a folder do not share."""
    return None if risk is None else replace(risk, basis=())


def test_live_and_replay_say_the_same_at_each_arrival(session: Session) -> None:
    patient = enrol(session)
    judged = live(session, patient)
    [record] = people.everybody(session, [patient]).values()
    [who] = people.people_of(session, {patient: (patient, record)}).values()

    news, scored = replayed(who)

    alert = next(each for each in news if each.alerts)
    before = [at for at in judged if at <= alert.at]
    assert len(before) >= 10
    for at in before:  # at midnight, what was said at the end of the day
        said = scored.get(at) or scored[at - timedelta(seconds=1)]
        assert bare(judged[at].risk) == bare(said.risk)
    first = next(at for at, each in judged.items() if each.findings)
    [finding] = judged[first].findings
    assert alert.at == first == START + timedelta(days=17)  # an arrival, not the end of its day
    assert alert.finding.at == finding.at
    assert alert.finding.severity is finding.severity
    assert alert.finding.value == finding.value
    assert bare(alert.risk) == bare(judged[first].risk)


def test_the_score_is_asked_when_anything_arrives_and_when_a_day_ends() -> None:
    person = replace(SOMEBODY, zone="Asia/Seoul")

    _, scored = replayed(person)

    arrived = {at for _, _, at in worsening()}
    ends = {datetime(2026, 3, day, 14, 59, 59, tzinfo=UTC) for day in range(2, 21)}
    assert scored.keys() == arrived | ends
    first = min(at for at, each in scored.items() if each.risk is not None)
    assert all(each.risk is None for at, each in scored.items() if at < first)


def test_a_stream_of_a_reading_a_second_is_asked_about_with_what_stands_for_it() -> None:
    """What rules do not look at would be asked of a thousand times an hour."""
    calm = [
        Reading(f"c{day}", Vital.HEART_RATE, 70.0 + day % 2, at, at)
        for day in range(10)
        for at in [START + timedelta(days=day)]
    ]
    seconds = [START + timedelta(days=10, seconds=n) for n in range(900)]
    dense = [Reading(f"d{n}", Vital.HEART_RATE, 71.0, at, at) for n, at in enumerate(seconds)]
    asked: list[Scored] = []

    past = Past(SOMEBODY, [Version(reading) for reading in [*calm, *dense]])
    list(
        eventtime.run(past, rulebook=RULEBOOK, model=MODEL, until=seconds[-1], scored=asked.append)
    )

    within = [e for e in asked if seconds[0].timestamp() <= e.at <= seconds[-1].timestamp()]
    assert 0 < len(within) < 100
