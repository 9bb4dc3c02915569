"""Combines what rules and score say about one person: nothing lesser hides anything graver."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from core.vitals import Severity
from monitoring import risk as learned
from monitoring.families import FAMILIES
from monitoring.findings import Finding, Says
from monitoring.leading import decisive
from monitoring.phrases import Phrase, whole

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import date, datetime

    from monitoring.findings import Evidence, Problem, Risk
    from monitoring.phrases import Value
    from monitoring.rule_kinds import ComboRule, ScoreRule
    from monitoring.rulebook import Rulebook

_LEADING = 3


def distinct(findings: Iterable[Finding]) -> list[Finding]:
    """Keep the gravest finding of each rule, problem and event time, confirmed first (AL-01)."""
    kept: dict[tuple[str, Problem, datetime], Finding] = {}
    for finding in findings:
        key = (finding.rule_id, finding.problem, finding.at)
        if key not in kept or _weight(finding) > _weight(kept[key]):
            kept[key] = finding
    return sorted(kept.values(), key=lambda f: (f.at, f.rule_id, f.problem))


def _weight(finding: Finding) -> tuple[int, bool, int]:
    return finding.severity.rank, finding.confirmed, len(finding.evidence)


def score_tier(rule: ScoreRule, risk: Risk, thresholds: Mapping[str, float]) -> Severity | None:
    """Return the gravest tier whose threshold the likeliest family reaches, capped by the rule."""
    likely = decisive(risk).probability
    reached = [Severity(tier) for tier, least in thresholds.items() if likely >= least]
    gravest = max(reached, key=lambda tier: tier.rank, default=None)
    if gravest is None or gravest.rank <= rule.gravest.rank:
        return gravest
    return rule.gravest


def score_finding(
    rulebook: Rulebook, risk: Risk, thresholds: Mapping[str, float], *, at: datetime, day: date
) -> Finding | None:
    """Return the score's own finding, or None below every threshold."""
    rule = rulebook.score
    severity = score_tier(rule, risk, thresholds) if rule else None
    if rule is None or severity is None:
        return None
    percent = whole(100 * thresholds[severity])
    return Finding(
        rule_id=rule.id,
        problem=rule.problem,
        severity=severity,
        at=at,
        says=Says(
            clinician=rule.clinician,
            patient=rule.patient,
            closing=rulebook.closing.get(severity, ""),
            facts=_score_facts(risk),
            together=(_raised_by(risk),),
            otherwise=Phrase("It would not have fired below {limit} %.", {"limit": percent}),
        ),
        source=rule.source,
        confidence=rule.confidence,
        value=decisive(risk).probability,
        limit=thresholds.get(severity),
        missing=tuple(c.label for c in risk.contributions if c.value is None),
        day=day,
        rulebook_hash=rulebook.hash,
    )


def _score_facts(risk: Risk) -> dict[str, Value]:
    name = risk.family.family if risk.family else ""
    return {
        "percent": whole(100 * decisive(risk).probability),
        "span": whole(risk.horizon_days),
        "family": Phrase(FAMILIES[name]) if name in FAMILIES else Phrase("worsening"),
        "data": Phrase(risk.trained_on),
    }


def _raised_by(risk: Risk) -> Phrase:
    leading = learned.leading(decisive(risk).contributions, _LEADING)
    reasons = tuple(Phrase(part.label) for part in leading)
    return Phrase("Raised most by: {reasons}.", {"reasons": reasons})


def combined(
    rulebook: Rulebook, findings: Sequence[Finding], recent: Iterable[Finding]
) -> list[Finding]:
    """Return the findings that lesser findings of different problems make together (AL-02).

    `recent` are earlier findings of the person, of any age: only those within the rule's
    window before a new one count.
    """
    first = min((finding.at for finding in findings), default=None)
    if first is None:
        return []
    known = distinct([*recent, *findings])
    # A late finding may complete what a later, known one began (REL-19).
    return [
        combo
        for rule in rulebook.combos
        for trigger in known
        if trigger.at >= first
        if (combo := _combo(rulebook, rule, trigger, known)) is not None
    ]


def _combo(
    rulebook: Rulebook, rule: ComboRule, trigger: Finding, known: Iterable[Finding]
) -> Finding | None:
    if not _counts(rule, trigger):
        return None
    start = trigger.at - timedelta(hours=rule.within_hours)
    latest: dict[Problem, Finding] = {}
    for finding in known:  # ascending in time
        if _counts(rule, finding) and start <= finding.at <= trigger.at:
            latest[finding.problem] = finding
    latest[trigger.problem] = trigger
    # One signal under two problems is still one signal (multiplicity, evidence.md 1.8).
    signals = {finding.vital or finding.rule_id for finding in latest.values()}
    if min(len(latest), len(signals)) < rule.least:
        return None
    return _combo_finding(rulebook, rule, trigger, sorted(latest.values(), key=lambda f: f.at))


def _counts(rule: ComboRule, finding: Finding) -> bool:
    return (
        finding.severity is rule.of
        and finding.rule_id not in rule.except_rules
        and finding.problem not in rule.except_problems
        and not _usual_for_them(finding, rule.least_spreads)
    )


def _usual_for_them(finding: Finding, spreads: float) -> bool:
    usual = finding.usual
    if usual is None or finding.value is None or usual.provisional:
        return False
    return abs(finding.value - usual.centre) < spreads * usual.spread


def _combo_finding(
    rulebook: Rulebook, rule: ComboRule, trigger: Finding, together: Sequence[Finding]
) -> Finding:
    facts: dict[str, Value] = {"count": whole(len(together)), "span": whole(rule.within_hours)}
    evidence: tuple[Evidence, ...] = tuple(
        dict.fromkeys(each for finding in together for each in finding.evidence)
    )
    return Finding(
        rule_id=rule.id,
        problem=rule.problem,
        severity=rule.severity,
        at=trigger.at,
        says=Says(
            clinician=rule.clinician,
            patient=rule.patient,
            closing=rulebook.closing.get(rule.severity, ""),
            facts=facts,
            together=tuple(f.says.main for f in together),
            otherwise=Phrase("It would not have fired with any one of these alone."),
        ),
        source=rule.source,
        confidence=rule.confidence,
        evidence=evidence,
        day=trigger.day,
        rulebook_hash=rulebook.hash,
    )


def late(finding: Finding, *, back_in_range: bool) -> Finding:
    """Return the finding with what came after it (REL-20): its severity never changes."""
    return replace(finding, back_in_range=True) if back_in_range else finding
