"""A video visit is a valid Appointment, and where it takes place is not in it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Literal

import pytest

from fhir.appointment import Booked, appointment
from fhir.strict import check

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize("status", ["booked", "fulfilled", "noshow", "cancelled"])
@pytest.mark.parametrize("clinician", ["Practitioner/d", ""])
def test_a_visit_is_a_valid_appointment_fhir_25(
    status: Literal["booked", "fulfilled", "noshow", "cancelled"], clinician: str
) -> None:
    booked = Booked(
        status, NOW, NOW + timedelta(minutes=20), NOW, "DetectedIssue/a", clinician=clinician
    )

    written = appointment(booked, patient="Patient/p")

    assert check(written) == ()
    assert (written["status"], written["minutesDuration"]) == (status, 20)
    actors = [each["actor"]["reference"] for each in written["participant"]]
    assert actors == ["Patient/p", *([clinician] if clinician else [])]
    came = written["participant"][0]["status"]
    assert came == ("accepted" if status == "fulfilled" else "needs-action")
    assert not {"comment", "description", "patientInstruction"} & written.keys()
