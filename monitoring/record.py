"""An assessment as plain JSON values, and back again to the same dataclasses."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from core.vitals import Severity, Vital
from monitoring import phrases
from monitoring.findings import (
    Alike,
    Alternative,
    Awaited,
    Contribution,
    Evidence,
    FamilyRisk,
    Finding,
    Prediction,
    Problem,
    Restart,
    Risk,
    Says,
    Spoken,
    Usual,
    Why,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

SPOKEN = 1  # English words
VERSION = 2  # messages and facts


def write_finding(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON values."""
    return {
        "rule_id": finding.rule_id,
        "problem": str(finding.problem),
        "severity": str(finding.severity),
        "at": finding.at.isoformat(),
        "says": write_says(finding.says),
        "source": finding.source,
        "confidence": finding.confidence,
        "vital": None if finding.vital is None else str(finding.vital),
        "value": finding.value,
        "limit": finding.limit,
        "usual": None if finding.usual is None else write_usual(finding.usual),
        "evidence": [_write_evidence(each) for each in finding.evidence],
        "confirmed": finding.confirmed,
        "missing": list(finding.missing),
        "day": None if finding.day is None else finding.day.isoformat(),
        "back_in_range": finding.back_in_range,
        "rejudged": finding.rejudged,
        "rulebook_hash": finding.rulebook_hash,
    }


def read_finding(stored: Mapping[str, Any]) -> Finding:
    """Return the finding that was written."""
    return Finding(
        rule_id=stored["rule_id"],
        problem=Problem(stored["problem"]),
        severity=Severity(stored["severity"]),
        at=datetime.fromisoformat(stored["at"]),
        says=_read_said(stored),
        source=stored["source"],
        confidence=stored["confidence"],
        vital=None if stored["vital"] is None else Vital(stored["vital"]),
        value=stored["value"],
        limit=stored["limit"],
        usual=None if stored["usual"] is None else read_usual(stored["usual"]),
        evidence=tuple(_read_evidence(each) for each in stored["evidence"]),
        confirmed=stored["confirmed"],
        missing=tuple(stored["missing"]),
        day=None if stored["day"] is None else date.fromisoformat(stored["day"]),
        back_in_range=stored["back_in_range"],
        rejudged=stored.get("rejudged", False),
        rulebook_hash=stored.get("rulebook_hash", ""),
    )


def write_says(says: Says | Spoken) -> dict[str, Any]:
    """Return what a finding says as JSON values, with the version of their shape."""
    if isinstance(says, Spoken):
        return {"version": SPOKEN, "clinician": says.clinician} | {
            "patient": says.patient,
            "counterfactual": says.counterfactual,
        }
    return {
        "version": VERSION,
        "clinician": says.clinician,
        "patient": says.patient,
        "closing": says.closing,
        "facts": phrases.write_facts(says.facts),
        "beside_usual": says.beside_usual,
        "because": says.because and phrases.write_phrase(says.because),
        "together": [phrases.write_phrase(each) for each in says.together],
        "otherwise": says.otherwise and phrases.write_phrase(says.otherwise),
        "alternatives": [_write_alternative(each) for each in says.alternatives],
        "restart": _write_restart(says.restart),
    }


def read_says(stored: Mapping[str, Any]) -> Says | Spoken:
    """Return what was written, by this version or an earlier one."""
    if stored["version"] == SPOKEN:
        return Spoken(stored["clinician"], stored["patient"], stored["counterfactual"])
    because, otherwise = stored["because"], stored["otherwise"]
    return Says(
        clinician=stored["clinician"],
        patient=stored["patient"],
        closing=stored["closing"],
        facts=phrases.read_facts(stored["facts"]),
        beside_usual=stored["beside_usual"],
        because=because and phrases.read_phrase(because),
        together=tuple(phrases.read_phrase(each) for each in stored["together"]),
        otherwise=otherwise and phrases.read_phrase(otherwise),
        alternatives=tuple(_read_alternative(each) for each in stored.get("alternatives", ())),
        restart=_read_restart(stored.get("restart")),
    )


def _write_alternative(each: Alternative) -> dict[str, Any]:
    signs = [phrases.write_phrase(sign) for sign in each.signs]
    return {"id": each.id, "words": each.words, "signs": signs, "ask": each.ask}


def _read_alternative(stored: Mapping[str, Any]) -> Alternative:
    signs = tuple(phrases.read_phrase(sign) for sign in stored["signs"])
    return Alternative(stored["id"], stored["words"], signs, stored["ask"])


def _read_said(stored: Mapping[str, Any]) -> Says | Spoken:
    if "says" in stored:
        return read_says(stored["says"])
    # Until explanations became data, a finding was stored with its English words.
    return Spoken(stored["sentence"], stored["patient_sentence"], stored["counterfactual"])


