"""Why an alert says what it says: findings, readings, rule, baseline, score, doubts (UX-06).

Every number here is one that was stored with the judgement; nothing is computed anew.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from alerts.cover import unread
from alerts.hours import Place
from alerts.inbox import GRAVE, EpisodeView, FindingView
from alerts.lifecycle import State
from alerts.outcomes import WORDS
from app import doubts
from app.pages.holding import Holding, holding
from app.pages.labels import detail_words
from app.pages.language import Language
from app.pages.language import language as spoken_in
from app.pages.wording import Moment, Sentence, maybe, moment, spoken
from core.vitals import Severity
from monitoring import words
from monitoring.catalogue import ENGLISH, known
from monitoring.phrases import Phrase, whole
from monitoring.rule_words import sure_words
from monitoring.words import Other

MOST_FINDINGS = 4
MOST_EVIDENCE = 8
SHORT_HASH = 12


@dataclass(frozen=True, slots=True)
class FindingPrint:
    """One finding as the page prints it."""

    sentence: Sentence
    rule: str
    source: str  # as it is cited, in English
    sure: str
    usual: str
    limit: str
    evidence: list[str]
    missing: str
    counterfactual: str
    confirmed: str


@dataclass(frozen=True, slots=True)
class EpisodePrint:
    """One episode as the page prints it."""

    id: UUID
    version: int
    severity: Severity
    problem: str
    sentence: Sentence
    patient_words: str
    patient_language: str
    opened: Moment
    holding: Holding
    next_step: str
    next_at: Moment | None
    notes: list[str]
    alternatives: list[Other]
    findings: list[FindingPrint]
    rulebook: str
    policy: str
    grave: bool
    ended: str


@dataclass(frozen=True, slots=True)
class Reader:
    """Who reads, when and where: what turns stored values into words."""

    now: datetime
    zone: ZoneInfo
    identities: frozenset[object]
    language: str = ENGLISH
    patient_language: str = ""  # "" where the person told none
    emergency: str = ""
    place: Place | None = None  # of the person's team: who reads when
    patient_zone: str = "UTC"

    def unread(self, severity: Severity) -> Phrase | None:
        """Return what the person is told now if nobody of their team reads."""
        if self.place is None:
            return None
        return unread(
            self.place,
            severity,
            now=self.now,
            zone=self.patient_zone,
            emergency=self.emergency,
        )

    def at(self, instant: datetime) -> Moment:
        """Return an instant as this reader sees it."""
        return moment(instant, now=self.now, zone=self.zone, language=self.language)

    @property
    def said(self) -> Language:
        """Return the language that this reader reads."""
        return spoken_in(self.language)


def episode_print(view: EpisodeView, reader: Reader, *, rulebook: str) -> EpisodePrint:
    """Return an episode with its gravest findings explained."""
    head = view.headline
    told = known(reader.patient_language) or reader.language
    return EpisodePrint(
        id=view.id,
        version=view.version,
        severity=view.severity,
        problem=reader.said.say(view.problem.replace("-", " ")),
        sentence=spoken(head, reader.language),
        patient_words=words.patient(
            head, told, emergency=reader.emergency, closing=reader.unread(head.severity)
        ),
        patient_language=told,
        opened=reader.at(view.opened_at),
        holding=holding(view, reader.identities, reader.at, reader.said),
        next_step=reader.said.say(view.next_step),
        next_at=maybe(
            view.next_step_at, now=reader.now, zone=reader.zone, language=reader.language
        ),
        notes=_notes(view, reader.language),
        alternatives=words.alternatives(head, reader.language),
        findings=[finding_print(f, reader) for f in _explained(view)],
        rulebook=rulebook[:SHORT_HASH] or reader.said.say("unknown"),
        policy=view.policy_hash[:SHORT_HASH],
        grave=view.severity in GRAVE,
        ended=_ended(view, reader.said),
    )


def _notes(view: EpisodeView, language: str) -> list[str]:
    notes = []
    if view.held:
        held = spoken_in(language).say(view.held)
        notes.append(f"{held[:1].upper()}{held[1:]}.")
    if view.contested:
        notes.append(doubts.said(view.contested, language))
    if view.late:
        notes.append(words.text("The reading arrived late; nobody was paged.", language))
    if view.previous_id is not None:
        how = Phrase(WORDS.get(view.previous_outcome, view.previous_outcome))
        before = words.text(
            "The same problem was open before; it ended as: {outcome}.", language, outcome=how
        )
        notes.append(before)
    if len(view.findings) > (shown := len(_explained(view))):
        many = words.text(
            "Explained: {shown} of {count} findings, the gravest of each rule.",
            language,
            count=whole(len(view.findings)),
            shown=whole(shown),
        )
        notes.append(many)
    return notes


def _explained(view: EpisodeView) -> list[FindingView]:
    """Return the findings that are explained: the same rule in every reading says nothing new."""
    by_rule: dict[str, FindingView] = {}
    for finding in view.findings:
        by_rule.setdefault(finding.rule_id, finding)
    return list(by_rule.values())[:MOST_FINDINGS]


def _ended(view: EpisodeView, said: Language) -> str:
    if view.state is not State.RESOLVED:
        return said.say(str(view.state).replace("-", " "))
    how = said.say(WORDS.get(view.outcome, view.outcome))
    if view.outcome_detail:
        detail = said.say(detail_words(view.outcome_detail))
        how = said.say("{outcome}: {detail}", outcome=how, detail=detail)
    return f"{how}. {view.outcome_note}".strip()


def finding_print(view: FindingView, reader: Reader) -> FindingPrint:
    """Return a finding with the readings, the limit and the rule it rests on."""
    vital, language = view.vital, reader.language
    return FindingPrint(
        sentence=spoken(view, language),
        rule=f"{view.rule_id} ({reader.said.say(view.severity)})",
        source=view.source,
        sure=sure_words(view.confidence, language),
        usual=words.band(view.usual, vital, language) if vital and view.usual else "",
        limit=_limit(view, language),
        evidence=_evidence(view, reader),
        missing=words.missing(view, language),
        counterfactual=words.counterfactual(view, language),
        confirmed=words.text("confirmed" if view.confirmed else "unconfirmed", language),
    )


def _limit(view: FindingView, language: str) -> str:
    if view.vital is None or view.limit is None:
        return ""
    return words.quantity(view.limit, view.vital, language)


def _evidence(view: FindingView, reader: Reader) -> list[str]:
    """Return the readings behind a finding, the newest first."""
    kept = sorted(view.evidence, key=lambda e: e.effective, reverse=True)
    lines = [words.reading(e, str(reader.zone), reader.language) for e in kept[:MOST_EVIDENCE]]
    if len(kept) > MOST_EVIDENCE:
        more = whole(len(kept) - MOST_EVIDENCE)
        lines.append(words.text("and {count} more", reader.language, count=more))
    return lines
