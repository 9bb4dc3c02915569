"""The rulebook in force: read from TOML, refused unless it makes sense, hashed as signed."""

from __future__ import annotations

import hashlib
import tomllib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar

from core.errors import InvalidError
from core.vitals import Severity, Vital
from monitoring import habits, news2, repeats, rulebook_check, unsure
from monitoring.alternatives import Candidates
from monitoring.early_warning import EarlyWarningRule
from monitoring.habits import Habits
from monitoring.kinds import KINDS, kind_of
from monitoring.news2 import Chart
from monitoring.repeats import Asking
from monitoring.rule_kinds import ComboRule, Rule, ScoreRule
from monitoring.screen import Gate, gate_of
from monitoring.toml_values import build

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


T = TypeVar("T")


@dataclass(frozen=True)
class Rulebook:
    """Every rule in force, with the hash of the text that a clinician signed.

    `closing` ends the words for the patient, by tier, with `{emergency}` for the site's number;
    `clear_hours` is how long a problem must be quiet before its episode is over (AL-07).
    """

    version: str
    hash: str
    rules: tuple[Rule, ...]
    closing: Mapping[Severity, str] = field(default_factory=dict)
    clear_hours: float = 72.0
    news2: Chart = field(default_factory=Chart)
    alternatives: Candidates = field(default_factory=Candidates)  # reviewed by themselves
    habits: Habits = field(default_factory=Habits)
    asking: Asking = field(default_factory=Asking)

    @cached_property
    def gate(self) -> Gate:
        """Return what keeps bad measurements out of baselines: the rules about them."""
        return gate_of(self.rules, self.habits)

    @cached_property
    def by_id(self) -> dict[str, Rule]:
        """Return the rules by their id."""
        return {rule.id: rule for rule in self.rules}

    def about(self, vitals: frozenset[Vital]) -> tuple[Rule, ...]:
        """Return the rules that the arrival of any of some vitals concerns."""
        known = self._about.get(vitals)
        if known is None:
            known = tuple(r for r in self.rules if vitals & kind_of(r).vitals(r))
            self._about[vitals] = known
        return known

    @cached_property
    def _about(self) -> dict[frozenset[Vital], tuple[Rule, ...]]:
        return {}

    def concerning(self, vitals: frozenset[Vital]) -> tuple[Rule, ...]:
        """Return the rules that any of some vitals concerns, and those that ask of no vital."""
        known = self._concerning.get(vitals)
        if known is None:
            kinds = ((rule, kind_of(rule)) for rule in self.rules)
            needs = ((rule, k.vitals(rule), k.timed or k.arrived) for rule, k in kinds)
            known = tuple(r for r, own, else_ in needs if own & vitals or not (own or else_))
            self._concerning[vitals] = known
        return known

    @cached_property
    def _concerning(self) -> dict[frozenset[Vital], tuple[Rule, ...]]:
        return {}

    @cached_property
    def shadowed(self) -> frozenset[str]:
        """Return the ids of the rules that are only tried (AL-21)."""
        return frozenset(rule.id for rule in self.rules if rule.shadow)

    @cached_property
    def timed(self) -> tuple[Rule, ...]:
        """Return the rules that time alone can make fire."""
        return tuple(rule for rule in self.rules if kind_of(rule).timed)

    @cached_property
    def repeated(self) -> Mapping[str, frozenset[Vital]]:
        """Return, by id, the vitals of each rule that waits for the repeat of a strange value."""
        return {r.id: kind_of(r).vitals(r) for r in self.rules if unsure.waits(r)}

    @cached_property
    def arrived(self) -> tuple[Rule, ...]:
        """Return the rules about arrivals, whatever time anything bears."""
        return tuple(rule for rule in self.rules if kind_of(rule).arrived)

    @cached_property
    def score(self) -> ScoreRule | None:
        """Return the rule about the learned score, if there is one."""
        return next((rule for rule in self.rules if isinstance(rule, ScoreRule)), None)

    @cached_property
    def combos(self) -> tuple[ComboRule, ...]:
        """Return the rules about findings together."""
        return tuple(rule for rule in self.rules if isinstance(rule, ComboRule))


