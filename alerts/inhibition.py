"""What keeps a finding from being told on its own: a graver one of the same problem (AL-10).

Never the reverse, never across patients: a lesser finding hides nothing (AL-01).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.vitals import Severity
    from monitoring.findings import Finding, Problem


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
