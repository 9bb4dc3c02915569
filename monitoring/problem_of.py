"""Which clinical question a vital belongs to, for rules that speak of any vital."""

from __future__ import annotations

from core.vitals import Vital
from monitoring.findings import Problem

_PROBLEMS = {
    Vital.BODY_WEIGHT: Problem.FLUID,
    Vital.SPO2: Problem.BREATHING,
    Vital.RESPIRATORY_RATE: Problem.BREATHING,
    Vital.FEV1: Problem.BREATHING,
    Vital.PEAK_FLOW: Problem.BREATHING,
    Vital.HEART_RATE: Problem.RHYTHM,
    Vital.RESTING_HEART_RATE: Problem.RHYTHM,
    Vital.SYSTOLIC_BP: Problem.BLOOD_PRESSURE,
    Vital.DIASTOLIC_BP: Problem.BLOOD_PRESSURE,
    Vital.MEAN_BP: Problem.BLOOD_PRESSURE,
    Vital.GLUCOSE: Problem.GLUCOSE,
    Vital.BODY_TEMPERATURE: Problem.INFECTION,
}


def problem_of(vital: Vital) -> Problem:
    """Return the problem under which a finding about this vital alone opens."""
    return _PROBLEMS.get(vital, Problem.DECLINE)
