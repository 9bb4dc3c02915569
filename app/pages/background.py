"""What stands behind a patient page: what changed since the last look, and alerts like these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts.alike import SPAN, alike
from alerts.conclusions.repository import labelled
from alerts.inbox import EpisodeView
from alerts.since import Known, changes, last_look, latest_look
from app.pages.door import Door, Visit
from app.pages.language import Language
from app.pages.language import language as spoken_in
from core import audit
from core.vitals import Reading
from ingest.repository import one_person
from monitoring import repository as judgements
from monitoring import words
from monitoring.plans.repository import versions_of

LOOKED_AT = "patient"  # what the audit calls a look at the patient page


@dataclass(frozen=True, slots=True)
class Background:
    """Sentences in the reader's language: what changed, and for each alert those like it.

    `looked` says of a look in this same sitting, "" where there was none, and `new` what changed
    after it; `changed` is told from the last sitting on, its first line says when that was.
    """

    looked: str
    new: list[str]
    changed: list[str]
    alike: dict[UUID, list[str]]


def background(
    door: Door,
    visit: Visit,
    patient_id: UUID,
    episodes: Sequence[EpisodeView],
    readings: Sequence[Reading],
) -> Background:
    """Return what the page of a patient says beside the alerts themselves."""
    zone, language = door.settings.site_timezone, visit.language
    looks = audit.looks(visit.session, visit.caller, patient_id, LOOKED_AT, before=visit.now)
    now, since, latest = visit.now, last_look(looks, visit.now), latest_look(looks, visit.now)
    planned = versions_of(visit.session, one_person(visit.session, patient_id))
    limits = [(version.at, version.subject) for version in planned]

    def changed(look: datetime | None) -> list[str]:
        then = judgements.rulebook_at(visit.session, patient_id, look) if look else ""
        today = judgements.rulebook_at(visit.session, patient_id, now)
        known = Known(episodes, readings, then, today, limits)
        return [words.sentence(each, language) for each in changes(known, look, zone=zone)]

    alike_them = _alike(visit, episodes, zone)
    if latest is None:
        return Background("", [], changed(since), alike_them)
    said = spoken_in(language)
    new, ago = changed(latest)[1:], said.relative(now - latest)
    never = said.say("You had not looked at this person before this session.")
    return Background(
        _looked(ago, new, said), new, changed(since) if since else [never], alike_them
    )


def _looked(ago: str, new: Sequence[str], said: Language) -> str:
    if new:
        return said.say("You looked {ago}. Since then:", ago=ago)
    return said.say("You looked {ago}; nothing has changed since.", ago=ago)


def _alike(visit: Visit, episodes: Sequence[EpisodeView], zone: str) -> dict[UUID, list[str]]:
    live = [each for each in episodes if not each.state.ended]
    rules = {each.headline.rule_id for each in live}
    counts = labelled(visit.session, rules, since=visit.now - SPAN) if rules else {}
    return {
        each.id: [
            words.sentence(said, visit.language)
            for said in alike(each, episodes, counts[each.headline.rule_id], zone=zone)
        ]
        for each in live
    }
