"""What the alerts cost those who answer them, against what the product allows itself (AL-03)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.inbox import GRAVE
from core.vitals import Severity
from reports.episodes import Episode

WEEKS_A_YEAR = 365.25 / 7
LEAST_WEEKS = 1.0  # patient-weeks of which a rate is told
MOST_A_YEAR = 4.0  # AMBER and RED per patient-year (alerting.md AL-03)
MOST_A_DAY = 1.5  # AMBER and RED per 100 patients per day (as above)


@dataclass(frozen=True, slots=True)
class Work:
    """What one clinician did for the people of the team in the week."""

    taken: int = 0  # alerts taken
    contacts: int = 0  # people reached, by call, visit or video
    minutes: int = 0  # that were written down


@dataclass(frozen=True, slots=True)
class Told:
    """Of how many alerts one clinician was told on one day, by tier, and what they may be told."""

    practitioner_id: UUID
    severity: Severity
    alerts: int
    most: int | None = None  # by the policy in force (AL-17); None: no budget


@dataclass(frozen=True, slots=True)
class ClinicianLine:
    """One clinician's share; `owned` counts the alerts that opened in the week."""

    practitioner_id: UUID
    owned: int
    grave: int
    taken: int
    contacts: int
    minutes: int
    most_told: int  # alerts of one day
    days_over: int  # days and tiers on which the budget was used up


@dataclass(frozen=True, slots=True)
class Burden:
    """The week's alerts by those who are watched and by those who answer."""

    patient_weeks: float
    opened: int
    grave: int
    per_patient_week: float | None
    grave_per_patient_year: float | None
    grave_per_100_a_day: float | None
    clinicians: tuple[ClinicianLine, ...]
    unowned: int  # of those that opened, by nobody


def burden(
    opened: Sequence[Episode],
    weeks: float,
    works: Mapping[UUID, Work],
    told: Iterable[Told],
) -> Burden:
    """Return the burden of the alerts that opened in a week of so many patient-weeks.

    Of less than one there is no rate: one alert in the first hours would be thousands a year.
    """
    grave = sum(e.severity in GRAVE for e in opened)
    enough = weeks >= LEAST_WEEKS
    return Burden(
        patient_weeks=weeks,
        opened=len(opened),
        grave=grave,
        per_patient_week=len(opened) / weeks if enough else None,
        grave_per_patient_year=grave / weeks * WEEKS_A_YEAR if enough else None,
        grave_per_100_a_day=100 * grave / (weeks * 7) if enough else None,
        clinicians=_clinicians(opened, works, list(told)),
        unowned=sum(e.owner_id is None for e in opened),
    )


def _clinicians(
    opened: Sequence[Episode], works: Mapping[UUID, Work], told: Sequence[Told]
) -> tuple[ClinicianLine, ...]:
    owners = {e.owner_id for e in opened if e.owner_id}
    who = owners | set(works) | {each.practitioner_id for each in told}
    lines = [
        _clinician(
            each,
            [e for e in opened if e.owner_id == each],
            works.get(each, Work()),
            [t for t in told if t.practitioner_id == each],
        )
        for each in who
    ]
    return tuple(
        sorted(lines, key=lambda line: (-line.owned, -line.taken, line.practitioner_id.int))
    )


def _clinician(
    who: UUID, owned: Sequence[Episode], work: Work, told: Sequence[Told]
) -> ClinicianLine:
    return ClinicianLine(
        practitioner_id=who,
        owned=len(owned),
        grave=sum(e.severity in GRAVE for e in owned),
        taken=work.taken,
        contacts=work.contacts,
        minutes=work.minutes,
        most_told=max((t.alerts for t in told), default=0),
        days_over=sum(t.most is not None and t.alerts >= t.most for t in told),
    )
