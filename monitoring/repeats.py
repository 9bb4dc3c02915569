"""What a person is asked to measure again, with which tip, and whether they did (AL-20; pure).

Below RED a suspicious value waits for its repeat; a RED is open already and is asked in parallel.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from core.vitals import MEASURES, Quality, Severity, Vital
from monitoring.findings import Ask

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from core.vitals import Reading
    from monitoring.findings import Finding
    from monitoring.moment import Waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Tip:
    """How a vital is best measured again, in one or two sentences for a patient."""

    vitals: tuple[Vital, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """How a repeat is asked for. Below RED the rule says until when; here it says it of a RED.

    Without a tip for a vital, `plain` is what is said. As made here, nobody is asked.
    """

    source: str = ""
    confidence: str = ""
    red_minutes: float = 0.0
    plain: str = ""
    tips: tuple[Tip, ...] = ()

    def tip(self, vital: Vital) -> str:
        """Return the words for a vital."""
        return next((tip.words for tip in self.tips if vital in tip.vitals), self.plain)


class Outcome(StrEnum):
    """What became of the asking."""

    WAITING = "waiting"
    REPEATED = "repeated"
    UNANSWERED = "not repeated in time"


def below_red(
    waits: Iterable[tuple[str, Waiting]], asking: Asking, tried: Collection[str] = ()
) -> Iterator[Ask]:
    """Yield what is asked of the values that wait; `waits` are each rule's id and wait.

    For a rule that is only `tried` nobody is asked.
    """
    for rule_id, wait in waits:
        if wait.about is not None and asking.plain and rule_id not in tried:
            read, until = wait.about, datetime.fromtimestamp(wait.until, UTC)
            tip = asking.tip(read.vital)
            yield Ask(
                read.vital, read.reading_id, rule_id, read.effective, until, critical=False, tip=tip
            )


def beside_red(findings: Iterable[Finding], asking: Asking) -> Iterator[Ask]:
    """Yield what is asked of REDs that rest on one reading: they are open already."""
    for each in findings:
        read = max(each.evidence, key=lambda e: e.effective, default=None)
        doubtful = each.severity is Severity.RED and not each.confirmed
        if doubtful and read is not None and asking.red_minutes:
            until = read.effective + timedelta(minutes=asking.red_minutes)
            tip = asking.tip(read.vital)
            yield Ask(
                read.vital,
                read.reading_id,
                each.rule_id,
                read.effective,
                until,
                critical=True,
                tip=tip,
            )


def current(asks: Iterable[Ask], *, now: datetime) -> tuple[Ask, ...]:
    """Return what can still be answered, one for each value: the gravest, then the soonest."""
    chosen: dict[tuple[Vital, datetime], Ask] = {}
    for each in sorted(asks, key=lambda a: (not a.critical, a.until, a.rule_id)):
        if each.until > now:
            chosen.setdefault((each.vital, each.taken), each)
    return tuple(chosen.values())


def outcome(ask: Ask, readings: Iterable[Reading], *, now: datetime) -> Outcome:
    """Return what became of an asking, from the readings as they are known now."""
    repeated = any(
        r.vital is ask.vital
        and r.quality is Quality.SCORED
        and ask.taken < r.effective <= ask.until
        for r in readings
    )
    if repeated:
        return Outcome.REPEATED
    return Outcome.WAITING if now < ask.until else Outcome.UNANSWERED


def faults(asking: Asking) -> Iterator[str]:
    """Tell of a time that is none, and of two tips for one vital."""
    if asking.red_minutes < 0:
        yield "asking: red_minutes must not be below 0"
    if asking.red_minutes and not asking.plain.strip():
        yield "asking: plain words are missing"
    vitals = [vital for tip in asking.tips for vital in tip.vitals]
    for vital in sorted({each for each in vitals if vitals.count(each) > 1}):
        yield f"asking: two tips for {MEASURES[vital].display}"
