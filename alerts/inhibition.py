"""What keeps a finding from being told: a graver one of the same problem, an absence (AL-10).

Never the reverse, never across patients: a lesser finding hides nothing (AL-01). Who is in
hospital, or whose monitoring is paused, is judged all the same, and nobody is paged.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from alerts.reasons import Reason
from ingest.enrolment import Absence, stay_at
from ingest.pauses import LONGEST

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from core.vitals import Severity
    from ingest.enrolment import Stay
    from monitoring.findings import Finding, Problem

TOLD_LONGEST = LONGEST + timedelta(days=1)  # a declared pause ends with its last day

_ABSENT = {
    Absence.ADMITTED: Reason.ADMITTED,
    Absence.PAUSED: Reason.PAUSED,
    Absence.DISCHARGED: Reason.DISCHARGED,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """What inhibition may look at: whose, which problem, how grave."""

    patient_id: str
    problem: Problem
    severity: Severity


def mutes(graver: Mark, lesser: Mark) -> bool:
    """Return whether the first speaks for the second."""
    return (
        graver.patient_id == lesser.patient_id
        and graver.problem is lesser.problem
        and graver.severity.rank > lesser.severity.rank
    )


def muted_by(finding: Finding, spoken: Severity | None, *, patient_id: str) -> bool:
    """Return whether a tier already spoken of in this patient's problem covers a finding."""
    if spoken is None:
        return False
    return mutes(
        Mark(patient_id, finding.problem, spoken),
        Mark(patient_id, finding.problem, finding.severity),
    )


def absent(stays: Iterable[Stay], *, now: datetime, longest: timedelta) -> Reason | None:
    """Return why nobody is paged for a person now, or None where an alert pages.

    A stay whose end nobody told counts for `longest` only: it may have been forgotten. One with
    an end counts no longer than a pause that a clinician may declare: a wrong year would keep
    every alert of a person from being told. Who was discharged is so until somebody says
    otherwise.
    """
    counted = (each for each in stays if _counts(each, now=now, longest=longest))
    stay = stay_at(counted, now.timestamp())
    return _ABSENT[stay.why] if stay else None


def _counts(stay: Stay, *, now: datetime, longest: timedelta) -> bool:
    most = TOLD_LONGEST if stay.until else longest
    return stay.why is Absence.DISCHARGED or now - stay.since <= most
