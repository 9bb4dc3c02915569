"""Take YELLOW alerts of one reason together; never a RED or AMBER (UX-07)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from alerts.together.repository import MOST, seconds_left, taken_last
from alerts.together.service import acknowledge_together
from alerts.undoing.service import undo_together
from app.pages.done import Notice, notice
from app.pages.door import Door, Visit
from app.pages.language import Language, language
from app.pages.refusals import page_route
from app.pages.rows import RowView
from app.pages.showing import back_to
from core.errors import InvalidError, NotFoundError
from core.vitals import Severity

FEWEST = 2


@dataclass(frozen=True, slots=True)
class Done:
    """What an address says of the act before: its word, its alert, how many of several."""

    word: str = ""
    alert: UUID | None = None
    back: int = 0
    left: int = 0


def alike(rows: Sequence[RowView]) -> list[list[RowView]]:
    """Return the rows of a page that may be taken together: untaken YELLOW, by their reason."""
    groups: dict[str, list[RowView]] = {}
    for row in rows:
        if row.severity is Severity.YELLOW and row.can_take:
            groups.setdefault(row.rule, []).append(row)
    return [group[:MOST] for group in groups.values() if len(group) >= FEWEST]


def router(door: Door) -> APIRouter:
    """Return `/inbox/together`, and the way back from it."""
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
        return _back(back, "done=together")

    @routes.post("/inbox/together/undo")
    def undo(
        request: Request,
        alert: Annotated[list[str] | None, Form()] = None,
        csrf: Annotated[str, Form()] = "",
        back: Annotated[str, Form()] = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            chosen = {_alert(each) for each in alert or ()}
            if not FEWEST <= len(chosen) <= MOST:
                facts = {"most": MOST}
                raise InvalidError("choose from 2 to {most} alerts", field="alert", facts=facts)
            undone = undo_together(visit.session, visit.caller, chosen, now=visit.now)
        return _back(back, f"done=together-undone&back={undone.back}&left={undone.left}")

    return routes


def _back(form: str, told: str) -> Response:
    page = back_to(form)
    return RedirectResponse(f"{page}{'&' if '?' in page else '?'}{told}", 303)


def told(visit: Visit, done: Done, back: str) -> Notice | None:
    """Return what the inbox says after an act, and how it may be taken back from there."""
    if done.word == "together-undone":
        return Notice("", said=_undone(language(visit.language), done))
    said = notice(done.word, done.alert)
    if said is None:
        return None
    if done.word != "together":
        return replace(said, back=back)
    taken = taken_last(visit.session, visit.caller, now=visit.now)
    if len(taken) < FEWEST:
        return said
    ids, seconds = tuple(each.id for each in taken), seconds_left(taken[0], now=visit.now)
    return replace(said, together=ids, seconds=seconds, back=back)


def _undone(said: Language, done: Done) -> str:
    if not done.left:
        return said.count(
            "{count} alert is open again, as it was.",
            "{count} alerts are open again, as they were.",
            done.back,
        )
    return said.say(
        "{back} of {all} are open again. The others could not be taken back:"
        " too late, or somebody acted since.",
        back=done.back,
        all=done.back + done.left,
    )


def _alert(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFoundError("no such alert") from None


def _shown(text: str) -> tuple[UUID, int]:
    alert, _, version = text.partition(":")
    try:
        return UUID(alert), int(version[:9])
    except ValueError:
        raise InvalidError("an alert is named with its version", field="alert") from None
