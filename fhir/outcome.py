"""What is said to a client when something was wrong: issues, refusals, OperationOutcome.

No text in here may carry patient data (FHIR-08): it names elements, codes and units only.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import takewhile
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

STRUCTURE = 400
PROFILE = 422
MISSING = "a required element is missing"
KEPT = ": kept, not scored"  # how the text of every warning ends that keeps a value back
_STEP = re.compile(r"_?[a-z][A-Za-z0-9]{0,63}(?:\[\d+\])?")


@dataclass(frozen=True, slots=True)
class Issue:
    """One finding about a resource; `code` is from the R4 IssueType value set."""

    severity: str  # fatal | error | warning | information
    code: str
    text: str
    expression: str = ""  # FHIRPath to the element, "" where it is the whole body
    # Why a client in `enforce` mode is refused for it: profile | value | unit | time, or "".
    rule: str = ""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a body was not taken: a value, never raised. `status` is the HTTP status."""

    status: int
    issues: tuple[Issue, ...]


def refusal(status: int, code: str, text: str, expression: str = "") -> Refusal:
    """Return a refusal with one error."""
    return Refusal(status, (Issue("error", code, text, expression),))


def needed(expression: str) -> Refusal:
    """Return the refusal of what lacks an element; an extension in its place is not enough."""
    return refusal(STRUCTURE, "required", MISSING, expression)


def shown(path: str) -> str:
    """Return a path up to the first step that is no element name; the first is ours.

    A stranger's own member name could be anything, a person's name among them.
    """
    steps = path.split(".")
    named = takewhile(_STEP.fullmatch, steps[1:])
    return ".".join([steps[0], *named])


def operation_outcome(issues: Iterable[Issue]) -> dict[str, Any]:
    """Return an R4 OperationOutcome; with no issue it says that all is well."""
    listed = [_issue(issue) for issue in issues]
    return {
        "resourceType": "OperationOutcome",
        "issue": listed
        or [{"severity": "information", "code": "informational", "diagnostics": "All OK"}],
    }


def _issue(issue: Issue) -> dict[str, Any]:
    shown: dict[str, Any] = {"severity": issue.severity, "code": issue.code}
    if issue.text:
        shown["diagnostics"] = issue.text
    if issue.expression:
        shown["expression"] = [issue.expression]
    return shown
