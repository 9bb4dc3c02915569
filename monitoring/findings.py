"""What the judgement says: findings, the assessment that holds them, and their evidence."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from core.vitals import Severity, Vital
    from monitoring.phrases import Value


class Problem(StrEnum):
    """The clinical question that findings share; one open episode each per patient."""

    FLUID = "fluid"
    BREATHING = "breathing"
    RHYTHM = "rhythm"
    BLOOD_PRESSURE = "blood-pressure"
    GLUCOSE = "glucose"
    INFECTION = "infection"
    WELFARE = "welfare"
    DECLINE = "decline"
    SILENCE = "silence"
    TECHNIQUE = "technique"
    DEVICE = "device"


class Why(StrEnum):
    """What ended a usual, so that it had to be learnt again."""

    NEW_DEVICE = "new-device"
    ADMISSION = "admission"


@dataclass(frozen=True, slots=True)
class Restart:
    """From which local day on a usual is learnt anew, and why."""

    day: date
    why: Why


class Alike(StrEnum):
    """Which readings a usual is of, where it is not of all."""

    MORNING = "morning"
    LATER = "later-in-the-day"
    WORKING_DAYS = "working-days"
    WEEKENDS = "weekends"
    DEVICE = "same-device"
    SITE = "same-site"


@dataclass(frozen=True, slots=True)
class Usual:
    """A person's own normal for one vital: robust centre and band.

    `days` is the number of valid days behind it; below 14 it is provisional, and below 7
    there is none (the field that would hold it is None). `restart` says since when it is
    learnt, where it was learnt anew; `alike` which readings it is of, where not of all.
    `estimated` is the spread of these days before the device's error became its floor.
    """

    centre: float
    low: float
    high: float
    spread: float
    days: int
    restart: Restart | None = None
    alike: Alike | None = None
    estimated: float = field(default=0.0, compare=False)

    @property
    def provisional(self) -> bool:
        """Return whether fewer than 14 valid days stand behind it."""
        return self.days < PROVISIONAL_UNTIL


PROVISIONAL_UNTIL = 14


@dataclass(frozen=True, slots=True)
class Evidence:
    """One stored reading that a finding rests on, in canonical units."""

    reading_id: str
    vital: Vital
    value: float
    effective: datetime


class Missing(StrEnum):
    """What a judgement may have to do without, as the message that says so."""

    BASELINE = "personal baseline"
    EXACT = "exact value (the meter showed a bound)"
    AT_HOME = "whether at home"
    HUB = "whether the motion hub is online"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another explanation to consider: what the record says of it, and what to ask."""

    id: str
    words: str
    signs: tuple[Phrase, ...]
    ask: str


@dataclass(frozen=True, slots=True)
class Says:
    """An explanation as data: messages by their English text, and the facts that stand in them.

    Nothing here is in any language yet; `words` makes it so when somebody reads it.
    """

    clinician: str
    patient: str
    closing: str = ""
    facts: Mapping[str, Value] = field(default_factory=dict)
    beside_usual: bool = False  # whether the value is one that the usual can be held against
    because: Phrase | None = None  # what made it graver
    together: tuple[Phrase, ...] = ()  # what each of several findings says
    otherwise: Phrase | None = None  # what would have made it not fire
    alternatives: tuple[Alternative, ...] = ()  # of a grave finding, two
    restart: Restart | None = None  # why there is no usual yet, where one was ended

    @property
    def main(self) -> Phrase:
        """Return the sentence of the rule."""
        return Phrase(self.clinician, self.facts)


@dataclass(frozen=True, slots=True)
class Spoken:
    """English words as an earlier version stored them; they are read as they stand."""

    clinician: str
    patient: str
    counterfactual: str = ""

    @property
    def main(self) -> Phrase:
        """Return the whole of it; nothing in it is looked up or filled in."""
        return Phrase(self.clinician)


