"""Which measurement a code names: LOINC first, then declared MDC and SNOMED CT tables.

Nothing is matched by display text. A code that is not in these tables is not a monitored
measurement, whatever it says.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from core.vitals import MEASURES, Group, Vital

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MAP_VERSION = "2026-11"  # of the tables below; state it when they change
LOINC = "http://loinc.org"
SNOMED = "http://snomed.info/sct"
MDC = "urn:iso:std:iso:11073:10101"
HOME = "urn:wardlight:codesystem:home-activity"  # no LOINC exists for in-home motion
SYMPTOMS = "urn:wardlight:codesystem:symptoms"

V = Vital


class Use(StrEnum):
    """What a known code may be used for."""

    READ = "read"
    KEEP = "keep"  # the right quantity, but not the measurement that rules know
    INTERVAL = "interval"  # a count over a stated time: a day's total only if that is a day
    CODED = "coded"  # only a coded answer says anything: numbers there mean several things


LOINC_VITALS: dict[str, Vital] = {
    "29463-7": V.BODY_WEIGHT,
    "3141-9": V.BODY_WEIGHT,  # measured
    "8341-0": V.BODY_WEIGHT,  # dry weight
    "3142-7": V.BODY_WEIGHT,  # stated
    "8302-2": V.BODY_HEIGHT,
    "3137-7": V.BODY_HEIGHT,  # measured
    "39156-5": V.BMI,
    "8480-6": V.SYSTOLIC_BP,
    "8459-0": V.SYSTOLIC_BP,  # sitting
    "8461-6": V.SYSTOLIC_BP,  # supine
    "8460-8": V.STANDING_SYSTOLIC_BP,
    "8462-4": V.DIASTOLIC_BP,
    "8453-3": V.DIASTOLIC_BP,  # sitting
    "8455-8": V.DIASTOLIC_BP,  # supine
    "8454-1": V.STANDING_DIASTOLIC_BP,
    "8478-0": V.MEAN_BP,
    "8867-4": V.HEART_RATE,
    "8889-8": V.HEART_RATE,  # by pulse oximetry
    "40443-4": V.RESTING_HEART_RATE,
    "9279-1": V.RESPIRATORY_RATE,
    "59408-5": V.SPO2,
    "2708-6": V.SPO2,
    "61006-3": V.PERFUSION_INDEX,
    "3151-8": V.OXYGEN_FLOW,
    "3150-0": V.OXYGEN_CONCENTRATION,
    "8310-5": V.BODY_TEMPERATURE,
    "8331-1": V.BODY_TEMPERATURE,  # oral
    "8333-7": V.BODY_TEMPERATURE,  # tympanic
    "8328-7": V.BODY_TEMPERATURE,  # axillary
    "75539-7": V.BODY_TEMPERATURE,  # temporal
    "39106-0": V.SKIN_TEMPERATURE,
    "41653-7": V.GLUCOSE,  # capillary, glucometer
    "14743-9": V.GLUCOSE,
    "2339-0": V.GLUCOSE,  # blood
    "15074-8": V.GLUCOSE,
    "14745-4": V.GLUCOSE,  # body fluid, seen for tissue sensors
    "99504-3": V.GLUCOSE,  # interstitial
    "105272-9": V.GLUCOSE,
    "41950-7": V.STEPS,  # in 24 hours
    "55423-8": V.STEPS,  # in an unstated time
    "93832-4": V.SLEEP,
    "20150-9": V.FEV1,
    "19935-6": V.PEAK_FLOW,
    "67775-7": V.NEW_CONFUSION,  # level of responsiveness
    "80288-4": V.NEW_CONFUSION,  # level of consciousness, AVPU
}
# `measurements.csv`: stated weight is never scored.
_USES = {
    "3142-7": Use.KEEP,
    "55423-8": Use.INTERVAL,
    "67775-7": Use.CODED,
    "80288-4": Use.CODED,
    "1104441000000107": Use.CODED,
}
GLUCOSE_MOLES = frozenset({"14743-9", "15074-8", "14745-4", "105272-9"})
# Reference ids of ISO/IEEE 11073-10101, as the HL7 Personal Health Device guide uses them.
MDC_VITALS: dict[str, Vital] = {
    "150021": V.SYSTOLIC_BP,
    "150022": V.DIASTOLIC_BP,
    "150023": V.MEAN_BP,
    "149546": V.HEART_RATE,
    "149530": V.HEART_RATE,  # by pulse oximetry
    "147842": V.HEART_RATE,  # by ECG
    "151562": V.RESPIRATORY_RATE,
    "150456": V.SPO2,
    "150488": V.PERFUSION_INDEX,
    "150364": V.BODY_TEMPERATURE,
    "188736": V.BODY_WEIGHT,
    "188740": V.BODY_HEIGHT,
    "188752": V.BMI,
    "160184": V.GLUCOSE,
}
SNOMED_VITALS: dict[str, Vital] = {
    "27113001": V.BODY_WEIGHT,
    "50373000": V.BODY_HEIGHT,
    "60621009": V.BMI,
    "271649006": V.SYSTOLIC_BP,
    "271650006": V.DIASTOLIC_BP,
    "364075005": V.HEART_RATE,
    "78564009": V.HEART_RATE,  # pulse rate
    "86290005": V.RESPIRATORY_RATE,
    "431314004": V.SPO2,  # peripheral oxygen saturation
    "386725007": V.BODY_TEMPERATURE,
    "1104441000000107": V.NEW_CONFUSION,  # ACVPU
}
# What a device's clock showed at a gateway's time: absolute, and base offset time (PHD guide).
COINCIDENT = frozenset({(MDC, "67975"), (MDC, "68226")})
HOME_VITALS = {
    "home-motion-count": V.MOTION,
    **{
        vital.value.replace("_", "-"): vital
        for vital in (
            V.FALL,
            V.IRREGULAR_RHYTHM,
            V.HUB_HEARTBEAT,
            V.AWAY,
            V.OUTER_DOOR,
            V.BATHROOM,
            V.NIGHT_BATHROOM,
            V.MOTION_GAP,
        )
    },
}
# What somebody answers when asked; the code is the stored name with hyphens.
SYMPTOM_VITALS = {
    vital.value.replace("_", "-"): vital
    for vital, measure in MEASURES.items()
    if measure.group is Group.ANSWER
}
PANELS = frozenset(
    {
        (LOINC, "85354-9"),
        (LOINC, "55284-4"),
        (LOINC, "35094-2"),
        (LOINC, "55417-0"),
        (MDC, "150020"),
        (SNOMED, "75367002"),
    }
)
_LOINC_CODES = LOINC_VITALS.keys() | {code for system, code in PANELS if system == LOINC}
_OTHERS = {MDC: MDC_VITALS, SNOMED: SNOMED_VITALS, HOME: HOME_VITALS, SYMPTOMS: SYMPTOM_VITALS}
# Where two codes of one reading name a general and a special measurement, the special one counts.
_SPECIAL = {frozenset({V.HEART_RATE, V.RESTING_HEART_RATE}): V.RESTING_HEART_RATE}


def misnamed(pairs: Iterable[tuple[str, str]]) -> bool:
    """Return whether a LOINC that we know stands under an address that is not LOINC's."""
    return any(system not in (LOINC, *_OTHERS) and code in _LOINC_CODES for system, code in pairs)


