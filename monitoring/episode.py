"""One person's episodes as a replay sees them: what opens, what rises, what is over.

Live episodes are the alerts' own, with people acting on them; here nobody acts, and an
episode ends once its problem has been quiet for the rulebook's clearing time (AL-07).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from monitoring.findings import Finding, Problem

SILENT_TIERS = (Severity.INFO, Severity.DQ)  # never opened for a clinician


@dataclass(slots=True)
class _Open:
    severity: Severity
    since: float
    last_seen: float


@dataclass(slots=True)
class Episodes:
    """The open and past episodes of one person; `take` says which findings are news."""

    clear_seconds: float
    _open: dict[Problem, _Open] = field(default_factory=dict)
    _past: list[tuple[float, float]] = field(default_factory=list)
    _known: dict[tuple[str, Problem, datetime], Severity] = field(default_factory=dict)

    def fresh(self, findings: Iterable[Finding]) -> list[Finding]:
        """Return the findings not known at their severity or a graver one, gravest first."""
        news = []
        for finding in sorted(findings, key=lambda f: (-f.severity.rank, f.at, f.rule_id)):
            key = (finding.rule_id, finding.problem, finding.at)
            known = self._known.get(key)
            if known is None or finding.severity.rank > known.rank:
                self._known[key] = finding.severity
                news.append(finding)
        return news

    def take(self, finding: Finding, at: float) -> bool:
        """Add a fresh finding at an instant; return whether an episode opens or rises."""
        if finding.severity in SILENT_TIERS:
            return False
        current = self._open.get(finding.problem)
        if current is None:
            since = finding.at.timestamp()
            self._open[finding.problem] = _Open(finding.severity, since, at)
            return True
        current.last_seen = max(current.last_seen, at)
        current.since = min(current.since, finding.at.timestamp())
        if finding.severity.rank <= current.severity.rank:
            return False
        current.severity = finding.severity
        return True

    def clear(self, at: float) -> bool:
        """End what has been quiet for the clearing time; return whether anything ended."""
        over = [p for p, e in self._open.items() if at - e.last_seen >= self.clear_seconds]
        for problem in over:
            ended = self._open.pop(problem)
            self._past.append((ended.since, ended.last_seen))
        return bool(over)

    def frozen(self) -> tuple[tuple[float, float], ...]:
        """Return the spans that may not teach a baseline, in seconds since the epoch."""
        current = [(each.since, math.inf) for each in self._open.values()]
        return tuple(sorted([*self._past, *current]))
