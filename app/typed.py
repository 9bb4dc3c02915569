"""What somebody typed: a text that the store can hold, a day that can be reckoned with; pure."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from core.errors import InvalidError
from fhir.moments import EARLIEST, LATEST, day

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

WRITTEN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
UNFIT = re.compile("[\x00\ud800-\udfff]")  # no column of text takes them
MOST_DIGITS = 18  # no store of ours will ever count further


def check_texts(fields: Iterable[tuple[str, object]]) -> None:
    """Raise `InvalidError` for the first of these fields whose text no store could hold."""
    for name, value in fields:
        if UNFIT.search(f"{name}{value if isinstance(value, str) else ''}"):
            plain = UNFIT.sub("", name)
            raise InvalidError(
                "a character that cannot be shown stands in {name}",
                field=plain,
                facts={"name": plain},
            )


def day_of(text: str, field: str) -> date:
    """Return a day; raise `InvalidError` for none, and for one before 1900 or after 2999."""
    said = text.strip()
    found = day(said)
    if found is not None:
        return found
    if WRITTEN.fullmatch(said):
        raise InvalidError(
            "There is no such day from {first} to {last}.",
            field=field,
            facts={"first": str(EARLIEST), "last": str(LATEST)},
        )
    raise InvalidError("A day is written as 2027-01-31.", field=field)


def row_of(text: str, field: str) -> int | None:
    """Return the number of a row, None where none is said; raise `InvalidError` for no number."""
    if not text:
        return None
    if not (text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS):
        raise InvalidError(
            "use a whole number of at most {most} digits for {name}",
            field=field,
            facts={"name": field, "most": MOST_DIGITS},
        )
    return int(text)
