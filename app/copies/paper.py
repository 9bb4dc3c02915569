"""The copy of a person's data as a page for paper, in their own language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.pages.language import Language, language
from app.pages.paper import Paper, styles
from monitoring.catalogue import known

if TYPE_CHECKING:
    from collections.abc import Iterable

    from app.copies.service import Copy
    from app.pages.rendering import Renderer
    from core.settings import Settings

# Where each kind says when it was, the first that is there.
_WHEN = (
    "effectiveDateTime",
    "effectiveInstant",
    "occurrenceDateTime",
    "identifiedDateTime",
    "authoredOn",
    "authored",
    "sent",
    "recorded",
    "dateTime",
    "recordedDate",
    "onsetDateTime",
    "statusDate",
    "start",
    "birthDate",
)
_WHAT = ("code", "type", "category", "vaccineCode", "medicationCodeableConcept")
_FROM = ("period", "effectivePeriod", "occurrencePeriod", "executionPeriod")


@dataclass(frozen=True, slots=True)
class Chapter:
    """The resources of one kind as lines: when, and what."""

    title: str
    lines: list[tuple[str, str]]


def on_paper(copy: Copy, pages: Renderer, settings: Settings) -> str:
    """Return the copy as HTML that needs nothing else."""
    name = spoken(copy) or settings.site_language
    said = language(name)
    title = said.say("All that is kept about you")
    paper = Paper(
        title=title,
        running=f"{title} · {copy.made_at:%Y-%m-%d}",
        home=settings.base_url.rstrip("/") + "/",
        styles=styles(settings.report_paper),
    )
    return pages.html(
        "copy.html",
        language=name,
        paper=paper,
        heading=title,
        chapters=chapters(copy, said),
        tables=[(each, len(rows)) for each, rows in sorted(copy.tables.items())],
    )


def spoken(copy: Copy) -> str:
    """Return the language that the person speaks, "" where none of ours is known of them."""
    for each in _of(copy, "Patient"):
        for told in each.get("communication", ()):
            for coding in told.get("language", {}).get("coding", ()):
                if found := known(str(coding.get("code", ""))):
                    return found
    return ""


def chapters(copy: Copy, said: Language) -> list[Chapter]:
    """Return what there is of each kind, in the order of the copy."""
    kinds = dict.fromkeys(each["resource"]["resourceType"] for each in copy.entries)
    return [
        Chapter(_title(kind, said), [(_when(r), _what(r)) for r in _of(copy, kind)])
        for kind in kinds
    ]


def _of(copy: Copy, kind: str) -> Iterable[dict[str, Any]]:
    resources = (each["resource"] for each in copy.entries)
    return [each for each in resources if each["resourceType"] == kind]


def _title(kind: str, said: Language) -> str:
    titles = {
        "Patient": said.say("Who you are"),
        "Observation": said.say("Readings and answers"),
        "Condition": said.say("Conditions"),
        "RiskAssessment": said.say("Scores, each with what it was made of"),
        "DetectedIssue": said.say("Alerts"),
        "Flag": said.say("Lesser alerts"),
        "Task": said.say("What was done about alerts"),
        "Communication": said.say("Messages sent"),
        "Consent": said.say("What you let be done"),
        "Goal": said.say("Targets"),
        "AuditEvent": said.say("Who looked at your data"),
    }
    return titles.get(kind, kind)


def _when(resource: dict[str, Any]) -> str:
    found = next((str(resource[name]) for name in _WHEN if name in resource), "")
    found = found or next((_start(resource[name]) for name in _FROM if name in resource), "")
    return found[:16].replace("T", " ")


def _start(period: dict[str, Any]) -> str:
    return str(period.get("start") or period.get("end") or "")


def _what(resource: dict[str, Any]) -> str:
    parts = [*_names(resource), *_values(resource), *_told(resource)]
    return ", ".join(dict.fromkeys(filter(None, parts))) or str(resource.get("status", ""))


def _names(resource: dict[str, Any]) -> Iterable[str]:
    for name in resource.get("name", ()) if isinstance(resource.get("name"), list) else ():
        written = " ".join([*name.get("given", ()), str(name.get("family", ""))]).strip()
        yield str(name.get("text") or written)
    for each in resource.get("identifier", ()) if resource["resourceType"] == "Patient" else ():
        yield str(each.get("value", ""))
    for each in resource.get("telecom", ()):
        yield str(each.get("value", ""))
    for name in _WHAT:
        found = resource.get(name)
        for concept in found if isinstance(found, list) else [found]:
            yield _word(concept) if isinstance(concept, dict) else ""


def _word(concept: dict[str, Any]) -> str:
    codings = concept.get("coding", [concept])
    shown = (each.get("display") or each.get("code") or "" for each in codings)
    return str(concept.get("text") or next(iter(shown), ""))


def _values(resource: dict[str, Any]) -> Iterable[str]:
    for each in (resource, *resource.get("component", ())):
        quantity = each.get("valueQuantity") or {}
        if "value" in quantity:
            unit = quantity.get("unit") or quantity.get("code") or ""
            yield f"{quantity['value']} {unit}".strip()
    for each in resource.get("prediction", ()):
        if "probabilityDecimal" in each:
            yield f"{float(each['probabilityDecimal']):.1%}"


def _told(resource: dict[str, Any]) -> Iterable[str]:
    for name in ("detail", "description", "conclusion"):
        if isinstance(resource.get(name), str):
            yield resource[name]
    provision = resource.get("provision", {})
    if isinstance(provision, dict) and provision:
        yield str(provision.get("type", ""))
        yield from (_word(each) for each in provision.get("purpose", ()))
    for each in resource.get("agent", ()):
        who = each.get("who", {})
        yield str(who.get("display") or who.get("identifier", {}).get("value") or "")
    for each in resource.get("payload", ()):
        yield str(each.get("contentString", ""))
