"""What a granted scope permits."""

from __future__ import annotations

import pytest

from core import scopes


@pytest.mark.parametrize(
    ("scope", "kind", "interaction", "allowed"),
    [
        ("system/Observation.c", "Observation", "c", True),
        ("system/Observation.c", "Observation", "r", False),
        ("system/Observation.c", "Patient", "c", False),
        ("system/*.cruds", "Patient", "s", True),
        ("system/*.read", "Patient", "c", False),
        ("user/*.cruds", "Patient", "c", False),
    ],
)
def test_a_scope_allows_what_it_says_and_no_more_sec_03(
    scope: str, kind: str, interaction: str, *, allowed: bool
) -> None:
    assert scopes.allows(frozenset({scope}), kind, interaction) is allowed


@pytest.mark.parametrize(
    "scope", ["Observation.c", "patient/Observation.c", "system/Observation", "system/*.x", ""]
)
def test_what_is_no_system_scope_is_not_granted(scope: str) -> None:
    assert not scopes.valid_scope(scope)
