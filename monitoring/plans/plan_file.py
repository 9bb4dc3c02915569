"""A site's plan: the limits a service has chosen, read from TOML and refused unless it makes sense.

version = "1"
name = "a service"
source = "how the limits were chosen"
only = ["HF-W3"]               # of the rulebook; without it, all of it stays
templates = ["heart_failure"]  # of the templates; without it all, or with `only` none
[off]                          # a rule that is not used, and why
"COMBO" = "the service reads each alert by itself"
[hours]                        # when somebody reads
opens = 09:00:00
closes = 17:00:00
[[limit]]                      # see `PlanLimit`
vital = "systolic_bp"
alert_high = 160
reason = "the service's own"
"""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from core.errors import InvalidError
from monitoring.plans import hours, limits
from monitoring.plans.hours import ServiceHours
from monitoring.plans.limits import Origin, PlanLimit
from monitoring.toml_values import build

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping


@dataclass(frozen=True, slots=True)
class SitePlan:
    """What a site adds to the rulebook and leaves out of it; `hash` names its text."""

    version: str
    name: str
    source: str
    hash: str
    limits: tuple[PlanLimit, ...] = ()
    only: frozenset[str] | None = None  # None: every rule
    templates: frozenset[str] | None = None  # None: every one, or with `only` none
    off: Mapping[str, str] = field(default_factory=dict)
    hours: ServiceHours | None = None


_PARTS = frozenset({"version", "name", "source", "only", "templates", "off", "hours", "limit"})


def read_plan(
    text: str,
    *,
    rules: Collection[str],
    conditions: Collection[str],
    templates: Collection[str] = (),
) -> SitePlan:
    """Return the plan of a TOML text; `rules` are the rulebook's ids, `templates` their names.

    Raises
    ------
    InvalidError
        With every fault found: unknown parts, rules, vitals or conditions, limits that are out
        of order or implausible, a rule switched off without a reason.
    """
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"plan is not TOML: {error}") from error
    found = [*_faults(content, rules), *_unknown_templates(content, templates)]
    chosen = tuple(read_limits(content.get("limit", []), conditions, found))
    opening = _hours(content, found)
    if found:
        raise InvalidError("plan refused: " + "; ".join(found))
    return SitePlan(
        version=str(content["version"]),
        name=str(content["name"]),
        source=str(content["source"]),
        hash=hashlib.sha256(text.encode()).hexdigest(),
        limits=chosen,
        only=frozenset(content["only"]) if "only" in content else None,
        templates=frozenset(content["templates"]) if "templates" in content else None,
        off={str(rule): str(reason) for rule, reason in content.get("off", {}).items()},
        hours=opening,
    )


def _faults(content: Mapping[str, Any], rules: Collection[str]) -> Iterator[str]:
    for part in sorted(set(content) - _PARTS):
        yield f"unknown part {part}"
    for part in ("version", "name", "source"):
        if not isinstance(content.get(part), str) or not content[part]:
            yield f"{part} is missing"
    for rule in (*content.get("only", ()), *content.get("off", ())):
        if rule not in rules:
            yield f"the rulebook has no rule {rule}"
    for rule, reason in content.get("off", {}).items():
        if not reason:
            yield f"off: {rule} has no reason"


def _unknown_templates(content: Mapping[str, Any], known: Collection[str]) -> Iterator[str]:
    for name in content.get("templates", ()):
        if name not in known:
            yield f"there is no template {name}"


def read_limits(
    tables: Iterable[Mapping[str, Any]], conditions: Collection[str], found: list[str]
) -> Iterator[PlanLimit]:
    """Yield the limits of a site's tables; what is wrong with one is added to `found`."""
    for number, table in enumerate(tables, start=1):
        try:
            limit = replace(build(PlanLimit, table), origin=Origin.SITE)
        except (TypeError, ValueError) as error:
            found.append(f"limit {number}: {error}")
            continue
        found += [f"limit {number} ({limit.vital}): {fault}" for fault in limits.faults(limit)]
        unknown = sorted(limit.scope.conditions - set(conditions))
        found += [f"limit {number}: unknown condition {each}" for each in unknown]
        yield limit


def _hours(content: Mapping[str, Any], found: list[str]) -> ServiceHours | None:
    if "hours" not in content:
        return None
    try:
        opening = build(ServiceHours, content["hours"])
    except (TypeError, ValueError) as error:
        found.append(f"hours: {error}")
        return None
    found += hours.faults(opening)
    return opening
