"""Outcomes, checklist and timeline in a clinician's words; pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from alerts.checklist import Given
from alerts.inbox import DeliveryView, EpisodeView, TimelineEntry
from alerts.outcomes import ACTIONS, WORDS, Label, Resolution, resolution
from alerts.patients.wording import Why
from app.pages.language import Language, language
from core.errors import InvalidError
from monitoring.catalogue import ENGLISH

IN_ENGLISH = language(ENGLISH)


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
    CheckItem("alternative-1", "First alternative"),
    CheckItem("alternative-2", "Second alternative"),
    CheckItem("alternatives", "What else would explain this? In your own words"),
    CheckItem("trend", "Personal baseline and trend seen?"),
    CheckItem("goals", "Goals of care, contact?"),
    CheckItem("safety-net", "Decision and safety-net time given?"),
)


def conclusions(said: Language = IN_ENGLISH) -> list[Group]:
    """Return every outcome with its sub-reasons, for one list that needs no script."""
    return [
        Group(
            said.say(WORDS[label]),
            [Option(f"{label}/{d}", said.say(detail_words(d))) for d in ACTIONS[label]]
            or [Option(f"{label}/", said.say(WORDS[label]))],
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


def event_words(entry: TimelineEntry, problem: str, said: Language = IN_ENGLISH) -> str:
    """Return one event: what, by whom, why."""
    say = SAID.get(entry.kind, _event)
    return said.say("{problem}: {event}", problem=problem, event=say(entry, said))


def _event(entry: TimelineEntry, said: Language) -> str:
    kind, why = entry.kind.replace("-", " "), said.say(entry.reason)
    if entry.reason.startswith(f"{kind}:"):  # the reason says it all
        return why
    if entry.kind == "routed":
        route, because = (said.say(str(entry.after[each])) for each in ("route", "because"))
        return said.say("{why}: {route} ({because})", why=why, route=route, because=because)
    facts = {"what": _what(entry, kind, said), "who": entry.actor_name}
    if entry.kind in ("patient-told", "patient-not-told"):
        return said.say("{what} ({why})", why=said.say(_why_told(entry.reason)), **facts)
    if entry.actor_kind != "user":
        same = entry.reason == kind
        return facts["what"] if same else said.say("{what} ({why})", why=why, **facts)
    if entry.reason == kind:
        return said.say("{what} by {who}", **facts)
    return said.say("{what} by {who} ({why})", why=why, **facts)


def _what(entry: TimelineEntry, kind: str, said: Language) -> str:
    severity = entry.after.get("severity")
    if entry.kind not in RATED or not severity:
        return said.say(kind)
    return said.say(RATED[entry.kind], severity=said.say(str(severity)))


RATED = {
    "opened": "opened as {severity}",
    "rose": "rose to {severity}",
    "lowered": "lowered to {severity}",
}


def _noted(entry: TimelineEntry, said: Language) -> str:
    return said.say("note by {who}: {note}", who=entry.actor_name, note=entry.after["note"])


def _delegated(entry: TimelineEntry, said: Language) -> str:
    if not entry.after.get("note"):
        return _event(entry, said)
    facts = {"who": entry.actor_name, "note": entry.after["note"]}
    return said.say("delegated by {who}, with a note: {note}", **facts)


def _resolved(entry: TimelineEntry, said: Language) -> str:
    """Return how it turned out; a line that was written without an outcome says that it ended."""
    label, detail = str(entry.after.get("outcome") or ""), str(entry.after.get("detail") or "")
    if label not in WORDS:
        return _event(entry, said)
    facts = {"who": entry.actor_name, "outcome": said.say(WORDS[label])}
    if not detail:
        return said.say("resolved by {who}: {outcome}", **facts)
    how = said.say(detail_words(detail))
    return said.say("resolved by {who}: {outcome} ({detail})", detail=how, **facts)


def _checked(entry: TimelineEntry, said: Language) -> str:
    item = next(each.words for each in CHECKLIST if each.key == entry.after["item"])
    facts = {"item": said.say(item), "who": entry.actor_name}
    answer = ANSWERS[str(entry.after["answer"])]
    return said.say("checklist, {item} {answer}, by {who}", answer=said.say(answer), **facts)


ANSWERS = {"": "own words", "yes": "yes", "no": "no", "not-applicable": "not applicable"}


def answered(given: Given, said: Language = IN_ENGLISH) -> str:
    """Return one answer as a line: what was asked, or the alternative, and what was said to it."""
    item = next(each.words for each in CHECKLIST if each.key == given.item)
    facts = {"item": given.about or said.say(item), "answer": said.say(_answer(given))}
    if given.words:
        return said.say("{item} {answer}: {words}", words=given.words, **facts)
    return said.say("{item} {answer}", **facts)


def _answer(given: Given) -> str:
    return ANSWERS[given.answer] if given.answer or given.words else "left blank"


SAID = {"noted": _noted, "checked": _checked, "delegated": _delegated, "resolved": _resolved}


def _why_told(reason: str) -> str:
    return Why(reason).words if reason in tuple(Why) else reason


def delivery_words(delivery: DeliveryView, problem: str, said: Language = IN_ENGLISH) -> str:
    """Return who was told by what, and what of it is known: none is inferred from another."""
    known = [delivery.state.replace("-", " ")]
    known += ["seen"] if delivery.seen_at else []
    known += ["acted on"] if delivery.acted_on_at else []
    facts = {
        "problem": problem,
        "channel": said.say(delivery.channel),
        "who": said.say(delivery.recipient),
        "state": ", ".join(said.say(each) for each in known),
    }
    if delivery.attempts <= 1:
        return said.say("{problem}: {channel} to {who}, {state}", **facts)
    return said.count(
        "{problem}: {channel} to {who}, {state} after {count} try",
        "{problem}: {channel} to {who}, {state} after {count} tries",
        delivery.attempts,
        **facts,
    )


def problem_words(view: EpisodeView, said: Language = IN_ENGLISH) -> str:
    """Return the problem as a page says it."""
    words = said.say(view.problem.replace("-", " "))
    return words[:1].upper() + words[1:]
