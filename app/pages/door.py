"""Who comes in: the session behind a cookie, and whether a form really came from our page.

A handler opens a `Visit` and with it the one transaction of the request; whatever it reads
or changes is audited inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.pages.rendering import Renderer
from core.clock import utc_now
from core.database import Database
from core.errors import ForbiddenError, UnauthenticatedError
from core.security import Caller, csrf_token, new_secret, same
from core.settings import Settings
from monitoring.catalogue import ENGLISH, preferred

FORM_COOKIE_SECONDS = 3600
_NO_KEY = "wardlight-forms"  # without a key of the installation the session's own secret protects


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in."""

    session: Session
    caller: Caller
    display_name: str
    csrf: str
    now: datetime
    language: str = ENGLISH  # of explanations

    @property
    def identities(self) -> frozenset[object]:
        """Return the ids under which this person may own an alert."""
        return frozenset({self.caller.practitioner_id, self.caller.id} - {None})


@dataclass(frozen=True, slots=True)
class Door:
    """What the pages need of the program: database, settings, templates, and the clock."""

    database: Database
    settings: Settings
    pages: Renderer
    clock: Callable[[], datetime] = utc_now

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone that times are shown in."""
        return ZoneInfo(self.settings.site_timezone)

    @property
    def https(self) -> bool:
        """Return whether browsers reach us by https, so that cookies must be Secure."""
        return self.settings.base_url.startswith("https://")

    @property
    def cookie(self) -> str:
        """Return the name of the session cookie: `__Host-` needs https."""
        return "__Host-wardlight" if self.https else "wardlight"

    @property
    def form_cookie(self) -> str:
        """Return the name of the cookie that ties the sign-in form to a browser."""
        return f"{self.cookie}-form"

    @contextmanager
    def visit(self, request: Request, *, present: bool = True) -> Iterator[Visit]:
        """Open the transaction of a signed-in person.

        `present` is False for requests that a page makes by itself: they keep no session
        alive (SEC-07). Raises `UnauthenticatedError`.
        """
        secret, now = request.cookies.get(self.cookie, ""), self.clock()
        with self.database.transaction() as session:
            who = accounts.signed_in(session, secret, now=now, present=present)
            if who is None:
                raise UnauthenticatedError("sign in first")
            yield Visit(
                session,
                who.caller,
                who.display_name,
                self.token(secret),
                now,
                self.language(request),
            )

    def language(self, request: Request) -> str:
        """Return the language that a browser asks for, else the site's."""
        asked = preferred(request.headers.get("accept-language", ""))
        return asked or self.settings.site_language

    @contextmanager
    def act(self, request: Request, csrf: str) -> Iterator[Visit]:
        """Open a visit that may change something; raise `ForbiddenError` for a foreign form."""
        self.check_form(request, csrf, request.cookies.get(self.cookie, ""))
        with self.visit(request) as visit:
            yield visit

    def check_form(self, request: Request, csrf: str, secret: str) -> None:
        """Refuse a form that our page of this browser did not make (SEC-09)."""
        if not secret:
            raise UnauthenticatedError("sign in first")
        if foreign(request, self.settings.base_url) or not same(csrf, self.token(secret)):
            raise ForbiddenError("This form did not come from your own page. Open it again.")

    def token(self, secret: str) -> str:
        """Return the form token of a session."""
        key = self.settings.secret_key
        return csrf_token(secret, key=key.get_secret_value() if key else _NO_KEY)

    def remember(self, response: Response, secret: str) -> None:
        """Set the session cookie; it ends with the browser."""
        self._set(response, self.cookie, secret)

    def offer_form(self, request: Request, response: Response) -> None:
        """Make sure that the browser holds a form cookie."""
        self._set(response, self.form_cookie, form_secret(request, self.form_cookie))

    def forget(self, response: Response) -> None:
        """Drop the session cookie and what the browser kept of the pages (SEC-25)."""
        response.delete_cookie(self.cookie, path="/", secure=self.https, httponly=True)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    def _set(self, response: Response, name: str, value: str) -> None:
        response.set_cookie(name, value, path="/", secure=self.https, httponly=True, samesite="lax")


def form_secret(request: Request, name: str) -> str:
    """Return the secret of the browser's form cookie, made for this request where absent."""
    known: str | None = getattr(request.state, "form_secret", None)
    if known is None:
        known = request.cookies.get(name) or new_secret()
        request.state.form_secret = known
    return known


def foreign(request: Request, base_url: str) -> bool:
    """Return whether the browser says that a request was made by another site's page.

    Our pages send no referrer, so browsers name their origin "null"; then it is
    Sec-Fetch-Site that tells, which every browser sends to https and to loopback.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None and site != "same-origin":
        return True
    origin = request.headers.get("origin")
    if origin in (None, "null"):
        return False
    ours = {urlsplit(base_url).netloc, request.headers.get("host", "")}
    return urlsplit(origin).netloc not in ours
