"""The R4 invariants that fhir.resources does not know: quantities, periods, Observations."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from fhir.codes import codings
from fhir.moments import backwards
from fhir.outcome import PROFILE, STRUCTURE, Issue, Refusal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_VALUE = r"(?:[EUL]|[+-]?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)"
_SAMPLE = re.compile(rf"{_VALUE}(?: {_VALUE})*", re.ASCII)
VALUES = (
    "valueQuantity",
    "valueCodeableConcept",
    "valueString",
    "valueBoolean",
    "valueInteger",
    "valueRange",
    "valueRatio",
    "valueSampledData",
    "valueTime",
    "valueDateTime",
    "valuePeriod",
)


def broken(resource: dict[str, Any], kind: str) -> Refusal | None:
    """Return the first broken rules as one refusal: 400 for formats, else 422."""
    formats = tuple(_formats(resource, kind))
    if formats:
        return Refusal(STRUCTURE, formats[:20])
    rules = tuple(_rules(resource, kind))
    return Refusal(PROFILE, rules[:20]) if rules else None


def _nodes(node: Any, path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    if isinstance(node, dict):
        yield path, node
        for key, value in node.items():
            yield from _nodes(value, f"{path}.{key}")
    elif isinstance(node, list):
        for index, value in enumerate(node):
            yield from _nodes(value, f"{path}[{index}]")


def _formats(resource: dict[str, Any], kind: str) -> Iterator[Issue]:
    for path, node in _nodes(resource, kind):
        if path.endswith(".valueSampledData") and isinstance(node.get("data"), str):
            tokens = node["data"].split(" ")
            if not _SAMPLE.fullmatch(node["data"]):
                text = "SampledData is decimals, E, U or L, with one space between"
                yield Issue("error", "value", text, f"{path}.data")
            elif len(tokens) % max(1, int(node.get("dimensions", 1))):
                text = "the number of samples is not a multiple of dimensions"
                yield Issue("error", "value", text, f"{path}.data")


def _rules(resource: dict[str, Any], kind: str) -> Iterator[Issue]:
    for path, node in _nodes(resource, kind):
        last = path.rsplit(".", 1)[-1]
        if "code" in node and "system" not in node and _is_quantity(last, node):
            text = "qty-3: a unit's code needs its system, http://unitsofmeasure.org"
            yield Issue("error", "invariant", text, f"{path}.system")
        if last.endswith("Period") and backwards(node):
            yield Issue("error", "invariant", "per-1: the end is before the start", path)
        if node.get("resourceType") == "Observation":
            yield from _observation(node, path)


def _is_quantity(last: str, node: Mapping[str, Any]) -> bool:
    named = re.sub(r"\[\d+\]$", "", last)
    return named.endswith(("Quantity", "quantity")) or (
        "value" in node and isinstance(node.get("code"), str) and "unit" in node
    )


def _observation(node: Mapping[str, Any], path: str) -> Iterator[Issue]:
    if "dataAbsentReason" in node and any(value in node for value in VALUES):
        text = "obs-6: a value and dataAbsentReason exclude each other"
        yield Issue("error", "invariant", text, f"{path}.dataAbsentReason")
    if not any(value in node for value in VALUES):
        return
    own = frozenset(codings(node.get("code")))
    for index, component in enumerate(node.get("component", ())):
        if own & frozenset(codings(component.get("code"))):
            text = "obs-7: a component repeats the Observation's code beside a value"
            yield Issue("error", "invariant", text, f"{path}.component[{index}].code")