_ENTRIES = {"version", "clear_hours", "closing", "news2", "baseline", "asking", "rule"}


def parse(
    text: str,
    *,
    conditions: Collection[str],
    medicines: Collection[str] | None = None,
) -> Rulebook:
    """Return the rulebook of a TOML text; `conditions` are the known condition groups.

    `medicines` are the known classes; without them rules may ask for any.

    Raises
    ------
    InvalidError
        With every fault found, not only the first: unknown fields, a limit outside the
        plausible range of its vital, a doubled id, an unknown condition or template field,
        a drift rule above YELLOW, levels out of order, a rule that can never fire, one that
        another never lets decide, words in another unit.
    """
    digest = hashlib.sha256(text.encode()).hexdigest()
    content = content_of(text)
    return read(content, digest, conditions=conditions, medicines=medicines)


def content_of(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text; raise `InvalidError` where it is none."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise InvalidError(f"rulebook is not TOML: {error}") from error


def read(
    content: Mapping[str, Any],
    digest: str,
    *,
    conditions: Collection[str],
    medicines: Collection[str] | None = None,
) -> Rulebook:
    """Return the rulebook of tables that bear the hash `digest`; raises as `parse` does."""
    faults: list[str] = []
    read_rules = (_rule(table, faults) for table in content.get("rule", []))
    chart = _chart(content, faults)
    learnt = _table(content, "baseline", Habits, habits.faults, faults)
    asking = _table(content, "asking", Asking, repeats.faults, faults)
    rules = [_charted(rule, chart) for rule in read_rules if rule is not None]
    faults += rulebook_check.faults(rules, conditions, medicines)
    faults += [f"unknown entry {name}" for name in sorted(set(content) - _ENTRIES)]
    closing = content.get("closing", {})
    faults += [f"closing: unknown tier {tier}" for tier in closing if tier not in list(Severity)]
    faults += rulebook_check.closing_faults(closing)
    if faults:
        raise InvalidError("rulebook refused: " + "; ".join(faults))
    return Rulebook(
        version=str(content.get("version", "")),
        hash=digest,
        rules=tuple(rules),
        closing={Severity(tier): str(words) for tier, words in closing.items()},
        news2=chart,
        habits=learnt,
        asking=asking,
        clear_hours=float(content.get("clear_hours", Rulebook.clear_hours)),
    )


def _chart(content: Mapping[str, Any], faults: list[str]) -> Chart:
    """Return the early warning chart; one without any is for rulebooks without such rules."""
    if "news2" not in content:
        return Chart()
    try:
        chart = build(Chart, content["news2"])
    except (TypeError, ValueError) as error:
        faults.append(f"news2: {error}")
        return Chart()
    faults += news2.faults(chart)
    return chart


def _table(
    content: Mapping[str, Any],
    name: str,
    kind: type[T],
    look: Callable[[T], Iterable[str]],
    faults: list[str],
) -> T:
    """Return a table of its own kind; a rulebook without it is judged as if it said nothing."""
    try:
        table = build(kind, content.get(name, {}))
    except (TypeError, ValueError) as error:
        faults.append(f"{name}: {error}")
        return kind()
    faults += look(table)
    return table


def _charted(rule: Rule, chart: Chart) -> Rule:
    return replace(rule, chart=chart) if isinstance(rule, EarlyWarningRule) else rule


def _rule(table: dict[str, Any], faults: list[str]) -> Rule | None:
    name = str(table.get("id", "a rule without id"))
    fields = dict(table)
    kind = KINDS.get(str(fields.pop("kind", "")))
    if kind is None:
        faults.append(f"{name}: unknown kind {table.get('kind')!r}")
        return None
    try:
        return build(kind.rule, fields)
    except (TypeError, ValueError) as error:
        faults.append(f"{name}: {error}")
        return None
