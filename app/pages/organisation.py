"""To the organisation's own sign-in and back: state, nonce and PKCE bound to one browser (SEC-05).

Going there writes nothing; coming back opens a session only for somebody who was invited.
"""

from __future__ import annotations

from datetime import datetime
from time import monotonic, sleep

from fastapi import APIRouter, Request, Response
from fastapi.responses import RedirectResponse

from app.accounts import organisation
from app.accounts import service as accounts
from app.oidc import crossing
from app.oidc.crossing import Crossing, Seal
from app.oidc.errors import ProviderAwayError, SignInError
from app.oidc.pace import Pace
from app.oidc.provider import Provider
from app.pages.areas import landing
from app.pages.door import Door
from app.pages.refusals import page_route
from app.pages.signin import Said, destination, sign_in_page
from app.tries import service as tries
from core import sources
from core.errors import NotFoundError
from core.logging import logger
from core.security import same

log = logger(__name__)
# Counted apart from ways back of which the provider was asked nothing: these anybody can make.
GENUINE, AWAY_KIND = "genuine|", "away|"
NOT_COMPLETED = Said(
    problem="The sign-in at your organisation was not completed. Try again.", status=400
)
NOT_INVITED = Said(
    problem="Your organisation knows you, but you have no account here. Ask for an invitation.",
    status=403,
)
BUSY = Said(
    problem="Many people sign in from your network at this moment. Reload this page.", status=429
)
TOO_MANY = Said(
    problem="Too many sign-ins from your network came to nothing. Wait a little and try again.",
    status=429,
)
AWAY = Said(
    problem="Your organisation's sign-in cannot be reached at the moment. Try again.", status=503
)


def router(door: Door) -> APIRouter:
    """Return the way there (`/sign-in/organisation`), from an invitation, and back."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)
    pace = Pace()

    @routes.get("/sign-in/organisation")
    def leave(request: Request, to: str = "") -> Response:
        return _leave(door, request, crossing.begin(destination(to)))

    @routes.get("/sign-in/invited/{secret}")
    def invited(request: Request, secret: str) -> Response:
        return _leave(door, request, crossing.begin(destination(""), secret))

    @routes.get("/sign-in/return")
    def back(
        request: Request, code: str = "", state: str = "", iss: str = "", error: str = ""
    ) -> Response:
        provider, now = _provider(door), door.clock()
        kept: Crossing | None = None
        try:
            begun = _crossing(door, request, state, now=now)
            crossing.check_answered(error)
            wait = pace.turn(source_of(request), now=monotonic())
            if wait is None:
                return _busy(door, request)
            sleep(wait)
            _spend(door, state, now=now)
            kept = begun  # from here on the provider is asked
            provider.check_return(iss)
            identity = provider.identify(code, kept, now=now)
        except SignInError as refused:
            return _refused(door, request, refused, genuine=kept is not None)
        with door.database.transaction() as session:
            secret = organisation.enter(session, identity, kept.invitation, now=now)
            if secret is not None:
                accounts.sign_out(session, request.cookies.get(door.cookie, ""), now=now)
                to = landing(accounts.role_of(session, secret), kept.to)
            else:
                tries.note_sign_in(session, GENUINE + source_of(request), now=now)
        if secret is None:
            return _forgetting(door, sign_in_page(door, request, kept.to, NOT_INVITED))
        response = RedirectResponse(to, status_code=303)
        door.remember(response, secret, former=request.cookies.get(door.cookie, ""))
        return _forgetting(door, response)

    return routes


def _provider(door: Door) -> Provider:
    if door.provider is None:
        raise NotFoundError("no provider is set")
    return door.provider


def _seal(door: Door) -> Seal:
    key = door.settings.secret_key
    if key is None:
        raise NotFoundError("no key of the installation is set")
    return Seal.of(key.get_secret_value())


def _leave(door: Door, request: Request, begun: Crossing) -> Response:
    provider, seal = _provider(door), _seal(door)
    try:
        response = RedirectResponse(provider.address(begun), status_code=303)
    except SignInError as refused:
        return _refused(door, request, refused)
    cookie = seal.close(begun, now=door.clock())
    door.keep(response, door.crossing_cookie, cookie, lasts=crossing.LASTS)
    return response


def _crossing(door: Door, request: Request, state: str, *, now: datetime) -> Crossing:
    """Return what this browser left with; raise `SignInError` for anybody else's way back."""
    kept = _seal(door).open(request.cookies.get(door.crossing_cookie, ""), now=now)
    if kept is None:
        raise SignInError("no crossing of this browser")
    if not same(state, kept.state):
        raise SignInError("another state")
    return kept


def _spend(door: Door, state: str, *, now: datetime) -> None:
    """Let a state open one way back only; raise `SignInError` for another."""
    with door.database.transaction() as session:
        first = organisation.first_return(session, state, now=now)
    if not first:
        raise SignInError("came back before")


def _busy(door: Door, request: Request) -> Response:
    """Ask for the same way back once more in a moment: nothing of it is spent."""
    log.warning("sign-in at the organisation must wait its turn")
    response = sign_in_page(door, request, "", BUSY)
    response.headers["Retry-After"] = "1"
    return response


def _refused(
    door: Door, request: Request, refused: SignInError, *, genuine: bool = False
) -> Response:
    log.warning("sign-in at the organisation refused", reason=refused.reason)
    now, away = door.clock(), isinstance(refused, ProviderAwayError)
    # That the provider is away is no fault of who wanted to sign in. No number of refusals keeps
    # out a good code that comes later.
    kind = AWAY_KIND if away else GENUINE if genuine else ""
    with door.database.transaction() as session:
        made = tries.note_sign_in(session, kind + source_of(request), now=now)
    said = AWAY if away else NOT_COMPLETED
    if kind or made <= tries.ROWS:
        return _forgetting(door, sign_in_page(door, request, "", said))
    response = _forgetting(door, sign_in_page(door, request, "", TOO_MANY))
    response.headers["Retry-After"] = str(int(tries.period_left(now).total_seconds()) + 1)
    return response


def source_of(request: Request) -> str:
    """Return the source that a request came from."""
    return sources.source_of(request.client.host) if request.client else ""


def _forgetting(door: Door, response: Response) -> Response:
    """Drop the crossing: each is for one way there and back."""
    door.drop(response, door.crossing_cookie)
    return response
