"""Who the simulated people are, and how their vitals wander while nothing is wrong.

Parameters come from `evidence.md` sections 8.1 and 8.2, written before any rule or model was
tuned; this file knows nothing of either. Letters name the evidence: V verified in a
publication, T computed from TIHM, R recalled, E an engineering default.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

from core.vitals import Vital

if TYPE_CHECKING:
    from numpy.random import Generator
    from numpy.typing import NDArray

# Prevalence in a multimorbid programme of 65 and over (R-m); heart failure and COPD are
# oversampled, as a programme that monitors at home would.
PREVALENCE = {
    "hypertension": 0.70,
    "coronary_heart_disease": 0.30,
    "diabetes": 0.30,
    "chronic_kidney_disease": 0.25,
    "atrial_fibrillation": 0.15,
    "heart_failure": 0.35,
    "copd": 0.30,
    "dementia": 0.10,
    "osteoarthritis": 0.45,
    "depression": 0.15,
}
FRAILTY_LOADING = 0.45  # E: how much one latent frailty makes conditions go together
LIVES_ALONE = 0.28  # R-h
AGE_RANGE = (65, 97)


@dataclass(frozen=True, slots=True)
class Resident:
    """One simulated person: the facts, and the own normal of each vital."""

    age: int
    sex: str  # FHIR administrative gender
    lives_alone: bool
    conditions: frozenset[str]
    insulin: bool
    beta_blocker: bool
    frailty: float  # standard normal; higher is frailer
    usual: dict[Vital, float]
    weight_noise: float  # kg, scale of the day-to-day Student-t noise
    medicines: frozenset[str] = frozenset()  # classes, besides insulin and beta-blockers
    scale_two: bool = False  # a clinician has set 88 to 92 % as the range to stay in
    on_oxygen: bool = False
    willing: float = 0.6  # chance of measuring again when asked to
    breathless: float = 0.0  # usual answer of 0 to 10
    bed_sensor: bool = False
    fall_detector: bool = False
    tone: int = 0  # of the skin, Monk's scale 1 to 10; 0: not told
    brand: str = ""  # of the oximeter

    def has(self, condition: str) -> bool:
        """Return whether the person lives with this condition group."""
        return condition in self.conditions


def resident(random: Generator, *, older: bool = False) -> Resident:
    """Draw one person of 65 or over with at least two conditions besides hypertension."""
    frailty = float(random.normal())
    conditions = _conditions(random, frailty)
    sex = "female" if random.random() < 0.55 else "male"  # noqa: PLR2004 (R-m: 55 % women)
    age = int(np.clip(random.normal(82 if older else 76, 7), *AGE_RANGE))  # R-m
    beta_blocker = random.random() < (0.80 if "heart_failure" in conditions else 0.40)  # R-m
    drawn = Resident(
        age=age,
        sex=sex,
        lives_alone=bool(random.random() < LIVES_ALONE),
        conditions=conditions,
        insulin="diabetes" in conditions and bool(random.random() < 0.35),  # noqa: PLR2004 (R-m)
        beta_blocker=beta_blocker,
        frailty=frailty,
        usual=_usual(random, sex, conditions),
        weight_noise=float(random.lognormal(math.log(0.38), math.log(1.35))),  # calibrated, 8.5
    )
    # Its own stream: what is drawn here moves nothing that is drawn elsewhere.
    return _treated(drawn, random.spawn(1)[0])


# Who takes what (E, but diuretics and blockers of the renin system in heart failure: R-h).
TAKES = (
    ("heart_failure", "loop-diuretic", 0.80),
    ("heart_failure", "raas-inhibitor", 0.70),
    ("hypertension", "antihypertensive", 0.85),
    ("hypertension", "raas-inhibitor", 0.50),
    ("diabetes", "metformin", 0.55),
    ("diabetes", "sulfonylurea", 0.15),
)
TARGET_BELOW = 92.0  # E: who usually lives below it has the lower range set by a clinician
HOME_OXYGEN = 0.15  # R-m, of people with COPD
BED_SENSOR, FALL_DETECTOR = 0.30, 0.20  # E, shares of homes
BREATHLESS = {True: (2.2, 1.2), False: (0.6, 0.6)}  # E: with heart failure or COPD, and without
WILLING = (3.0, 2.0)  # E, Beta: six of ten measure again when asked


def _treated(person: Resident, random: Generator) -> Resident:
    """Draw medicines, oxygen, habits and the sensors at home."""
    takes = {name for group, name, share in TAKES if random.random() < share and person.has(group)}
    ill = person.has("heart_failure") or person.has("copd")
    copd = person.has("copd")
    return replace(
        person,
        medicines=frozenset(takes),
        scale_two=copd and person.usual[Vital.SPO2] < TARGET_BELOW,
        on_oxygen=bool(random.random() < HOME_OXYGEN) and copd,
        willing=float(random.beta(*WILLING)),
        breathless=max(0.0, float(random.normal(*BREATHLESS[ill]))),
        bed_sensor=bool(random.random() < BED_SENSOR),
        fall_detector=bool(random.random() < FALL_DETECTOR),
    )


def _conditions(random: Generator, frailty: float) -> frozenset[str]:
    """Draw conditions that go together through one latent frailty; repeat until two count."""
    names = list(PREVALENCE)
    limits = np.array([NormalDist().inv_cdf(p) for p in PREVALENCE.values()])
    while True:
        latent = FRAILTY_LOADING * frailty
        own = random.normal(size=len(names)) * math.sqrt(1 - FRAILTY_LOADING**2)
        drawn = {name for name, hit in zip(names, latent + own < limits, strict=True) if hit}
        if len(drawn - {"hypertension"}) >= 2:  # noqa: PLR2004 (the programme's terms)
            return frozenset(drawn)


def _usual(random: Generator, sex: str, conditions: frozenset[str]) -> dict[Vital, float]:
    """Draw a person's own normal (section 8.2, column between-person)."""
    copd = "copd" in conditions
    return {
        Vital.BODY_WEIGHT: max(42.0, random.normal(*((84, 16) if sex == "male" else (71, 15)))),
        Vital.SYSTOLIC_BP: random.normal(135, 13),  # T 135 ± 15, less what a programme treats
        Vital.DIASTOLIC_BP: random.normal(75.5, 8),  # T
        Vital.HEART_RATE: random.normal(72, 9) + (8 if "atrial_fibrillation" in conditions else 0),
        Vital.RESPIRATORY_RATE: random.normal(17, 1.8),  # V: normal elderly range 16 to 25
        Vital.SPO2: float(np.clip(random.normal(*((93, 2.0) if copd else (96.5, 1.2))), 88, 98.5)),
        Vital.BODY_TEMPERATURE: random.normal(36.5, 0.25),  # V Sloane 2014
        Vital.GLUCOSE: float(random.lognormal(math.log(138), 0.18)),  # R-m fasting, treated
        Vital.STEPS: float(random.lognormal(math.log(3500), 0.5)),  # V range 2,000 to 9,000
        Vital.SLEEP: random.normal(7.2, 1.0),  # R-m
        Vital.MOTION: float(random.lognormal(math.log(380), 0.28)),  # T 380 events a day
    }


