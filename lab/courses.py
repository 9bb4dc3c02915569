"""How illnesses and their look-alikes run: rates, build-up, what they do to each vital.

`evidence.md` section 8.4, written before any rule or model was tuned. Letters name the
evidence as in `lab.physiology`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.vitals import Vital


@dataclass(frozen=True, slots=True)
class Course:
    """How often an episode happens, how long it builds, and what it does to each vital.

    `effects` are (mean, SD) at the worst day, in the vital's unit; steps and motion as a
    natural logarithm of the factor. SDs are wide on purpose: many episodes hardly show.
    """

    kind: str
    rate: float  # per patient-year
    build_up: tuple[float, float]  # days from onset to the worst day
    recovery: float  # days, time constant
    silent: float  # share with no signal at all
    effects: dict[Vital, tuple[float, float]]
    among: str = ""  # only people with this condition
    winter: float = 1.0
    deterioration: bool = True  # False: a benign look-alike
    care_delay: float = 5.0  # days from the worst to care, at most (section 8.6)


ACUTE = 1.0  # E: what comes suddenly is seen to the same day or the next, or not at all

COURSES = (
    Course(
        "heart_failure",
        0.30,
        (5, 30),
        6,
        0.25,  # V SCALE-HF 1: 69 events in 238 patient-years
        {
            Vital.BODY_WEIGHT: (1.3, 2.1),  # V Zhang 2009 +0.9 (all), +2.3 kg in high risk
            Vital.RESPIRATORY_RATE: (2.1, 2.8),  # V NOTICE-HF
            Vital.HEART_RATE: (3.0, 5.0),
            Vital.RESTING_HEART_RATE: (3.0, 4.0),
            Vital.NIGHT_BATHROOM: (0.7, 0.7),
            Vital.STEPS: (-0.16, 0.2),
            Vital.SYSTOLIC_BP: (-3.0, 12.0),
            Vital.SPO2: (-1.0, 1.5),
            Vital.SLEEP: (-0.6, 1.0),
        },
        among="heart_failure",
    ),
    Course(
        "copd",
        1.0,
        (3, 9),
        8,
        0.30,  # R-h ECLIPSE 0.85 to 2.0 by stage
        {
            Vital.HEART_RATE: (5.0, 4.0),  # V Hurst 2010
            Vital.RESTING_HEART_RATE: (4.0, 3.5),
            Vital.SPO2: (-1.8, 1.2),
            Vital.RESPIRATORY_RATE: (3.0, 2.5),  # V 15.2 → 19.1 in 70 % of the severe
            Vital.STEPS: (-0.25, 0.25),
            Vital.SLEEP: (-0.5, 1.0),
        },
        among="copd",
        winter=1.6,
    ),
    Course(
        "pneumonia",
        0.08,
        (2, 5),
        9,
        0.15,  # V 18 to 52 per 1,000 patient-years, x 2 multimorbid
        {
            Vital.RESPIRATORY_RATE: (5.0, 4.0),
            Vital.HEART_RATE: (10.0, 8.0),
            Vital.RESTING_HEART_RATE: (9.0, 6.0),
            Vital.BODY_TEMPERATURE: (1.9, 0.9),  # V Castle 1993: > 37.8 °C in 70 %, > 38.3 in 40 %
            Vital.SPO2: (-3.0, 2.0),
            Vital.STEPS: (-0.5, 0.3),
        },
        winter=1.6,
    ),
    Course(
        "uti",
        0.13,
        (1, 4),
        5,
        0.40,  # V 3 to 20 per 100 patient-years by age and sex
        {
            Vital.BODY_TEMPERATURE: (0.6, 0.5),
            Vital.HEART_RATE: (4.0, 5.0),
            Vital.RESTING_HEART_RATE: (4.0, 4.0),
            Vital.NIGHT_BATHROOM: (1.2, 0.8),  # E: 60 % more visits
            Vital.SLEEP: (-1.0, 1.0),
            Vital.STEPS: (-0.15, 0.25),
            Vital.MOTION: (0.15, 0.3),
        },
    ),
    Course(
        "dehydration",
        0.15,
        (2, 6),
        4,
        0.25,
        {
            Vital.BODY_WEIGHT: (-1.5, 0.8),
            Vital.SYSTOLIC_BP: (-15.0, 8.0),
            Vital.HEART_RATE: (8.0, 5.0),
            Vital.RESTING_HEART_RATE: (6.0, 4.0),
            Vital.STEPS: (-0.2, 0.2),
        },
    ),
    Course(
        "af_rvr",
        0.25,
        (0.2, 1.5),
        2,
        0.20,
        {
            Vital.HEART_RATE: (42.0, 10.0),
            Vital.RESTING_HEART_RATE: (30.0, 12.0),
            Vital.STEPS: (-0.2, 0.2),
        },
        among="atrial_fibrillation",
        care_delay=ACUTE,
    ),
    Course(
        "hyperglycaemia",
        0.20,
        (3, 7),
        3,
        0.10,
        {Vital.GLUCOSE: (190.0, 60.0), Vital.STEPS: (-0.1, 0.2)},
        among="diabetes",
    ),
    Course(
        "hypoglycaemia",
        2.0,
        (0.5, 1.5),
        1,
        0.60,  # E: with one or two finger-sticks a day most are not seen
        {Vital.GLUCOSE: (-85.0, 25.0)},
        among="insulin",
        care_delay=ACUTE,
    ),
    Course(
        "severe_pressure",
        0.15,
        (0.5, 1.5),
        1,
        0.0,  # E 0.3, of which half is how it was measured: see `cuff_error`
        {Vital.SYSTOLIC_BP: (55.0, 12.0), Vital.DIASTOLIC_BP: (25.0, 9.0)},
        among="hypertension",
        care_delay=ACUTE,
    ),
    Course(
        "fall",
        0.7,
        (14, 24),
        14,
        0.70,  # V one person in three a year; 30 % with three weeks of decline before
        {
            Vital.STEPS: (-0.36, 0.2),
            Vital.MOTION: (-0.25, 0.2),
            Vital.SLEEP: (-0.5, 0.8),
        },
        care_delay=ACUTE,
    ),
    Course(
        "frailty",
        0.10,
        (60, 90),
        60,
        0.10,  # E weight -5 % in 90 days, steps x 0.7
        {Vital.BODY_WEIGHT: (-3.8, 1.5), Vital.STEPS: (-0.36, 0.15)},
    ),
    # Look-alikes (E, section 8.4: four or more a year): these make the false alerts.
    Course(
        "holiday_meals",
        1.2,
        (1, 4),
        3,
        0.2,
        {Vital.BODY_WEIGHT: (1.3, 0.6), Vital.GLUCOSE: (25.0, 20.0)},
        deterioration=False,
    ),
    Course(
        "heat_wave",
        0.6,
        (1, 3),
        3,
        0.1,
        {
            Vital.BODY_WEIGHT: (-0.7, 0.5),
            Vital.SYSTOLIC_BP: (-8.0, 5.0),
            Vital.HEART_RATE: (4.0, 3.0),
            Vital.STEPS: (-0.4, 0.2),
        },
        deterioration=False,
    ),
    Course(
        "visitors",
        1.0,
        (1, 3),
        2,
        0.2,
        {Vital.STEPS: (0.25, 0.3), Vital.MOTION: (0.4, 0.2), Vital.SLEEP: (-0.8, 0.8)},
        deterioration=False,
    ),
    Course(
        "bereavement",
        0.15,
        (1, 4),
        14,
        0.2,
        {Vital.STEPS: (-0.4, 0.3), Vital.SLEEP: (-1.5, 1.0), Vital.HEART_RATE: (4.0, 3.0)},
        deterioration=False,
    ),
    Course(
        "new_pills",
        0.5,
        (1, 3),
        25,
        0.2,
        {Vital.HEART_RATE: (-5.0, 5.0), Vital.SYSTOLIC_BP: (-9.0, 6.0)},
        deterioration=False,
    ),
    Course(
        "cuff_error",
        0.15,
        (0.3, 1.0),
        0.5,
        0.0,
        {Vital.SYSTOLIC_BP: (50.0, 12.0), Vital.DIASTOLIC_BP: (22.0, 9.0)},
        among="hypertension",
        deterioration=False,
    ),
    Course(
        "cold",
        0.8,
        (1, 3),
        4,
        0.3,
        {Vital.BODY_TEMPERATURE: (0.3, 0.3), Vital.HEART_RATE: (3.0, 3.0)},
        deterioration=False,
        winter=1.6,
    ),
)
