"""A learned score as FHIR says it, the same of a live judgement and of a replay."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from fhir.risk_assessment import Predicted, Remark, risk_assessment
from monitoring.contests import RULED, WHO, WHY
from monitoring.families import ANY, FAMILIES
from monitoring.unknowns import ABSTAINS
from monitoring.words import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import tzinfo

    from monitoring.contests import Contest
    from monitoring.eventtime import Scored
    from monitoring.findings import Prediction, Risk

WORSENING = "worsening"


def assessed(
    risk: Risk,
    *,
    patient: str,
    occurred: datetime,
    basis: Sequence[str],
    contests: Iterable[Contest] = (),
) -> dict[str, Any]:
    """Return a score as a RiskAssessment: any worsening first, and what is said against it."""
    return risk_assessment(
        risk.model_id,
        list(_predictions(risk)),
        patient=patient,
        occurred=occurred,
        basis=basis,
        remarks=[remark for each in contests for remark in _remarks(each)],
    )


def _remarks(contest: Contest) -> Iterator[Remark]:
    """Yield that a score is contested, by whom and why, and what a clinician answered."""
    who, why = WHO[contest.by], WHY[contest.ground]
    yield Remark(f"Contested by {who}: {why}. {contest.note}", contest.at)
    if contest.answer:
        yield Remark(f"{RULED[contest.answer.ruling]} {contest.answer.note}", contest.answer.at)


def behind(risk: Risk, *, patient: str, occurred: datetime) -> dict[str, Any]:
    """Return the score on which an alert rests: what decided first, the likeliest family."""
    first = risk.family.family if risk.family else ANY
    told = list(_predictions(risk))
    told.sort(key=lambda each: (each.code, each.horizon_hours) != (first, risk.horizon_days * 24))
    return risk_assessment(risk.model_id, told, patient=patient, occurred=occurred)


def of_a_replay(scored: Scored, model_id: str, *, patient: str, zone: tzinfo) -> dict[str, Any]:
    """Return what the score said at an instant of a replay, or that it abstained; in local time."""
    risk, occurred = scored.risk, datetime.fromtimestamp(scored.at, zone)
    if risk is None:
        said = text(ABSTAINS.id)
        return risk_assessment(model_id, (), patient=patient, occurred=occurred, note=said)
    basis = dict.fromkeys(each.reading_id for each in risk.basis if each.reading_id)
    return assessed(risk, patient=patient, occurred=occurred, basis=[source(b) for b in basis])


def source(reading_id: str) -> str:
    """Return the reference to what a reading of a folder came from: an Observation by bare id."""
    return reading_id if "/" in reading_id else f"Observation/{reading_id}"


def _predictions(risk: Risk) -> Iterator[Predicted]:
    """Yield the main prediction, then the other horizons and the families of events."""
    trained = f"The model was trained on {risk.trained_on}."
    hours = risk.horizon_days * 24
    at_least = f"{_at_least(risk.by)} {trained}" if risk.by else trained
    yield Predicted(WORSENING, risk.probability, hours, at_least, ANY)
    for each in risk.others:
        yield Predicted(
            _words(each.family), each.probability, each.horizon_days * 24, trained, each.family
        )


def _at_least(by: Prediction) -> str:
    """Say by which of its parts a whole stands."""
    return f"At least this: {_words(by.family)} within {by.horizon_days} days alone is put so high."


def _words(family: str) -> str:
    return WORSENING if family == ANY else FAMILIES.get(family, family)
