"""Which findings belong to which episode, and which of them say something new (AL-08, AL-09)."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from monitoring.findings import Finding, Problem

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
