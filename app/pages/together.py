"""Take YELLOW alerts of one reason together; never a RED or AMBER (UX-07)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from alerts.together.service import MOST, acknowledge_together
from app.pages.door import Door
from app.pages.refusals import page_route
from app.pages.rows import RowView
from app.pages.showing import back_to
from core.errors import InvalidError
from core.vitals import Severity

FEWEST = 2


def alike(rows: Sequence[RowView]) -> list[list[RowView]]:
    """Return the rows of a page that may be taken together: untaken YELLOW, by their reason."""
    groups: dict[str, list[RowView]] = {}
    for row in rows:
        if row.severity is Severity.YELLOW and row.can_take:
            groups.setdefault(row.rule, []).append(row)
    return [group[:MOST] for group in groups.values() if len(group) >= FEWEST]


def router(door: Door) -> APIRouter:
    """Return `/inbox/together`."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/inbox/together")
    def together(
        request: Request,
        alert: Annotated[list[str] | None, Form()] = None,
        csrf: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            shown = dict(map(_shown, alert or ()))
            acknowledge_together(visit.session, visit.caller, shown, now=visit.now)
        page = back_to(back)
        return RedirectResponse(f"{page}{'&' if '?' in page else '?'}done=together", 303)

    return routes


def _shown(text: str) -> tuple[UUID, int]:
    alert, _, version = text.partition(":")
    try:
        return UUID(alert), int(version[:9])
    except ValueError:
        raise InvalidError("an alert is named with its version", field="alert") from None
