"""The figures of quality in a reader's words; pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from alerts.outcomes import WORDS
from app.pages.rule_names import rule_name
from reports.proposals import Kind
from reports.quality import SENT_BY, UNKNOWN, By, few
from reports.rates import wilson

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import timedelta

    from app.pages.language import Language
    from app.pages.quality_span import Asked
    from reports.proposals import Proposal
    from reports.quality import Line
    from reports.rates import Rate

DASH = "–"  # noqa: RUF001 (an en dash is how a range is written, and stands for nothing)
TITLES: dict[By, Callable[[Language], str]] = {
    By.RULE: lambda said: said.say("By rule, the noisiest first"),
    By.TIER: lambda said: said.say("By tier"),
    By.MODEL: lambda said: said.say("By model version"),
    By.DEVICE: lambda said: said.say("By device, the noisiest first"),
    By.TEAM: lambda said: said.say("By team"),
    By.AGE: lambda said: said.say("By age"),
    By.SEX: lambda said: said.say("By sex"),
    By.CONDITIONS: lambda said: said.say("By number of conditions"),
}
NAMED: dict[str, Callable[[Language], str]] = {
    "female": lambda said: said.say("female"),
    "male": lambda said: said.say("male"),
    "other": lambda said: said.say("other"),
    "unknown": lambda said: said.say("not known"),
    "under-65": lambda said: said.say("under 65"),
    "0-1": lambda said: said.say("fewer than 2"),
    "4+": lambda said: said.say("4 or more"),
    "85+": lambda said: said.say("85 and over"),
}


@dataclass(frozen=True, slots=True)
class Share:
    """A share with its 95 % interval and what it rests on."""

    words: str
    of: str
    few: bool


@dataclass(frozen=True, slots=True)
class Outcome:
    """How often one outcome was recorded, and where these alerts are listed."""

    words: str
    count: int
    href: str


@dataclass(frozen=True, slots=True)
class LinePrint:
    """One line of a table of quality."""

    key: str
    name: str
    code: str  # of a rule, beside what it is called
    alerts: int
    href: str
    patients: int
    per_week: str
    labelled: int
    labelled_href: str
    unlabelled: str
    ppv: Share
    actionable: Share
    outcomes: list[Outcome]
    median: str
    slowest: str
    overrides: list[str]
    put_off: int


def printed(line: Line, by: By, asked: Asked, said: Language) -> LinePrint:
    """Return one line with the addresses of the alerts behind its figures."""

    def href(**more: str) -> str:
        query = asked.query(by=by.value, key=line.key or NOT_KNOWN, **more)
        return f"/quality/alerts?{query}"

    labelled = len(line.labels)
    called = rule_name(line.key, said) if by is By.RULE else ""
    return LinePrint(
        key=line.key,
        name=called or name_of(line.key, by, said),
        code=line.key if called else "",
        alerts=len(line.alerts),
        href=href(),
        patients=line.patients,
        per_week=per_week(line),
        labelled=labelled,
        labelled_href=href(label="any"),
        unlabelled=percent(line.unlabelled),
        ppv=share(line.ppv, said),
        actionable=share(line.actionable, said),
        outcomes=[
            Outcome(said.say(WORDS.get(label, label)), count, href(label=label))
            for label, count in line.outcomes.most_common()
        ],
        median=span(line.median, said),
        slowest=span(line.slowest, said),
        overrides=[
            f"{said.say(detail.replace('-', ' '))} {count}"
            for detail, count in line.overrides.most_common()
        ],
        put_off=len(line.put_off),
    )


NOT_KNOWN = "none"


def name_of(key: str, by: By, said: Language) -> str:
    """Return what a group is called; names of rules, teams and models are data."""
    if by is By.DEVICE:
        return _device_name(key, said)
    if key == UNKNOWN:
        return said.say("no model") if by is By.MODEL else said.say("not known")
    if by is By.TIER:
        return said.say(key)
    named = NAMED.get(key) if by.of_people and by is not By.TEAM else None
    return named(said) if named else key.replace("-", DASH) if by is By.AGE else key


def _device_name(key: str, said: Language) -> str:
    if key == UNKNOWN:
        return said.say("no device named")
    if key.startswith(SENT_BY):
        return said.say("sent by {client}", client=key.removeprefix(SENT_BY))
    return key


def per_week(line: Line) -> str:
    """Return alerts per patient-week."""
    return DASH if line.per_week is None else f"{line.per_week:.3f}"


def percent(rate: Rate) -> str:
    """Return a share in per cent; nothing of nothing."""
    return "" if rate.share is None else f"{rate.share * 100:.0f} %"


def share(rate: Rate, said: Language) -> Share:
    """Return a share with its interval."""
    ends = wilson(rate)
    if ends is None:
        return Share(said.say("none yet"), "", few=False)
    low, high = (f"{end * 100:.0f}" for end in ends)
    of = said.say("{hits} of {of}", hits=rate.hits, of=rate.of)
    return Share(f"{percent(rate)} ({low}{DASH}{high})", of, few=few(rate))


def span(found: timedelta | None, said: Language) -> str:
    """Return a time, nothing where none was taken."""
    return "" if found is None else said.span(found)


def proposal_words(proposal: Proposal, said: Language) -> str:
    """Return what is proposed for a rule, and on what grounds."""
    match proposal.kind:
        case Kind.AGREE:
            return said.say(
                "Most false alarms came of the measurement: let two readings within"
                " 30 minutes agree."
            )
        case Kind.MOVE:
            return said.say(
                "Move the limit to {value}: of those with an outcome {spared} without an action"
                " would not have been raised, and {lost} with one.",
                value=f"{proposal.value:g}",
                spared=proposal.spared,
                lost=proposal.lost,
            )
        case Kind.FEW:
            return said.say("Nothing proposed: fewer than five outcomes.")
        case Kind.GOOD:
            return said.say("Nothing proposed: at least half led to an action.")
        case Kind.RED:
            return said.say("Shown only: RED is never proposed to be silenced.")
    return said.say("Nothing proposed: no single limit of a plan would do.")
