"""One row's other acts, a page of their own: pass it on, put it off, or escalate it."""

from __future__ import annotations

from functools import partial
from typing import Literal
from uuid import UUID

from fastapi import APIRouter, Request, Response

import alerts.service
from alerts.aiming.service import aims
from alerts.surveying.service import case_of
from app.pages import listing
from app.pages.checks import notes_of
from app.pages.door import Door, Visit
from app.pages.explained import Reader
from app.pages.holding import holding
from app.pages.language import language
from app.pages.listing import Printing
from app.pages.next_step import aimed
from app.pages.preferences import preferences
from app.pages.refusals import page_route
from app.pages.showing import read
from app.pages.strip import strip_of
from app.pages.wording import moment, spoken
from core.errors import NotFoundError


def router(door: Door) -> APIRouter:
    """Return `/inbox/rows/{alert_id}/acts`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/inbox/rows/{alert_id}/acts")
    def acts(
        request: Request,
        alert_id: UUID,
        do: Literal["", "snooze", "escalate", "delegate"] = "",
        place: int = 1,
    ) -> Response:
        chosen = read(request.query_params.multi_items())
        with door.visit(request) as visit:
            patient, _ = case_of(visit.session, visit.caller, alert_id)
            found = alerts.service.episodes(visit.session, visit.caller, patient)
            view = next((v for v in found if v.id == alert_id and not v.state.ended), None)
            if view is None:
                raise NotFoundError("no such alert")
            private = preferences(request).private
            said = language(visit.language)
            at = partial(moment, now=visit.now, zone=door.zone, language=visit.language)
            return door.pages.page(
                "row_acts.html",
                visit=visit,
                here="inbox",
                strip=strip_of(door, visit),
                name=listing.name_of(visit, patient, Printing(private, place)),
                alert_id=alert_id,
                patient_id=patient,
                version=view.version,
                severity=view.severity,
                sentence=spoken(view.headline, visit.language),
                # What somebody wrote may name a patient, so it is left out where nobody is named.
                notes=[] if private else notes_of(view, _reader(door, visit)),
                candidates=alerts.service.candidates(visit.session, patient),
                holding=holding(view, visit.identities, at, said, private=private),
                back=chosen.address,
                do=do,
                ahead=aimed(aims(visit.session, [alert_id], now=visit.now)[alert_id], said),
            )

    return routes


def _reader(door: Door, visit: Visit) -> Reader:
    return Reader(visit.now, door.zone, visit.identities, visit.language)
