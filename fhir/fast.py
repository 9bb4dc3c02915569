"""The short cut for what devices send: plain Quantities and BP panels in strict shape.

It takes a subset and says None to everything else; it never refuses and never warns. A test
holds it against the full path: what it takes, the full path reads alike.

Devices say most things again and again, byte for byte: what was measured, in which unit, of
whom. Such a part is read strictly the first time and remembered by its bytes, together with
how many members it has.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from typing import Annotated, Literal

import msgspec
from msgspec import UNSET, Meta, Raw, UnsetType

from core.vitals import Precision, Quality, Vital
from fhir.codes import Meaning, Use, meaning
from fhir.identity import Identifier, Ref
from fhir.measurement import Measurement, ParsedObservation, When
from fhir.profiles import PROFILED, contradicted
from fhir.sites import coded_site, named_site
from fhir.units import TABLE, disagree, named_by_profile, plausible

LARGEST = 4096  # bytes; also bounds what the memories below can hold
REMEMBERED = 4096  # parts of each kind
_NUMBER = re.compile(rb"(?:0|[1-9][0-9]{0,8})(?:\.[0-9]{1,6})?")
_REFERENCE = r"([A-Za-z0-9\-.]{1,64})"
_TIME = re.compile(
    r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,6})?"
    r"(?:Z|[+-](?:0[0-9]|1[0-3]):[0-5][0-9])",
    re.ASCII,
)
_DAY = re.compile(r"(?:19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)

Text = Annotated[str, Meta(pattern=r"^[!-~]")]  # begins with something to see
Uri = Annotated[str, Meta(pattern=r"^[!-~]+$")]
Code = Annotated[str, Meta(pattern=r"^[!-~]+(?: [!-~]+)*$")]
Id = Annotated[str, Meta(pattern=r"^[A-Za-z0-9\-.]{1,64}$")]


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
    code: Raw
    value_quantity: Raw


class _Meta(_Strict, frozen=True):
    profile: Annotated[list[Uri], Meta(min_length=1)] | UnsetType = UNSET
    last_updated: str | UnsetType = UNSET
    version_id: Id | UnsetType = UNSET


class _Identifier(_Strict, frozen=True):
    value: Text
    system: Uri | UnsetType = UNSET


class _Observation(_Strict, frozen=True):
    resource_type: Literal["Observation"]
    status: Literal["final", "amended", "corrected", "preliminary"]
    code: Raw
    subject: Raw
    effective_date_time: str
    category: Raw | UnsetType = UNSET
    value_quantity: Raw | UnsetType = UNSET
    component: Annotated[list[_Component], Meta(min_length=1)] | UnsetType = UNSET
    identifier: Annotated[list[_Identifier], Meta(min_length=1)] | UnsetType = UNSET
    device: Raw | UnsetType = UNSET
    body_site: Raw | UnsetType = UNSET
    issued: str | UnsetType = UNSET
    id: Id | UnsetType = UNSET
    meta: _Meta | UnsetType = UNSET


# Colons are found first, for they are fewer than spaces.
_SPACED = re.compile(rb":(?<=[ \n\t\r]:)")
_OBSERVATION = msgspec.json.Decoder(_Observation)
_CONCEPT = msgspec.json.Decoder(_Concept)
_CATEGORY = msgspec.json.Decoder(Annotated[list[_Concept], Meta(min_length=1)])
_QUANTITY = msgspec.json.Decoder(_Quantity)
_WHOM = msgspec.json.Decoder(_Reference)
_ENCODER = msgspec.json.Encoder()
_disagree = lru_cache(maxsize=REMEMBERED)(disagree)


class _NotPlainError(ValueError):
    """Only the full path may say what this means."""


def fast(raw: bytes) -> ParsedObservation | None:
    """Return what the bytes mean, or None where only the full path may say."""
    if len(raw) > LARGEST or b"\\" in raw or spaced(raw):
        return None
    try:
        return _parsed(_OBSERVATION.decode(raw), raw)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None  # ValueError: 30 February, bytes that are not UTF-8


def spaced(raw: bytes) -> bool:
    """Return whether a space stands before any colon."""
    return _SPACED.search(raw) is not None


def members(raw: bytes) -> int:
    """Return how many members the objects in the bytes have, where nothing is escaped.

    With no space before a colon, `":` ends every member's name. A text that begins with a colon
    counts too: then the numbers differ, and the full path says what is meant.
    """
    return raw.count(b'":')


def _parsed(seen: _Observation, raw: bytes) -> ParsedObservation | None:
    subject, count = _reference(bytes(seen.subject), "Patient")
    code = bytes(seen.code)
    pairs, named, counted = _concept(code)
    device, in_device = _reference(bytes(seen.device), "Device") if seen.device else (None, 0)
    where, _, in_site = _concept(bytes(seen.body_site)) if seen.body_site else ((), None, 0)
    category, in_category = _categories(bytes(seen.category)) if seen.category else ((), 0)
    measurements, measured, profiled = _measurements(seen, code, panel=_is_panel(named))
    count += counted + in_device + in_site + in_category + measured + _plain_members(seen)
    # msgspec keeps the last of members that come twice: then fewer came back than are written.
    if count != members(raw):
        return None
    if profiled and "vital-signs" not in category:
        return None
    if seen.meta and seen.meta.profile and contradicted(seen.meta.profile, named):
        return None
    identifiers = seen.identifier or ()
    return ParsedObservation(
        seen.status,
        subject,
        device,
        tuple([Identifier(each.system or "", each.value) for each in identifiers]),
        pairs,
        _when(seen.effective_date_time),
        _time(seen.issued) if seen.issued is not UNSET else None,
        _updated(seen.meta),
        measurements,
        resource_id=seen.id or "",
        contact=True,
        category=category,
        site=coded_site(where) or named_site(pairs),
    )


def _plain_members(seen: _Observation) -> int:
    """Return how many members the parts have that are not remembered, and the whole."""
    count = 14  # those that every Observation here has, and all that it may have
    for each in (seen.category, seen.value_quantity, seen.component, seen.identifier):
        count -= each is UNSET
    for one in (seen.device, seen.body_site, seen.issued, seen.id, seen.meta):
        count -= one is UNSET
    for named in seen.identifier or ():
        count += 1 if named.system is UNSET else 2
    if seen.meta is not UNSET:
        said = members(_ENCODER.encode(seen.meta))
        if not said:  # the one element here that could come as an empty object (ele-1)
            raise _NotPlainError
        count += said
    return count


def _when(text: str) -> When:
    if _DAY.fullmatch(text):
        return When(Precision.DAY, day=date.fromisoformat(text), received=text)
    return When(Precision.INSTANT, start=_time(text), received=text)


def _updated(meta: _Meta | UnsetType) -> datetime | None:
    if meta is UNSET or meta.last_updated is UNSET:
        return None
    return _time(meta.last_updated)


def _time(text: str) -> datetime:
    if not _TIME.fullmatch(text):
        raise _NotPlainError
    return datetime.fromisoformat(text)


def _single(raw: bytes, seen: _Concept | _Quantity | _Reference | list[_Concept]) -> int:
    """Return how many members a part has; each is there once."""
    count = members(raw)
    if count != members(_ENCODER.encode(seen)):
        raise _NotPlainError
    return count


@lru_cache(maxsize=REMEMBERED)
def _reference(raw: bytes, kind: str) -> tuple[Ref, int]:
    seen = _WHOM.decode(raw)
    found = re.fullmatch(f"({kind})/{_REFERENCE}", seen.reference)
    if not found:
        raise _NotPlainError
    return Ref(found[1], found[2]), _single(raw, seen)


@lru_cache(maxsize=REMEMBERED)
def _concept(raw: bytes) -> tuple[tuple[tuple[str, str], ...], Meaning, int]:
    seen = _CONCEPT.decode(raw)
    pairs = tuple((each.system or "", each.code) for each in seen.coding)
    return pairs, meaning(pairs), _single(raw, seen)


@lru_cache(maxsize=REMEMBERED)
def _categories(raw: bytes) -> tuple[tuple[str, ...], int]:
    seen = _CATEGORY.decode(raw)
    return tuple(each.code for one in seen for each in one.coding), _single(raw, seen)


def _is_panel(named: Meaning) -> bool:
    return named.panel and named.vital is None


def _measurements(
    seen: _Observation, code: bytes, *, panel: bool
) -> tuple[tuple[Measurement, ...], int, bool]:
    """Return what was measured, how many members say so, and whether a profile governs it."""
    if seen.value_quantity and not seen.component:
        one, count, profiled = _measured(code, bytes(seen.value_quantity), None)
        return (one,), count, profiled
    if not (seen.component and panel and not seen.value_quantity):
        raise _NotPlainError
    return _panel(seen.component)


def _panel(components: list[_Component]) -> tuple[tuple[Measurement, ...], int, bool]:
    by_vital: dict[Vital, Measurement] = {}
    count = 2 * len(components)
    for index, component in enumerate(components):
        code = bytes(component.code)
        one, measured, _ = _measured(code, bytes(component.value_quantity), index)
        if one.vital in by_vital:
            raise _NotPlainError
        by_vital[one.vital] = one
        count += _concept(code)[2] + measured
    high, low = by_vital.get(Vital.SYSTOLIC_BP), by_vital.get(Vital.DIASTOLIC_BP)
    if not (high and low) or (high.value or 0) <= (low.value or 0):
        raise _NotPlainError
    return tuple(by_vital.values()), count, True


@lru_cache(maxsize=4 * REMEMBERED)
def _measured(concept: bytes, raw: bytes, index: int | None) -> tuple[Measurement, int, bool]:
    named, quantity = _concept(concept)[1], _QUANTITY.decode(raw)
    vital, code, number = named.vital, quantity.code, bytes(quantity.value)
    if vital is None or named.panel or not named.agreed or named.use is not Use.READ:
        raise _NotPlainError
    convert = TABLE[vital].get(code)
    if convert is None or not _NUMBER.fullmatch(number) or not named_by_profile(vital, code):
        raise _NotPlainError
    if named.moles is not None and named.moles != code.startswith("mmol"):
        raise _NotPlainError
    if quantity.unit and quantity.unit != code and _disagree(vital, code, quantity.unit):
        raise _NotPlainError
    text = number.decode()
    value = float(convert(Decimal(text)))
    if not plausible(vital, value):
        raise _NotPlainError
    one = Measurement(vital, value, Quality.SCORED, "", text, code, "", index)
    return one, _single(raw, quantity), vital in PROFILED
