"""The use cases of CDS Hooks: prove who asks, show what is open, keep what became of a card."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

import alerts.service
from alerts.inbox import urgency
from alerts.views import repository as views
from app import health
from app.cds_hooks.cards import OVERRIDES, cards
from app.pages.strip import is_silent
from core import audit
from core.errors import ForbiddenError
from core.scopes import allows
from core.security import Caller, assertion_kid, verify_service_token
from fhir.outcome import Refusal, refusal
from ingest import repository as people
from ingest.clients.service import live_keys, presenter, use_once
from ingest.numbers.repository import owners
from ingest.receipt import Kind, Name
from ingest.tables import Patient
from monitoring.catalogue import ENGLISH

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from app.cds_hooks.request import Asked, Feedback
    from ingest.roster import PatientProfile

UNKNOWN_CODE = "other"


def key_address(session: Session, token: str) -> tuple[str, str]:
    """Return where the client of a JWT keeps its keys ("" for here), and the kid."""
    return presenter(session, token).jwks_url, assertion_kid(token)


def caller_of(
    session: Session,
    token: str,
    *,
    audience: str,
    fetched: Mapping[str, Any] | None,
    now: datetime,
) -> Caller:
    """Return the registered client that a JWT proves; each JWT opens the door once.

    Keys are those of the registration, or `fetched` from the address that it names; a `jku`
    that names any other is refused and never followed.
    """
    client = presenter(session, token)
    proof = verify_service_token(
        token,
        jwks=dict(fetched or {}) if client.jwks_url else live_keys(client.jwks, now=now),
        audience=audience,
        now=now,
        address=client.jwks_url,
    )
    use_once(session, client.id, proof.jti, proof.expires, now=now)
    caller = Caller("client", client.id, scopes=frozenset(str(each) for each in client.scopes))
    if not any(allows(caller.scopes, "DetectedIssue", right) for right in "rs"):
        raise ForbiddenError("system/DetectedIssue.rs must be granted to see alerts")
    return caller


@dataclass(frozen=True, slots=True)
class Chart:
    """One request for cards: by whom, when, and where our pages are."""

    session: Session
    caller: Caller
    base: str
    now: datetime
    language: str = ENGLISH

    def patients(self, asked: Asked) -> set[UUID]:
        """Return whom of ours the chart may mean, as far as the caller may see them."""
        names = [
            Name(Kind.PATIENT, each.system, each.value)
            for each in asked.numbers or ()
            if each.system
        ]
        meant = set(owners(self.session, names).values()) if names else set()
        with contextlib.suppress(ValueError):
            meant |= {UUID(asked.patient)}
        return {each for each in meant if people.may_see(self.session, self.caller, each)}


def show(chart: Chart, asked: Asked) -> dict[str, Any] | Refusal:
    """Return the cards of a patient, or why it cannot be told who is meant."""
    found = chart.patients(asked)
    if len(found) > 1:
        text = "the record numbers belong to more than one patient: nothing is shown"
        return refusal(412, "multiple-matches", text, "prefetch.patient.identifier")
    if not found and not asked.numbers:
        text = "prefetch.patient with an identifier is needed to find the patient"
        return refusal(412, "required", text, "prefetch.patient")
    for patient in found:
        audit.record(
            chart.session,
            chart.caller,
            audit.Action.READ,
            "alert",
            now=chart.now,
            patients=[patient],
        )
        return _cards(chart, patient)
    return {"cards": []}


def _cards(chart: Chart, patient: UUID) -> dict[str, Any]:
    visible = people.visible_to(chart.caller)
    only = visible.where(Patient.id == patient)
    episodes = sorted(views.live(chart.session, only), key=urgency)
    profiles = people.profiles(chart.session, visible, [patient], today=chart.now.date())
    pipeline = health.pipeline(chart.session, now=chart.now)
    blind = _blind(profiles, pipeline.faults, now=chart.now)
    return cards(episodes, patient, blind, base=chart.base, language=chart.language)


def _blind(
    profiles: Sequence[PatientProfile], faults: Sequence[str], *, now: datetime
) -> list[str]:
    said = [f"Wardlight may be late or incomplete: {fault}" for fault in faults[:1]]
    if any(person.eligible and is_silent(person, now=now) for person in profiles):
        said.append("No readings have come for two days or more: there is nothing to judge.")
    return said


def keep(session: Session, caller: Caller, told: Sequence[Feedback], *, now: datetime) -> None:
    """Write what became of cards on the timelines of their alerts; a repeat changes nothing.

    Raises
    ------
    NotFoundError
        Where a card is not one that this caller could have been shown.
    """
    for each in told:
        code = each.reason if each.reason in tuple(OVERRIDES) else UNKNOWN_CODE * bool(each.reason)
        facts = {"outcome": each.outcome, "at": each.at.isoformat()}
        facts |= ({"reason": code} if code else {}) | (
            {"comment": each.comment} if each.comment else {}
        )
        alerts.service.note_feedback(session, caller, each.card, facts, now=now)
