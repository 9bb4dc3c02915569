"""What one Observation says in our own vocabulary, before anybody resolves whose it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from core.vitals import Precision, Quality, Vital

if TYPE_CHECKING:
    from datetime import date, datetime

    from fhir.identity import Identifier, Ref
    from fhir.outcome import Issue


@dataclass(frozen=True, slots=True)
class When:
    """The effective time, no more exact than it was received.

    INSTANT: `start` alone. PERIOD: `start` and `end`, either None where it was not given; a
    period of whole days has `day` and `last_day` instead. DAY: `day` alone, the whole local day
    of a patient whose zone is not known here. A year, a month, a Timing or no time at all
    leave everything None. `start` and `end` are aware, with the offset as received.
    """

    precision: Precision = Precision.INSTANT
    start: datetime | None = None
    end: datetime | None = None
    day: date | None = None
    last_day: date | None = None
    open_ended: bool = False  # a Period without end: "ongoing"
    sure: bool = True  # False: kept, not scored (Timing, open or over-long Period)
    received: str = ""  # the text of effectiveDateTime or effectiveInstant


@dataclass(frozen=True, slots=True)
class Measurement:
    """One value of one vital. `value` is canonical; None where nothing (sure) was measured."""

    vital: Vital
    value: float | None
    quality: Quality = Quality.SCORED
    comparator: str = ""
    value_received: str = ""
    unit_received: str = ""
    reason: str = ""  # dataAbsentReason code, with Quality.ABSENT
    component: int | None = None  # index in Observation.component, None at the root


@dataclass(frozen=True, slots=True)
class ParsedObservation:
    """An Observation that is valid FHIR; `measurements` is empty where none is monitored.

    Qualities already say what the content alone decides (bound, implausible, unit or meaning
    unsure, inconsistent, absent, status unknown, withdrawn, open-ended time). What needs the
    clock or the record (future, history, conflict) is decided by the receiver. `contact` says
    whether it shows that somebody used a device.
    """

    status: str
    subject: Ref | None
    device: Ref | None
    identifiers: tuple[Identifier, ...]
    codes: tuple[tuple[str, str], ...]  # (system, code) of Observation.code
    when: When
    issued: datetime | None = None
    last_updated: datetime | None = None  # meta.lastUpdated
    measurements: tuple[Measurement, ...] = ()
    warnings: tuple[Issue, ...] = ()
    resource_id: str = ""
    contact: bool = False
    category: tuple[str, ...] = ()
    gateway: Ref | None = None  # what sent it on for the device
    showed: datetime | None = None  # by a coincident timestamp: the device's clock at `when`
    lives_alone: bool | None = None  # None where it does not say
    site: str = ""  # on which part of the body (`fhir.sites`); empty where it does not say
    counts: int = 1  # for how many readings; where an operator replays what was handed out
    kind: str = "Observation"  # or QuestionnaireResponse, whose answers are read alike
