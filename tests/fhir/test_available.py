from __future__ import annotations

from fhir.available import DAY, ParsedTimes, read_times


def test_hours_leave_period_and_zone_of_a_role_are_read() -> None:
    role = {
        "resourceType": "PractitionerRole",
        "extension": [
            {
                "url": "http://hl7.org/fhir/StructureDefinition/timezone",
                "valueCode": "Asia/Seoul",
            }
        ],
        "period": {"start": "2026-01-01", "end": "2026-12-31"},
        "availableTime": [
            {
                "daysOfWeek": ["mon", "tue"],
                "availableStartTime": "08:30:00",
                "availableEndTime": "17:00:00",
            },
            {"daysOfWeek": ["sat"], "allDay": True},
        ],
        "notAvailable": [
            {"description": "Leave", "during": {"start": "2026-08-03", "end": "2026-08-14"}}
        ],
    }

    assert read_times(role) == ParsedTimes(
        hours=(((0, 1), 510, 1020), ((5,), 0, DAY)),
        away=(("2026-08-03", "2026-08-14"),),
        since="2026-01-01",
        until="2026-12-31",
        zone="Asia/Seoul",
    )


def test_hours_without_days_are_for_all_days_and_one_without_times_for_all_day() -> None:
    times = read_times({"availableTime": [{}, {"availableEndTime": "23:59:59"}]})

    assert times.hours == ((tuple(range(7)), 0, DAY), (tuple(range(7)), 0, DAY))


def test_a_role_that_says_nothing_of_when_says_so() -> None:
    assert not read_times({"active": True}).said
