"""On which part of the body something was measured: `Observation.bodySite`, or what a code says.

A usual of one arm is none of the other, and an ear is warmer than an armpit. Codes of the same
place get one name; any other coded site keeps its code, which still tells like from unlike. A
text alone is no code, and nothing is guessed from it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir.codes import LOINC, SNOMED, codings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LONGEST = 128  # characters of a site that is kept by its code
# SNOMED CT, as in the value sets of HL7's vital-signs guide for pressure and for temperature.
SITES: Mapping[str, str] = {
    "368208006": "left-arm",  # left upper arm structure
    "72098002": "left-arm",
    "80768000": "left-arm",  # left upper extremity
    "368209003": "right-arm",  # right upper arm structure
    "59126009": "right-arm",
    "6921000": "right-arm",  # right upper extremity
    "5951000": "left-wrist",
    "9736006": "right-wrist",
    "7569003": "finger",
    "117590005": "ear",
    "42859004": "ear",  # tympanic membrane
    "74262004": "mouth",  # oral cavity
    "422543003": "armpit",  # axillary fossa
    "91470000": "armpit",  # axillary region
    "52795006": "forehead",
    "34402009": "rectum",
}
# `measurements.csv`: the codes of body temperature that say where.
_NAMED: Mapping[str, str] = {
    "8331-1": "mouth",
    "8333-7": "ear",
    "8328-7": "armpit",
    "75539-7": "temple",
}


def site_of(site: Mapping[str, Any] | None, codes: Iterable[tuple[str, str]]) -> str:
    """Return where it was measured, from bodySite, else from the (system, code) of what was."""
    return coded_site(codings(site)) or named_site(codes)


def coded_site(pairs: Iterable[tuple[str, str]]) -> str:
    """Return the name of the first known (system, code), else the first code as it is, else ''."""
    pairs = tuple(pairs)
    known = (SITES[code] for system, code in pairs if system == SNOMED and code in SITES)
    other = (f"{system}|{code}"[:LONGEST] for system, code in pairs)
    return next(known, next(other, ""))


def named_site(codes: Iterable[tuple[str, str]]) -> str:
    """Return where the (system, code) of what was measured say that it was, else ''."""
    return next((_NAMED[c] for system, c in codes if system == LOINC and c in _NAMED), "")
