"""The pieces that every page is made of, shown on one page in demo mode only.

For who builds another page: what there is, what it is called, and how it looks in either theme.
Everything on it is invented. The tokens are read off the stylesheet, so that the page cannot
tell of one that is not there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Request, Response

from app.pages.door import Door
from app.pages.language import language
from app.pages.refusals import page_route
from app.pages.strip import strip_of
from app.pages.wording import Sentence, moment
from core.errors import NotFoundError
from core.settings import Environment
from core.vitals import Severity
from monitoring.findings import Usual
from reports.charts import Frame, Point, Svg, sparkline

TOKENS = Path(__file__).parent.parent / "assets" / "tokens.css"
TOKEN = re.compile(r"^ +--([a-z-]+): (.+);$", re.MULTILINE)
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
WEIGHTS = (71.2, 71.0, 71.4, 71.1, 71.3, None, None, 71.6, 72.1, 72.4, 73.0, 73.4)
USUAL = Usual(centre=71.2, low=70.6, high=71.8, spread=0.3, days=28)
LIMIT = 73.2
LINEAR = 0.04045  # below it sRGB is linear
SHOWN_IN = (Environment.DEMO, Environment.TEST)


@dataclass(frozen=True, slots=True)
class Token:
    """One value of the stylesheet, in the light theme and in the dark, where that differs."""

    name: str
    light: str
    dark: str

    @property
    def colour(self) -> bool:
        """Return whether it is a colour; else it is a size, a shadow or a typeface."""
        return self.light.startswith("#")


@dataclass(frozen=True, slots=True)
class Pair:
    """A colour of text on the ground that it stands on, and their contrast in each theme."""

    text: str
    ground: str
    light: float
    dark: float


# What is written on what.
WRITTEN = (
    ("ink", "ground"),
    ("ink", "surface"),
    ("ink-soft", "ground"),
    ("ink-soft", "surface"),
    ("accent", "surface"),
    ("accent-ink", "accent"),
    *((each, f"{each}-soft") for each in ("red", "amber", "yellow", "quiet", "accent")),
)


def router(door: Door) -> APIRouter:
    """Return `/design`; outside of the demo there is no such page."""
    routes = APIRouter(route_class=page_route(door.pages), include_in_schema=False)

    @routes.get("/design")
    def design(request: Request) -> Response:
        with door.visit(request) as visit:
            if door.settings.environment not in SHOWN_IN:
                raise NotFoundError("no such page")
            said = language(visit.language)
            then = visit.now - timedelta(minutes=6)
            return door.pages.page(
                "design.html",
                visit=visit,
                here="design",
                strip=strip_of(door, visit),
                colours=[each for each in tokens() if each.colour],
                sizes=[each for each in tokens() if not each.colour],
                pairs=pairs(),
                tiers=list(Severity),
                ago=moment(then, now=visit.now, zone=door.zone, language=visit.language),
                sentence=Sentence(said.say("Weight") + " ", "73.4 kg"),
                picture=picture(said.say("Weight, 12 days, with usual range, limit and a gap")),
            )

    return routes


@cache
def tokens() -> tuple[Token, ...]:
    """Return every value that the stylesheet names, in its order."""
    light, _, dark = TOKENS.read_text(encoding="utf-8").partition("@media")
    darker = dict(TOKEN.findall(dark))
    return tuple(
        Token(name, value, darker.get(name, value)) for name, value in TOKEN.findall(light)
    )


def pairs() -> list[Pair]:
    """Return the contrast of every text with its ground (WCAG 1.4.3 asks for 4.5)."""
    known = {each.name: each for each in tokens()}
    return [
        Pair(
            text,
            ground,
            contrast(known[text].light, known[ground].light),
            contrast(known[text].dark, known[ground].dark),
        )
        for text, ground in WRITTEN
    ]


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours such as `#14202b`, from 1 to 21 (WCAG 2.2)."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return round((lighter + 0.05) / (darker + 0.05), 1)


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= LINEAR else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(share * c for share, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def picture(label: str) -> Svg:
    """Return a sparkline with all that one can have."""
    start = NOON - timedelta(days=len(WEIGHTS))
    points = [
        Point(start + timedelta(days=day), weight)
        for day, weight in enumerate(WEIGHTS)
        if weight is not None
    ]
    return sparkline(points, Frame(start, NOON, label, USUAL, LIMIT))
