"""What was agreed with a client about its Observations: how strict, and what is overlooked."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from fhir.outcome import KEPT, PROFILE, Issue, Refusal

if TYPE_CHECKING:
    from fhir.measurement import ParsedObservation

BOM = b"\xef\xbb\xbf"
_NULL_MEMBER = re.compile(rb":\s*null\b")


class Mode(StrEnum):
    """How a client's Observations are held against the R4 vital-signs profiles."""

    ENFORCE = "enforce"  # what would be a warning, or kept for its unit or time, is 422
    WARN = "warn"
    OFF = "off"  # the profile is not asked; structure and invariants always are


class Tolerance(StrEnum):
    """A departure from FHIR JSON that a client may be allowed, by name."""

    NULL_MEMBERS = "null-members"  # explicit null members are ignored
    BOM = "bom"  # one leading byte-order mark is ignored


@dataclass(frozen=True, slots=True)
class Policy:
    """The mode and the tolerances of one client; what is stored is always what was received."""

    mode: Mode = Mode.WARN
    tolerances: frozenset[Tolerance] = frozenset()

    def used(self, raw: bytes) -> frozenset[Tolerance]:
        """Return the tolerances without which this body would not be read."""
        if not self.tolerances:
            return frozenset()
        met = {
            Tolerance.BOM: raw.startswith(BOM),
            Tolerance.NULL_MEMBERS: _NULL_MEMBER.search(raw) is not None,
        }
        return frozenset(each for each in self.tolerances if met[each])

    def unmarked(self, raw: bytes) -> bytes:
        """Return the body without its byte-order mark, where that is tolerated."""
        return raw.removeprefix(BOM) if Tolerance.BOM in self.tolerances else raw

    def without_nulls(self, document: dict[str, Any]) -> dict[str, Any]:
        """Return the document without its null members, where these are tolerated."""
        if Tolerance.NULL_MEMBERS not in self.tolerances:
            return document
        return {key: _pruned(value) for key, value in document.items() if value is not None}

    def settled(self, parsed: ParsedObservation) -> ParsedObservation | Refusal:
        """Return what a client's mode makes of what was noticed."""
        if self.mode is Mode.OFF:
            rest = tuple(each for each in parsed.warnings if each.rule != "profile")
            return parsed if rest == parsed.warnings else replace(parsed, warnings=rest)
        faults = tuple(map(_error, filter(_counts, parsed.warnings)))
        if faults and self.mode is Mode.ENFORCE:
            return Refusal(PROFILE, faults)
        return parsed


LENIENT = Policy()


def _pruned(node: Any) -> Any:
    """Drop null members; a null item of an array keeps its place beside its twin."""
    if isinstance(node, dict):
        return {key: _pruned(value) for key, value in node.items() if value is not None}
    return [_pruned(item) for item in node] if isinstance(node, list) else node


def _counts(issue: Issue) -> bool:
    return bool(issue.rule)


def _error(issue: Issue) -> Issue:
    return replace(issue, severity="error", text=issue.text.removesuffix(KEPT))
