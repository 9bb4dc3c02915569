"""The short cut for what devices send: plain Quantities and BP panels in strict shape.

It takes a subset and says None to everything else; it never refuses and never warns. A test
holds it against the full path: what it takes, the full path reads alike.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from core.vitals import Precision, Quality, Vital
from fhir.codes import Meaning, Use, meaning
from fhir.identity import Identifier, Ref
from fhir.measurement import Measurement, ParsedObservation, When
from fhir.profiles import PROFILED, contradicted
from fhir.units import TABLE, disagree, named_by_profile, plausible

if TYPE_CHECKING:
    from collections.abc import Iterable

LARGEST = 4096  # bytes; also bounds what the caches below can hold
_SPACED_COLON = re.compile(rb'"\s+:')
_NUMBER = re.compile(rb"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
_SUBJECT = re.compile(r"(Patient)/([A-Za-z0-9\-.]{1,64})")
_DEVICE = re.compile(r"(Device)/([A-Za-z0-9\-.]{1,64})")
_TIME = (
    r"^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])$"
)

Text = Annotated[str, Meta(pattern=r"^[!-~]")]  # begins with something to see
Uri = Annotated[str, Meta(pattern=r"^[!-~]+$")]
Code = Annotated[str, Meta(pattern=r"^[!-~]+(?: [!-~]+)*$")]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]
Time = Annotated[str, Meta(pattern=_TIME)]
Day = Annotated[str, Meta(pattern=r"^(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}(?:T.{9,})?$")]


class _Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel", gc=False):
    """A FHIR element with no member but those named."""


class _Coding(_Strict, frozen=True):
    code: Code
    system: Uri | UnsetType = UNSET
    display: Text | UnsetType = UNSET


class _Concept(_Strict, frozen=True):
    coding: Annotated[list[_Coding], Meta(min_length=1)]
    text: Text | UnsetType = UNSET


class _Reference(_Strict, frozen=True):
    reference: Text
    display: Text | UnsetType = UNSET


class _Quantity(_Strict, frozen=True):
    value: Raw
    system: Literal["http://unitsofmeasure.org"]
    code: Code
    unit: Text | UnsetType = UNSET


class _Component(_Strict, frozen=True):
    code: _Concept
    value_quantity: _Quantity


class _Meta(_Strict, frozen=True):
    profile: Annotated[list[Uri], Meta(min_length=1)] | UnsetType = UNSET
    last_updated: Time | UnsetType = UNSET
    version_id: Id | UnsetType = UNSET


class _Identifier(_Strict, frozen=True):
    value: Text
    system: Uri | UnsetType = UNSET


class _Observation(_Strict, frozen=True):
    resource_type: Literal["Observation"]
    status: Literal["final", "amended", "corrected", "preliminary"]
    code: _Concept
    subject: _Reference
    effective_date_time: Day
    category: Annotated[list[_Concept], Meta(min_length=1)] | UnsetType = UNSET
    value_quantity: _Quantity | UnsetType = UNSET
    component: Annotated[list[_Component], Meta(min_length=1)] | UnsetType = UNSET
    identifier: Annotated[list[_Identifier], Meta(min_length=1)] | UnsetType = UNSET
    device: _Reference | UnsetType = UNSET
    issued: Time | UnsetType = UNSET
    id: Id | UnsetType = UNSET
    meta: _Meta | UnsetType = UNSET


_NOTHING = _Meta()  # the one element here that could come as an empty object (ele-1)
_DECODER = msgspec.json.Decoder(_Observation)
_ENCODER = msgspec.json.Encoder()
_meaning = lru_cache(maxsize=1024)(meaning)
_disagree = lru_cache(maxsize=1024)(disagree)


def fast(raw: bytes) -> ParsedObservation | None:
    """Return what the bytes mean, or None where only the full path may say."""
    if len(raw) > LARGEST or b"\\" in raw:
        return None
    try:
        seen = _DECODER.decode(raw)
        return _parsed(seen) if _members_are_single(raw, seen) else None
    except (msgspec.MsgspecError, ValueError):  # ValueError: 30 February, bytes that are not UTF-8
        return None


def _members_are_single(raw: bytes, seen: _Observation) -> bool:
    """Return whether no member came twice: msgspec keeps the last, so fewer would come back.

    With no escapes and no space before a colon, `":` ends every member's name; where it also
    begins a text it does so on both sides.
    """
    return raw.count(b'":') == _ENCODER.encode(seen).count(b'":') and not _SPACED_COLON.search(raw)


def _parsed(seen: _Observation) -> ParsedObservation | None:
    subject = _SUBJECT.fullmatch(seen.subject.reference)
    device = seen.device and _DEVICE.fullmatch(seen.device.reference)
    measurements = _measurements(seen)
    if not (subject and measurements) or (seen.device and not device) or seen.meta == _NOTHING:
        return None
    if (
        seen.meta
        and seen.meta.profile
        and contradicted(seen.meta.profile, _meaning(_pairs(seen.code)))
    ):
        return None
    category = tuple(each.code for concept in seen.category or () for each in concept.coding)
    if "vital-signs" not in category and _needs_category(measurements):
        return None
    return ParsedObservation(
        seen.status,
        Ref(subject[1], subject[2]),
        Ref(device[1], device[2]) if device else None,
        tuple(Identifier(each.system or "", each.value) for each in seen.identifier or ()),
        _pairs(seen.code),
        _when(seen.effective_date_time),
        datetime.fromisoformat(seen.issued) if seen.issued else None,
        _updated(seen.meta),
        measurements,
        resource_id=seen.id or "",
        contact=True,
        category=category,
    )


def _needs_category(measurements: Iterable[Measurement]) -> bool:
    return any(each.vital in PROFILED for each in measurements)


def _updated(meta: _Meta | UnsetType) -> datetime | None:
    return datetime.fromisoformat(meta.last_updated) if meta and meta.last_updated else None


def _when(text: str) -> When:
    if len(text) == len("2026-01-01"):
        return When(Precision.DAY, day=date.fromisoformat(text), received=text)
    if not _IS_TIME.match(text):
        raise ValueError
    return When(Precision.INSTANT, start=datetime.fromisoformat(text), received=text)


_IS_TIME = re.compile(_TIME)


def _pairs(concept: _Concept) -> tuple[tuple[str, str], ...]:
    return tuple([(each.system or "", each.code) for each in concept.coding])


def _measurements(seen: _Observation) -> tuple[Measurement, ...] | None:
    named = _meaning(_pairs(seen.code))
    if seen.value_quantity and not seen.component:
        one = _measured(named, seen.value_quantity, None)
        return (one,) if one else None
    if not (seen.component and named.panel and named.vital is None and not seen.value_quantity):
        return None
    return _panel(seen.component)


def _panel(components: list[_Component]) -> tuple[Measurement, ...] | None:
    by_vital: dict[Vital, Measurement] = {}
    for index, component in enumerate(components):
        one = _measured(_meaning(_pairs(component.code)), component.value_quantity, index)
        if one is None or one.vital in by_vital:
            return None
        by_vital[one.vital] = one
    high, low = by_vital.get(Vital.SYSTOLIC_BP), by_vital.get(Vital.DIASTOLIC_BP)
    if not (high and low) or (high.value or 0) <= (low.value or 0):
        return None
    return tuple(by_vital.values())


def _measured(named: Meaning, quantity: _Quantity, index: int | None) -> Measurement | None:
    vital, code = named.vital, quantity.code
    if vital is None or named.panel or not named.agreed or named.use is not Use.READ:
        return None
    number = bytes(quantity.value)
    convert = TABLE[vital].get(code)
    if convert is None or not _NUMBER.fullmatch(number) or not named_by_profile(vital, code):
        return None
    if named.moles is not None and named.moles != code.startswith("mmol"):
        return None
    if quantity.unit and quantity.unit != code and _disagree(vital, code, quantity.unit):
        return None
    text = number.decode()
    value = float(convert(Decimal(text)))
    if not plausible(vital, value):
        return None
    return Measurement(vital, value, Quality.SCORED, "", text, code, "", index)
