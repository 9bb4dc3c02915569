"""Says which field of a request could not be read, and what would be right; never the value; pure.

FastAPI refuses what is no number or no id before any of our code sees it (SEC-22).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from core.errors import InvalidError
from monitoring.phrases import Phrase

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Fault = Mapping[str, Any]

UNKNOWN = "extra_forbidden"  # the name of such a field is the sender's own word
# By how the kind of a fault begins, as pydantic calls it: the longest first where two fit.
SAID = {
    "missing": Phrase("{name} is missing"),
    "int": Phrase("use a whole number for {name}"),
    "greater_than_equal": Phrase("use at least {ge} for {name}"),
    "less_than_equal": Phrase("use at most {le} for {name}"),
    "float": Phrase("use a number for {name}"),
    "finite_number": Phrase("use a number for {name}"),
    "bool": Phrase("use true or false for {name}"),
    "uuid": Phrase("use an id for {name}"),
    "date": Phrase("use a day like 2027-01-31 for {name}"),
    "literal_error": Phrase("use one of what can be chosen for {name}"),
    "enum": Phrase("use one of what can be chosen for {name}"),
    "string_too_long": Phrase("use at most {max_length} characters for {name}"),
    "string_too_short": Phrase("use at least {min_length} characters for {name}"),
}
ELSE = Phrase("{name} cannot be read")


def unread(faults: Sequence[Fault]) -> InvalidError:
    """Return the refusal of the first field that FastAPI found a fault in; what is missing waits.

    Of a field that may be empty or a number, the fault of the number counts: it comes last.
    """
    wrong = [each for each in faults if each["type"] != "missing"] or faults
    name = _field(wrong[0])
    fault = [each for each in wrong if _field(each) == name][-1]
    kind, facts = str(fault["type"]), fault.get("ctx") or {}
    if kind == UNKNOWN:
        return InvalidError("there is a field that is not known here")
    said = next((words for start, words in SAID.items() if kind.startswith(start)), ELSE)
    return InvalidError(said.id, field=name, facts={**facts, "name": name})


def _field(fault: Fault) -> str:
    """Return the name of a field; where it stands comes before it, and its kind may come after."""
    _, *names = fault["loc"]
    return str(names[0]) if names else "body"
