"""Who or what a resource speaks of: business identifiers and references, as received."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_RELATIVE = re.compile(
    r"([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)
_ABSOLUTE = re.compile(
    r"https?://[^\s?#]+/([A-Z][A-Za-z]+)/([A-Za-z0-9\-.]{1,64})(?:/_history/[A-Za-z0-9\-.]{1,64})?"
)


@dataclass(frozen=True, slots=True)
class Identifier:
    """A business identifier; `system` is empty where the sender named none."""

    system: str
    value: str


@dataclass(frozen=True, slots=True)
class Ref:
    """A reference as received; it is resolved elsewhere, never guessed.

    `type` and `id` are set for `Type/id` and for absolute addresses that end so; `url` is the
    absolute address, `urn:uuid:…` or conditional reference (`Patient?identifier=…`) as received.
    """

    type: str = ""
    id: str = ""
    url: str = ""
    identifier: Identifier | None = None
    contained: bool = False


def read_identifiers(resource: Mapping[str, Any]) -> tuple[Identifier, ...]:
    """Return the identifiers that have a value, in the order received."""
    named = resource.get("identifier", ())
    return tuple(
        Identifier(str(each.get("system", "")), str(each["value"]))
        for each in ([named] if isinstance(named, dict) else named)  # some types have but one
        if each.get("value")
    )


def read_reference(reference: Mapping[str, Any] | None) -> Ref | None:
    """Return what a Reference points at, or None where it names nothing to resolve."""
    if not reference:
        return None
    named = reference.get("identifier") or {}
    identifier = (
        Identifier(str(named.get("system", "")), str(named["value"]))
        if named.get("value")
        else None
    )
    kind, text = str(reference.get("type", "")), str(reference.get("reference", ""))
    if not text:
        return Ref(type=kind, identifier=identifier) if identifier else None
    if text.startswith("#"):
        return Ref(type=kind, id=text[1:], identifier=identifier, contained=True)
    if relative := _RELATIVE.fullmatch(text):
        return Ref(relative[1], relative[2], identifier=identifier)
    if absolute := _ABSOLUTE.fullmatch(text):
        return Ref(absolute[1], absolute[2], url=text, identifier=identifier)
    return Ref(type=kind or _conditional_type(text), url=text, identifier=identifier)


def _conditional_type(text: str) -> str:
    kind, mark, _ = text.partition("?")
    return kind if mark and kind.isalpha() else ""


# R4's own extension, and the address under which the Personal Health Device guide names it.
_GATEWAYS = frozenset(
    {
        "http://hl7.org/fhir/StructureDefinition/observation-gatewayDevice",
        "http://hl7.org/fhir/uv/phd/StructureDefinition/observation-gatewayDevice",
    }
)


def read_gateway(resource: Mapping[str, Any]) -> Ref | None:
    """Return the gateway that sent a device's Observation on, or None (FHIR-21)."""
    for each in resource.get("extension", ()):
        if each.get("url") in _GATEWAYS:
            return read_reference(each.get("valueReference"))
    return None
