"""Two other explanations for each grave finding, each with what the record says of it (section 6).

The candidates are reviewed data (`alternatives.toml`). They never touch a tier: they are there so
that nobody settles on the first explanation too early.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from dataclasses import dataclass, field, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from core.errors import InvalidError
from core.vitals import Severity, Vital
from monitoring.comparison import Comparison
from monitoring.findings import Alternative, Problem, Says
from monitoring.phrases import Instant, Phrase, number
from monitoring.rule_check import in_range
from monitoring.toml_values import build

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from monitoring.findings import Finding
    from monitoring.moment import Moment
    from monitoring.phrases import Value

SHOWN = 2
GRAVE = frozenset({Severity.RED, Severity.AMBER})
HOUR = 3_600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sign:
    """What in a record speaks for a candidate, or against it; all that is named must hold.

    A vital counts by its last reading within `hours`, where it is beyond `limit`.
    """

    words: str
    against: bool = False
    conditions: frozenset[str] = frozenset()  # any one
    without_conditions: frozenset[str] = frozenset()
    medicines: frozenset[str] = frozenset()  # any one
    traits: frozenset[str] = frozenset()  # any one
    lives_alone: bool | None = None
    findings: frozenset[str] = frozenset()  # rules, any one of which fired too
    vital: Vital | None = None
    comparison: Comparison = Comparison.AT_LEAST
    limit: float = 0.0
    hours: float = 48.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One other explanation for findings of some problems; of some rules, where these are named.

    It is none for the rules of `headline`, which say the same themselves. Rules may end in `*`.
    """

    id: str
    problems: frozenset[Problem]
    words: str
    ask: str
    source: str
    confidence: str
    rules: frozenset[str] = frozenset()
    headline: frozenset[str] = frozenset()
    signs: tuple[Sign, ...] = ()

    def fits(self, finding: Finding) -> bool:
        """Return whether it is another explanation for a finding."""
        return (
            finding.problem in self.problems
            and (not self.rules or _named(finding.rule_id, self.rules))
            and not _named(finding.rule_id, self.headline)
        )


@dataclass(frozen=True, slots=True)
class Candidates:
    """All candidates in the order of the file, with the version that was reviewed."""

    version: str = ""
    every: tuple[Candidate, ...] = field(default=())


def _named(rule_id: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(rule_id, pattern) for pattern in patterns)


def parse(text: str, *, conditions: Collection[str]) -> Candidates:
    """Return the candidates of a TOML text.

    Raises
    ------
    InvalidError
        With every fault: no TOML, an unknown field, a doubled id, a condition that is not
        known, a limit outside the plausible range of its vital, words that are missing.
    """
    try:
        content = tomllib.loads(text)
        found = [build(Candidate, table) for table in content.get("candidate", [])]
    except (tomllib.TOMLDecodeError, TypeError, ValueError) as error:
        raise InvalidError(f"alternatives refused: {error}") from error
    faults = [fault for each in found for fault in _faults(each, conditions)]
    twice = [name for name, count in Counter(each.id for each in found).items() if count > 1]
    faults += [f"{name}: the id stands twice" for name in twice]
    if faults:
        raise InvalidError("alternatives refused: " + "; ".join(faults))
    return Candidates(str(content.get("version", "")), tuple(found))


def _faults(each: Candidate, conditions: Collection[str]) -> Iterator[str]:
    for sign in each.signs:
        for condition in sorted((sign.conditions | sign.without_conditions) - set(conditions)):
            yield f"{each.id}: unknown condition {condition}"
        if sign.vital is not None:
            yield from (f"{each.id}: {fault}" for fault in in_range(sign.vital, sign.limit))
        if not sign.words.strip():
            yield f"{each.id}: a sign has no words"
    if not all((each.words.strip(), each.ask.strip(), each.source.strip())):
        yield f"{each.id}: words, ask and source must be given"


def considered(
    candidates: Candidates,
    findings: Sequence[Finding],
    moment_at: Callable[[float], Moment],
    beside: Iterable[Finding] = (),
) -> list[Finding]:
    """Return the findings, the grave ones with two alternatives; `beside` fired earlier.

    `moment_at` gives the person as known at the event time of a finding.
    """
    fired = frozenset(each.rule_id for each in (*findings, *beside))
    return [
        _with_two(candidates, each, fired, moment_at) if each.severity in GRAVE else each
        for each in findings
    ]


def _with_two(
    candidates: Candidates,
    finding: Finding,
    fired: frozenset[str],
    moment_at: Callable[[float], Moment],
) -> Finding:
    says = finding.says
    fitting = [each for each in candidates.every if each.fits(finding)]
    if not isinstance(says, Says) or not fitting:
        return finding
    now = moment_at(finding.at.timestamp())
    weighed = [_weighed(each, now, fired) for each in fitting]
    best = sorted(weighed, key=lambda pair: -pair[0])[:SHOWN]  # stable: then by the file's order
    return replace(finding, says=replace(says, alternatives=tuple(each for _, each in best)))


def _weighed(each: Candidate, now: Moment, fired: frozenset[str]) -> tuple[int, Alternative]:
    weight, said = 0, []
    for sign in each.signs:
        phrase = _sign(sign, now, fired)
        if phrase is not None:
            weight += -1 if sign.against else 1
            said.append(phrase)
    alternative = Alternative(each.id, each.words, tuple(said), each.ask)
    return weight, alternative


def _sign(sign: Sign, now: Moment, fired: frozenset[str]) -> Phrase | None:
    """Return a sign as a sentence where it holds, else None."""
    if not _about_person(sign, now) or (sign.findings and not sign.findings & fired):
        return None
    if sign.vital is None:
        return Phrase(sign.words)
    facts = _reading(sign, sign.vital, now)
    return None if facts is None else Phrase(sign.words, facts)


def _about_person(sign: Sign, now: Moment) -> bool:
    person = now.person
    return (
        (not sign.conditions or bool(sign.conditions & person.groups))
        and not sign.without_conditions & person.groups
        and (not sign.medicines or bool(sign.medicines & person.medicines))
        and (not sign.traits or bool(sign.traits & person.traits))
        and sign.lives_alone in (None, bool(person.lives_alone))
    )


def _reading(sign: Sign, vital: Vital, now: Moment) -> Mapping[str, Value] | None:
    series = now.series(vital)
    if series is None or now.at - float(series.times[-1]) > sign.hours * HOUR:
        return None
    value, at = float(series.values[-1]), float(series.times[-1])
    if not sign.comparison.holds(value, sign.limit):
        return None
    shown = number(value, vital, beside=sign.limit)
    return {"value": shown, "since": Instant(at, now.person.zone)}


def templates(candidates: Candidates) -> Iterator[str]:
    """Yield every text of the candidates, for translators."""
    for each in candidates.every:
        yield from (each.words, each.ask)
        yield from (sign.words for sign in each.signs)
