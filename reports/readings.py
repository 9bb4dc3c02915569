"""What came in during the week and could not be used, and by which devices alerts were measured."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from core.vitals import Quality
from reports.episodes import Episode
from reports.rates import NONE, Rate, actionable_of, ppv_of

USED = frozenset({Quality.SCORED, Quality.BOUND})
FALSE_MEASUREMENT = "false-measurement"


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of the week by what they were good for; `late` came a day or more after."""

    received: int = 0
    by_quality: Mapping[Quality, int] | None = None
    late: int = 0
    people: int = 0  # of whom anything came
    spoken_of: int = 0  # readings on which an alert of health of the week rests

    @property
    def used(self) -> Rate:
        """Return the share that could be judged."""
        known = self.by_quality or {}
        return Rate(sum(known.get(each, 0) for each in USED), self.received)

    @property
    def reached(self) -> Rate:
        """Return the share that reached a clinician by an alert (alerting.md AL-03)."""
        return Rate(min(self.spoken_of, self.received), self.received)


@dataclass(frozen=True, slots=True)
class DeviceLine:
    """The alerts of the week that rest on readings of one kind of device."""

    device: str
    opened: int
    patients: int
    actionable: Rate = NONE
    ppv: Rate = NONE
    false_measurement: int = 0


def devices(
    opened: Sequence[Episode], behind: Mapping[UUID, Collection[str]]
) -> tuple[DeviceLine, ...]:
    """Return a line for each kind of device, that with most false measurements first.

    An alert of several devices is in each; `behind` says which, by alert.
    """
    of: dict[str, list[Episode]] = {}
    for each in opened:
        for device in behind.get(each.id) or ("",):
            of.setdefault(device, []).append(each)
    lines = [_line(device, mine) for device, mine in of.items()]
    return tuple(sorted(lines, key=lambda d: (-d.false_measurement, -d.opened, d.device)))


def _line(device: str, mine: Sequence[Episode]) -> DeviceLine:
    labels = [e.outcome for e in mine if e.outcome]
    return DeviceLine(
        device,
        len(mine),
        len({e.patient_id for e in mine}),
        actionable_of(labels),
        ppv_of(labels),
        labels.count(FALSE_MEASUREMENT),
    )
