"""How a signed-in clinician is reached outside the inbox: their addresses, rules, and a test."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Form, Request, Response

from alerts.addresses import masked
from alerts.contacts import repository, service
from alerts.contacts.repository import NewPoint, Point
from alerts.contacts.tables import ContactPoint
from alerts.notify.outlets import Outlets
from alerts.policy import Channel
from alerts.routing import practitioner
from app.pages.done import Notice
from app.pages.door import Door, Visit
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.pages.wording import Moment, maybe
from app.runtime import outlets
from core.audit import Action, record
from core.errors import InvalidError, LaterError, NotFoundError
from core.vitals import Severity

Csrf = Annotated[str, Form()]
Text = Annotated[str, Form(max_length=2000)]
TIERS = (Severity.RED, Severity.AMBER, Severity.YELLOW)
NAMES = {
    Channel.SMS: "Text message",
    Channel.CHAT: "Chat",
    Channel.EMAIL: "E-mail",
    Channel.WEBHOOK: "Webhook",
    Channel.PUSH: "A browser",
}
WRITTEN = tuple(each for each in NAMES if each is not Channel.PUSH)  # down by hand


@dataclass(frozen=True, slots=True)
class Line:
    """One address as the page shows it."""

    channel: str
    name: str
    shown: str
    used: str
    tested: Moment | None


@dataclass(frozen=True, slots=True)
class Off:
    """An address that a provider refused, and what it said."""

    name: str
    why: str
    at: Moment | None


@dataclass(frozen=True, slots=True)
class Desk:
    """What the page's acts need: the door, and this installation's ways out."""

    door: Door
    ways: Outlets


def router(door: Door) -> APIRouter:
    """Return `/reached` and its acts; each person sees and changes their own addresses alone."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    desk = Desk(door, outlets(door.settings))

    @routes.get("/reached")
    def reached(request: Request) -> Response:
        with door.visit(request) as visit:
            record(visit.session, visit.caller, Action.READ, "contact_point", now=visit.now)
            return _shown(desk, visit)

    @routes.post("/reached/add")
    def add(
        request: Request,
        channel: Text = "",
        address: Text = "",
        tier: Annotated[list[str] | None, Form()] = None,
        csrf: Csrf = "",
    ) -> Response:
        with door.act(request, csrf) as visit:
            return _add(desk, visit, (channel, address), tier or [])

    @routes.post("/reached/remove")
    def remove(request: Request, channel: Text = "", csrf: Csrf = "") -> Response:
        with door.act(request, csrf) as visit:
            return _remove(desk, visit, channel)

    @routes.post("/reached/renew")
    def renew(request: Request, csrf: Csrf = "") -> Response:
        with door.act(request, csrf) as visit:
            return _renew(desk, visit)

    @routes.post("/reached/test")
    def test(request: Request, channel: Text = "", csrf: Csrf = "") -> Response:
        with door.act(request, csrf) as visit:
            owner, which = _own(visit), _channel(channel)
            try:
                point = service.claim_test(visit.session, owner, which, now=visit.now)
            except LaterError as error:
                return _shown(desk, visit, _not_sent(error, visit), status=429)
        # No transaction waits for the provider's answer.
        base = door.settings.base_url
        code = service.send_test(desk.ways, point, base_url=base, now=visit.now)
        with door.visit(request) as visit:
            return _shown(desk, visit, _result(code))

    return routes


def _add(desk: Desk, visit: Visit, said: tuple[str, str], tiers: Sequence[str]) -> Response:
    chosen = [each for each in TIERS if each in tiers]
    rule = frozenset(chosen) if chosen else None
    try:
        new = NewPoint(_own(visit), _channel(said[0]), said[1], rule)
        secret = service.add(visit.session, new, desk.ways, caller=visit.caller, now=visit.now)
    except InvalidError as error:
        return _shown(desk, visit, _not_added(error, visit), status=422)
    return _shown(desk, visit, "The address is added. Send yourself a test.", secret=secret)


def _remove(desk: Desk, visit: Visit, said: str) -> Response:
    owner, which = _own(visit), _channel(said)
    service.remove(visit.session, owner, which, caller=visit.caller, now=visit.now)
    return _shown(desk, visit, "The address is taken back.")


def _renew(desk: Desk, visit: Visit) -> Response:
    owner = _own(visit)
    secret = service.renew(visit.session, owner, caller=visit.caller, now=visit.now)
    words = "A new secret signs from now on; the one before signs beside it for a day."
    return _shown(desk, visit, words, secret=secret)


def _shown(
    desk: Desk, visit: Visit, words: str = "", *, secret: str = "", status: int = 200
) -> Response:
    owner, door = _owner(visit), desk.door
    points = repository.points(visit.session, owner) if owner else []
    gone = repository.ended(visit.session, owner) if owner else []
    return door.pages.page(
        "reached.html",
        status=status,
        visit=visit,
        here="reached",
        notice=Notice(words) if words else None,
        strip=strip_of(door, visit),
        known=bool(owner),
        lines=[_line(door, visit, each) for each in points],
        off=[_off(door, visit, each) for each in gone],
        channels=[(c.value, NAMES[c]) for c in WRITTEN if desk.ways.lack(c) is None],
        push_key=desk.ways.push.public if desk.ways.push else "",
        tiers=[each.value for each in TIERS],
        secret=secret,
    )


def _not_sent(error: LaterError, visit: Visit) -> str:
    said = language(visit.language)
    return said.say("Not sent. {why}", why=said.refusal(error))


def _not_added(error: InvalidError, visit: Visit) -> str:
    said = language(visit.language)
    return said.say("Not added. {why}", why=said.refusal(error))


def _off(door: Door, visit: Visit, row: ContactPoint) -> Off:
    at = maybe(row.ended_at, now=visit.now, zone=door.zone, language=visit.language)
    return Off(NAMES[Channel(row.channel)], row.end_reason or "", at)


def _result(code: str) -> str:
    if code:
        return f"Not sent: the provider did not take the test message ({code})."
    return "The test message was handed over. Look whether it arrives."


def _owner(visit: Visit) -> str:
    who = visit.caller.practitioner_id
    return practitioner(who) if who else ""


def _own(visit: Visit) -> str:
    """Return the key of the person; an account that is no practitioner's is told of nothing."""
    owner = _owner(visit)
    if not owner:
        raise NotFoundError("this account is no practitioner's")
    return owner


def _channel(said: str) -> Channel:
    if said not in tuple(Channel):
        raise InvalidError("choose a channel", field="channel")
    return Channel(said)


def _line(door: Door, visit: Visit, point: Point) -> Line:
    tiers = [each for each in TIERS if point.tiers is not None and each in point.tiers]
    return Line(
        channel=point.channel,
        name=NAMES[point.channel],
        shown=masked(point.channel, point.address),
        used=", ".join(tiers) if tiers else "wherever the policy says so",
        tested=maybe(point.tested_at, now=visit.now, zone=door.zone, language=visit.language),
    )
