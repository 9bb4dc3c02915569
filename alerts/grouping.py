"""Which findings belong to which episode, and which of them say something new (AL-08, AL-09)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from datetime import datetime

    from monitoring.findings import Evidence, Finding, Problem

    Known = Mapping[tuple[str, datetime], Severity]


def by_problem(findings: Iterable[Finding]) -> dict[Problem, tuple[Finding, ...]]:
    """Return the findings of each problem, gravest and newest first.

    Problems come in a fixed order, so that two transactions that touch the same episodes
    lock them in the same order.
    """
    found: dict[Problem, list[Finding]] = defaultdict(list)
    for finding in findings:
        found[finding.problem].append(finding)
    return {problem: gravest_first(found[problem]) for problem in sorted(found)}


def gravest_first(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings by severity, then the newest, then by rule for a stable order."""
    return tuple(sorted(findings, key=lambda f: (-f.severity.rank, -f.at.timestamp(), f.rule_id)))


def fresh(findings: Iterable[Finding], known: Known) -> tuple[Finding, ...]:
    """Return the findings that were not yet taken at their severity or a graver one.

    `known` holds (rule, event time) of this problem's evidence, ended episodes included:
    what a person has already concluded does not open again by being judged again.
    """
    graver: dict[tuple[str, datetime], Finding] = {}
    for finding in gravest_first(findings):
        key = (finding.rule_id, finding.at)
        if key not in graver and _new(finding, known.get(key)):
            graver[key] = finding
    return tuple(graver.values())


def _new(finding: Finding, known: Severity | None) -> bool:
    return known is None or finding.severity.rank > known.rank


def opens(findings: Iterable[Finding]) -> bool:
    """Return whether findings may open an episode; INFO is context and never does."""
    return any(finding.severity is not Severity.INFO for finding in findings)


def newest(evidence: Iterable[Sequence[Evidence]]) -> list[Evidence | None]:
    """Return the newest reading of each finding; None for one without readings."""
    return [max(read, key=lambda e: e.effective) if read else None for read in evidence]


def supported(stands_on: Iterable[Evidence | None], present: Collection[str]) -> bool:
    """Return whether any finding still has the newest reading it stood on (REL-23).

    A finding without readings, such as silence, cannot lose its cause this way. `present`
    holds the ids of the readings that are neither withdrawn nor superseded.
    """
    return any(reading is None or reading.reading_id in present for reading in stands_on)
