"""`/openapi.json` for programs and `/api` for people: one description, no login, nobody's data."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from fastapi import APIRouter, FastAPI, Response
from fastapi.responses import JSONResponse
from fastapi.routing import APIRoute

from app.interface.description import Served, for_machines, openapi
from app.pages.rendering import Renderer

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.settings import Settings


def router(web: FastAPI, settings: Settings) -> APIRouter:
    """Return both routes; they describe whatever `web` serves when they are first asked."""
    renderer = Renderer(settings)
    routes = APIRouter()

    @cache
    def document() -> dict[str, Any]:
        return openapi(served(web), base_url=settings.base_url)

    def for_programs() -> Response:
        return JSONResponse(document(), headers={"Access-Control-Allow-Origin": "*"})

    def for_people() -> Response:
        return renderer.page("api.html", document=document(), groups=groups(document()))

    routes.add_api_route("/openapi.json", for_programs, methods=["GET"])
    routes.add_api_route("/api", for_people, methods=["GET"])
    return routes


def served(web: FastAPI) -> list[Served]:
    """Return the machines' routes of an application, one for each method; `/fhir/` is `/fhir`."""
    return [
        Served(route.path.replace("{id_}", "{id}"), method, route.endpoint.__doc__ or "")
        for route in _routes(web.routes)
        for method in sorted(route.methods or ())
        if for_machines(route.path) and not route.path.endswith("/")
    ]


def _routes(found: Iterable[Any]) -> list[APIRoute]:
    routes: list[APIRoute] = []
    for each in found:
        if isinstance(each, APIRoute):
            routes.append(each)
        elif (inner := getattr(each, "original_router", None)) is not None:
            routes += _routes(inner.routes)
    return routes


def groups(document: dict[str, Any]) -> dict[str, list[tuple[str, str, dict[str, Any]]]]:
    """Return the operations as (method, path, operation), by the heading they stand under."""
    found: dict[str, list[tuple[str, str, dict[str, Any]]]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            found.setdefault(operation["tags"][0], []).append((method.upper(), path, operation))
    return dict(sorted(found.items()))