def _write_evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "reading_id": evidence.reading_id,
        "vital": str(evidence.vital),
        "value": evidence.value,
        "effective": evidence.effective.isoformat(),
    }


def _read_evidence(stored: Mapping[str, Any]) -> Evidence:
    return Evidence(
        reading_id=stored["reading_id"],
        vital=Vital(stored["vital"]),
        value=stored["value"],
        effective=datetime.fromisoformat(stored["effective"]),
    )


def write_awaited(awaited: Awaited) -> dict[str, Any]:
    """Return when a measurement is expected as JSON values."""
    return {
        "late_at": awaited.late_at.isoformat(),
        "every": awaited.every,
        "source": str(awaited.source),
        "why": str(awaited.why),
    }


def read_awaited(stored: Mapping[str, Any]) -> Awaited:
    """Return what was written of an expected measurement."""
    return Awaited(**{**stored, "late_at": datetime.fromisoformat(stored["late_at"])})


def read_expected(stored: Mapping[str, Any]) -> dict[Vital, Awaited]:
    """Return what was written of all that is expected, by vital."""
    return {Vital(vital): read_awaited(each) for vital, each in stored.items()}


def write_usual(usual: Usual) -> dict[str, Any]:
    """Return a baseline as JSON values."""
    return {
        "centre": usual.centre,
        "low": usual.low,
        "high": usual.high,
        "spread": usual.spread,
        "days": usual.days,
        "restart": _write_restart(usual.restart),
        "alike": usual.alike and str(usual.alike),
    }


def read_usual(stored: Mapping[str, Any]) -> Usual:
    """Return the baseline that was written."""
    alike = stored.get("alike")
    return Usual(
        stored["centre"],
        stored["low"],
        stored["high"],
        stored["spread"],
        stored["days"],
        _read_restart(stored.get("restart")),
        Alike(alike) if alike else None,
    )


def read_usuals(stored: Mapping[str, Any]) -> dict[Vital, Usual]:
    """Return the baselines that were written, by vital."""
    return {Vital(vital): read_usual(each) for vital, each in stored.items()}


def read_note(stored: Any) -> phrases.Phrase:
    """Return what a judgement did not know; until version 2 it was stored in English words."""
    return phrases.Phrase(stored) if isinstance(stored, str) else phrases.read_phrase(stored)


def _write_restart(restart: Restart | None) -> list[str] | None:
    return [restart.day.isoformat(), str(restart.why)] if restart else None


def _read_restart(stored: Sequence[str] | None) -> Restart | None:
    return Restart(date.fromisoformat(stored[0]), Why(stored[1])) if stored else None


def write_risk(risk: Risk) -> dict[str, Any]:
    """Return a score as JSON values, every part of it."""
    return {
        "probability": risk.probability,
        "log_odds": risk.log_odds,
        "intercept": risk.intercept,
        "contributions": [
            {"feature": c.feature, "label": c.label, "value": c.value, "points": c.points}
            for c in risk.contributions
        ],
        "horizon_days": risk.horizon_days,
        "model_id": risk.model_id,
        "trained_on": risk.trained_on,
        "others": [[each.family, each.horizon_days, each.probability] for each in risk.others],
        "family": _write_family(risk.family) if risk.family else None,
        "basis": [_write_evidence(each) for each in risk.basis],
        "by": risk.by and [risk.by.family, risk.by.horizon_days, risk.by.probability],
    }


def _write_family(family: FamilyRisk) -> dict[str, Any]:
    # Values and labels are those of the main parts.
    return {
        "family": family.family,
        "probability": family.probability,
        "log_odds": family.log_odds,
        "intercept": family.intercept,
        "points": {part.feature: part.points for part in family.contributions},
    }


def read_risk(stored: Mapping[str, Any]) -> Risk:
    """Return the score that was written."""
    contributions = tuple(Contribution(**each) for each in stored["contributions"])
    family, by = stored.get("family"), stored.get("by")
    more = {
        "contributions": contributions,
        "others": tuple(Prediction(*each) for each in stored.get("others", ())),
        "family": _read_family(family, contributions) if family else None,
        "basis": tuple(_read_evidence(each) for each in stored.get("basis", ())),
        "by": Prediction(*by) if by else None,
    }
    return Risk(**{**stored, **more})


def _read_family(stored: Mapping[str, Any], parts: Sequence[Contribution]) -> FamilyRisk:
    points = stored["points"]
    own = [replace(part, points=points[part.feature]) for part in parts if part.feature in points]
    return FamilyRisk(
        family=stored["family"],
        probability=stored["probability"],
        log_odds=stored["log_odds"],
        intercept=stored["intercept"],
        contributions=tuple(own),
    )
