"""Which findings of an episode still stand once readings came late, were corrected or retracted.

What is judged anew and not found again has fallen, and so has what lost the reading it stood on:
then the order of arrival changes nothing about what is open, and how grave it is (REL-19, REL-23).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping
    from datetime import datetime, timedelta
    from uuid import UUID

    from monitoring.findings import Evidence, Finding

    Name = tuple[str, datetime]  # rule and event time


@dataclass(frozen=True, slots=True)
class Stored:
    """One finding of an episode, as much of it as decides whether it stands."""

    id: UUID
    rule_id: str
    at: datetime
    severity: Severity
    evidence: tuple[Evidence, ...] = ()
    rejudged: bool = False  # asked again whenever its instant is judged anew

    @property
    def newest(self) -> Evidence | None:
        """Return the newest reading it stands on; None for one without readings."""
        return max(self.evidence, key=lambda each: each.effective, default=None)


@dataclass(frozen=True, slots=True)
class Anew:
    """What a judgement says anew of one problem.

    `since` is from when on it judged every instant, None where it judged none; `found` are the
    findings of the problem, with their tiers; `present` the ids of the readings that count.
    """

    since: datetime | None
    found: Mapping[Name, Severity]
    present: Collection[str]
    doubtful: Collection[str] = ()  # gave way to a preliminary value: they stand until it is final


def stands(finding: Stored, anew: Anew) -> bool:
    """Return whether a finding still has its cause."""
    if (finding.rule_id, finding.at) in anew.found:
        return True
    if any(each.reading_id in anew.doubtful for each in finding.evidence):
        return True
    if finding.rejudged and anew.since is not None and finding.at >= anew.since:
        return False
    return finding.newest is None or finding.newest.reading_id in anew.present


def split(findings: Iterable[Stored], anew: Anew) -> tuple[list[Stored], list[Stored]]:
    """Return the findings that stand and those that have fallen."""
    standing: list[Stored] = []
    fallen: list[Stored] = []
    for finding in findings:
        (standing if stands(finding, anew) else fallen).append(finding)
    return standing, fallen


def gravest(findings: Iterable[Stored], anew: Anew) -> Severity | None:
    """Return the tier that the standing findings give an episode; None where they open none.

    A finding that was found again at a lesser tier counts by that.
    """
    tiers = (anew.found.get((each.rule_id, each.at), each.severity) for each in findings)
    opening = [tier for tier in tiers if tier is not Severity.INFO]
    return max(opening, key=lambda tier: tier.rank, default=None)


def renewed(findings: Iterable[Stored], anew: Anew) -> list[Name]:
    """Return which standing findings were found again otherwise: at a lesser tier, or anew read."""
    return [
        (each.rule_id, each.at)
        for each in findings
        if (tier := anew.found.get((each.rule_id, each.at))) is not None
        and (tier.rank < each.severity.rank or _moved(each, anew))
        and not any(read.reading_id in anew.doubtful for read in each.evidence)
    ]


def excused(finding: Finding, repeats: Iterable[datetime], *, within: timedelta) -> bool:
    """Return whether a normal repeat stands beside a value that nobody confirmed (AL-20).

    `repeats` are when the same vital was measured; the newest of them is back in range.
    """
    if finding.confirmed or not finding.back_in_range:
        return False
    return any(finding.at < each <= finding.at + within for each in repeats)


def _moved(finding: Stored, anew: Anew) -> bool:
    return finding.newest is not None and finding.newest.reading_id not in anew.present
