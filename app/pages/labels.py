"""Outcomes, checklist and timeline in a clinician's words; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.inbox import DeliveryView, EpisodeView, TimelineEntry
from alerts.outcomes import ACTIONS, WORDS, Label, Resolution, resolution
from alerts.patients.wording import Why
from app.pages.wording import Moment
from core.errors import InvalidError


@dataclass(frozen=True, slots=True)
class Option:
    """One way an alert can end."""

    value: str
    words: str


@dataclass(frozen=True, slots=True)
class Group:
    """The ways that count as the same label."""

    words: str
    options: list[Option]


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One line of the checklist against settling too early (alerting.md section 6)."""

    key: str
    words: str


CHECKLIST = (
    CheckItem("repeat", "Reading repeated?"),
    CheckItem("technique", "Device, technique, another person?"),
    CheckItem(
        "symptoms", "Symptoms asked: breathless, chest pain, confusion, fall, food and drink?"
    ),
    CheckItem("medicine", "Medicine changed or missed?"),
    CheckItem("alternatives", "What else would explain this? Two alternatives considered"),
    CheckItem("trend", "Personal baseline and trend seen?"),
    CheckItem("goals", "Goals of care, contact?"),
    CheckItem("safety-net", "Decision and safety-net time given?"),
)


def conclusions() -> list[Group]:
    """Return every outcome with its sub-reasons, for one list that needs no script."""
    return [
        Group(
            WORDS[label],
            [Option(f"{label}/{d}", detail_words(d)) for d in ACTIONS[label]]
            or [Option(f"{label}/", WORDS[label])],
        )
        for label in Label
    ]


def concluded(conclusion: str, note: str, checked: Iterable[str]) -> Resolution:
    """Return the resolution that a form means; ticks of the checklist go before the note."""
    known = {item.key for item in CHECKLIST}
    ticks = [key for key in dict.fromkeys(checked) if key in known]
    label, slash, detail = conclusion.partition("/")
    if not slash:
        raise InvalidError("choose how this alert turned out", field="conclusion")
    before = f"[checked: {', '.join(ticks)}] " if ticks else ""
    return resolution(label, detail, before + note.strip())


def detail_words(detail: str) -> str:
    """Return a sub-reason without its hyphens."""
    return detail.replace("-", " ")


@dataclass(frozen=True, slots=True)
class TimelineLine:
    """One printed line of the timeline."""

    at: Moment
    words: str


def event_words(entry: TimelineEntry, problem: str) -> str:
    """Return one event: what, by whom, why."""
    kind = entry.kind.replace("-", " ")
    if entry.kind in ("patient-told", "patient-not-told"):
        return f"{problem}: {kind} ({_why_told(entry.reason)})"
    if entry.reason.startswith(f"{kind}:"):  # the reason says it all
        return f"{problem}: {entry.reason}"
    if entry.kind == "routed":
        return f"{problem}: {entry.reason}: {entry.after['route']} ({entry.after['because']})"
    what = f"{problem}: {kind}"
    severity = entry.after.get("severity")
    if entry.kind in ("opened", "rose", "lowered") and severity:
        what += f" as {severity}" if entry.kind == "opened" else f" to {severity}"
    by = f" by {entry.actor_name}" if entry.actor_kind == "user" else ""
    why = "" if entry.reason == kind else f" ({entry.reason})"
    return f"{what}{by}{why}"


def _why_told(reason: str) -> str:
    return Why(reason).words if reason in tuple(Why) else reason


def delivery_words(delivery: DeliveryView, problem: str) -> str:
    """Return who was told by what, and what of it is known: none is inferred from another."""
    known = [delivery.state.replace("-", " ")]
    known += ["seen"] if delivery.seen_at else []
    known += ["acted on"] if delivery.acted_on_at else []
    tries = f" after {delivery.attempts} tries" if delivery.attempts > 1 else ""
    return f"{problem}: {delivery.channel} to {delivery.recipient}, {', '.join(known)}{tries}"


def problem_words(view: EpisodeView) -> str:
    """Return the problem as a page says it."""
    return view.problem.replace("-", " ").capitalize()
