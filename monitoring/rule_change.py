"""A proposed change of the rulebook: what would be in force if it were signed.

The text of a change is either a whole rulebook, or only what differs: `off` (a list of ids),
`[[rule]]` tables (each replaces the rule of its id, or is new) and `[change.ID]` tables
(fields of a rule that get another value).
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from core.errors import InvalidError
from monitoring import rulebook
from monitoring.rulebook import Rulebook, content_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_PARTS = frozenset({"version", "off", "rule", "change"})


def changed(text: str, change: str, *, conditions: Collection[str]) -> Rulebook:
    """Return the rulebook `text` as the text `change` would make it.

    Raises
    ------
    InvalidError
        For a change that names an unknown rule or part, that changes nothing, or that makes
        a rulebook nobody could have meant; every fault of the latter is named.
    """
    proposed = content_of(change)
    if "closing" in proposed:
        return rulebook.parse(change, conditions=conditions)
    return changed_by(text, proposed, conditions=conditions)


def changed_by(text: str, proposed: Mapping[str, Any], *, conditions: Collection[str]) -> Rulebook:
    """Return the rulebook `text` as the tables of a change would make it; raises as `changed`."""
    content = _merged(content_of(text), proposed)
    digest = hashlib.sha256(json.dumps(content, sort_keys=True, default=str).encode()).hexdigest()
    return rulebook.read(content, digest, conditions=conditions)


def _merged(content: dict[str, Any], proposed: Mapping[str, Any]) -> dict[str, Any]:
    rules = {str(table["id"]): table for table in content["rule"]}
    _refuse_unknown(proposed, rules)
    for table in proposed.get("rule", []):
        rules[str(table.get("id", ""))] = table
    for name, fields in proposed.get("change", {}).items():
        rules[name] = rules[name] | fields
    kept = [table for name, table in rules.items() if name not in proposed.get("off", [])]
    return content | {"rule": kept, "version": str(proposed.get("version", content["version"]))}


def _refuse_unknown(proposed: Mapping[str, Any], rules: Mapping[str, Any]) -> None:
    for part in sorted(set(proposed) - _PARTS):
        raise InvalidError(f"unknown part {part}: a change has {', '.join(sorted(_PARTS))}")
    if not any(proposed.get(part) for part in _PARTS - {"version"}):
        raise InvalidError("the change is empty: give off, [[rule]] or [change.ID]")
    new = {str(table.get("id", "")) for table in proposed.get("rule", [])}
    for name in (*proposed.get("off", []), *proposed.get("change", {})):
        if name not in rules and name not in new:
            raise InvalidError(f"the rulebook has no rule {name}", field="change")
