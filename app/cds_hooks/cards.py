"""What stands on a card: one for each open alert, the gravest first, and what makes us blind.

No card never means that all is well, only that nothing is open: where nothing has come for
two days, or alerting itself is degraded, a card says so.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from unicodedata import category

from alerts.outcomes import Label
from app import doubts
from core.vitals import Severity
from monitoring import words
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from uuid import UUID

    from alerts.inbox import EpisodeView

SERVICE = "wardlight-patient-view"
TITLE = "Wardlight: open remote-monitoring alerts"
SUMMARY_BELOW = 140
INDICATORS = {Severity.RED: "critical", Severity.AMBER: "warning"}
WORDS = {
    Severity.RED: "Urgent",
    Severity.AMBER: "Soon",
    Severity.YELLOW: "Watch",
    Severity.INFO: "For information",
    Severity.DQ: "Measurement doubtful",
}
OVERRIDES = {
    Label.TRUE_ACTIONABLE: "Right, and acted on elsewhere",
    Label.TRUE_NO_ACTION: "Right, no action needed",
    Label.FALSE_MEASUREMENT: "The measurement is wrong",
    Label.FALSE_PHYSIOLOGY: "Harmless for this person",
    Label.DUPLICATE: "Known already",
    Label.UNSURE: "Not sure",
}


def service() -> dict[str, Any]:
    """Return how the service describes itself."""
    return {
        "hook": "patient-view",
        "id": SERVICE,
        "title": TITLE,
        "description": "Shows the alerts that are open for the patient, with their reasons.",
        "prefetch": {"patient": "Patient/{{context.patientId}}"},
        "usageRequirements": (
            "The patient is found by a record number of prefetch.patient that Wardlight knows."
        ),
    }


def cards(
    episodes: Iterable[EpisodeView],
    patient: UUID,
    blind: Sequence[str],
    *,
    base: str,
    language: str = ENGLISH,
) -> dict[str, Any]:
    """Return the response: episodes in the order given, then why we may see too little."""
    shown = [_alert(each, patient, base, language) for each in episodes]
    return {"cards": shown + [_blind(text, patient, base) for text in blind]}


def _alert(episode: EpisodeView, patient: UUID, base: str, language: str) -> dict[str, Any]:
    finding = episode.headline
    label = WORDS[episode.severity]
    said = words.clinician(finding, language)
    lines = [f"**{label}.** {plain(said)}"]
    lines += [f"- {plain(words.clinician(each, language))}" for each in episode.findings[1:4]]
    lines.append(f"Why: {plain(finding.source)}" if finding.source else "")
    if episode.contested:
        lines.append(plain(doubts.said(episode.contested, language)))
    lines.append(f"Since {episode.started_at:%Y-%m-%d %H:%M} UTC; {episode.state}.")
    return {
        "uuid": str(episode.id),
        "summary": short(f"{label}: {said}"),
        "detail": "\n\n".join(line for line in lines if line),
        "indicator": INDICATORS.get(episode.severity, "info"),
        "overrideReasons": [
            {"code": str(code), "system": f"{base}/override-reasons", "display": display}
            for code, display in OVERRIDES.items()
        ],
        **_around(patient, base),
    }


def _blind(text: str, patient: UUID, base: str) -> dict[str, Any]:
    return {"summary": short(text), "indicator": "info", **_around(patient, base)}


def _around(patient: UUID, base: str) -> dict[str, Any]:
    link = {
        "label": "Open in Wardlight",
        "url": f"{base}/patients/{patient}",
        "type": "absolute",
    }
    return {"source": {"label": "Wardlight", "url": base}, "links": [link]}


def short(text: str) -> str:
    """Return a text of fewer than 140 characters, cut between words where it is longer."""
    text = line(text)
    if len(text) < SUMMARY_BELOW:
        return text
    return f"{text[: SUMMARY_BELOW - 2].rpartition(' ')[0]}…"


def line(text: str) -> str:
    """Return a text in one line, without characters that steer a screen or turn words round."""
    shown = "".join(c if c.isspace() or category(c) not in _UNSEEN else "" for c in text)
    return " ".join(shown.split())


# Controls, and formats: marks of direction, joiners, tags.
_UNSEEN = ("Cc", "Cf")


def plain(text: str) -> str:
    """Return a text in which nothing is Markdown, a tag, or an address to follow."""
    escaped = "".join(f"\\{c}" if c in "\\`*_[]#|~!@" else c for c in line(text))
    escaped = escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return _FOLLOWED.sub(r"\1\\\2", _BEGINS.sub(r"\1\\\2", escaped))


# What begins a list, a rule or a heading where a line does; and what some make a link of.
_BEGINS = re.compile(r"^(|\d+(?=[.)](?:\s|$)))([-+=.)])")
_FOLLOWED = re.compile(r"\b(\w+(?=://)|www(?=\.))([:.])", re.IGNORECASE)
