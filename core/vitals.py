"""The shared vocabulary: what is measured, in which unit, and what one reading is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import date, datetime


class Vital(StrEnum):
    """A measurement that Wardlight understands; the value is the stored name."""

    BODY_WEIGHT = "body_weight"
    BODY_HEIGHT = "body_height"
    BMI = "bmi"
    SYSTOLIC_BP = "systolic_bp"
    DIASTOLIC_BP = "diastolic_bp"
    MEAN_BP = "mean_bp"
    HEART_RATE = "heart_rate"
    RESTING_HEART_RATE = "resting_heart_rate"
    RESPIRATORY_RATE = "respiratory_rate"
    SPO2 = "spo2"
    PERFUSION_INDEX = "perfusion_index"
    OXYGEN_FLOW = "oxygen_flow"
    OXYGEN_CONCENTRATION = "oxygen_concentration"
    BODY_TEMPERATURE = "body_temperature"
    SKIN_TEMPERATURE = "skin_temperature"
    GLUCOSE = "glucose"
    STEPS = "steps"
    SLEEP = "sleep"
    FEV1 = "fev1"
    PEAK_FLOW = "peak_flow"
    MOTION = "motion"
    STANDING_SYSTOLIC_BP = "standing_systolic_bp"
    STANDING_DIASTOLIC_BP = "standing_diastolic_bp"
    # Symptoms, as somebody answered when asked: 1 is yes and 0 is no, but for breathlessness.
    BREATHLESSNESS = "breathlessness"  # 0 none, 10 the worst
    BREATHLESS = "breathless"  # asked without a scale: yes says that, and not how much
    BREATHLESS_AT_REST = "breathless_at_rest"
    BREATHLESS_LYING_FLAT = "breathless_lying_flat"
    CHEST_PAIN = "chest_pain"
    NEW_CONFUSION = "new_confusion"  # NEWS2: anything but alert is 1
    SEVERE_HEADACHE = "severe_headache"
    VISUAL_CHANGE = "visual_change"
    FOCAL_WEAKNESS = "focal_weakness"
    FAINTING = "fainting"
    VOMITING = "vomiting"
    DIARRHOEA = "diarrhoea"
    POOR_INTAKE = "poor_intake"
    MORE_SPUTUM = "more_sputum"
    FEELS_WORSE = "feels_worse"
    REPORTED_FALL = "reported_fall"  # somebody says so; never the event of a detector
    # What the home and its devices tell.
    FALL = "fall"  # a detector's event: 1, or 0 where it was cancelled
    IRREGULAR_RHYTHM = "irregular_rhythm"  # a device's flag for one session
    HUB_HEARTBEAT = "hub_heartbeat"
    AWAY = "away"  # 1 since the person left home, 0 since they came back
    OUTER_DOOR = "outer_door"
    BATHROOM = "bathroom"  # activations of the bathroom's sensor
    NIGHT_BATHROOM = "night_bathroom"  # visits a night
    MOTION_GAP = "motion_gap"  # longest gap of a day while not away


class Group(StrEnum):
    """What a value can be used for: of answers and events no usual and no trend is made."""

    BODY = "body"
    ANSWER = "answer"
    EVENT = "event"


@dataclass(frozen=True, slots=True)
class Measure:
    """How a vital is expressed and what a device could plausibly report.

    The range is what `measurements.csv` calls plausible: a value outside it is
    kept and asked about, never scored.
    """

    display: str
    unit: str  # canonical UCUM code
    unit_display: str
    low: float
    high: float
    decimals: int
    group: Group = Group.BODY


def _answer(display: str) -> Measure:
    return Measure(display, "1", "", 0, 1, 0, Group.ANSWER)


def _event(display: str) -> Measure:
    return Measure(display, "1", "", 0, 1, 0, Group.EVENT)


MEASURES: dict[Vital, Measure] = {
    Vital.BODY_WEIGHT: Measure("Weight", "kg", "kg", 25, 300, 1),
    Vital.BODY_HEIGHT: Measure("Height", "cm", "cm", 100, 230, 0),
    Vital.BMI: Measure("BMI", "kg/m2", "kg/m²", 10, 80, 1),
    Vital.SYSTOLIC_BP: Measure("Systolic BP", "mm[Hg]", "mmHg", 50, 280, 0),
    Vital.DIASTOLIC_BP: Measure("Diastolic BP", "mm[Hg]", "mmHg", 25, 200, 0),
    Vital.MEAN_BP: Measure("Mean BP", "mm[Hg]", "mmHg", 35, 220, 0),
    Vital.HEART_RATE: Measure("Heart rate", "/min", "/min", 25, 230, 0),
    Vital.RESTING_HEART_RATE: Measure("Resting heart rate", "/min", "/min", 30, 150, 0),
    Vital.RESPIRATORY_RATE: Measure("Respiratory rate", "/min", "/min", 4, 60, 0),
    Vital.SPO2: Measure("SpO2", "%", "%", 50, 100, 0),
    Vital.PERFUSION_INDEX: Measure("Perfusion index", "%", "%", 0.02, 30, 1),
    Vital.OXYGEN_FLOW: Measure("Oxygen flow", "L/min", "L/min", 0, 15, 1),
    Vital.OXYGEN_CONCENTRATION: Measure("Inhaled oxygen", "%", "%", 21, 100, 0),
    Vital.BODY_TEMPERATURE: Measure("Temperature", "Cel", "°C", 30, 43, 1),
    Vital.SKIN_TEMPERATURE: Measure("Skin temperature", "Cel", "°C", 20, 43, 1),
    Vital.GLUCOSE: Measure("Glucose", "mg/dL", "mg/dL", 10, 1000, 0),
    Vital.STEPS: Measure("Steps", "{steps}/d", "steps/day", 0, 60000, 0),
    Vital.SLEEP: Measure("Sleep", "h", "h", 0, 24, 1),
    Vital.FEV1: Measure("FEV1", "L", "L", 0.2, 7, 2),
    Vital.PEAK_FLOW: Measure("Peak flow", "L/min", "L/min", 50, 900, 0),
    Vital.MOTION: Measure("In-home motion", "{events}/d", "events/day", 0, 5000, 0),
    Vital.STANDING_SYSTOLIC_BP: Measure("Standing systolic BP", "mm[Hg]", "mmHg", 50, 280, 0),
    Vital.STANDING_DIASTOLIC_BP: Measure("Standing diastolic BP", "mm[Hg]", "mmHg", 25, 200, 0),
    Vital.BREATHLESSNESS: Measure("Breathlessness", "{score}", "of 10", 0, 10, 0, Group.ANSWER),
    Vital.BREATHLESS: _answer("Breathless"),
    Vital.BREATHLESS_AT_REST: _answer("Breathless at rest"),
    Vital.BREATHLESS_LYING_FLAT: _answer("Breathless lying flat"),
    Vital.CHEST_PAIN: _answer("Chest pain"),
    Vital.NEW_CONFUSION: _answer("New confusion"),
    Vital.SEVERE_HEADACHE: _answer("Severe headache"),
    Vital.VISUAL_CHANGE: _answer("Change of vision"),
    Vital.FOCAL_WEAKNESS: _answer("Weakness or numbness on one side"),
    Vital.FAINTING: _answer("Fainting"),
    Vital.VOMITING: _answer("Vomiting"),
    Vital.DIARRHOEA: _answer("Diarrhoea"),
    Vital.POOR_INTAKE: _answer("Eating or drinking little"),
    Vital.MORE_SPUTUM: _answer("More or darker sputum"),
    Vital.FEELS_WORSE: _answer("Feels worse than usual"),
    Vital.REPORTED_FALL: _answer("Fall, as reported"),
    Vital.FALL: _event("Fall"),
    Vital.IRREGULAR_RHYTHM: _event("Irregular rhythm"),
    Vital.HUB_HEARTBEAT: _event("Hub heartbeat"),
    Vital.AWAY: _event("Away from home"),
    Vital.OUTER_DOOR: Measure("Outer door", "{events}", "events", 0, 5000, 0, Group.EVENT),
    Vital.BATHROOM: Measure("Bathroom", "{events}", "events", 0, 5000, 0, Group.EVENT),
    Vital.NIGHT_BATHROOM: Measure("Bathroom at night", "{events}", "visits", 0, 60, 0),
    Vital.MOTION_GAP: Measure("Longest gap in motion", "h", "h", 0, 24, 1),
}


class Quality(StrEnum):
    """Whether a reading may reach the rules, and if not, why it is only kept."""

    SCORED = "scored"
    BOUND = "bound"  # a comparator: proves a limit, never enters an average
    IMPLAUSIBLE = "implausible"
    UNIT_UNSURE = "unit-unsure"
    TIME_UNSURE = "time-unsure"
    FUTURE = "future"
    CONFLICT = "conflict"
    INCONSISTENT = "inconsistent"  # systolic not above diastolic
    MEANING_UNSURE = "meaning-unsure"
    STATUS_UNKNOWN = "status-unknown"
    ABSENT = "absent"  # not measured, with the reason: contact without a reading
    WITHDRAWN = "withdrawn"  # cancelled, entered in error, or superseded


class Precision(StrEnum):
    """How exactly the time of a measurement is known."""

    INSTANT = "instant"
    DAY = "day"  # the whole local day
    PERIOD = "period"


@dataclass(frozen=True, slots=True)
class Reading:
    """One measured value in its canonical unit, with the time it belongs to.

    `value` is None where the quality says that nothing was measured or that the
    meaning is unsure. `received` stays beside `effective`: a late reading is
    judged in its own time, but must not page as if it were new.
    """

    id: str
    vital: Vital
    value: float | None
    effective: datetime
    received: datetime
    quality: Quality = Quality.SCORED
    until: datetime | None = None
    local_day: date | None = None  # set where the precision is a day
    precision: Precision = Precision.INSTANT
    comparator: str = ""
    device: str = ""
    value_received: str = ""
    unit_received: str = ""
    history: bool = False  # from a declared history load: feeds baselines, is never judged
    site: str = ""  # on which part of the body, by a name of ours or a code (`fhir.sites`)
    stands_for: int = 1  # in medians: in dense streams and hours of movement one stands for many


class Severity(StrEnum):
    """Alert tiers, gravest first. DQ is its own lane and never reaches a physician."""

    RED = "RED"
    AMBER = "AMBER"
    YELLOW = "YELLOW"
    INFO = "INFO"
    DQ = "DQ"

    @property
    def rank(self) -> int:
        """Higher is graver."""
        return _RANK[self]


_RANK = {
    Severity.RED: 4,
    Severity.AMBER: 3,
    Severity.YELLOW: 2,
    Severity.INFO: 1,
    Severity.DQ: 0,
}
