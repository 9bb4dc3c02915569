"""Runs the pure pipeline over a folder of FHIR R4 NDJSON, in event time, without database.

What `wardlight replay` writes: one DetectedIssue a line for each alert that opens or rises,
or, per day, one for each patient, problem and local day with a finding; and where asked, the
last learned score of each patient and local day, one RiskAssessment a line.
"""

from __future__ import annotations

import json
from collections import Counter
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal, TextIO

from app import replay_folder
from app.forecasts import behind, of_a_replay, source
from app.replay_past import past_of
from core.errors import InvalidError
from core.vitals import Severity
from fhir.detected_issue import Raised, detected_issue
from ingest.repository import condition_groups
from monitoring import eventtime, words
from monitoring.episode import SILENT_TIERS
from monitoring.windows import local_day, zone_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from contextlib import AbstractContextManager
    from datetime import date, datetime, tzinfo
    from pathlib import Path

    from monitoring.eventtime import News, Past, Scored
    from monitoring.findings import Finding, Problem
    from monitoring.plans.hours import ServiceHours
    from monitoring.plans.site_rules import SiteRules
    from monitoring.risk import Model
    from monitoring.rulebook import Rulebook

FHIR_SEVERITY: dict[Severity, Literal["high", "moderate", "low"]] = {
    Severity.RED: "high",
    Severity.AMBER: "moderate",
    Severity.YELLOW: "low",
}


@dataclass(slots=True)
class Summary:
    """What a replay read and wrote."""

    patients: int = 0
    taken: Counter[str] = field(default_factory=Counter)  # lines by resource type
    refused: Counter[str] = field(default_factory=Counter)  # lines by type and reason
    written: Counter[Severity] = field(default_factory=Counter)
    scored: Counter[bool] = field(default_factory=Counter)  # days: a score, or an abstention


def replay(  # noqa: PLR0913 (what the command line lets one choose)
    input_dir: Path,
    output: Path,
    *,
    per_day: bool,
    rulebook: Rulebook | SiteRules,
    model: Model | None,
    hours: ServiceHours | None = None,
    scores: Path | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Summary:
    """Judge every patient of a folder as it happened and write what was alerted.

    With `hours`, what is below RED is dated when the service reads it. With `scores`, the last
    score of each day is written there. `progress` is called with patients done and patients in
    all. Raises `InvalidError` where the folder has no Patient.ndjson, an output no folder, or
    scores are asked for and no model is there.
    """
    _refuse(input_dir, output, scores, model)
    folder = replay_folder.read(input_dir)
    summary = Summary(len(folder.members), folder.taken, folder.refused)
    pasts = [past_of(member, condition_groups()) for member in folder.members.values()]
    folder.members.clear()
    until = max((v.reading.received for p in pasts for v in p.versions), default=None)
    progress(0, len(pasts))
    with output.open("w", encoding="utf-8") as target, _opened(scores) as curve:
        for done, past in enumerate(pasts, start=1):
            last = LastOfDay(zone_of(past.person.zone))
            listen = last.take if curve is not None else None
            news = judged(past, rulebook=rulebook, model=model, until=until, scored=listen)
            if hours is not None:
                zone = zone_of(past.person.zone)
                news = (in_hours(each, hours, zone) for each in news)
            for each in daily(news) if per_day else (n for n in news if n.alerts):
                target.write(json.dumps(issue(each, past.person.id), ensure_ascii=False) + "\n")
                summary.written[each.finding.severity] += 1
            if curve is not None and model is not None and until is not None:
                for scored in last.until(until):
                    said = of_a_replay(
                        scored, model.id, patient=f"Patient/{past.person.id}", zone=last.zone
                    )
                    curve.write(json.dumps(said, ensure_ascii=False) + "\n")
                    summary.scored[scored.risk is not None] += 1
            progress(done, len(pasts))
    return summary


def _refuse(input_dir: Path, output: Path, scores: Path | None, model: Model | None) -> None:
    if not (input_dir / "Patient.ndjson").is_file():
        raise InvalidError(f"{input_dir} has no Patient.ndjson", field="input")
    for each, name in ((output, "output"), (scores, "scores")):
        if each is not None and not each.parent.is_dir():
            raise InvalidError(f"{each.parent} is no folder to write to", field=name)
    if scores is not None and model is None:
        raise InvalidError("the learned score is unavailable: no scores to write", field="scores")


def _opened(path: Path | None) -> AbstractContextManager[TextIO | None]:
    return path.open("w", encoding="utf-8") if path is not None else nullcontext()


@dataclass(slots=True)
class LastOfDay:
    """The last score of each local day of one person."""

    zone: tzinfo
    _days: dict[int, Scored] = field(default_factory=dict)

    def take(self, scored: Scored) -> None:
        """Take in a score, in the order of time."""
        self._days[local_day(scored.at, self.zone)] = scored

    def until(self, end: datetime) -> list[Scored]:
        """Return the scores of the days up to that of an instant."""
        last = local_day(end.timestamp(), self.zone)
        return [scored for day, scored in sorted(self._days.items()) if day <= last]


def judged(
    past: Past,
    *,
    rulebook: Rulebook | SiteRules,
    model: Model | None,
    until: datetime | None,
    scored: Callable[[Scored], None] | None = None,
) -> Iterator[News]:
    """Return what a clinician would have seen of a person, in order; no INFO and no DQ."""
    if until is None:
        return iter(())
    news = eventtime.run(past, rulebook=rulebook, model=model, until=until, scored=scored)
    return (each for each in news if each.finding.severity not in SILENT_TIERS)


def in_hours(news: News, hours: ServiceHours, zone: tzinfo) -> News:
    """Return a finding as of when the service reads it; a RED waits for no opening."""
    if news.finding.severity is Severity.RED:
        return news
    at = hours.dealt_with(news.at, zone)
    day = at.astimezone(zone).date()
    return replace(news, at=at, finding=replace(news.finding, day=day))


def daily(news: Iterable[News]) -> list[News]:
    """Return the gravest finding of each problem and local day, the first of equals."""
    gravest: dict[tuple[Problem, date | None], News] = {}
    for each in news:
        key = (each.finding.problem, each.finding.day)
        known = gravest.get(key)
        if known is None or each.finding.severity.rank > known.finding.severity.rank:
            gravest[key] = each
    return sorted(gravest.values(), key=lambda each: (each.at, each.finding.problem))


def issue(news: News, patient_id: str) -> dict[str, Any]:
    """Return the DetectedIssue of a finding, identified when it could first be known."""
    finding, patient = news.finding, f"Patient/{patient_id}"
    raised = Raised(
        code=finding.rule_id,
        display=f"{finding.rule_id} ({finding.problem})",
        detail=words.detail(finding),
        severity=FHIR_SEVERITY[finding.severity],
        implicated=_implicated(finding),
        version=finding.rulebook_hash,
        score=behind(news.risk, patient=patient, occurred=news.at) if news.risk else None,
    )
    return detected_issue(raised, patient=patient, identified=news.at)


def _implicated(finding: Finding) -> list[str]:
    ids = dict.fromkeys(each.reading_id for each in finding.evidence if each.reading_id)
    return [source(each) for each in ids]
