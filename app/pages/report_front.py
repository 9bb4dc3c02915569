"""The first page of a weekly report: people before numbers, each with one sentence; pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from app.pages.report_words import Words
from app.pages.wording import Sentence
from core.vitals import Severity
from reports.courses import Change
from reports.overdue import Due, Kind
from reports.silence import Silent, Why
from reports.weekly import Report

SHOWN = 8  # of one list on the first page; the others are behind one link
Reasons = Mapping[UUID, Sentence]


@dataclass(frozen=True, slots=True)
class Who:
    """Somebody in one of the lists: what they are called, what is said of them, in small why."""

    id: UUID
    name: str
    severity: Severity | None
    reason: Sentence | None
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class People:
    """One list of the first page."""

    key: str
    title: str
    nobody: str
    all: tuple[Who, ...]

    @property
    def shown(self) -> tuple[Who, ...]:
        """Return those who stand on the first page."""
        return self.all[:SHOWN]

    @property
    def more(self) -> int:
        """Return how many do not."""
        return len(self.all) - len(self.shown)


def lists(report: Report, w: Words, reasons: Reasons) -> list[People]:
    """Return who got worse, who got better, who is silent, and what is late."""
    said = w.said
    return [
        People(
            "worse",
            said.say("Got worse"),
            said.say("Nobody."),
            tuple(_changed(each, w, reasons) for each in report.worse),
        ),
        People(
            "late",
            said.say("Past its deadline"),
            said.say("Nothing is late."),
            _late(report, w, reasons),
        ),
        People(
            "silent",
            said.say("Silent, and why"),
            said.say("Nobody was silent at the end."),
            tuple(_silent(each, w) for each in report.silent),
        ),
        People(
            "better",
            said.say("Got better"),
            said.say("Nobody."),
            tuple(_changed(each, w, reasons) for each in report.better),
        ),
    ]


def _changed(change: Change, w: Words, reasons: Reasons) -> Who:
    reason = reasons.get(change.alert_id) if change.alert_id else None
    course = w.course(change.now, change.before)
    return Who(change.patient_id, w.name(change.patient_id), change.now, reason, (course,))


def _silent(found: Silent, w: Words) -> Who:
    why = WHYS[found.why](w, found)
    last = w.said.say("Last reading {when}.", when=w.at(found.since)) if found.since else ""
    words = " ".join(each for each in (why, last) if each)
    return Who(found.patient_id, w.name(found.patient_id), None, None, (words,))


def _in_hospital(w: Words, found: Silent) -> str:
    if found.until is None:
        return w.said.say("In hospital.")
    return w.said.say("In hospital until {until}.", until=w.at(found.until))


def _paused(w: Words, found: Silent) -> str:
    if found.until is None:
        return w.said.say("Monitoring is paused.")
    return w.said.say("Monitoring is paused until {until}.", until=w.at(found.until))


WHYS: Mapping[Why, Callable[[Words, Silent], str]] = {
    Why.DIED: lambda w, _: w.said.say("Has died."),
    Why.IN_HOSPITAL: _in_hospital,
    Why.PAUSED: _paused,
    Why.EVERYBODY: lambda w, _: w.said.say("Readings of everybody stopped coming: a fault here."),
    Why.HUB_DOWN: lambda w, _: w.said.say("The hub at home is offline."),
    Why.DEVICE: lambda w, _: w.said.say("An alert about a device is open."),
    Why.NEVER: lambda w, _: w.said.say("Nothing was ever received."),
    Why.NOTHING: lambda w, _: w.said.say("Nothing was sent, and nobody knows why."),
}


def _late(report: Report, w: Words, reasons: Reasons) -> tuple[Who, ...]:
    """Return one entry per person, with all that is late, in the order of the first of it.

    The reason of an alert by which somebody got worse stands there already.
    """
    of: dict[UUID, list[Due]] = {}
    for each in report.overdue:
        of.setdefault(each.patient_id, []).append(each)
    told = {each.alert_id for each in report.worse}
    left = {alert: why for alert, why in reasons.items() if alert not in told}
    return tuple(_late_of(who, mine, w, left) for who, mine in of.items())


def _late_of(who: UUID, mine: Sequence[Due], w: Words, reasons: Reasons) -> Who:
    first = mine[0]
    reason = reasons.get(first.alert_id) if first.alert_id else None
    kinds: dict[Kind, list[Due]] = {}
    for each in mine:
        kinds.setdefault(each.kind, []).append(each)
    words = tuple(LATE[kind](w, dues) for kind, dues in kinds.items())
    return Who(who, w.name(who), first.severity, reason, words)


def _review(w: Words, dues: Sequence[Due]) -> str:
    return w.said.count(
        "{count} limit had to be reviewed before {when}",
        "{count} limits had to be reviewed before {when}",
        _count(dues),
        when=_since(w, dues),
    )


def _follow_up(w: Words, dues: Sequence[Due]) -> str:
    return w.said.count(
        "{count} question about a past day waits for an answer",
        "{count} questions about past days wait for an answer",
        _count(dues),
    )


def _contest(w: Words, dues: Sequence[Due]) -> str:
    return w.said.say("a contested score is not answered, due since {when}", when=_since(w, dues))


def _question(w: Words, dues: Sequence[Due]) -> str:
    return w.said.count(
        "{count} daily question was not answered",
        "{count} daily questions were not answered",
        _count(dues),
    )


def _untaken(w: Words, dues: Sequence[Due]) -> str:
    facts = {"problems": _problems(w, dues), "when": _since(w, dues)}
    return w.said.say("taken by nobody, due since {when}: {problems}", **facts)


def _unreached(w: Words, dues: Sequence[Due]) -> str:
    facts = {"problems": _problems(w, dues), "when": _since(w, dues)}
    return w.said.say("nobody reached, due since {when}: {problems}", **facts)


def _step(w: Words, dues: Sequence[Due]) -> str:
    facts = {"problems": _problems(w, dues), "when": _since(w, dues)}
    return w.said.say("the escalation stands still since {when}: {problems}", **facts)


def _visit(w: Words, dues: Sequence[Due]) -> str:
    return w.said.say(
        "video visit of {when}: what became of it is not written down", when=_since(w, dues)
    )


def _count(dues: Sequence[Due]) -> int:
    return sum(each.count for each in dues)


def _since(w: Words, dues: Sequence[Due]) -> str:
    return w.at(min(each.due_at for each in dues))


def _problems(w: Words, dues: Sequence[Due]) -> str:
    return ", ".join(dict.fromkeys(w.hyphened(each.problem or "") for each in dues))


LATE: Mapping[Kind, Callable[[Words, Sequence[Due]], str]] = {
    Kind.UNTAKEN: _untaken,
    Kind.UNREACHED: _unreached,
    Kind.STEP: _step,
    Kind.VISIT: _visit,
    Kind.REVIEW: _review,
    Kind.FOLLOW_UP: _follow_up,
    Kind.CONTEST: _contest,
    Kind.QUESTION: _question,
}
