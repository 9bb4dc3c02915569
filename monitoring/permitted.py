"""What is left of a judgement where a person does not let everything be done with their data.

Who restricts the use of their data (Art. 18 GDPR) is still told of for what is critical: to let
somebody die whose readings are kept would protect nobody (Art. 18(2) and 6(1)(d), ADR 50).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from core.errors import ConflictError
from core.vitals import Severity
from monitoring.findings import Finding, Says, Spoken
from monitoring.phrases import Phrase
from monitoring.unknowns import UNMODELLED

if TYPE_CHECKING:
    from monitoring.findings import Assessment

F = TypeVar("F", bound=Finding)
OBJECTED = Phrase("not scored: the person objects to automated scoring; rules alone judged this")
UNTOLD = "The learned score opened this. It is not told: the person objects to automated scoring"
RESTRICTED = Phrase(
    "the use of this person's data is restricted: only what is critical is looked for and told"
)


SCORES_OWN = "RISK"  # the rule by which the score opens an alert of its own


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


def without_score(found: Assessment) -> Assessment:
    """Return what the rules found of a judgement that was made before the person objected."""
    by_rules = tuple(each for each in found.findings if each.rule_id != SCORES_OWN)
    return replace(found, findings=by_rules, risk=None)


def untold(finding: F) -> F:
    """Return the score's own finding with nothing of the score in it (SEC-46)."""
    said = finding.says
    closing = "" if isinstance(said, Spoken) else said.closing
    says = Says(UNTOLD, said.patient, closing)
    return replace(finding, says=says, value=None, limit=None, missing=())
