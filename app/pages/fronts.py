"""The front pages of those who run the clinic and of those who guard its privacy."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response

from app.pages.areas import OF_ADMINISTRATION, OF_PRIVACY
from app.pages.door import Door
from app.pages.refusals import page_route


def router(door: Door) -> APIRouter:
    """Return `/administration` and `/privacy`; the door lets nobody else in."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/administration")
    def administration(request: Request) -> Response:
        with door.visit(request) as visit:
            return door.pages.page(
                "front.html",
                visit=visit,
                here="administration",
                heading="Administration",
                lede="What the clinic is made of. No health of anybody is shown here.",
                entries=OF_ADMINISTRATION,
            )

    @routes.get("/privacy")
    def privacy(request: Request) -> Response:
        with door.visit(request) as visit:
            return door.pages.page(
                "front.html",
                visit=visit,
                here="privacy",
                heading="Privacy",
                lede="Who saw what, and what people asked for. No chart is opened from here.",
                entries=OF_PRIVACY,
            )

    return routes
