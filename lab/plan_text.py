"""Writes a fitted plan as the TOML that `wardlight replay --plan` reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from core.vitals import Vital

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lab.plan_fit import Fitted

HEAD = """\
# The plan of one home-monitoring service for people with dementia, fitted to the alerts that its
# clinicians confirmed: TIHM, Palermo et al., Scientific Data 2023, 10:606,
# doi 10.1038/s41597-023-02519-y, CC BY 4.0, with thanks to Surrey and Borders Partnership NHS
# Foundation Trust and Howz. Made by `wardlight lab fit-plan`; a limit counts as beyond.
# The alerts were confirmed, they are not outcomes: this plan alerts as that service did, and says
# nothing about early detection. Not for use without a clinician's review.
"""
RULES_OUT = """\
# The service read single values against limits and its hours; no other rule below RED was its own.
only = []
"""
TITLES = {
    Vital.SYSTOLIC_BP: "systolic blood pressure",
    Vital.DIASTOLIC_BP: "diastolic blood pressure",
    Vital.HEART_RATE: "heart rate",
}


def plan_text(fitted: Fitted, *, patients: int) -> str:
    """Return the whole file; the same fit gives the same text."""
    how = f"limits and hours of the best F1 over the patient-days of {patients} people"
    parts = [
        HEAD,
        'version = "1"',
        'name = "home monitoring in dementia (TIHM)"',
        f'source = "{how}; wardlight lab fit-plan"',
        RULES_OUT,
    ]
    if fitted.hours is not None:
        parts += [
            "[hours]",
            f"opens = {fitted.hours.opens.isoformat()}",
            f"closes = {fitted.hours.closes.isoformat()}\n",
        ]
    return "\n".join([*parts, *(_limit(fitted.limits, vital) for vital in TITLES)])


def _limit(limits: Mapping[tuple[Vital, str], float], vital: Vital) -> str:
    return "\n".join(
        [
            "[[limit]]",
            f'vital = "{vital}"',
            f"alert_low = {limits[vital, 'low']:g}",
            f"alert_high = {limits[vital, 'high']:g}",
            f'reason = "{TITLES[vital]}: as this service confirmed its alerts"',
            'set_by = "fitted to confirmed alerts"\n',
        ]
    )
