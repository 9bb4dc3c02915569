"""What an illness makes people answer when they are asked each day, and what they answer anyway.

`evidence.md` gives directions (8.4: symptoms of COPD from day -5; 1.2: a rising breathlessness
goes with admission, hazard ratio 5.9) and one ceiling (3.3: a prediction from daily answers
has an AUROC of about 0.73); the shares are engineering defaults (E) within those. Written before
any rule was tuned; this file knows nothing of rules.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from core.vitals import Vital


@dataclass(frozen=True, slots=True)
class Complaint:
    """What an episode does to the answers at its worst.

    `breathless` is (mean, SD) in points of ten; `yes` the share of episodes in which each
    complaint is told at all.
    """

    breathless: tuple[float, float] = (0.0, 0.0)
    yes: dict[Vital, float] = field(default_factory=dict)


COMPLAINTS = {
    "heart_failure": Complaint(
        (3.0, 2.2),
        {
            Vital.BREATHLESS_LYING_FLAT: 0.40,
            Vital.BREATHLESS_AT_REST: 0.12,
            Vital.FEELS_WORSE: 0.45,
            Vital.POOR_INTAKE: 0.15,
        },
    ),
    "copd": Complaint(
        (2.6, 2.0),
        {Vital.MORE_SPUTUM: 0.40, Vital.FEELS_WORSE: 0.40, Vital.BREATHLESS_AT_REST: 0.10},
    ),
    "pneumonia": Complaint(
        (2.5, 2.0),
        {
            Vital.FEELS_WORSE: 0.55,
            Vital.MORE_SPUTUM: 0.40,
            Vital.POOR_INTAKE: 0.30,
            Vital.NEW_CONFUSION: 0.15,
        },
    ),
    "uti": Complaint(
        yes={Vital.FEELS_WORSE: 0.40, Vital.POOR_INTAKE: 0.20, Vital.NEW_CONFUSION: 0.12}
    ),
    "dehydration": Complaint(
        yes={
            Vital.POOR_INTAKE: 0.40,
            Vital.DIARRHOEA: 0.30,
            Vital.VOMITING: 0.25,
            Vital.FEELS_WORSE: 0.30,
        }
    ),
    "af_rvr": Complaint(
        (1.5, 1.5), {Vital.FEELS_WORSE: 0.40, Vital.CHEST_PAIN: 0.05, Vital.FAINTING: 0.03}
    ),
    "hyperglycaemia": Complaint(yes={Vital.FEELS_WORSE: 0.30, Vital.VOMITING: 0.08}),
    "hypoglycaemia": Complaint(yes={Vital.FEELS_WORSE: 0.10}),
    "severe_pressure": Complaint(yes={Vital.SEVERE_HEADACHE: 0.05}),
    "fall": Complaint(yes={Vital.FEELS_WORSE: 0.15, Vital.POOR_INTAKE: 0.10}),
    "frailty": Complaint(yes={Vital.POOR_INTAKE: 0.20, Vital.FEELS_WORSE: 0.15}),
    "heat_wave": Complaint(yes={Vital.FEELS_WORSE: 0.15}),
    "bereavement": Complaint(yes={Vital.FEELS_WORSE: 0.30, Vital.POOR_INTAKE: 0.20}),
    "new_pills": Complaint(yes={Vital.FEELS_WORSE: 0.10}),
    "cold": Complaint((0.5, 0.7), {Vital.FEELS_WORSE: 0.25, Vital.MORE_SPUTUM: 0.15}),
}
# Share of calm days with a yes (E), for anybody and with the condition named.
ANYWAY: dict[Vital, tuple[float, str, float]] = {
    Vital.FEELS_WORSE: (0.012, "", 0.012),
    Vital.MORE_SPUTUM: (0.003, "copd", 0.012),
    Vital.BREATHLESS_AT_REST: (0.0002, "heart_failure", 0.0008),
    Vital.BREATHLESS_LYING_FLAT: (0.0005, "heart_failure", 0.003),
    Vital.POOR_INTAKE: (0.004, "dementia", 0.008),
    Vital.DIARRHOEA: (0.004, "", 0.004),
    Vital.VOMITING: (0.0015, "", 0.0015),
    Vital.NEW_CONFUSION: (0.0004, "dementia", 0.002),
    Vital.CHEST_PAIN: (0.0006, "coronary_heart_disease", 0.002),
    Vital.FAINTING: (0.0003, "", 0.0003),
    Vital.SEVERE_HEADACHE: (0.001, "", 0.001),
}
BAD_DAYS, BAD_DAY = 0.03, 2.0  # E: share of days on which breathing is this much harder
SCATTER = 0.7  # E, points: how an answer varies from day to day
