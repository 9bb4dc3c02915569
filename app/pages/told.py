"""A page of their own for patients and carers, behind a link that works once (SEC-23).

No account, nothing to remember, no JavaScript. The link opens by a form, so that what looks at
links before their reader does opens nothing; then a cookie that ends with the browser holds the
page for half an hour. Whatever cannot be opened looks the same, whether it was ever ours or not.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import RedirectResponse
from fastapi.routing import APIRoute
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from alerts.answering import service as answering
from alerts.posting.service import PATH
from alerts.rosters.service import place_of
from app.accounts import service as accounts
from app.pages.door import Door
from app.pages.origin import foreign
from app.pages.refusals import MOST_FORM_BYTES
from app.pages.site_policy import policy_of
from app.pages.told_words import Reader, language_of, shown
from app.typed import check_texts
from core import audit
from core.errors import (
    ForbiddenError,
    LaterError,
    NotFoundError,
    ThrottledError,
    WardlightError,
)
from core.security import digest, same
from core.sources import source_of
from ingest.contacts.service import page_caller
from monitoring.catalogue import known, preferred
from monitoring.phrases import Phrase
from monitoring.words import NO_NUMBER

HERE = PATH.rstrip("/")
Secret = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{22}$")]
Language = Annotated[str, Query(alias="lang", max_length=8)]
NOT_HERE, TOO_LARGE, BUSY, LATER = 404, 413, 429, 503


@dataclass(frozen=True, slots=True)
class Tried:
    """What was typed before, and what is wrong with it."""

    said: Mapping[str, str] = field(default_factory=dict)
    faults: Mapping[str, Any] = field(default_factory=dict)


async def fields(request: Request) -> dict[str, str]:
    """Return the fields of a form, whatever they are called."""
    said = {name: str(value) for name, value in (await request.form()).items()}
    check_texts(said.items())
    return said


Fields = Annotated[dict[str, str], Depends(fields)]


def router(door: Door) -> APIRouter:
    """Return `/m`: what a link leads to, and the page behind it."""
    routes = APIRouter(route_class=_route(door), include_in_schema=False)
    pages = Pages(door)

    @routes.get(f"{PATH}{{secret}}")
    def front(request: Request, secret: Secret, lang: Language = "") -> Response:
        """Show that there is a message; nothing is looked up, but for who has opened it."""
        if pages.holds(request, secret):
            return RedirectResponse(HERE, status_code=303)
        return pages.plain(request, "told_front.html", lang, secret=secret)

    @routes.post(f"{PATH}{{secret}}")
    def enter(request: Request, secret: Secret) -> Response:
        return pages.enter(request, secret)

    @routes.post(f"{PATH}{{secret}}/again")
    def again(request: Request, secret: Secret) -> Response:
        return pages.again(request, secret)

    @routes.get(HERE)
    def page(request: Request, lang: Language = "") -> Response:
        return pages.show(request, lang, Tried())

    @routes.post(HERE)
    def answer(request: Request, said: Fields) -> Response:
        return pages.answer(request, said)

    return routes


@dataclass(frozen=True)
class Pages:
    """The pages of messages, and the cookie that holds an opened one."""

    door: Door

    @property
    def cookie(self) -> str:
        """Return the name of the cookie: `__Host-` needs https."""
        return "__Host-wardlight-message" if self.door.https else "wardlight-message"

    def held(self, request: Request) -> str:
        """Return the secret of the page that a browser holds."""
        return request.cookies.get(self.cookie, "")

    def holds(self, request: Request, secret: str) -> bool:
        """Return whether this browser has opened this very link and its page lasts."""
        if not self.held(request):
            return False
        with self.door.database.transaction() as session:
            message = answering.opened(session, self.held(request), now=self.door.clock())
            return message is not None and same(message.link_digest or "", digest(secret))

    def check_origin(self, request: Request) -> None:
        """Refuse a form that another site's page made (SEC-09)."""
        if foreign(request, self.door.settings.base_url):
            raise ForbiddenError("this form did not come from our own page")

    def enter(self, request: Request, secret: str) -> Response:
        """Open a link. Where it opens nothing, whoever tried many must wait (SEC-36).

        One that opens is never refused: those who share an address are not kept from theirs.
        """
        self.check_origin(request)
        now = self.door.clock()
        with self.door.database.transaction() as session:
            page = answering.open_link(session, secret, now=now)
            if page is None:
                self._opened_nothing(session, request, now)
        if page is None:
            return self.plain(request, "told_gone.html", "", status=NOT_HERE, secret=secret)
        response = RedirectResponse(HERE, status_code=303)
        response.set_cookie(
            self.cookie, page, path="/", secure=self.door.https, httponly=True, samesite="lax"
        )
        return response

    def again(self, request: Request, secret: str) -> Response:
        """Send a message again; a link that is none of ours is counted, and answered alike."""
        self.check_origin(request)
        now = self.door.clock()
        with self.door.database.transaction() as session:
            if not answering.anew(session, secret, now=now):
                self._opened_nothing(session, request, now)
        return self.plain(request, "told_again.html", "")

    def _opened_nothing(self, session: Session, request: Request, now: datetime) -> None:
        """Count a link that opened nothing, unless there were too many already (SEC-16, SEC-36)."""
        source = source_of(request.client.host) if request.client else ""
        if accounts.must_wait(session, source, now=now):
            raise ThrottledError("too many links that open nothing", after=60)
        accounts.note_failure(session, source, now=now)
        audit.record(
            session,
            page_caller(),
            audit.Action.READ,
            answering.ENTITY,
            now=now,
            outcome="refused",
        )

    def show(self, request: Request, lang: str, tried: Tried, *, status: int = 200) -> Response:
        """Show the page that a browser holds."""
        door, secret, now = self.door, self.held(request), self.door.clock()
        with door.database.transaction() as session:
            message = answering.opened(session, secret, now=now)
            if message is None:
                raise NotFoundError("no page is open in this browser")
            page = answering.read(session, message, now=now, said=tried.said)
            place = place_of(session, policy_of(door.settings), message.patient_id)
        language = language_of(
            page, known(lang), self._browser(request), door.settings.site_language
        )
        reader = Reader(now, language, door.settings.emergency_number, place)
        return self._page(
            "told_page.html",
            language,
            status=status,
            here=HERE,
            csrf=door.token(secret),
            page=shown(page, reader, said=tried.said, faults=tried.faults),
            room=door.settings.video_visit(page.room) if page.room else "",
        )

    def answer(self, request: Request, said: Mapping[str, str]) -> Response:
        """Take a form; with its faults it is shown again, and nothing of it is kept."""
        door, secret = self.door, self.held(request)
        self.check_origin(request)
        if not secret:
            raise NotFoundError("no page is open in this browser")
        if not same(said.get("csrf", ""), door.token(secret)):
            raise ForbiddenError("this form did not come from our own page")
        now = door.clock()
        with door.database.transaction() as session:
            message = answering.opened(session, secret, now=now, lock=True)
            if message is None:
                raise NotFoundError("no page is open in this browser")
            base = door.settings.fhir_base
            faults = answering.answer(session, message, said, now=now, base=base)
        lang = known(said.get("lang", ""))
        if faults:
            return self.show(request, lang, Tried(said, faults), status=422)
        return RedirectResponse(f"{HERE}?lang={lang}" if lang else HERE, status_code=303)

    def plain(
        self, request: Request, template: str, lang: str, *, status: int = 200, secret: str = ""
    ) -> Response:
        """Show a page that knows nothing of anybody."""
        here = f"{PATH}{secret}" if secret else ""
        return self._page(template, self._language(request, lang), status=status, here=here)

    def unsent(self, request: Request, why: str, *, status: int) -> Response:
        """Say that an answer was not sent, and what can be done."""
        language = self._language(request, "")
        return self._page("told_unsent.html", language, status=status, here="", why=why)

    def _language(self, request: Request, lang: str) -> str:
        site = self.door.settings.site_language
        return language_of(None, known(lang), self._browser(request), site)

    def _page(self, template: str, language: str, *, status: int, **values: Any) -> Response:
        number = Phrase(self.door.settings.emergency_number or NO_NUMBER)
        response = self.door.pages.page(
            template, status=status, language=language, number=number, **values
        )
        if status == BUSY:
            response.headers["Retry-After"] = "60"
        return response

    def _browser(self, request: Request) -> str:
        return preferred(request.headers.get("accept-language", ""))


