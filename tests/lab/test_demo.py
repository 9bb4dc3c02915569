from __future__ import annotations

import json
from copy import copy
from datetime import UTC, datetime, timedelta
from itertools import chain, islice
from random import Random
from typing import Any

import pytest

from core.vitals import Quality, Severity
from fhir import strict
from fhir.observation import ParsedObservation, parse
from ingest.enrolment import Person
from lab.demo import Cohort, cohort
from lab.enrolment import Demo, patient_key
from lab.intake import readings_of
from monitoring.judgement import judge
from monitoring.service import load_rulebook
from monitoring.windows import history

FEED = Random(3)  # noqa: S311 (invented readings, no secrets)
NOW = datetime(2026, 11, 23, 14, 20, tzinfo=UTC)


@pytest.fixture(scope="module")
def people() -> Cohort:
    return cohort(20, 30, now=NOW, seed=7)


def resources(bundles: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [entry["resource"] for bundle in bundles for entry in bundle["entry"]]


def effective(resource: dict[str, Any]) -> datetime:
    text = resource.get("effectiveDateTime") or resource["effectivePeriod"]["end"]
    return datetime.fromisoformat(text)


def test_every_reading_is_valid_fhir_and_fit_to_be_scored(people: Cohort) -> None:
    for resource in resources([*people.history_bundles, *people.recent_bundles]):
        parsed = parse(json.dumps(resource).encode())

        assert isinstance(parsed, ParsedObservation)
        assert parsed.measurements
        assert not parsed.warnings
        assert all(m.quality is Quality.SCORED for m in parsed.measurements)


def test_history_is_older_than_a_day_and_nothing_lies_in_the_future(people: Cohort) -> None:
    day_ago = NOW - timedelta(hours=24)

    assert all(effective(r) < day_ago for r in resources(people.history_bundles))
    assert all(day_ago <= effective(r) <= NOW for r in resources(people.recent_bundles))
    assert all(len(b["entry"]) <= 500 for b in people.history_bundles)


def test_identifiers_are_unique(people: Cohort) -> None:
    everything = resources([*people.history_bundles, *people.recent_bundles])
    names = [r["identifier"][0]["value"] for r in everything]

    assert len(names) == len(set(names))


def test_enrolment_is_valid_and_says_that_everybody_is_invented(people: Cohort) -> None:
    for resource in resources(people.enrolment_bundles):
        assert not strict.check(resource)
        assert resource["meta"]["security"][0]["code"] == "HTEST"


def test_patients_are_enrolled_with_a_standing_team_that_names_no_patient(people: Cohort) -> None:
    enrolled = resources(people.enrolment_bundles)
    teams = [r for r in enrolled if r["resourceType"] == "CareTeam"]
    episodes = [r for r in enrolled if r["resourceType"] == "EpisodeOfCare"]

    assert len(teams) == 2
    assert all("subject" not in team and len(team["participant"]) == 2 for team in teams)
    assert len(episodes) == len(people.people)
    assert all(e["team"] and e["careManager"] for e in episodes)


def test_everybody_meets_the_terms_of_the_programme(people: Cohort) -> None:
    for demo in people.people:
        assert Person("x", demo.zone, demo.birth_date).age(NOW.date()) in range(65, 105)
        assert len(demo.life.person.conditions - {"hypertension"}) >= 2


def test_the_same_seed_gives_the_same_cohort(people: Cohort) -> None:
    again = cohort(20, 30, now=NOW, seed=7)

    assert again.recent_bundles == people.recent_bundles
    assert again.enrolment_bundles == people.enrolment_bundles


@pytest.mark.parametrize("hour", [3, 16])
def test_each_tier_of_alert_occurs_now_whatever_the_hour(hour: int) -> None:
    """The demo must show RED, AMBER and YELLOW when it is started, at any time of day."""
    now = NOW.replace(hour=hour)
    people = cohort(20, 30, now=now, seed=7)

    told = {finding for demo in people.people for finding in judged(people, demo, now)}

    assert {Severity.RED, Severity.AMBER, Severity.YELLOW} <= {tier for _, tier in told}
    assert ("MOT-NONE", Severity.RED) in told


def judged(people: Cohort, demo: Demo, now: datetime) -> set[tuple[str, Severity]]:
    bundles = (*people.history_bundles, *people.recent_bundles)
    own = f"Patient?identifier={patient_key(demo).system}|{patient_key(demo).value}"
    mine = [r for r in resources(list(bundles)) if r["subject"]["reference"] == own]
    person = Person(
        demo.name.text,
        demo.zone,
        demo.birth_date,
        groups=demo.life.person.conditions,
        lives_alone=demo.life.person.lives_alone,
    )
    past = history(person, readings_of(mine, zone=demo.zone))
    day_ago = (now - timedelta(hours=24)).timestamp()
    fresh = {float(t) for s in past.series.values() for t in s.times if t >= day_ago}
    found = judge(past, sorted(fresh), now=now, rulebook=load_rulebook(), model=None)
    return {(finding.rule_id, finding.severity) for finding in found.findings}


def test_the_live_feed_goes_on_in_order_of_time_and_sometimes_somebody_worsens(
    people: Cohort,
) -> None:
    feed = list(islice(people.live(NOW, copy(FEED)), 400))
    times = [effective(resource) for resource in feed]

    assert times == sorted(times)
    assert all(isinstance(parse(json.dumps(r).encode()), ParsedObservation) for r in feed)
    assert all("identifier" in r["subject"] for r in feed)
    values = chain.from_iterable([r.get("valueQuantity", {}).get("value", 0)] for r in feed)
    assert {89, 90, 118, 121, 38.2, 38.3} & set(values)


def test_an_unheard_person_stays_silent_in_the_feed(people: Cohort) -> None:
    quiet = {patient_key(d).value for d in people.people if d.story.quiet_hours}

    feed = islice(people.live(NOW, copy(FEED)), 300)

    assert quiet
    assert not any(r["subject"]["identifier"]["value"] in quiet for r in feed)
