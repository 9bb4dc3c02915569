"""Whether new findings tell somebody, and the reason for each that does not (AL-06, REL-20)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts import inhibition
from alerts.reasons import Reason
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alerts.policy import Policy
    from monitoring.findings import Finding


@dataclass(frozen=True, slots=True)
class Decision:
    """The tier to tell of and why, or None; and each finding that is not told, with its reason.

    `held` is why somebody would have been told, and is not before an absence ends.
    """

    tell: Severity | None
    reason: Reason | None
    kept: tuple[tuple[Finding, Reason], ...]
    held: Reason | None = None

    @property
    def red_in_time(self) -> bool:
        """Return whether a RED came in time, also one that its clinicians know of already."""
        known = (f.severity for f, why in self.kept if why is Reason.SAME_FINDING)
        return self.tell is Severity.RED or Severity.RED in known


def decide(  # noqa: PLR0913 (what was told, when, by which policy, and what holds)
    fresh: Sequence[Finding],
    told: Severity | None,
    *,
    now: datetime,
    policy: Policy,
    patient_id: str = "",
    absent: Reason | None = None,
) -> Decision:
    """Decide about new findings of one episode, given the tier already told of.

    `absent` says that the person is in hospital, or their monitoring paused (AL-10).

    Only a finding that is current can tell somebody: severity never depends on arrival,
    notification does (REL-20).
    """
    silent = {id(f): quiet(f, now=now, policy=policy) for f in fresh}
    current = [f for f in fresh if silent[id(f)] is None]
    speaker = max(current, key=lambda f: (f.severity.rank, f.at), default=None)
    if speaker is None or not _graver(speaker.severity, told):
        speaker = None
    if speaker is not None and absent is not None:
        return Decision(None, None, tuple((f, silent[id(f)] or absent) for f in fresh), absent)
    tell = speaker.severity if speaker else None
    spoken = tell or told
    kept = tuple(
        (f, silent[id(f)] or _covered(f, spoken, patient_id)) for f in fresh if f is not speaker
    )
    return Decision(tell, _why(speaker, told, now=now, policy=policy), kept)


def quiet(finding: Finding, *, now: datetime, policy: Policy) -> Reason | None:
    """Return why a finding may page nobody at all, or None where it may."""
    if finding.severity is Severity.INFO:
        return Reason.CONTEXT
    if finding.back_in_range:
        return Reason.BACK_IN_RANGE
    return Reason.LATE if now - finding.at > policy.late_after else None


def _graver(severity: Severity, told: Severity | None) -> bool:
    return told is None or severity.rank > told.rank


def _covered(finding: Finding, spoken: Severity | None, patient_id: str) -> Reason:
    muted = inhibition.muted_by(finding, spoken, patient_id=patient_id)
    return Reason.INHIBITED if muted else Reason.SAME_FINDING


def _why(
    speaker: Finding | None, told: Severity | None, *, now: datetime, policy: Policy
) -> Reason | None:
    if speaker is None:
        return None
    if now - speaker.at > policy.marked_late:
        return Reason.ARRIVED_LATE
    return Reason.ROSE if told else Reason.FIRST
