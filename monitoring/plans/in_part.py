"""What a rule leaves to a clinician's limit where the rest of it stays; pure.

A rule that is spared one measurement's one end is not silent, and must not be called so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Severity, Vital
from monitoring.early_warning import EarlyWarningRule
from monitoring.phrases import Phrase, within
from monitoring.plans.giving_way import side_of
from monitoring.plans.limits import Side
from monitoring.rule_kinds import AverageRule

if TYPE_CHECKING:
    from monitoring.rule_kinds import Rule


@dataclass(frozen=True, slots=True)
class InPart:
    """A rule, and of which measurements at which end it says nothing; else its least tier left."""

    rule: str
    ends: tuple[tuple[Vital, Side], ...] = ()
    keeps: Severity | None = None


def in_part(before: Rule, after: Rule) -> InPart | None:
    """Return what a rule leaves out; None where it stands whole or is silent below RED."""
    if after.tiers != before.tiers:
        stays = Severity.AMBER in after.tiers
        return InPart(before.id, keeps=Severity.AMBER) if stays else None
    ends = sorted(_ends(before, after))
    return InPart(before.id, tuple(ends)) if ends else None


def _ends(before: Rule, after: Rule) -> set[tuple[Vital, Side]]:
    if isinstance(after, EarlyWarningRule):
        return {(vital, side_of(upward=upward)) for vital, upward in after.spared}
    if isinstance(before, AverageRule) and isinstance(after, AverageRule):
        gone = set(before.terms) - set(after.terms)
        return {(term.vital, side_of(upward=term.comparison.upward)) for term in gone}
    return set()


def left_out(part: InPart, name: str) -> Phrase:
    """Return what a rule leaves out, under the name that the reader knows it by."""
    if part.keeps is not None:
        return Phrase(
            "{rule}: only {tier} and graver", {"rule": Phrase(name), "tier": Phrase(part.keeps)}
        )
    ends = tuple(_end(vital, side) for vital, side in part.ends)
    return Phrase("{rule}: not for {ends}", {"rule": Phrase(name), "ends": ends})


def _end(vital: Vital, side: Side) -> Phrase:
    measure = {"measure": Phrase(within(vital))}
    return Phrase("high {measure}" if side is Side.HIGH else "low {measure}", measure)
