"""What each rule is called by people: a few words beside its code; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from app.pages.language import Language

NAMES = {
    "SPO2-CRIT": "SpO2 very low",
    "SPO2-LOW": "SpO2 low",
    "SPO2-DRIFT": "SpO2 falling over days",
    "COPD-S2": "SpO2 low on scale 2",
    "RR-HIGH3": "Breathing very fast",
    "RR-HIGH2": "Breathing fast, repeatedly",
    "RR-LOW": "Breathing very slow",
    "HR-HIGH3": "Heart rate very high",
    "HR-HIGH2": "Heart rate high",
    "HR-LOW3": "Heart rate very low",
    "HR-LOW1": "Heart rate low, repeatedly",
    "RHR-UP": "Resting heart rate raised for days",
    "RHR-HIGH": "Resting heart rate high",
    "RHR-LOW": "Resting heart rate low",
    "SBP-LOW3": "Systolic BP very low",
    "SBP-LOW2": "Systolic BP low",
    "SBP-220": "Systolic BP 220 or more",
    "BP-SEVERE": "Blood pressure severely high",
    "BP-AVG": "Blood pressure high, weekly mean",
    "TEMP-OLD1": "High temperature",
    "TEMP-OLD2": "High temperature, repeatedly",
    "TEMP-DELTA": "Temperature above the own limit",
    "TEMP-LOW": "Temperature low",
    "HF-W1": "Weight gain in a day",
    "HF-W3": "Weight gain in 3 days",
    "HF-W7": "Weight gain in 7 days",
    "HF-W30": "Weight above the usual for weeks",
    "GLU-L2": "Glucose very low",
    "GLU-L1": "Glucose low, repeatedly",
    "GLU-300-2D": "Glucose very high for days",
    "GLU-HI": "Glucose dangerously high",
    "WL-30": "Weight loss in 30 days",
    "WL-90": "Weight loss in 90 days",
    "WL-180": "Weight loss in 180 days",
    "ACT-DECL": "Activity below that of 90 days",
    "MOT-NIGHTBATH": "Visits to the bathroom at night",
    "HF-WTREND": "Weight drifting upwards",
    "PB-Z": "Far outside the usual",
    "PB-EWMA": "Drifting off the usual",
    "PB-CUSUM": "Off the usual in sum",
    "ACT-DROP": "Activity much below the usual",
    "RISK": "Learned score",
    "NEWS2-7": "NEWS2 of 7 or more",
    "NEWS2-5": "NEWS2 of 5 or 6",
    "NEWS2-S3": "NEWS2, one part scores 3",
    "NEWS2-D": "NEWS2 above the usual",
    "SEPSIS-C": "Possible severe infection",
    "BP-SEVERE-SX": "Severe blood pressure with symptoms",
    "HF-SX": "Symptoms of congestion",
    "HF-MULTI": "Several signals of heart failure",
    "MULTI-2": "Several signs together",
    "MULTI-DRIFT": "Several vitals drifting together",
    "HF-WPCT": "Weight gain in per cent",
    "HF-WDOWN": "Weight loss on a diuretic",
    "HF-WDOWN-BP": "Weight loss and low pressure on a diuretic",
    "CKD-FLUID": "Weight gain in late kidney disease",
    "CKD-FLUID-PCT": "Weight gain in per cent in late kidney disease",
    "CKD-SICKDAY": "Sick day on kidney and pressure medicines",
    "COPD-HYPEROX": "SpO2 too high on oxygen",
    "COPD-OXI": "SpO2 down and heart rate up",
    "COPD-RR24": "Breathing above the own limit",
    "COPD-RR48": "Breathing above the usual for days",
    "COPD-ROME": "Signs of an exacerbation",
    "COPD-FEV": "FEV1 low",
    "AF-RVR": "Fast heart rate in atrial fibrillation",
    "AF-NEW": "Irregular rhythm, new",
    "GLU-70100": "Glucose towards low",
    "GLU-250X2": "High glucose and unwell",
    "GLU-NPO": "Not eating on a glucose-lowering medicine",
    "BP-OVERTX": "Blood pressure low under treatment",
    "BP-OVERTX-TWO": "Systolic BP low twice under treatment",
    "OH-1": "Pressure low on standing",
    "OH-2": "Pressure drop on standing",
    "FALL-DEV": "Fall detected",
    "SIL-HFW": "No weight for days",
    "SIL-ALL": "No reading of any kind",
    "MOT-NONE": "No movement and no reading",
    "MOT-GAP": "No movement for long",
    "MOT-MORN": "Not risen yet",
    "MOT-BATH": "Long in the bathroom",
    "SIL-DROP": "Measured less often",
    "SIL-MISSED": "Expected and not measured",
    "SIL-HUB": "Motion hub offline",
    "DQ-OTHER": "Probably another person",
    "DQ-STUCK": "Same value again and again",
    "DQ-CUFF": "Cuff or its place doubtful",
    "DQ-COLD": "Cold finger",
    "DQ-TWICE": "Came by two paths",
    "DQ-MOVED": "Scale moved or replaced",
    "DQ-RANGE": "Outside the plausible range",
    "DQ-UNIT": "Unit unsure",
    "DQ-CLOCK": "Device clock wrong",
    "COMBO": "Several lesser findings",
}


def rule_name(rule_id: str, said: Language) -> str:
    """Return what a rule is called, or "" for one that a plan made."""
    name = NAMES.get(rule_id)
    return said.say(name) if name else ""


def called(rule_id: str, said: Language) -> str:
    """Return a rule by its name with its code, by its code where it has no name."""
    name = rule_name(rule_id, said)
    return said.say("{name} ({rule})", name=name, rule=rule_id) if name else rule_id
