"""Turn a template and its values into an answer; everything that is data is escaped."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastapi import Request, Response
from fastapi.responses import HTMLResponse
from fastapi.staticfiles import StaticFiles
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from app.pages.language import NAMES, language
from core.settings import Settings
from monitoring.catalogue import LANGUAGES, known, preferred

HERE = Path(__file__).parent.parent
STATIC = HERE / "static"
LANGUAGE_COOKIE = "wardlight-language"
FOREVER = "public, max-age=31536000, immutable"  # the address carries the version


class Assets(StaticFiles):
    """Our built files, kept by browsers as long as their version stands."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        """Answer with one file."""
        response = super().file_response(*args, **kwargs)
        response.headers["Cache-Control"] = FOREVER
        return response


class Renderer:
    """The templates, with what every page says about itself."""

    def __init__(self, settings: Settings) -> None:
        self._language: str = settings.site_language
        at = (settings.site_timezone, settings.emergency_number, asset_version())
        # One for each language: what a macro says is in it as well.
        self._environments = {name: environment(name, *at) for name in LANGUAGES}

    def language(self, request: Request) -> str:
        """Return the language that was chosen, else that a browser asks for, else the site's."""
        chosen = known(request.cookies.get(LANGUAGE_COOKIE, ""))
        asked = preferred(request.headers.get("accept-language", ""))
        return chosen or asked or self._language

    def page(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """Return a whole page or a fragment, in the language of its reader.

        That is the `language` given, else the visitor's, else the site's.
        """
        return HTMLResponse(self.html(template, **values), status)

    def html(self, template: str, **values: Any) -> str:
        """Return what a page consists of, for whoever does more with it than answer."""
        visit = values.get("visit")
        said = values.pop("language", "") or (visit.language if visit else self._language)
        chosen = self._environments[language(said).name]
        return chosen.get_template(template).render(values)


@cache
def environment(name: str, zone: str, emergency_number: str, version: str) -> Environment:
    """Return the templates in one language; they are compiled once in a process."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    said = language(name)
    made.globals |= {
        "language": name,
        "say": said.markup,
        "counted": said.count,
        "asset": lambda file: f"/static/{file}?v={version}",
        "form_id": uuid4,
        "zone_name": zone,
        "emergency_number": emergency_number,
        "visit": None,
        "strip": None,
        "notice": "",
        "here": "",
        "languages": NAMES,
        "layout": "base.html",
    }
    made.filters["say"] = said.markup
    return made


def asset_version(static: Path = STATIC) -> str:
    """Return the version that the build wrote, or a word where nothing was built."""
    manifest = static / "manifest.json"
    if not manifest.is_file():
        return "unbuilt"
    return str(json.loads(manifest.read_text(encoding="utf-8"))["version"])
