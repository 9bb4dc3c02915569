"""Each fact has its own time: medicines, conditions, pauses and who lives alone (fhir.md 7a)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import pytest

from core.outbox import Topic
from tests.door import NOW, condition, condition_status, work_for
from tests.ingest.context.test_context import (
    HOME,
    LOINC,
    SNOMED,
    concept,
    known,
    observation,
    statement,
)

if TYPE_CHECKING:
    from core.database import Database
    from ingest.enrolment import Person

DAY = timedelta(days=1)
LIVING = "urn:wardlight:codesystem:living"
INSULIN = "A10AE04"


def person_at(database: Database, who: str, when: datetime, arrived: float = inf) -> Person:
    return known(database, who).at(when.timestamp(), arrived)


def takes(database: Database, who: str, when: datetime) -> bool:
    return "insulin" in person_at(database, who, when).medicines


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_a_medicine_counts_from_when_its_period_begins_until_it_ends(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    period = {"start": "2026-03-05T08:00:00Z", "end": "2026-03-20T08:00:00Z"}

    gateway.create(statement(who, INSULIN, effectivePeriod=period))

    found = [takes(database, who, day(f"2026-03-{n:02}")) for n in (1, 5, 6, 20, 21)]
    assert found == [False, False, True, True, False]
    assert known(database, who).medicines == frozenset()  # the clock's now lies after its end
    assert known(database, who).medicines_known


def test_a_medicine_that_begins_next_year_is_not_taken_yet(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())

    gateway.create(statement(who, INSULIN, effectivePeriod={"start": "2999-01-01"}))

    assert known(database, who).medicines == frozenset()
    assert takes(database, who, day("2999-01-02"))


def test_the_doses_of_a_request_say_when_it_is_taken(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    bounds = {"start": "2026-03-05", "end": "2026-03-07"}
    request = statement(who, INSULIN) | {
        "resourceType": "MedicationRequest",
        "intent": "order",
        "dosageInstruction": [{"timing": {"repeat": {"boundsPeriod": bounds}}}],
    }

    gateway.create(request)

    found = [takes(database, who, day(f"2026-03-{n:02}")) for n in (4, 6, 9)]
    assert found == [False, True, False]


@pytest.mark.parametrize("status", ["stopped", "completed", "on-hold", "not-taken"])
def test_a_medicine_that_is_stopped_was_taken_until_then(
    gateway: Any, build: Any, database: Database, status: str
) -> None:
    who = gateway.create(build.patient())
    said = statement(who, INSULIN)
    gateway.create(said)
    gateway.clock.now = NOW + 10 * DAY

    assert gateway.post(said | {"status": status}).status_code == 200

    assert takes(database, who, NOW + 9 * DAY)
    assert not takes(database, who, NOW + 10 * DAY)
    assert known(database, who).medicines == frozenset()


def test_a_medicine_that_was_entered_in_error_was_never_taken(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    said = statement(who, INSULIN, effectivePeriod={"start": "2026-03-01"})
    gateway.create(said)

    gateway.post(said | {"status": "entered-in-error"})

    assert not takes(database, who, NOW + DAY)


def test_a_fact_without_a_date_is_true_of_what_arrives_once_it_is_heard_of(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    gateway.create(condition(f"Patient/{who}"))
    heard, earlier = NOW.timestamp(), (NOW - DAY).timestamp()

    # A reading of yesterday that is judged now is judged with what is known now.
    assert person_at(database, who, NOW - DAY, heard).groups == {"heart_failure"}
    assert person_at(database, who, NOW - DAY, earlier).groups == frozenset()


def test_a_condition_holds_from_its_onset_until_it_abates(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    over = condition(
        f"Patient/{who}",
        clinicalStatus=condition_status("clinical", "resolved"),
        onsetDateTime="2019",
        abatementDateTime="2026-02-10T00:00:00Z",
    )

    gateway.create(over)

    found = [
        bool(person_at(database, who, day(text)).groups)
        for text in ("2018-12-01", "2019-01-01", "2026-02-09", "2026-02-11")
    ]
    assert found == [False, True, True, False]
    assert known(database, who).groups == frozenset()


def test_a_condition_that_is_resolved_later_was_true_until_then(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    said = condition(f"Patient/{who}")
    gateway.create(said)
    gateway.clock.now = NOW + 10 * DAY
    gateway.post(said | {"clinicalStatus": condition_status("clinical", "resolved")})
    gateway.clock.now = NOW + 20 * DAY
    gateway.post(said)

    found = [bool(person_at(database, who, NOW + n * DAY).groups) for n in (5, 15, 25)]
    assert found == [True, False, True]


def test_a_condition_that_was_refuted_never_was(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    said = condition(f"Patient/{who}", onsetDateTime="2020-01-01")
    gateway.create(said)

    gateway.post(said | {"verificationStatus": condition_status("ver-status", "refuted")})

    assert person_at(database, who, NOW).groups == frozenset()


def episode(who: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "EpisodeOfCare",
        "identifier": [{"system": "urn:episode", "value": f"episode-{who}"}],
        "status": status,
        "patient": {"reference": f"Patient/{who}"},
    } | more


def test_a_second_pause_begins_when_it_begins_and_keeps_the_first_as_it_was(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    for number, status in enumerate(("active", "onhold", "active", "onhold", "onhold")):
        gateway.clock.now = NOW + number * DAY
        gateway.post(episode(who, status))

    stays = known(database, who).stays
    assert [(s.since, s.until) for s in stays] == [
        (NOW + DAY, NOW + 2 * DAY),
        (NOW + 3 * DAY, None),
    ]


def test_the_history_of_an_episode_says_when_it_was_on_hold(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    first = {"start": "2026-01-10T00:00:00Z", "end": "2026-01-20T00:00:00Z"}
    second = {"start": "2026-02-10T00:00:00Z"}
    history = [{"status": "onhold", "period": each} for each in (first, second)]

    gateway.post(episode(who, "onhold", statusHistory=history))
    paused = known(database, who).stays
    gateway.post(episode(who, "active", statusHistory=history))
    resumed = known(database, who).stays
    gateway.post(episode(who, "entered-in-error", statusHistory=history))

    assert [(s.since, s.until) for s in paused] == [
        (day("2026-01-10"), day("2026-01-20")),
        (day("2026-02-10"), None),
    ]
    assert [s.until for s in resumed] == [day("2026-01-20"), NOW]
    assert known(database, who).stays == ()


def alone(who: str, when: datetime, **value: Any) -> dict[str, Any]:
    return observation(who, LIVING, "lives-alone", **value) | {
        "effectiveDateTime": when.isoformat()
    }


def test_who_lives_alone_is_known_from_the_day_of_the_answer_until_the_next(
    gateway: Any, build: Any, database: Database
) -> None:
    who = gateway.create(build.patient())
    gateway.create(alone(who, NOW - DAY, valueBoolean=False))
    first = alone(who, NOW - 10 * DAY, valueBoolean=True)
    gateway.create(first)

    found = [person_at(database, who, NOW - n * DAY).lives_alone for n in (11, 9, 0)]
    gateway.post(first | {"status": "entered-in-error"})
    taken_back = person_at(database, who, NOW - 9 * DAY).lives_alone

    assert found == [None, True, False]
    assert taken_back is None
    assert Topic.ASSESS in {row.topic for row in work_for(database, who)}


@pytest.mark.parametrize(
    ("code", "value", "expected"),
    [
        ((LOINC, "71802-3"), concept(SNOMED, "105529008"), True),
        ((LOINC, "63503-7"), concept(SNOMED, "105529008"), True),
        # LOINC's own answers there tell of housing and of marriage, not of who lives alone.
        ((LOINC, "71802-3"), concept(LOINC, "LA30189-7"), None),
        ((LOINC, "63503-7"), concept(LOINC, "LA47-6"), None),
        ((LOINC, "63512-8"), {"valueInteger": 1}, True),
        ((LOINC, "63512-8"), {"valueInteger": 3}, False),
        ((LOINC, "63512-8"), {"valueInteger": 0}, None),
        ((SNOMED, "105529008"), {"valueBoolean": True}, True),
        ((SNOMED, "105529008"), concept(LOINC, "LA32-8"), False),
        ((LIVING, "lives-alone"), {"valueString": "yes"}, None),
        ((HOME, "fall"), {"valueBoolean": False}, None),
    ],
)
def test_only_what_names_it_says_who_lives_alone(
    gateway: Any, build: Any, database: Database, code: Any, value: Any, expected: Any
) -> None:
    who = gateway.create(build.patient())

    gateway.create(observation(who, *code, **value))

    assert known(database, who).lives_alone is expected
