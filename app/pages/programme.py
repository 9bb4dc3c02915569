"""The programme's clocks of a team, what they rest on, and what its alerts may be worth.

Counts of evidence and an estimate: nothing here claims a code, and nothing measures an effect.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.done import notice
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.programme_evidence import evidence_values
from app.pages.programme_prints import (
    assumed_fields,
    clock_print,
    codes_of,
    soonest,
    value_print,
)
from app.pages.quality_span import CHOICES, Asked, weeks_of
from app.pages.refusals import page_route
from app.pages.site_policy import policy_of
from app.pages.strip import strip_of
from app.programme import service
from app.sheets import sheet
from app.weekly.service import clock_of
from core.audit import Action, record
from core.errors import InvalidError
from reports.programme import PEOPLE_WITH, Clocks, Code, ended_with, reaching
from reports.value import Assumed

EXPORT = "programme-export"
Text = Annotated[str, Form()]
HEAD = (
    *("patient", "name", "window from", "window until", "days with readings"),
    *("days without a named device", "evidence for days", "set-up day"),
    *("window before until", "its days", "evidence for its days"),
    *("month until", "minutes", "live contacts", "evidence for minutes"),
    *("more days possible", "more minutes", "live contact missing", "away"),
)


def read_assumed(before: Assumed, said: tuple[str, ...]) -> Assumed:
    """Return what a form assumes; a field that says nothing leaves what was there."""
    stay, averts_low, averts_high, handling_low, handling_high = said
    shares = {
        name: _number(text, name) / 100
        for name, text in (("averts_low", averts_low), ("averts_high", averts_high))
        if text.strip()
    }
    amounts = {
        name: _number(text, name)
        for name, text in (
            *(("stay", stay), ("handling_low", handling_low)),
            ("handling_high", handling_high),
        )
        if text.strip()
    }
    return replace(before, **shares, **amounts)


def _number(text: str, field: str) -> float:
    try:
        return float(text.replace(",", "").strip(" $%"))
    except ValueError as error:
        raise InvalidError("this is no number", field=field) from error


def tried(
    stay: str = "",
    averts_low: str = "",
    averts_high: str = "",
    handling_low: str = "",
    handling_high: str = "",
) -> tuple[str, ...]:
    """Return what the address of a page assumes, as it is written."""
    return stay, averts_low, averts_high, handling_low, handling_high


Trying = Annotated[tuple[str, ...], Depends(tried)]


def day_of(text: str) -> date | None:
    """Return the day that an address asks for; None for today."""
    if not text:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError as error:
        raise InvalidError("a day is written like 2026-11-29", field="on") from error
    if not date(2000, 1, 1) <= day <= date(2199, 12, 31):
        raise InvalidError("a day is written like 2026-11-29", field="on")
    return day


def router(door: Door) -> APIRouter:
    """Return `/programme/{team_id}`, the evidence behind it, its download and its settings."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/programme/{team_id}")
    def page(  # noqa: PLR0913, PLR0917 (what an address may ask for)
        request: Request,
        team_id: UUID,
        assumed: Trying,
        on: str = "",
        weeks: str = "12",
        done: str = "",
    ) -> Response:
        with door.visit(request) as visit:
            span = Asked(weeks_of(weeks))
            values = _values(door, visit, team_id, (day_of(on), span, assumed))
            return door.pages.page("programme.html", notice=notice(done), **values)

    @routes.get("/programme/{team_id}/clocks.csv")
    def download(request: Request, team_id: UUID, on: str = "") -> Response:
        with door.visit(request) as visit:
            found = service.team_clocks(
                visit.session, visit.caller, team_id, on=day_of(on), now=visit.now
            )
            _written(visit, EXPORT, team_id, [*found.names])
        head = {"Content-Disposition": 'attachment; filename="programme.csv"'}
        return Response(as_sheet(found), media_type="text/csv; charset=utf-8", headers=head)

    @routes.get("/programme/{team_id}/patients/{patient_id}")
    def behind(request: Request, team_id: UUID, patient_id: UUID, on: str = "") -> Response:
        with door.visit(request) as visit:
            found = service.evidence(
                visit.session, visit.caller, team_id, patient_id, on=day_of(on), now=visit.now
            )
            _written(visit, service.ENTITY, team_id, [patient_id])
            values = evidence_values(visit, found, day_of(on))
            return door.pages.page(
                "programme_evidence.html", visit=visit, strip=strip_of(door, visit), **values
            )

    _acts(door, routes)
    return routes