Handler = Callable[[Request], Coroutine[Any, Any, Response]]


def _route(door: Door) -> type[APIRoute]:
    """Return a route class whose refusals are one page, which tells nobody what there is."""

    class ToldRoute(APIRoute):
        def get_route_handler(self) -> Handler:
            answer = super().get_route_handler()

            async def handle(request: Request) -> Response:
                try:
                    if _too_large(request):
                        return _refused(Pages(door), request, None, TOO_LARGE)
                    return await answer(request)
                except LaterError as error:
                    return _refused(Pages(door), request, error, BUSY)
                except OperationalError as error:
                    return _refused(Pages(door), request, error, LATER)
                except (WardlightError, RequestValidationError) as error:
                    return _refused(Pages(door), request, error, NOT_HERE)

            return handle

    return ToldRoute


def _refused(pages: Pages, request: Request, error: Exception | None, status: int) -> Response:
    """Return the page of a refusal; of an answer it says that it was not sent, and what to do."""
    if request.method == "POST" and request.url.path == HERE:
        over = isinstance(error, NotFoundError | ForbiddenError)
        why = {BUSY: "later", LATER: "later"}.get(status, "over" if over else "wrong")
        return pages.unsent(request, why, status=status)
    template = "told_busy.html" if status in (BUSY, LATER) else "told_gone.html"
    return pages.plain(request, template, "", status=status)


def _too_large(request: Request) -> bool:
    length = request.headers.get("content-length", "")
    return request.method == "POST" and (not length.isdecimal() or int(length) > MOST_FORM_BYTES)
