"""What is left of a judgement where a person does not let everything be done with their data.

Who restricts the use of their data (Art. 18 GDPR) is still told of for what is critical: to let
somebody die whose readings are kept would protect nobody (Art. 18(2) and 6(1)(d), ADR 50).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from core.errors import ConflictError
from core.vitals import Severity
from monitoring.phrases import Phrase
from monitoring.unknowns import UNMODELLED

if TYPE_CHECKING:
    from monitoring.findings import Assessment

OBJECTED = Phrase("not scored: the person objects to automated scoring; rules alone judged this")
RESTRICTED = Phrase(
    "the use of this person's data is restricted: only what is critical is looked for and told"
)


class UnmonitoredError(ConflictError):
    """The person does not let their readings be judged."""

    def __init__(self) -> None:
        super().__init__("the person does not agree to be monitored: nothing is judged")


def critical(found: Assessment) -> Assessment:
    """Return the RED findings of a judgement and what they wait for, and nothing else of it."""
    return replace(
        found,
        findings=tuple(each for each in found.findings if each.severity is Severity.RED),
        asks=tuple(each for each in found.asks if each.critical),
        risk=None,
        usual={},
        expected={},
        shadow=(),
        tried=(),
        notes=(RESTRICTED,),
    )


def unscored(found: Assessment) -> Assessment:
    """Return a judgement that was made without a score, saying that this was the person's will."""
    others = tuple(each for each in found.notes if each != UNMODELLED)
    return replace(found, notes=(OBJECTED, *others))