def _acts(door: Door, routes: APIRouter) -> None:
    """Add what a supervisor of the team may change."""

    @routes.post("/programme/{team_id}/clocks")
    def turn(request: Request, team_id: UUID, on: Text = "", csrf: Text = "") -> Response:
        with door.act(request, csrf) as visit:
            service.turn(visit.session, visit.caller, team_id, on=bool(on), now=visit.now)
        return _back(team_id, "clocks-on" if on else "clocks-off")

    @routes.post("/programme/{team_id}/assumptions")
    def assume(  # noqa: PLR0913, PLR0917 (a form has this many fields)
        request: Request,
        team_id: UUID,
        stay: Text = "",
        averts_low: Text = "",
        averts_high: Text = "",
        handling_low: Text = "",
        handling_high: Text = "",
        csrf: Text = "",
    ) -> Response:
        said = (stay, averts_low, averts_high, handling_low, handling_high)
        with door.act(request, csrf) as visit:
            service.team_of(visit.session, visit.caller, team_id)
            before = service.setting_of(visit.session, team_id).assumed
            new = read_assumed(before, said)
            service.assume(visit.session, visit.caller, team_id, new, now=visit.now)
        return _back(team_id, "assumed")


def _back(team_id: UUID, done: str) -> Response:
    return RedirectResponse(f"/programme/{team_id}?done={done}", status_code=303)


def _values(
    door: Door, visit: Visit, team_id: UUID, what: tuple[date | None, Asked, tuple[str, ...]]
) -> dict[str, Any]:
    on, weeks, trying = what
    team = service.team_of(visit.session, visit.caller, team_id)
    setting = service.setting_of(visit.session, team_id)
    assumed = read_assumed(setting.assumed, trying)
    clock = clock_of(visit.session, policy_of(door.settings), team_id)
    span = weeks.span(visit.now, clock)
    estimate, whom = service.value_of(
        visit.session, visit.caller, team_id, span, assumed, now=visit.now
    )
    names: list[UUID] = []
    values: dict[str, Any] = {"clocks": [], "figures": []}
    if setting.clocks:
        found = service.team_clocks(visit.session, visit.caller, team_id, on=on, now=visit.now)
        names = [*found.names]
        values = clock_values(visit, found, on)
    _written(visit, service.ENTITY, team_id, [*names, *whom])
    said = language(visit.language)
    return values | {
        "visit": visit,
        "here": "reports",
        "strip": strip_of(door, visit),
        "team": team,
        "restricted": service.left_out(visit.session, visit.caller, team_id, now=visit.now),
        "kept": setting.clocks,
        "may_set": service.may_set(visit.caller),
        "on": on.isoformat() if on else "",
        "value": value_print(estimate, said),
        "assumed": assumed_fields(assumed),
        "differs": assumed != setting.assumed,
        "weeks": weeks.weeks,
        "choices": CHOICES,
        "quality": weeks.of_team(str(team_id)).query(),
    }


def _written(visit: Visit, entity: str, team_id: UUID, patients: list[UUID]) -> None:
    """Write the read down."""
    whom = patients or (None,)
    record(
        visit.session,
        visit.caller,
        Action.READ,
        entity,
        now=visit.now,
        entity_id=team_id,
        patients=whom,
    )


def clock_values(visit: Visit, found: service.TeamClocks, on: date | None) -> dict[str, Any]:
    """Return everybody's clocks, first those of whom least is missing, and how many have what."""
    said = language(visit.language)
    query = f"?on={on.isoformat()}" if on else ""
    own = [(who, each) for who, each in found.people.items() if who in found.names]
    listed = sorted(own, key=lambda each: (soonest(each[1]), found.names[each[0]]))
    return {
        "clocks": [
            clock_print(
                who,
                found.names[who],
                clocks,
                f"/programme/{found.team.id}/patients/{who}{query}",
                said,
            )
            for who, clocks in listed
        ],
        "people": len(found.people),
        "hidden": len(found.people) - len(found.names),
        "figures": [(str(code), reaching(found.people.values(), code)) for code in PEOPLE_WITH],
        "ended_few": ended_with(found.people.values(), Code.FEW_DAYS),
        "ended_many": ended_with(found.people.values(), Code.MANY_DAYS),
    }


def as_sheet(found: service.TeamClocks) -> str:
    """Return the clocks of whom one may see as CSV that no spreadsheet calculates (SEC-39)."""
    rows = sorted(found.names, key=lambda who: (found.names[who], who))
    return sheet(HEAD, [_row(who, found.names[who], found.people[who]) for who in rows])


def _row(who: UUID, name: str, found: Clocks) -> list[object]:
    window, ended = found.window, found.ended
    supply = (Code.FEW_DAYS, Code.MANY_DAYS)
    return [
        *(who, name),
        *((window.first, window.last) if window else ("", "")),
        *(len(found.days), found.unnamed, codes_of(found, supply), found.set_up or ""),
        *((ended.window.last, ended.days, ended.code or "") if ended else ("", "", "")),
        *(found.month_last, found.minutes, found.contacts),
        codes_of(found, [code for code in Code if code not in supply]),
        max((each.days for each in found.lacking), default=0),
        max((each.minutes for each in found.lacking), default=0),
        "yes" if any(each.contact for each in found.lacking) else "",
        "yes" if found.away else "",
    ]
