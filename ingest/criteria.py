"""Reads the conditions of conditional creates and references; what is unclear is refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ingest.receipt import Name

if TYPE_CHECKING:
    from collections.abc import Sequence


_ALTERNATIVES = re.compile(r"(?<!\\)(?:\\\\)*,")
_ESCAPED = re.compile(r"\\([\\,$|])")


def read_criteria(kind: str, pairs: Sequence[tuple[str, str]]) -> Name | None:
    """Return the one identifier that search parameters ask for, or None for anything else.

    Only `identifier=system|value` is understood: an unknown parameter is never ignored, or
    it would match everything (FHIR-04). A comma parts alternatives, unless FHIR's backslash
    makes it a part of the number.
    """
    if len(pairs) != 1 or pairs[0][0] != "identifier":
        return None
    system, bar, value = pairs[0][1].partition("|")
    if not (bar and system and value) or _ALTERNATIVES.search(value):
        return None
    return Name(kind, system, _ESCAPED.sub(r"\1", value))