def stable(person: Resident, days: int, random: Generator) -> dict[Vital, NDArray[np.float64]]:
    """Return the value of each vital on each day while nothing is wrong, float64[days].

    Day-to-day spreads are section 8.2's column within-person. What a device adds is in
    `lab.devices`; what an illness adds in `lab.scenarios`.
    """
    usual = person.usual
    swing = _wander(random, days, spread=1.0, tau=4.0)  # good days and bad days, shared
    pressure = random.normal(size=days)
    atrial = 1.6 if person.has("atrial_fibrillation") else 1.0  # E: irregular, more scatter
    systolic = usual[Vital.SYSTOLIC_BP] + 9.0 * pressure + 3.0 * swing
    return {
        Vital.BODY_WEIGHT: _weight(person, days, random),
        Vital.SYSTOLIC_BP: systolic,
        Vital.DIASTOLIC_BP: usual[Vital.DIASTOLIC_BP]
        + 6.0 * (0.6 * pressure + 0.8 * random.normal(size=days)),  # correlation 0.6 (V)
        Vital.HEART_RATE: usual[Vital.HEART_RATE]
        + atrial * (4.2 * random.normal(size=days) + 2.5 * swing),  # V SD 5
        Vital.RESPIRATORY_RATE: usual[Vital.RESPIRATORY_RATE] + 1.5 * random.normal(size=days),
        Vital.SPO2: usual[Vital.SPO2] + 0.9 * random.normal(size=days),  # V Hurst 2010: SD 1
        Vital.BODY_TEMPERATURE: usual[Vital.BODY_TEMPERATURE] + 0.2 * random.normal(size=days),
        Vital.GLUCOSE: usual[Vital.GLUCOSE]
        * np.exp((0.30 if person.insulin else 0.20) * random.normal(size=days)),  # R-m CV
        Vital.STEPS: usual[Vital.STEPS] * np.exp(0.33 * random.normal(size=days) + 0.10 * swing),
        Vital.SLEEP: usual[Vital.SLEEP] + 0.9 * random.normal(size=days),  # R-m
        Vital.MOTION: usual[Vital.MOTION] * np.exp(0.29 * random.normal(size=days)),  # T CV 0.29
    }


def _weight(person: Resident, days: int, random: Generator) -> NDArray[np.float64]:
    """Fast heavy-tailed noise over a slow wander and a weekly rhythm (calibrated, 8.5)."""
    fast = _recursive(random.standard_t(4, size=days) * person.weight_noise, math.exp(-1 / 1.5))
    slow = _wander(random, days, spread=0.8, tau=25.0)
    usual = person.usual[Vital.BODY_WEIGHT]
    weekly = 0.00175 * usual * np.sin(2 * np.pi * (np.arange(days) + random.uniform(0, 7)) / 7)
    return usual + fast + slow + weekly


def _wander(random: Generator, days: int, *, spread: float, tau: float) -> NDArray[np.float64]:
    """Draw an Ornstein-Uhlenbeck path of the given standard deviation and memory in days."""
    return spread * _recursive(random.normal(size=days), math.exp(-1 / tau))


def _recursive(noise: NDArray[np.float64], memory: float) -> NDArray[np.float64]:
    """Give noise a memory (AR(1)) without changing its variance."""
    fresh = math.sqrt(1 - memory**2)
    level = float(noise[0])
    path = [level]
    for step in noise[1:].tolist():
        level = memory * level + fresh * step
        path.append(level)
    return np.array(path)
