"""SEC-46: nothing closes a RED or AMBER alert but a person.

One thing else ends one, by another name: it is withdrawn where no finding of it stands any more,
because its readings were taken back or corrected, or judged anew and not found. The design asks
for that, and everybody who was told is told of it (REL-23, ADR 57); no policy decides it.
"""

from __future__ import annotations

import ast
from itertools import product
from pathlib import Path

import pytest

from alerts.lifecycle import LIVE, Event, Refused, State, transition
from alerts.service import load_policy
from core.vitals import Severity

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("core", "fhir", "ingest", "monitoring", "alerts", "reports", "app", "lab")
GRAVE = (Severity.RED, Severity.AMBER)
# Who calls what ends an episode, and by which hand.
ENDS = {
    "alerts/acts/service.py": "a person who resolves it",
    "alerts/episodes/service.py": "the lesser tiers' clearing, and readings that were taken back",
    "alerts/watched/service.py": "the synthetic person's, by whom the system watches itself",
}
ENDED = {"RESOLVED", "AUTO_CLOSED", "WITHDRAWN"}


def endings(severity: Severity) -> set[tuple[Event, State]]:
    """Return by which events an alert of a tier ends, from whatever state."""
    found = set()
    for state, event in product(LIVE, Event):
        after = transition(state, event, severity)
        if not isinstance(after, Refused) and after.ended:
            found.add((event, after))
    return found


@pytest.mark.parametrize("severity", GRAVE)
def test_a_grave_alert_ends_by_a_person_or_with_its_last_reading_sec_46(
    severity: Severity,
) -> None:
    assert endings(severity) == {
        (Event.RESOLVE, State.RESOLVED),
        (Event.WITHDRAW, State.WITHDRAWN),
    }


@pytest.mark.parametrize(("state", "severity"), list(product(LIVE, GRAVE)))
def test_being_back_in_range_closes_no_grave_alert_sec_46(state: State, severity: Severity) -> None:
    refused = transition(state, Event.CLEARED, severity)

    assert isinstance(refused, Refused)
    assert "never closes without a person" in str(refused.reason)


def test_the_shipped_policy_has_no_time_after_which_a_grave_alert_closes_sec_46() -> None:
    tiers = load_policy().tiers

    assert {severity: tiers[severity].clearing for severity in GRAVE} == dict.fromkeys(GRAVE)


def test_no_other_code_ends_an_episode_sec_46() -> None:
    """A new way to end one has to be written down here, with whose hand it is."""
    found = {
        path.relative_to(ROOT).as_posix()
        for room in ROOMS
        for path in (ROOT / room).rglob("*.py")
        if _ends(ast.parse(path.read_text(encoding="utf-8")))
    }

    assert found == set(ENDS)


def _ends(tree: ast.Module) -> bool:
    """Return whether a file moves an episode to an end, sets its state to one, or closes it."""
    closes = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "alerts.episodes.service"
        for alias in node.names
        if alias.name == "close"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.name == "close" and _of_alert(node):
            return True
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in closes:
            return True
        if isinstance(node, ast.Assign) and _sets_an_end(node):
            return True
    return False


def _of_alert(node: ast.FunctionDef) -> bool:
    return any(argument.arg == "alert" for argument in node.args.args)


def _sets_an_end(node: ast.Assign) -> bool:
    sets = any(isinstance(each, ast.Attribute) and each.attr == "state" for each in node.targets)
    value = node.value
    named = isinstance(value, ast.Attribute) and isinstance(value.value, ast.Name)
    if not (sets and named):
        return False
    assert isinstance(value, ast.Attribute)
    assert isinstance(value.value, ast.Name)
    return value.value.id == "AlertState" and value.attr in ENDED