@dataclass(frozen=True, slots=True)
class Finding:
    """What one rule, or the score, says about one window of readings."""

    rule_id: str
    problem: Problem
    severity: Severity
    at: datetime  # event time: when the last reading it rests on was taken
    says: Says | Spoken = field(hash=False)
    source: str
    confidence: str
    vital: Vital | None = None
    value: float | None = None
    limit: float | None = None
    usual: Usual | None = None
    evidence: tuple[Evidence, ...] = ()
    confirmed: bool = True
    missing: tuple[str, ...] = ()
    day: date | None = None  # the patient's local day the finding belongs to
    back_in_range: bool = False  # a newer valid reading of the same vital is normal again (REL-20)
    rejudged: bool = False  # asked again whenever its instant is judged anew (REL-19)
    rulebook_hash: str = ""  # of the rules, plan and limits by which it was found


@dataclass(frozen=True, slots=True)
class Ask:
    """A value that the person is asked to measure again, until when and with which tip (AL-20).

    `critical` says that its RED is open already; `tip` is a message, in no language yet.
    """

    vital: Vital
    reading_id: str
    rule_id: str
    taken: datetime
    until: datetime
    critical: bool
    tip: str


@dataclass(frozen=True, slots=True)
class Contribution:
    """The exact part of one feature in a score, in log-odds; the parts sum to the score."""

    feature: str
    label: str
    value: float | None
    points: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A probability of one family of events ("any" for all) within so many days."""

    family: str
    horizon_days: int
    probability: float


@dataclass(frozen=True, slots=True)
class FamilyRisk:
    """The likeliest family of events within the main horizon, with its own exact parts."""

    family: str
    probability: float
    log_odds: float
    intercept: float
    contributions: tuple[Contribution, ...]


@dataclass(frozen=True, slots=True)
class Risk:
    """A learned score: the probability of any worsening within the horizon, and its parts.

    `others` are the same for other horizons and for single families; `family` is the likeliest
    of these, by which alerts are decided. Where one of those that it includes came out likelier
    than any worsening by itself, the figure and all its parts are those of that one: `by`.
    """

    probability: float
    log_odds: float
    intercept: float
    contributions: tuple[Contribution, ...]
    horizon_days: int
    model_id: str
    trained_on: str  # "simulated data", said wherever the score is shown
    others: tuple[Prediction, ...] = ()
    family: FamilyRisk | None = None  # None in scores stored before families were predicted
    basis: tuple[Evidence, ...] = ()  # the last reading of each vital of the week it looked at
    by: Prediction | None = None  # whose figure it is, where not its own: it is at least this


@dataclass(frozen=True, slots=True)
class Tried:
    """What a learned model in shadow would have said, beside what the one that judges said."""

    model_id: str
    probability: float
    tier: Severity | None
    judging: float | None  # the probability of the model that judges, None where it had none
    judging_tier: Severity | None


@dataclass(frozen=True, slots=True)
class Awaited:
    """When a vital's next measurement is late, how often it comes, who says so, what is known.

    `why` is empty until it is late; then it tells apart what the judgement knows.
    """

    late_at: datetime
    every: int  # days
    source: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """One judgement of one person at one instant, with everything needed to explain it."""

    person_id: str
    at: datetime
    findings: tuple[Finding, ...]
    risk: Risk | None
    rulebook_hash: str
    model_id: str
    usual: dict[Vital, Usual] = field(default_factory=dict)
    expected: dict[Vital, Awaited] = field(default_factory=dict)
    notes: tuple[Phrase, ...] = ()  # what the judgement does not know
    shadow: tuple[Finding, ...] = ()  # of rules in shadow mode: nobody is told (AL-21)
    tried: tuple[Tried, ...] = ()  # by learned models in shadow: nobody is told either
    judged_from: datetime | None = None  # every instant from here on was judged anew (REL-19)
    asks: tuple[Ask, ...] = ()  # what the person is asked to measure again
    recheck_at: datetime | None = None  # when an unrepeated suspicious value must be judged again
    due_at: datetime | None = None  # when time alone makes a rule fire, if nothing arrives

    @property
    def severity(self) -> Severity | None:
        """Return the gravest tier among the findings, or None where there is none."""
        return max((f.severity for f in self.findings), key=lambda s: s.rank, default=None)
