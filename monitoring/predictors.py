"""The catalogue of what the learned score looks at: name, words, vital, and sign of its effect.

Numbers are found by `monitoring.features`; several signs of one illness are added up by
`monitoring.syndromes`. A name is `<what of>.<how>`, as pages and translations read it.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.vitals import MEASURES, Vital

FORMAT = 2  # rises when a feature changes its meaning: an older artefact is then refused

# Vitals scored against the own normal, and the sign in which worse lies where physiology
# dictates one (0: both directions can be bad).
SIGNS: dict[Vital, int] = {
    Vital.BODY_WEIGHT: 0,
    Vital.HEART_RATE: 1,
    Vital.RESTING_HEART_RATE: 1,
    Vital.SYSTOLIC_BP: 0,
    Vital.SPO2: -1,
    Vital.RESPIRATORY_RATE: 1,
    Vital.BODY_TEMPERATURE: 1,
    Vital.GLUCOSE: 0,
    Vital.STEPS: -1,
    Vital.MOTION: 0,
    Vital.SLEEP: 0,
    Vital.NIGHT_BATHROOM: 1,
    Vital.BREATHLESSNESS: 1,
}
LEVELS: dict[Vital, int] = {
    Vital.SPO2: -1,
    Vital.HEART_RATE: 1,
    Vital.RESPIRATORY_RATE: 1,
    Vital.BODY_TEMPERATURE: 1,
    Vital.GLUCOSE: 0,
    Vital.SYSTOLIC_BP: 0,
}
# The most extreme reading of two days, where one reading alone can be an emergency.
EXTREMES: dict[str, tuple[Vital, int]] = {
    "heart_rate.highest": (Vital.HEART_RATE, 1),
    "systolic_bp.highest": (Vital.SYSTOLIC_BP, 1),
    "body_temperature.highest": (Vital.BODY_TEMPERATURE, 1),
    "glucose.highest": (Vital.GLUCOSE, 1),
    "glucose.lowest": (Vital.GLUCOSE, -1),
}
# Complaints: the days with a yes among the last so many.
COMPLAINTS: dict[Vital, int] = {
    Vital.FEELS_WORSE: 7,
    Vital.BREATHLESS_LYING_FLAT: 7,
    Vital.MORE_SPUTUM: 3,
    Vital.POOR_INTAKE: 7,
    Vital.DIARRHOEA: 3,
    Vital.VOMITING: 3,
    Vital.NEW_CONFUSION: 7,
}
CONDITIONS = (
    "heart_failure",
    "copd",
    "diabetes",
    "chronic_kidney_disease",
    "atrial_fibrillation",
    "dementia",
)


@dataclass(frozen=True, slots=True)
class Feature:
    """One number that the score uses; `monotonic` is the sign of its effect, 0 if free."""

    name: str
    label: str
    vital: Vital | None = None
    monotonic: int = 0


def _of_vital(vital: Vital, sign: int) -> tuple[Feature, ...]:
    shown = MEASURES[vital].display
    return (
        Feature(f"{vital}.recent", f"{shown}: last days against usual", vital, sign),
        Feature(f"{vital}.latest", f"{shown}: latest day against usual", vital, sign),
        Feature(f"{vital}.change7", f"{shown}: change over 7 days", vital, 0),
        Feature(f"{vital}.change21", f"{shown}: last week against the weeks before", vital, 0),
        Feature(f"{vital}.measured", f"{shown}: days measured of the last 7", vital, 0),
    )


def _spelled(condition: str) -> str:
    return "COPD" if condition == "copd" else condition.replace("_", " ").capitalize()


def _extreme(name: str, vital: Vital, sign: int) -> Feature:
    which = "highest" if sign > 0 else "lowest"
    rises = 0 if vital is Vital.SYSTOLIC_BP else sign
    return Feature(name, f"{MEASURES[vital].display}: {which} of the last 2 days", vital, rises)


def _complaint(vital: Vital, days: int) -> Feature:
    shown = MEASURES[vital].display
    return Feature(f"{vital}.told", f"{shown}: days told of the last {days}", vital, 1)


# Syndromes: several signs that one illness moves together, in the person's spreads.
SYNDROMES: tuple[Feature, ...] = (
    Feature("heart.now", "Signs of heart failure together, last two days", None, 1),
    Feature("heart.week", "Signs of heart failure together, last week", None, 1),
    Feature("lungs.now", "Signs of a COPD flare together, last two days", None, 1),
    Feature("lungs.week", "Signs of a COPD flare together, last week", None, 1),
    Feature("infection.now", "Signs of infection together, last two days", None, 1),
    Feature("fluid_loss.now", "Signs of fluid loss together, last two days", None, 1),
    Feature("strain.now", "Several signs worse than usual at once, last two days", None, 1),
    Feature("strain.week", "Several signs worse than usual at once, last week", None, 1),
    Feature("decline.weeks", "Less activity than in the weeks before", None, 1),
)
FEATURES: tuple[Feature, ...] = (
    *(feature for vital, sign in SIGNS.items() for feature in _of_vital(vital, sign)),
    *(
        Feature(f"{v}.level", f"{MEASURES[v].display}: level of the last 3 days", v, sign)
        for v, sign in LEVELS.items()
    ),
    *(_extreme(name, vital, sign) for name, (vital, sign) in EXTREMES.items()),
    Feature("body_weight.change60", "Weight: change over 60 days, %", Vital.BODY_WEIGHT, 0),
    *(_complaint(vital, days) for vital, days in COMPLAINTS.items()),
    Feature("fall.told", "Falls that a detector told of in the last 2 days", Vital.FALL, 1),
    *SYNDROMES,
    Feature("age", "Age", None, 1),
    Feature("conditions", "Number of chronic conditions", None, 1),
    *(Feature(f"has.{name}", _spelled(name)) for name in CONDITIONS),
    Feature("has.insulin", "Takes insulin"),
    Feature("contact.week", "Days with any reading, of the last 7"),
    Feature("contact.month", "Days with any reading, of the last 28"),
    Feature("contact.silence", "Hours since the last reading"),
)
