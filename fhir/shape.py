"""Holds a resource against the R4B models: names, JSON types, codes, reference targets.

fhir.resources reads numbers from strings, any string for a required code and any reference
target; this file looks at those first, then lets the library judge the rest.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from types import NoneType
from typing import TYPE_CHECKING, Any, get_args, get_origin

from pydantic import ValidationError

from fhir.outcome import MISSING, PROFILE, STRUCTURE, Issue, shown
from fhir.resources.R4B import get_fhir_model_class

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Found = tuple[int, Issue]  # with the HTTP status it leads to

OTHER_RELEASES = {
    "Observation": {
        "comment": "STU3",
        "context": "STU3",
        "related": "STU3",
        "triggeredBy": "R5",
        "bodyStructure": "R5",
        "instantiatesCanonical": "R5",
        "instantiatesReference": "R5",
        "valueReference": "R5",
        "valueAttachment": "R5",
        "comments": "DSTU2",
        "reliability": "DSTU2",
    },
    "Patient": {"animal": "STU3", "careProvider": "DSTU2"},
    "Condition": {"assertedDate": "STU3", "dateRecorded": "DSTU2", "participant": "R5"},
    "Device": {"udi": "STU3", "displayName": "R5", "name": "R5"},
    "CareTeam": {"context": "STU3"},
    "EpisodeOfCare": {"reason": "R5"},
    "Practitioner": {"practitionerRole": "DSTU2"},
    "PractitionerRole": {"contact": "R5"},
}
# R4 has fewer targets here than R4B, whose models we use.
_R4_TARGETS = {
    ("Observation", "subject"): ("Patient", "Group", "Device", "Location"),
}
_R4_CODES = {
    ("Observation", "status"): (
        "registered",
        "preliminary",
        "final",
        "amended",
        "corrected",
        "cancelled",
        "entered-in-error",
        "unknown",
    ),
    ("Narrative", "status"): ("generated", "extensions", "additional", "empty"),
    ("Identifier", "use"): ("usual", "official", "temp", "secondary", "old"),
    ("ContactPoint", "system"): ("phone", "fax", "email", "pager", "url", "sms", "other"),
}
_COMPARATORS = ("<", "<=", ">=", ">")
_TARGET = re.compile(
    r"(?:https?://[^\s?#]+/)?([A-Z][A-Za-z]+)/[A-Za-z0-9\-.]{1,64}(?:/_history/.+)?"
)


@dataclass(frozen=True, slots=True)
class Element:
    """What one JSON member may be: a complex type's name, or a primitive's JSON kind."""

    many: bool
    model: str = ""
    primitive: str = ""
    codes: tuple[str, ...] = ()
    targets: tuple[str, ...] = ()


def misshapen(resource: dict[str, Any], kind: str) -> list[Found]:
    """Return what is structurally wrong with a resource of a `known` kind, 400s first."""
    found = sorted(_walk(resource, kind, kind), key=lambda each: each[0])
    return found or _library(resource, kind)


@cache
def known(kind: str) -> bool:
    """Return whether it names a concrete R4B resource type."""
    if not kind.isalpha() or kind in {"Resource", "DomainResource"}:
        return False
    try:
        fields = get_fhir_model_class(kind).model_fields
    except (ValueError, KeyError, AttributeError, ImportError, TypeError):
        return False
    return "implicitRules" in fields


@cache
def elements(model: str) -> Mapping[str, Element]:
    """Return the JSON members of an R4B type."""
    named = {}
    for name, field in get_fhir_model_class(model).model_fields.items():
        alias = field.alias or name
        if alias in {"fhir_comments", "resource_type"}:
            continue
        extra = field.json_schema_extra if isinstance(field.json_schema_extra, dict) else {}
        element = _element(field.annotation)
        codes = _tuple(extra.get("enum_values")) if element.primitive == "Code" else ()
        named[alias] = Element(
            element.many,
            element.model,
            element.primitive,
            _R4_CODES.get((model, alias)) or (() if "+" in codes else codes),
            _R4_TARGETS.get((model, alias)) or _tuple(extra.get("enum_reference_types")),
        )
    return named


def _tuple(values: Any) -> tuple[str, ...]:
    return tuple(str(value) for value in values) if isinstance(values, list) else ()


def _element(annotation: Any) -> Element:
    many = False
    while True:
        if get_origin(annotation) is list:
            many = True
            annotation = get_args(annotation)[0]
        elif hasattr(annotation, "__metadata__"):
            return Element(many, primitive=type(annotation.__metadata__[0]).__name__)
        elif inner := [each for each in get_args(annotation) if each is not NoneType]:
            annotation = inner[0]
        else:
            break
    if annotation is bool:
        return Element(many, primitive="Boolean")
    return Element(many, model=annotation.__name__.removesuffix("Type"))


def _walk(node: dict[str, Any], model: str, path: str) -> Iterator[Found]:
    allowed = elements(model)
    for key, value in node.items():
        if key == "resourceType" and "implicitRules" in allowed:
            continue
        where = f"{path}.{key}"
        element = allowed.get(key)
        if element is None:
            yield _structure(_unknown(model, key), where)
        elif element.many != isinstance(value, list):
            yield _structure("an array is needed" if element.many else "not an array", where)
        elif element.many:
            for index, item in enumerate(value):
                yield from _value(item, element, f"{where}[{index}]")
        else:
            yield from _value(value, element, where)
    if model == "Quantity" and node.get("comparator", "<") not in _COMPARATORS:
        text = f"comparator is one of {' '.join(_COMPARATORS)}"
        yield PROFILE, Issue("error", "code-invalid", text, f"{path}.comparator")


def _unknown(model: str, key: str) -> str:
    release = OTHER_RELEASES.get(model, {}).get(key)
    if release:
        return f"an element of {release}: this endpoint speaks FHIR R4 (4.0.1)"
    return f"not an element of {model} in FHIR R4 (4.0.1)"


def _structure(text: str, path: str) -> Found:
    return STRUCTURE, Issue("error", "structure", text, shown(path))


def _value(value: Any, element: Element, path: str) -> Iterator[Found]:
    if value is None:
        return  # allowed only beside a twin in an array, which `strict` has looked at
    if element.primitive:
        yield from _primitive(value, element, path)
    elif not isinstance(value, dict):
        yield _structure("an object is needed", path)
    elif element.model == "Resource":
        yield from _inner(value, path)
    else:
        yield from _walk(value, element.model, path)
        if element.model == "Reference":
            yield from _reference(value, element, path)


def _inner(resource: dict[str, Any], path: str) -> Iterator[Found]:
    kind = resource.get("resourceType")
    if not isinstance(kind, str) or not known(kind):
        yield _structure("resourceType is missing or not an R4 resource type", path)
        return
    yield from _walk(resource, kind, path)


# The library leaves these looser than R4 has them.
_PATTERNS = {
    "Id": re.compile(r"[A-Za-z0-9\-.]{1,64}"),
    "Uri": re.compile(r"\S+"),
    "Url": re.compile(r"\S+"),
    "Canonical": re.compile(r"\S+"),
    "Oid": re.compile(r"urn:oid:[0-2](?:\.(?:0|[1-9][0-9]*))+"),
}
_NUMBERS = {"Integer", "PositiveInt", "UnsignedInt"}


def _primitive(value: Any, element: Element, path: str) -> Iterator[Found]:
    if element.primitive == "Boolean":
        fits, needed = isinstance(value, bool), "true or false is needed"
    elif element.primitive == "Decimal":
        fits, needed = _is_number(value, (int, Decimal)), "a JSON number is needed"
    elif element.primitive in _NUMBERS:
        fits, needed = _is_number(value, (int,)), "a whole JSON number is needed"
    else:
        fits, needed = isinstance(value, str), "a JSON string is needed"
        pattern = _PATTERNS.get(element.primitive)
        if fits and pattern and not pattern.fullmatch(value):
            fits, needed = False, f"not a value of its R4 type ({element.primitive.lower()})"
    if not fits:
        yield _structure(needed, path)
    elif element.codes and value not in element.codes:
        text = f"not in the required value set: {' | '.join(element.codes)}"
        yield STRUCTURE, Issue("error", "code-invalid", text, path)


def _is_number(value: Any, types: tuple[type, ...]) -> bool:
    return isinstance(value, types) and not isinstance(value, bool)


def _reference(value: dict[str, Any], element: Element, path: str) -> Iterator[Found]:
    if not element.targets or "Resource" in element.targets:
        return
    found = _TARGET.fullmatch(str(value.get("reference", "")))
    target = found[1] if found else str(value.get("type", "")) or element.targets[0]
    if target not in element.targets and known(target):
        text = f"refers to a {target}; allowed: {', '.join(element.targets)}"
        yield PROFILE, Issue("error", "value", text, f"{path}.reference")


def _library(resource: dict[str, Any], kind: str) -> list[Found]:
    """Return what the models themselves refuse, in our words: theirs repeat the value."""
    try:
        get_fhir_model_class(kind).model_validate(resource)
    except ValidationError as error:
        return [_said(each["type"], each["loc"], kind) for each in error.errors()]
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError, ArithmeticError):
        return [_structure(f"not a {kind} that R4 knows", kind)]
    return []


_TIMES = re.compile(r"(?:[dD]ateTime|[dD]ate|Instant|issued|lastUpdated|\.start|\.end)$")
_TIME_FORM = "a date is 2026-03-02, a time needs seconds and zone: 2026-03-02T08:00:00+01:00"


def _said(sort: str, location: tuple[int | str, ...], kind: str) -> Found:
    path = kind
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{step}"
    path = path.removesuffix(".root")
    if "missing" in sort:
        return STRUCTURE, Issue("error", "required", MISSING, shown(path))
    text = "not a value of its R4 type" if location else "elements that exclude each other"
    if _TIMES.search(path):
        text = f"{text}: {_TIME_FORM}"
    return STRUCTURE, Issue("error", "value" if location else "structure", text, shown(path))
