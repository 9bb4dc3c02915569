"""Compares the alerts of two rulebooks over one past: what a change would add and take away.

Pure: who calls it has run both rulebooks over the same readings (`monitoring.eventtime`).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from core.vitals import Severity
    from monitoring.findings import Problem

# An alert that moved by less is the same alert (E): the quiet time that ends an episode.
SAME = timedelta(hours=72)
# How far from an episode an alert may lie and still be the one that it was opened by (E).
AROUND = timedelta(days=1)


class Alerted(NamedTuple):
    """One time at which somebody would have been told: an episode opened or rose."""

    patient: str
    problem: Problem
    severity: Severity
    at: datetime
    rule: str


@dataclass(frozen=True, slots=True)
class Labelled:
    """An episode that a clinician concluded on."""

    patient: str
    problem: Problem
    started: datetime
    ended: datetime
    label: str
    confirmed: bool  # the label says that the alert was right


@dataclass(frozen=True, slots=True)
class Difference:
    """What a change does; `lost` and `spared` are labelled episodes that it would not alert.

    `unseen` counts labelled episodes that the rulebook in force does not alert either, as
    where it was another one then: of these the comparison says nothing.
    """

    before: tuple[Alerted, ...]
    after: tuple[Alerted, ...]
    added: tuple[Alerted, ...]
    removed: tuple[Alerted, ...]
    moved: tuple[timedelta, ...]  # of each alert that both have: later is positive
    lost: tuple[Labelled, ...]
    spared: tuple[Labelled, ...]
    unseen: int
    labelled: int
    patient_weeks: float

    def per_week(self, alerts: Sequence[Alerted]) -> float:
        """Return alerts per patient-week; 0 where nothing was watched."""
        return len(alerts) / self.patient_weeks if self.patient_weeks else 0.0

    def concerned(self) -> list[tuple[str, int, int]]:
        """Return (patient, added, removed) of each person the change concerns, most first."""
        added = Counter(each.patient for each in self.added)
        removed = Counter(each.patient for each in self.removed)
        rows = [(name, added[name], removed[name]) for name in {*added, *removed}]
        return sorted(rows, key=lambda row: (-row[1] - row[2], row[0]))


def compare(
    before: Iterable[Alerted],
    after: Iterable[Alerted],
    labelled: Sequence[Labelled] = (),
    *,
    patient_weeks: float,
) -> Difference:
    """Return what differs between the alerts of the rulebook in force and of the proposed one.

    Two alerts are the same where patient, problem and tier are equal and they lie no more
    than 72 h apart; each has at most one partner, the earliest.
    """
    old, new = sorted(before, key=_order), sorted(after, key=_order)
    pairs = _pairs(old, new)
    known = {id(each) for pair in pairs for each in pair}
    seen = [each for each in labelled if _alerts(old, each)]
    gone = [each for each in seen if not _alerts(new, each)]
    return Difference(
        before=tuple(old),
        after=tuple(new),
        added=tuple(each for each in new if id(each) not in known),
        removed=tuple(each for each in old if id(each) not in known),
        moved=tuple(later.at - earlier.at for earlier, later in pairs),
        lost=tuple(each for each in gone if each.confirmed),
        spared=tuple(each for each in gone if not each.confirmed),
        unseen=len(labelled) - len(seen),
        labelled=len(labelled),
        patient_weeks=patient_weeks,
    )


def _order(alert: Alerted) -> tuple[str, str, datetime, str]:
    return alert.patient, alert.problem, alert.at, alert.rule


def _pairs(old: Sequence[Alerted], new: Sequence[Alerted]) -> list[tuple[Alerted, Alerted]]:
    waiting: dict[tuple[str, Problem, Severity], list[Alerted]] = {}
    for alert in new:
        waiting.setdefault((alert.patient, alert.problem, alert.severity), []).append(alert)
    pairs = []
    for alert in old:
        partners = waiting.get((alert.patient, alert.problem, alert.severity), [])
        partner = next((each for each in partners if abs(each.at - alert.at) <= SAME), None)
        if partner is not None:
            partners.remove(partner)
            pairs.append((alert, partner))
    return pairs


def _alerts(alerts: Iterable[Alerted], episode: Labelled) -> bool:
    return any(
        each.patient == episode.patient
        and each.problem == episode.problem
        and episode.started - AROUND <= each.at <= episode.ended + AROUND
        for each in alerts
    )
