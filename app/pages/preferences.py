"""How somebody likes their inbox: privacy, sound and keys.

It is kept in cookies of their browser that no script reads and that say nothing about anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated
from urllib.parse import quote, unquote

from fastapi import APIRouter, Form, Request, Response
from fastapi.responses import RedirectResponse

from app.pages.door import LANGUAGE_LASTS, Door
from app.pages.language import Language, language
from app.pages.refusals import page_route
from app.pages.showing import back_to
from app.pages.strip import strip_of
from core.errors import InvalidError, Sentence

PRIVATE, SOUND, KEYS = "wardlight-private", "wardlight-sound", "wardlight-keys"
OFF = "off"
SHIPPED = {
    "next": "j",
    "previous": "k",
    "open": "Enter",
    "take": "a",
    "snooze": "s",
    "escalate": "e",
    "filter": "/",
    "help": "?",
}
ACTS = {
    "next": Sentence("Next row"),
    "previous": Sentence("Row before"),
    "open": Sentence("Open the patient"),
    "take": Sentence("Take it"),
    "snooze": Sentence("Put it off"),
    "escalate": Sentence("Escalate it"),
    "filter": Sentence("Go to the filter"),
    "help": Sentence("Show the keys"),
}
NAMED = ("Enter",)  # keys that are not one character
Text = Annotated[str, Form()]


@dataclass(frozen=True, slots=True)
class Preferences:
    """What somebody has chosen; `keys` is empty where single keys do nothing (WCAG 2.1.4)."""

    private: bool = False
    sound: bool = False
    keys: Mapping[str, str] = field(default_factory=lambda: SHIPPED)


@dataclass(frozen=True, slots=True)
class Key:
    """One act of the keyboard, in words, and its key."""

    name: str
    words: str
    key: str


def preferences(request: Request) -> Preferences:
    """Return what a browser's cookies say; what nobody can read counts as not chosen."""
    cookies = request.cookies
    return Preferences(
        private=cookies.get(PRIVATE) == "1",
        sound=cookies.get(SOUND) == "1",
        keys=_kept(cookies.get(KEYS, "")),
    )


def keys(kept: Preferences, said: Language) -> list[Key]:
    """Return every act with its key; with the shipped one where all are off."""
    bound = kept.keys or SHIPPED
    return [Key(name, said.say(ACTS[name].text), bound[name]) for name in SHIPPED]


def router(door: Door) -> APIRouter:
    """Return the choices of the inbox: privacy, sound, keys."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.post("/inbox/privacy")
    def privacy(request: Request, on: Text = "", csrf: Text = "", back: Text = "") -> Response:
        return _keep(door, request, csrf, back, (PRIVATE, "1" if on == "1" else "0"))

    @routes.post("/inbox/sound")
    def sound(request: Request, on: Text = "", csrf: Text = "", back: Text = "") -> Response:
        return _keep(door, request, csrf, back, (SOUND, "1" if on == "1" else "0"))

    @routes.get("/inbox/keys")
    def shown(request: Request) -> Response:
        with door.visit(request) as visit:
            kept = preferences(request)
            bound = keys(kept, language(visit.language))
            return door.pages.page(
                "keys.html",
                visit=visit,
                here="inbox",
                strip=strip_of(door, visit),
                keys=bound,
                on=bool(kept.keys),
            )

    @routes.post("/inbox/keys")
    def choose(  # noqa: PLR0913, PLR0917 (a form with a field for each act)
        request: Request,
        csrf: Text = "",
        on: Text = "",
        next: Text = "",  # noqa: A002 (the name of the form's field)
        previous: Text = "",
        open: Text = "",  # noqa: A002 (the name of the form's field)
        take: Text = "",
        snooze: Text = "",
        escalate: Text = "",
        filter: Text = "",  # noqa: A002 (the name of the form's field)
        help: Text = "",  # noqa: A002 (the name of the form's field)
    ) -> Response:
        said = (next, previous, open, take, snooze, escalate, filter, help)
        door.check_form(request, csrf, request.cookies.get(door.cookie, ""))
        value = _bound(dict(zip(SHIPPED, said, strict=True))) if on == "1" else OFF
        return _keep(door, request, csrf, "", (KEYS, value))

    return routes


def _keep(door: Door, request: Request, csrf: str, back: str, chosen: tuple[str, str]) -> Response:
    with door.act(request, csrf):
        response = RedirectResponse(back_to(back), status_code=303)
    door.keep(response, *chosen, lasts=LANGUAGE_LASTS)
    return response


def _kept(cookie: str) -> Mapping[str, str]:
    if cookie == OFF:
        return {}
    bound = [unquote(each) for each in cookie.split("~")]
    if len(bound) != len(SHIPPED) or not all(map(_is_key, bound)) or len({*bound}) != len(bound):
        return SHIPPED
    return dict(zip(SHIPPED, bound, strict=True))


def _bound(chosen: Mapping[str, str]) -> str:
    """Return the keys as a cookie holds them; raise `InvalidError` naming the field."""
    for name, key in chosen.items():
        if not _is_key(key):
            raise InvalidError(
                "{act}: one character, or Enter", field=name, facts={"act": ACTS[name]}
            )
        if [*chosen.values()].count(key) > 1:
            raise InvalidError(
                "{act}: {key} is given twice", field=name, facts={"act": ACTS[name], "key": key}
            )
    return "~".join(quote(key, safe="") for key in chosen.values())


def _is_key(key: str) -> bool:
    return key in NAMED or (len(key) == 1 and key.isprintable() and key not in " ~")
