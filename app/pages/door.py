"""Who comes in: the session behind a cookie, and whether a form really came from our page.

A handler opens a `Visit` and with it the one transaction of the request; whatever it reads
or changes is audited inside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import copy
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Request, Response
from sqlalchemy.orm import Session

from app.accounts import service as accounts
from app.emergency.service import Open, enter
from app.learned import Learned
from app.oidc.provider import Provider
from app.pages import areas, tried
from app.pages.behind import behind_wall
from app.pages.origin import foreign, form_secret
from app.pages.rendering import LANGUAGE_COOKIE, Renderer
from core.clock import utc_now
from core.database import Database
from core.errors import ForbiddenError, NotFoundError, UnauthenticatedError
from core.security import Caller, csrf_token, same
from core.settings import Environment, Settings
from core.spool import Spool
from ingest.admission.service import count_request
from monitoring.catalogue import ENGLISH

LANGUAGE_LASTS = timedelta(days=365)
_NO_KEY = "wardlight-forms"  # without a key of the installation the session's own secret protects


class StaleFormError(UnauthenticatedError):
    """A form of ours came after its session had ended; whose it was, and how to keep it."""

    def __init__(self, owner: UUID, *, key: str, language: str, now: datetime) -> None:
        super().__init__("sign in first")
        self.owner = owner
        self.key = key
        self.language = language
        self.now = now


@dataclass(frozen=True, slots=True)
class Visit:
    """One request of somebody who is signed in."""

    session: Session
    caller: Caller
    display_name: str
    csrf: str
    now: datetime
    language: str = ENGLISH
    path: str = "/inbox"  # where the visitor is, to come back to
    who: str = ""  # the same for one person, and nothing to anybody else
    emergencies: tuple[Open, ...] = ()  # access that the visitor opened in an emergency
    idle_at: datetime | None = None  # when the session ends if nothing happens
    ends_at: datetime | None = None  # when it ends whatever happens

    @property
    def idle_seconds(self) -> int:
        """Return how long the session still lasts if nothing happens."""
        return int((self.idle_at - self.now).total_seconds()) if self.idle_at else 0

    @property
    def absolute_seconds(self) -> int:
        """Return how long it still lasts whatever happens."""
        return int((self.ends_at - self.now).total_seconds()) if self.ends_at else 0

    @property
    def clinical(self) -> bool:
        """Return whether this is one of those who look after patients."""
        return self.caller.role not in areas.APART

    @property
    def home(self) -> str:
        """Return the page that this person begins on."""
        return areas.home(self.caller.role)

    @property
    def entries(self) -> tuple[areas.Entry, ...]:
        """Return what stands in the head beside the front page of those who see no patients."""
        return areas.entries(self.caller.role)

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
    place: ZoneInfo | None = None  # by whose clock, where it is not the site's
    provider: Provider | None = field(init=False)
    learned: Learned = field(init=False)

    def __post_init__(self) -> None:
        """Find the organisation's provider, whose keys are then kept here, as are the models."""
        object.__setattr__(self, "learned", Learned(self.settings.model_path))
        object.__setattr__(self, "provider", Provider.of(self.settings))

    @property
    def local_accounts(self) -> bool:
        """Return whether there are passwords here: nowhere in production (SEC-05)."""
        return self.settings.environment is not Environment.PRODUCTION

    @property
    def zone(self) -> ZoneInfo:
        """Return the zone that times are shown in."""
        return self.place or ZoneInfo(self.settings.site_timezone)

    def by_clock(self, zone: ZoneInfo) -> Door:
        """Return the same door by the clock of a team, with everything that it keeps."""
        other = copy(self)
        object.__setattr__(other, "place", zone)
        return other

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

    @property
    def former_cookie(self) -> str:
        """Return the name of the cookie of the session that a browser had before."""
        return f"{self.cookie}-former"

    @property
    def crossing_cookie(self) -> str:
        """Return the name of the cookie that a browser takes to the organisation and back."""
        return f"{self.cookie}-crossing"

    @contextmanager
    def visit(self, request: Request, *, present: bool = True) -> Iterator[Visit]:
        """Open the transaction of a signed-in person, behind the wall of whom they may see.

        `present` is False for requests that a page makes by itself: they keep no session alive
        (SEC-07). Raises `UnauthenticatedError`; `NotFoundError` at a page of no such role (SEC-10).
        """
        secret, now = request.cookies.get(self.cookie, ""), self.clock()
        with (
            tried.noting(self.database, request, self.clock) as inside,
            self.database.transaction() as session,
        ):
            who = accounts.signed_in(session, secret, now=now, present=present)
            if who is None:
                raise self._ended(session, request, secret)
            count_request(session, who.caller.id)
            inside.append(who.caller)
            if not areas.opens(who.caller.role, request.url.path):
                raise NotFoundError("no such page for this role")
            with behind_wall(session, who.caller):
                yield Visit(
                    session,
                    who.caller,
                    who.display_name,
                    self.token(secret),
                    now,
                    self.language(request),
                    request.url.path,
                    self.who(who.caller),
                    tuple(
                        replace(each, time=f"{each.until.astimezone(self.zone):%H:%M}")
                        for each in enter(session, who.caller, self.spool)
                    ),
                    who.idle_at,
                    who.expires_at,
                )

    def who(self, caller: Caller) -> str:
        """Return what a page may know of its reader: enough to notice that another sits there."""
        return csrf_token(f"who|{caller.id}", key=self.key)[:16]

    def _ended(self, session: Session, request: Request, secret: str) -> UnauthenticatedError:
        """Return the refusal; of a form that somebody filled in, one that keeps it."""
        owner = accounts.owner(session, secret) if request.method == "POST" and secret else None
        if owner is None:
            return UnauthenticatedError("sign in first")
        now, language = self.clock(), self.language(request)
        return StaleFormError(owner, key=self.key, language=language, now=now)

    def language(self, request: Request) -> str:
        """Return the language that was chosen, else that a browser asks for, else the site's."""
        return self.pages.language(request)

    def speak(self, response: Response, language: str) -> None:
        """Keep the language that somebody chose, in their browser."""
        self.keep(response, LANGUAGE_COOKIE, language, lasts=LANGUAGE_LASTS)

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
        if not foreign(request, self.settings.base_url):
            if same(csrf, self.token(secret)):
                return
            before = request.cookies.get(self.former_cookie, "")
            if before and same(csrf, self.token(before)):
                with self.database.transaction() as session:
                    raise self._ended(session, request, before)
        raise ForbiddenError("This form did not come from your own page. Open it again.")

    def token(self, secret: str) -> str:
        """Return the form token of a session."""
        return csrf_token(secret, key=self.key)

    @property
    def spool(self) -> Spool:
        """Return where the audit of an emergency waits if it cannot be written."""
        return Spool.of(self.settings.data)

    @property
    def key(self) -> str:
        """Return the key of the installation."""
        return key.get_secret_value() if (key := self.settings.secret_key) else _NO_KEY

    def remember(self, response: Response, secret: str, *, former: str = "") -> None:
        """Set the session cookie; it ends with the browser.

        `former` is the ended session of the same browser: it opens nothing, but tells that a
        form which comes late is of a page of ours.
        """
        if former:
            self.keep(response, self.former_cookie, former)
        self.keep(response, self.cookie, secret)

    def offer_form(self, request: Request, response: Response) -> None:
        """Make sure that the browser holds a form cookie."""
        self.keep(response, self.form_cookie, form_secret(request, self.form_cookie))

    def forget(self, response: Response) -> None:
        """Drop the session cookie and what the browser kept of the pages (SEC-25)."""
        self.drop(response, self.cookie)
        self.drop(response, self.former_cookie)
        response.headers["Clear-Site-Data"] = '"cache", "storage"'

    def drop(self, response: Response, name: str) -> None:
        """Drop a cookie of ours."""
        response.delete_cookie(name, path="/", secure=self.https, httponly=True, samesite="lax")

    def keep(
        self, response: Response, name: str, value: str, *, lasts: timedelta | None = None
    ) -> None:
        """Set a cookie that no script and no other site can use."""
        response.set_cookie(
            name,
            value,
            max_age=int(lasts.total_seconds()) if lasts else None,
            path="/",
            secure=self.https,
            httponly=True,
            samesite="lax",
        )
