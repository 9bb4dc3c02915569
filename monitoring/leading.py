"""By which one measurement a finding is best shown: its own, or the one that speaks loudest.

A rule of one vital names it. The score has what raised it most; several findings together have
readings, of which the one farthest from the person's usual is the strongest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Vital
from monitoring.features import FEATURES

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from monitoring.findings import Contribution, Evidence, FamilyRisk, Finding, Risk, Usual

_VITALS = {feature.name: feature.vital for feature in FEATURES}


@dataclass(frozen=True, slots=True)
class Grounds:
    """What a judgement held its findings against: the person's usual, and the score it made."""

    usual: Mapping[Vital, Usual] = field(default_factory=dict)
    risk: Risk | None = None


UNKNOWN = Grounds()


def is_score(finding: Finding, grounds: Grounds) -> bool:
    """Return whether a finding is the learned score's own: its value is the probability."""
    own = finding.vital is None and finding.value is not None
    return own and grounds.risk is not None and finding.value == decisive(grounds.risk).probability


def decisive(risk: Risk) -> Risk | FamilyRisk:
    """Return by what a score alerts: its likeliest family; the whole where none is told apart."""
    return risk.family or risk


def leading_vital(finding: Finding, grounds: Grounds = UNKNOWN) -> Vital | None:
    """Return the measurement to show a finding by, or None where it rests on none."""
    if finding.vital is not None:
        return finding.vital
    if is_score(finding, grounds) and grounds.risk is not None:
        return raised_most(decisive(grounds.risk).contributions)
    strongest = strongest_reading(finding.evidence, grounds.usual)
    return strongest.vital if strongest else None


def raised_most(contributions: Iterable[Contribution]) -> Vital | None:
    """Return the measurement whose known part raises a score most; None where none does.

    That a vital is not measured may raise a score too: there is nothing of it to show.
    """
    raising = [
        part
        for part in contributions
        if part.points > 0 and part.value is not None and _VITALS.get(part.feature)
    ]
    most = max(raising, key=lambda part: part.points, default=None)
    return _VITALS[most.feature] if most else None


def strongest_reading(
    evidence: Iterable[Evidence], usual: Mapping[Vital, Usual]
) -> Evidence | None:
    """Return of each vital's newest reading the one farthest from its usual, in its spreads.

    One whose usual is not known counts least; answers of yes or no are no readings to draw.
    """
    newest: dict[Vital, Evidence] = {}
    for each in sorted(evidence, key=lambda e: e.effective):
        if MEASURES[each.vital].unit_display:
            newest[each.vital] = each
    return max(newest.values(), key=lambda each: _distance(each, usual), default=None)


def _distance(each: Evidence, usual: Mapping[Vital, Usual]) -> float:
    known = usual.get(each.vital)
    return abs(each.value - known.centre) / known.spread if known and known.spread else -1.0
