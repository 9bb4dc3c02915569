"""What one person is told of together: the alerts beyond their daily budget (AL-17)."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from fastapi import APIRouter, Request, Response

from alerts.digests.repository import live_items
from alerts.inbox import EpisodeView
from alerts.routing import practitioner
from alerts.views.repository import live
from app.pages.contesting import waits_line
from app.pages.door import Door, Visit
from app.pages.labels import problem_words
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.pages.wording import Moment, Sentence, moment, spoken
from core.audit import Action, record
from core.vitals import Severity
from ingest import repository as people


@dataclass(frozen=True, slots=True)
class ItemPrint:
    """One alert of a digest."""

    alert_id: UUID
    patient_id: UUID
    patient: str
    severity: Severity
    problem: str
    sentence: Sentence
    opened: Moment


def router(door: Door) -> APIRouter:
    """Return `/digest`, of whoever is signed in."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/digest")
    def digest(request: Request) -> Response:
        with door.visit(request) as visit:
            profiles = people.profiles(visit.session, people.visible_to(visit.caller))
            names = {profile.id: profile.name for profile in profiles}
            items = [_item(door, visit, each, names) for each in _episodes(visit)]
            patients = [item.patient_id for item in items] or (None,)
            record(
                visit.session,
                visit.caller,
                Action.READ,
                "digest",
                now=visit.now,
                patients=patients,
            )
            return door.pages.page(
                "digest.html",
                visit=visit,
                here="digest",
                strip=strip_of(door, visit, profiles),
                items=items,
                contests=waits_line(visit),
            )

    return routes


def _episodes(visit: Visit) -> list[EpisodeView]:
    """Return the live alerts of a person's digests whose patients they may see."""
    who = visit.caller.practitioner_id
    ids = live_items(visit.session, practitioner(who)) if who else ()
    seen = {each.id: each for each in live(visit.session, people.visible_to(visit.caller))}
    return [seen[each] for each in ids if each in seen]


def _item(door: Door, visit: Visit, view: EpisodeView, names: dict[UUID, str]) -> ItemPrint:
    return ItemPrint(
        view.id,
        view.patient_id,
        names[view.patient_id],
        view.severity,
        problem_words(view, language(visit.language)),
        spoken(view.headline, visit.language),
        moment(view.opened_at, now=visit.now, zone=door.zone, language=visit.language),
    )
