"""Reads by which number a patient, and whoever cares for them, can be sent a short message."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fhir.codes import codings
from fhir.moments import ending

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

SMS, CHAT = "sms", "chat"
# A text message goes to a mobile telephone; FHIR has no system for chat but `other`.
_CHANNELS = {"sms": SMS, "phone": SMS, "other": CHAT}
_NOT_MOBILE = frozenset({"home", "work", "old"})
LONGEST = 200
_LAST = 10**6


@dataclass(frozen=True, slots=True)
class ParsedContact:
    """One number of a patient, or of somebody named in `Patient.contact` (`carer`)."""

    channel: str  # sms | chat
    address: str
    carer: bool = False
    name: str = ""  # of the carer
    relationship: str = ""
    until: datetime | None = None


def read_contacts(resource: Mapping[str, Any]) -> tuple[ParsedContact, ...]:
    """Return the numbers of a Patient in the order in which they are to be tried.

    `rank` decides, then whether it is a mobile number, then the order received. Numbers of a
    house or of an office are left out: nobody there reads a text message.
    """
    own = [ParsedContact(*each) for each in _points(resource.get("telecom", ()))]
    return (*own, *_of_carers(resource))


def _of_carers(resource: Mapping[str, Any]) -> Iterator[ParsedContact]:
    for person in resource.get("contact", ()):
        name = _name(person.get("name") or {})
        relation = next(map(_relation, person.get("relationship", ())), "")
        ends = ending(str((person.get("period") or {}).get("end", "")))
        for channel, address in _points(person.get("telecom", ())):
            yield ParsedContact(channel, address, True, name, relation, ends)


def _points(telecom: Iterable[Mapping[str, Any]]) -> list[tuple[str, str]]:
    """Return (channel, address) of what a message can go to, the preferred first."""
    usable = [each for each in telecom if _usable(each)]
    usable.sort(key=lambda each: (each.get("rank") or _LAST, each.get("use") != "mobile"))
    found = ((_CHANNELS[each["system"]], _address(each)) for each in usable)
    return list(dict.fromkeys(found))


def _usable(point: Mapping[str, Any]) -> bool:
    system, use = point.get("system"), point.get("use", "")
    if system not in _CHANNELS or use == "old" or (point.get("period") or {}).get("end"):
        return False
    return 0 < len(_address(point)) <= LONGEST and (system != "phone" or use not in _NOT_MOBILE)


def _address(point: Mapping[str, Any]) -> str:
    """Return a number without the marks that people write between its digits."""
    value = str(point.get("value", "")).strip().removeprefix("tel:").removeprefix("sms:")
    if point.get("system") == "other":
        return value
    return "".join(each for each in value if each not in " -().\u00a0")


def _relation(concept: Mapping[str, Any]) -> str:
    coded = concept.get("coding", ())
    shown = (str(each.get("display", "")) for each in coded)
    codes = (code for _, code in codings(concept))
    return str(concept.get("text", "")) or next(filter(None, [*shown, *codes]), "")


def _name(name: Mapping[str, Any]) -> str:
    if name.get("text"):
        return str(name["text"]).strip()
    return " ".join([*map(str, name.get("given", ())), str(name.get("family", ""))]).strip()
