"""What stands behind a patient page: what changed since the last look, and alerts like these."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from alerts.alike import SPAN, alike
from alerts.conclusions.repository import labelled
from alerts.inbox import EpisodeView
from alerts.since import Known, changes, last_look
from app.pages.door import Door, Visit
from core import audit
from core.vitals import Reading
from ingest.repository import one_person
from monitoring import repository as judgements
from monitoring import words
from monitoring.plans.repository import versions_of

LOOKED_AT = "patient"  # what the audit calls a look at the patient page


@dataclass(frozen=True, slots=True)
class Background:
    """Sentences in the reader's language: what changed, and for each alert those like it."""

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
    since = last_look(looks, visit.now)
    known = Known(
        episodes,
        readings,
        judgements.rulebook_at(visit.session, patient_id, since) if since else "",
        judgements.rulebook_at(visit.session, patient_id, visit.now),
        [
            (v.at, v.subject)
            for v in versions_of(visit.session, one_person(visit.session, patient_id))
        ],
    )
    changed = changes(known, since, zone=zone)
    return Background(
        [words.sentence(each, language) for each in changed],
        _alike(visit, episodes, zone),
    )


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