@dataclass(frozen=True, slots=True)
class Meaning:
    """What the codings of one element name together.

    `vital` is None where no table knows them. `agreed` is False where they name different
    measurements, or an unknown LOINC stands beside a code that only another table knows.
    """

    vital: Vital | None = None
    panel: bool = False
    agreed: bool = True
    use: Use = Use.READ
    moles: bool | None = None  # the property a glucose LOINC states

    @property
    def known(self) -> bool:
        """Return whether it is a monitored measurement or a panel of some."""
        return self.vital is not None or self.panel


def codings(concept: Mapping[str, Any] | None) -> tuple[tuple[str, str], ...]:
    """Return the (system, code) pairs of a CodeableConcept, those without a code left out."""
    return tuple(
        (str(each.get("system", "")), str(each["code"]))
        for each in (concept or {}).get("coding", ())
        if each.get("code")
    )


def meaning(pairs: Iterable[tuple[str, str]]) -> Meaning:
    """Return which measurement the codings name: the most specific known LOINC decides."""
    pairs = tuple(pairs)
    panel = any(pair in PANELS for pair in pairs)
    loinc = [code for system, code in pairs if system == LOINC and code in LOINC_VITALS]
    vitals = {LOINC_VITALS[code] for code in loinc}
    others = {
        _OTHERS[system][code]
        for system, code in pairs
        if system in _OTHERS and code in _OTHERS[system]
    }
    if not vitals | others:
        return Meaning(panel=panel)
    return _named(pairs, loinc, vitals, others, panel=panel)


def _named(
    pairs: tuple[tuple[str, str], ...],
    loinc: list[str],
    vitals: set[Vital],
    others: set[Vital],
    *,
    panel: bool,
) -> Meaning:
    every = frozenset(vitals | others)
    vital = next(iter(every)) if len(every) == 1 else _SPECIAL.get(every)
    stray = not vitals and any(system == LOINC for system, _ in pairs)
    uses = {_USES.get(code, Use.READ) for system, code in pairs if system in (LOINC, SNOMED)}
    return Meaning(
        vital=vital or min(every),
        panel=panel,
        agreed=vital is not None and not stray and not panel,
        use=next((use for use in (Use.KEEP, Use.INTERVAL, Use.CODED) if use in uses), Use.READ),
        moles=_moles(loinc) if vital is V.GLUCOSE else None,
    )


def _moles(loinc: list[str]) -> bool | None:
    stated = {code in GLUCOSE_MOLES for code in loinc}
    return next(iter(stated)) if len(stated) == 1 else None
