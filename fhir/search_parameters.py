"""Which searches are understood, and what one asks for; what is unclear is refused by name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from fhir.capability import Search
from fhir.outcome import Issue, Refusal, refusal
from fhir.search_criteria import Criteria, Place, Pointed, Wanted, Whose, read_pointed
from fhir.search_dates import read_sought
from fhir.search_fields import FIELDS, INCLUDES, PATIENT_FIELDS
from fhir.search_kinds import STORED_KINDS, WRITTEN_HERE
from fhir.search_quantities import read_amount
from fhir.search_results import EXPECTED_RESULT, RESULTS, read_result
from fhir.search_tokens import Token, alternatives, read_token

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from fhir.search_dates import Sought
    from fhir.search_quantities import Amount

__all__ = ["SEARCHES", "STORED_KINDS", "WRITTEN_HERE", "Criteria", "Place", "read_search"]

MOST_PARAMETERS = 50
MOST_VALUES = 200
UNSEEN = ("_format", "_pretty")  # what they ask for is settled before the search
_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TYPE = re.compile(r":[A-Z][A-Za-z]{1,40}")
NAMED = re.compile(r"_?[A-Za-z][A-Za-z0-9-]{0,40}(?:[.:][A-Za-z.:]{1,60})?")
_DATE = "expected a date with one of eq ne gt lt ge le sa eb ap before it"
EXPECTED = {
    "token": "expected code, system|code, |code or system|, without modifier",
    "date": _DATE,
    "uri": "expected a whole address, without modifier",
    "canonical": "expected a whole address, with or without |version, without modifier",
    "quantity": "expected [prefix]number, or [prefix]number|system|code, without modifier",
    "reference": "expected an id, Type/id or an address, or :identifier with system|value",
    "patient": "expected an id, Patient/id, an address, or .identifier or :identifier with "
    "system|value",
    "_id": "expected ids, without modifier",
    **EXPECTED_RESULT,
}
DECLARED = {"canonical": "reference"}  # as R4 calls it
SEARCHES: dict[str, tuple[Search, ...]] = {
    kind: tuple(
        Search(kind, name, DECLARED.get(field.type, field.type), include=name in INCLUDES[kind])
        for name, field in fields.items()
    )
    for kind, fields in FIELDS.items()
}


def read_search(
    kind: str, pairs: Iterable[tuple[str, str]], place: Place, *, strict: bool = False
) -> Criteria | Refusal:
    """Return what the parameters ask for, or a refusal that names the one that is wrong.

    An unknown parameter, or an unknown `_include`, is refused where handling is strict, and
    noted where it is not (FHIR-11); a modifier or chain that is not served is always refused.
    """
    criteria = Criteria(kind)
    listed = [pair for pair in pairs if pair[0] not in UNSEEN]
    if len(listed) > MOST_PARAMETERS or sum(v.count(",") for _, v in listed) > MOST_VALUES:
        text = f"at most {MOST_PARAMETERS} parameters and {MOST_VALUES} values are read"
        return refusal(400, "too-costly", text)
    for name, value in listed:
        bare = re.split(r"[.:]", name, maxsplit=1)[0]
        if bare not in FIELDS[kind] and bare not in RESULTS:
            criteria.ignored.append(name)
        elif not _read(criteria, name, value, place):
            return refusal(400, "value", f"{shown_name(name)}: {_expected(kind, bare)}")
    if strict and criteria.ignored:
        return Refusal(400, tuple(not_served(name, "error") for name in criteria.ignored))
    return criteria


def not_served(name: str, severity: str) -> Issue:
    """Return what is said about a parameter that is not understood."""
    return Issue(severity, "not-supported", f"search parameter {shown_name(name)} is not served")


def shown_name(name: str) -> str:
    """Return a parameter's name, unless it could be anything: a person's name among them."""
    return name if NAMED.fullmatch(name) else "(unnamed)"


def _expected(kind: str, bare: str) -> str:
    if bare in EXPECTED:
        return EXPECTED[bare]
    if bare in PATIENT_FIELDS[kind]:
        return EXPECTED["patient"]
    return EXPECTED[FIELDS[kind][bare].type]


def _read(criteria: Criteria, name: str, value: str, place: Place) -> bool:
    bare = re.split(r"[.:]", name, maxsplit=1)[0]
    if bare in RESULTS:
        return name == bare and read_result(criteria, name, value)
    understood = _read_sought(criteria, bare, name.removeprefix(bare), value, place)
    criteria.applied.append((name, value))
    return understood


def _read_sought(criteria: Criteria, bare: str, modifier: str, value: str, place: Place) -> bool:
    if bare in PATIENT_FIELDS[criteria.kind]:
        return _read_whose(criteria, modifier, value, place)
    type_ = FIELDS[criteria.kind][bare].type
    if type_ == "reference" and modifier == ":identifier":
        return _read_numbers(criteria, bare, value)
    if type_ == "reference" and _TYPE.fullmatch(modifier):
        return _read_wanted(criteria, bare, value, place, of=modifier[1:])
    if modifier:
        return False
    if bare in ("_id", "_lastUpdated"):
        return _read_common(criteria, bare, value, place)
    return _read_wanted(criteria, bare, value, place)


def _read_common(criteria: Criteria, name: str, value: str, place: Place) -> bool:
    if name == "_id":
        criteria.ids.append(tuple(alternatives(value)))
        return all(_ID.fullmatch(each) for each in criteria.ids[-1])
    sought = [read_sought(each, place.zone, place.now) for each in alternatives(value)]
    criteria.updated.append(tuple(each for each in sought if each))
    return all(sought)


def _read_wanted(criteria: Criteria, name: str, value: str, place: Place, *, of: str = "") -> bool:
    reads: dict[str, Callable[[str], Token | Sought | Amount | Pointed | None]] = {
        "token": read_token,
        "uri": lambda text: Token(None, text) if text else None,
        "canonical": lambda text: Token(None, text) if text else None,
        "date": lambda text: read_sought(text, place.zone, place.now),
        "quantity": read_amount,
        "reference": lambda text: _pointed(text, place.base, of),
    }
    read = reads[FIELDS[criteria.kind][name].type]
    values = [read(each) for each in alternatives(value)]
    criteria.wanted.append(Wanted(name, tuple(each for each in values if each is not None)))
    return all(each is not None for each in values)


def _read_numbers(criteria: Criteria, name: str, value: str) -> bool:
    tokens = [token for each in alternatives(value) if (token := read_token(each)) and token.code]
    criteria.wanted.append(Wanted(name, tuple(tokens)))
    return len(tokens) == len(alternatives(value))


def _pointed(text: str, base: str, of: str) -> Pointed | None:
    if _ID.fullmatch(text):
        return Pointed(of, text)
    pointed = read_pointed(text, base)
    return None if pointed and of and pointed.type != of else pointed


def _read_whose(criteria: Criteria, modifier: str, value: str, place: Place) -> bool:
    parts = alternatives(value)
    if modifier in (".identifier", ":identifier", ":Patient.identifier"):
        tokens = [token for each in parts if (token := read_token(each)) and token.code]
        criteria.patients.append(Whose(tokens=tuple(tokens)))
        return len(tokens) == len(parts)
    if modifier not in ("", ":Patient"):
        return False
    pointed = [_pointed(each, place.base, "Patient") for each in parts]
    # An address that is sound and not of this server means nobody here.
    sound = [
        each or read_pointed(part, place.base) for each, part in zip(pointed, parts, strict=True)
    ]
    criteria.patients.append(
        Whose(ids=tuple(each.id if each.type == "Patient" else "" for each in sound if each))
    )
    return all(each and (each.type == "Patient" or "//" in each.type) for each in sound)
