"""Reads and writes what a person said of the use of their data, as a FHIR R4 Consent.

A Consent counts as a whole or not at all: one that narrows what it says to actors, actions or
data in a way that is not followed here is refused by the element, for to keep it and not to do
what it says would be worse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.detected_issue import coding
from fhir.identity import read_reference
from fhir.moments import beginning, ending
from fhir.outcome import Refusal, refusal

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from fhir.identity import Ref

PURPOSES = "urn:wardlight:codesystem:purpose"
ACT_REASON = "http://terminology.hl7.org/CodeSystem/v3-ActReason"
SCOPES = "http://terminology.hl7.org/CodeSystem/consentscope"
CATEGORY = "http://loinc.org"
KNOWN = ("monitoring", "scoring", "research", "training", "use")
_ALSO = {"TREAT": "monitoring", "HRESCH": "research"}  # v3 ActReason
# What narrows a provision down, none of which is followed here.
_NARROWER = (
    "actor",
    "action",
    "securityLabel",
    "class",
    "code",
    "dataPeriod",
    "data",
)
_NOT_YET = frozenset({"draft", "proposed", "entered-in-error"})


@dataclass(frozen=True, slots=True)
class Said:
    """Yes or no to one purpose, from when until when; `since` is None where it is not said.

    `heard`: an exception to what is not dated, which counts no earlier than that does.
    """

    purpose: str
    allowed: bool
    since: datetime | None = None
    until: datetime | None = None
    heard: bool = False


@dataclass(frozen=True, slots=True)
class ParsedConsent:
    """Whose it is, and all that it says now, each exception behind what it is an exception of."""

    patient: Ref | None
    said: tuple[Said, ...]


def read_consent(resource: Mapping[str, Any]) -> ParsedConsent | Refusal:
    """Read a Consent that passed `strict.check`, or say why it cannot be followed."""
    whose, status = read_reference(resource.get("patient")), str(resource.get("status", ""))
    if status in _NOT_YET:
        return ParsedConsent(whose, ())
    root = resource.get("provision") or {}
    if not root:
        return _refused("Consent.provision", "say what is permitted or denied, and for what")
    found: list[Said] = []
    when = str(resource.get("dateTime", ""))
    for path, each, above in _provisions(root, "Consent.provision", when):
        fault = _fault(each, path)
        if fault is not None:
            return fault
        found += _said(each, status, when, above)
    if not found and status == "active":
        return _refused("Consent.provision.purpose", f"expected some of {', '.join(KNOWN)}")
    return ParsedConsent(whose, tuple(found))


def _provisions(
    root: Mapping[str, Any], path: str, when: str, above: tuple[datetime | None, ...] = ()
) -> Iterator[tuple[str, Mapping[str, Any], tuple[datetime | None, ...]]]:
    """Yield each provision with since when those count of which it is an exception."""
    yield path, root, above
    within = (*above, _since(root, when))
    for number, each in enumerate(root.get("provision", ())):
        yield from _provisions(each, f"{path}.provision[{number}]", when, within)


def _since(provision: Mapping[str, Any], when: str) -> datetime | None:
    return beginning(str((provision.get("period") or {}).get("start", "") or when))


def _fault(provision: Mapping[str, Any], path: str) -> Refusal | None:
    for name in _NARROWER:
        if provision.get(name):
            return _refused(f"{path}.{name}", "a Consent narrowed in this way is not followed here")
    purposes = provision.get("purpose", ())
    for number, each in enumerate(purposes):
        if _purpose(each) is None:
            text = f"expected one of {', '.join(KNOWN)} of {PURPOSES}, or TREAT or HRESCH"
            return _refused(f"{path}.purpose[{number}]", text)
    if purposes and provision.get("type") not in ("permit", "deny"):
        return _refused(f"{path}.type", "expected permit or deny")
    return None


def _said(
    provision: Mapping[str, Any], status: str, when: str, above: Iterable[datetime | None]
) -> Iterator[Said]:
    """Yield what a provision comes to: a permission that was rejected or has ended is a no.

    An exception that began before what it is an exception of counts with that, or the newer
    word of the two would be the one that it excepts.
    """
    permits, period = provision.get("type") == "permit", provision.get("period") or {}
    if status != "active" and not permits:
        return  # a refusal that is over lets be what was before
    # When a permission ended is not told: it has, by the time at which that is heard.
    over = status != "active"
    own = None if over else _since(provision, when)
    since = own and max([own, *filter(None, above)])
    for each in provision.get("purpose", ()):
        purpose = _purpose(each)
        if purpose is not None:
            until = None if over else ending(str(period.get("end", "")))
            yield Said(purpose, permits and not over, since, until, None in above)


def _purpose(code: Mapping[str, Any]) -> str | None:
    system, value = code.get("system"), str(code.get("code", ""))
    if system == ACT_REASON:
        return _ALSO.get(value)
    return value if system == PURPOSES and value in KNOWN else None


def _refused(expression: str, text: str) -> Refusal:
    return refusal(422, "not-supported", text, expression)


def consent(said: Said, *, patient: str, performer: str, recorded: datetime) -> dict[str, Any]:
    """Return what was written down here of one purpose; the words that explain it stay sealed."""
    period = {
        name: at.isoformat() for name, at in (("start", said.since), ("end", said.until)) if at
    }
    about = {"scope": "research"} if said.purpose == "research" else {"scope": "patient-privacy"}
    return {
        "resourceType": "Consent",
        "status": "active",
        "scope": {"coding": [coding(SCOPES, about["scope"])]},
        "category": [{"coding": [coding(CATEGORY, "59284-0")]}],  # LOINC: Consent Document
        "patient": {"reference": patient},
        "dateTime": recorded.isoformat(),
        **({"performer": [{"reference": performer}]} if performer else {}),
        "policyRule": {"text": "Regulation (EU) 2016/679"},
        "provision": {
            "type": "permit" if said.allowed else "deny",
            **({"period": period} if period else {}),
            "purpose": [coding(PURPOSES, said.purpose)],
        },
    }
