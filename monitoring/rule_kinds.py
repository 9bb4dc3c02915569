"""What a rule is: one frozen dataclass for each kind, one field for each thing to sign.

The limits stand in `rulebook.toml`, which a clinician can review; here is only what each
field means.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.vitals import Severity, Vital
from monitoring.comparison import Comparison  # noqa: TC001 (toml_values reads the annotations)
from monitoring.findings import Problem  # noqa: TC001 (toml_values reads the annotations)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Whom a rule is for. Empty means anybody; of the conditions, any one is enough."""

    conditions: frozenset[str] = frozenset()
    least_age: int | None = None
    scale_two: bool | None = None
    lives_alone: bool | None = None
    traits: frozenset[str] = frozenset()  # any one of these too
    medicines: frozenset[str] = frozenset()  # any one of these too
    without_conditions: frozenset[str] = frozenset()  # nobody who has any of these
    without_medicines: frozenset[str] = frozenset()  # nobody who is known to take any of these
    discharged_within: int | None = None  # days since the end of the last stay in hospital
    age_or_trait: bool = False  # least_age or one of the traits: one is enough
    on_oxygen: bool | None = None  # at the time, as far as it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Overlap:
    """Another rule that says as much whenever this one would, and why both are wanted."""

    rule: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnRange:
    """What a rule says of a value within the person's own range: `spreads` around the usual.

    It counts once 14 valid days stand behind the usual, and never touches a RED.
    """

    spreads: float
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What every rule says about itself, whatever its kind."""

    id: str
    problem: Problem
    source: str
    confidence: str  # tags of evidence.md: V, R-h, R-m, R-l, D, E, T
    clinician: str  # sentence templates, see explanation.py for the fields
    patient: str
    scope: Scope = Scope()
    note: str = ""
    tiers: frozenset[Severity] = frozenset()  # which of its tiers are said; empty: all
    shadow: bool = False  # evaluated and recorded, and nobody is told (AL-21)
    overlaps: tuple[Overlap, ...] = ()  # intended; any other is refused
    own_range: OwnRange | None = None  # a lesser tier for what is usual for this person


@dataclass(frozen=True, slots=True, kw_only=True)
class Companion:
    """A second fact: another vital beyond a limit, not older than the rule's `within_hours`."""

    vital: Vital
    comparison: Comparison
    limit: float
    scale_two: bool | None = None
    on_oxygen: bool | None = None  # at the time, as far as it is known


@dataclass(frozen=True, slots=True, kw_only=True)
class Raise:
    """What lifts a level: any one companion, or any one medicine the person takes.

    `at_once` says that the lifted tier does not wait for the repeat of the level (AL-20).
    """

    severity: Severity
    companions: tuple[Companion, ...] = ()
    within_hours: float = 2.0
    medicines: frozenset[str] = frozenset()
    at_once: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One step of a limit rule; of several steps that hold, the gravest counts.

    `limit` may be missing where only `change` from the usual counts. `short_of` keeps a
    level away from the graver limit beyond it. Below RED, `readings` within
    `within_minutes` must agree, or nobody repeated within `unanswered_minutes` and the
    finding goes through as unconfirmed; without that number it never does.
    """

    severity: Severity
    comparison: Comparison
    limit: float | None = None
    short_of: float | None = None
    change: float | None = None  # signed, from the median of `usual_days` days
    usual_days: int = 28
    readings: int = 1
    within_minutes: float = 10.0
    apart_minutes: float = 0.0
    consecutive: bool = False
    unanswered_minutes: float | None = None
    raised: Raise | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitRule(Rule):
    """One reading beyond a limit. `clears_by` is the hysteresis: how far back inside is normal."""

    vital: Vital
    levels: tuple[Level, ...]
    clears_by: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One average of a rule; any one beyond its limit is enough."""

    vital: Vital
    comparison: Comparison
    limit: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AverageRule(Rule):
    """The mean of the readings of a window beyond a limit."""

    terms: tuple[Term, ...]
    severity: Severity
    window_minutes: float
    least_readings: int
    unanswered_minutes: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeRule(Rule):
    """The latest days against the lowest (or highest) of the days before, within a window.

    `recent_days` values are averaged by median on both sides. `fraction` makes the amount a
    share of the reference.
    """

    vital: Vital
    severity: Severity
    comparison: Comparison
    amount: float  # signed: a gain is positive
    window_days: int
    recent_days: int = 1
    fraction: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SustainedRule(Rule):
    """Daily medians off the person's usual on `on_days` of the last `of_days` days."""

    vitals: tuple[Vital, ...]
    severity: Severity
    change: float  # signed
    on_days: int
    of_days: int
    usual_days: int = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRule(Rule):
    """The median of a few days against that of many: a difference, or a ratio."""

    vitals: tuple[Vital, ...]
    severity: Severity
    recent_days: int
    usual_days: int
    least_recent: int = 2  # valid days among the recent ones
    change: float | None = None  # signed
    ratio: float | None = None  # at most this share of the usual
    at_home: bool = False  # days away, in hospital, paused or with the hub down do not count


@dataclass(frozen=True, slots=True, kw_only=True)
class RepeatedDaysRule(Rule):
    """Some reading beyond a limit on each of several consecutive local days."""

    vital: Vital
    severity: Severity
    comparison: Comparison
    limit: float
    days: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SilenceRule(Rule):
    """Nothing arrived for longer than a person's devices should be quiet.

    Without a vital every stream counts. `vital_days` counts whole local days; `hours`
    counts from the last contact. Graver where the last value was already off by `off_by`.
    """

    severity: Severity
    vital: Vital | None = None
    vital_days: int = 0
    hours: float = 0.0
    hours_alone: float = 0.0
    forget_days: int = 30  # after so long it is no news any more
    off_by: float | None = None
    off_severity: Severity = Severity.DQ


@dataclass(frozen=True, slots=True, kw_only=True)
class StillnessRule(Rule):
    """Nothing moves and nothing is measured in a home whose motion hub used to speak.

    Due after `hours`, or `grace_hours` after the hub's next word was due where it speaks
    more rarely; of these, `waking_hours` must lie between `waking_from` and `waking_until`.
    """

    severity: Severity
    hours: float
    grace_hours: float
    waking_hours: float
    waking_from: int  # local hour of the day
    waking_until: int
    least_readings: int = 7  # of the hub in `usual_days`, or nothing is known of its habit
    usual_days: int = 28
    forget_days: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Danger:
    """The side on which an implausible value could be true and grave, as far as `credible`."""

    vital: Vital
    comparison: Comparison
    credible: float
    problem: Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ImplausibleRule(Rule):
    """A value outside the plausible range: asked about, and graver if nobody repeats it."""

    severity: Severity
    unanswered_severity: Severity
    unanswered_minutes: float
    dangers: tuple[Danger, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitSlipRule(Rule):
    """A value that another unit would bring within `tolerance` (a share) of the usual."""

    severity: Severity
    tolerance: float
    usual_days: int = 28


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockRule(Rule):
    """A device whose clock cannot be right, by what it sent or by its gateway."""

    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreRule(Rule):
    """The learned score past the threshold that its artefact carries for a tier.

    The thresholds were chosen by burden when the model was trained; `gravest` caps them, and
    a model alone never reaches RED.
    """

    gravest: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class ComboRule(Rule):
    """Lesser findings of different problems, together (AL-02).

    A finding about a value nearer than `least_spreads` to the person's usual is no second signal.
    """

    severity: Severity
    of: Severity
    within_hours: float
    least: int
    except_problems: frozenset[Problem] = frozenset()
    except_rules: frozenset[str] = frozenset()
    least_spreads: float = 0.0
