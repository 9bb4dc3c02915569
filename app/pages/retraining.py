"""A supervisor has a model trained, or stops one that is being trained, from the page of models."""

from __future__ import annotations

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.door import Door
from app.pages.refusals import page_route
from app.retraining import service
from app.retraining.states import Order

Text = Annotated[str, Form()]


def router(door: Door) -> APIRouter:
    """Return the two acts; how far a training is stands on `/models`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/models/retrain")
    def retrain(request: Request, reason: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.ask(visit.session, visit.caller, Order(), reason=reason, now=visit.now)
        return RedirectResponse("/models?done=retraining#trainings", status_code=303)

    @routes.post("/models/runs/{run_id}/cancel")
    def cancel(request: Request, run_id: UUID, csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.cancel(visit.session, visit.caller, run_id, now=visit.now)
        return RedirectResponse("/models?done=training-cancelled#trainings", status_code=303)

    return routes
