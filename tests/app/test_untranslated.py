"""No page says anything of its own that no catalogue was asked for (UX-17).

The pages are read in Korean, and what a catalogue has stands between brackets, so that what
stands outside of them is data, is marked as quoted English, or was forgotten.
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from app.erasure.holds import held
from app.staff.service import everybody
from core.clock import utc_now
from core.security import SYSTEM, Role
from ingest.tables import CareTeam, Client
from ingest.teams.tables import Site
from monitoring.catalogue import Catalogue
from monitoring.contesting.repository import last_scored
from tests.app.administration.signed_in import come_in

if TYPE_CHECKING:
    from collections.abc import Callable

    from fastapi import FastAPI
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

OPENED, CLOSED = "⟦", "⟧"
SAID = ("aria-label", "title", "placeholder", "alt", "data-confirm")
LETTERS = re.compile(r"[A-Za-z]{2,}")
# Names, units, codes, and times: data, which no catalogue has.
DATA = re.compile(
    r"\bWardlight|English|Dr Han|Dr Lim|Nurse Ko|Test|UTC|Asia/Seoul"
    r"|SpO2|mmHg|kg|mg/dL|mmol/L|\bmin\b|[A-Z][A-Z0-9]+(-[A-Z0-9]+)+|NEWS2"
    r"|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|\burn:oid:\S+|\bko\b"
    r"|risk|lb|DQ|RISK|COMBO|\btemplates\b|[0-9a-f]{8,}|sha\w*|https?://\S+"
)


VOID = frozenset({"meta", "link", "input", "br", "hr", "img", "rect", "path", "circle", "line"})
QUOTED = frozenset({"style", "script", "code", "kbd"})


class Words(HTMLParser):
    """Collects what a page says, in its text and in the attributes that are read out.

    What is marked as English is quoted: sources, notes of rules, a user's own words.
    """

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._within: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        quoted = self._quoted or tag in QUOTED or (("lang", "en") in attrs and tag != "html")
        if tag not in VOID:
            self._within.append((tag, quoted))
        if not quoted:
            self.said += [value for name, value in attrs if name in SAID and value]

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._within and self._within.pop()[0] != tag:
            pass  # what was left open ends with what holds it

    def handle_data(self, data: str) -> None:
        if not self._quoted and data.strip():
            self.said.append(data.strip())

    @property
    def _quoted(self) -> bool:
        return bool(self._within) and self._within[-1][1]


def outside(html: str, known: re.Pattern[str]) -> list[str]:
    """Return what a page says outside of brackets that is no known data."""
    words = Words()
    words.feed(html)
    rest, before = "\n".join(words.said), ""
    while rest != before:  # phrases stand within phrases, and markup within them
        before, rest = rest, re.sub(rf"{OPENED}[^{OPENED}{CLOSED}]*{CLOSED}", " ", rest)
    return [
        said for said in rest.split("\n") if LETTERS.search(DATA.sub(" ", known.sub(" ", said)))
    ]


@pytest.fixture
def bracketed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have every catalogue put brackets around what it has."""
    text, of_number = Catalogue.text, Catalogue.of_number

    def mark(said: str) -> str:
        return f"{OPENED}{said}{CLOSED}"

    def marked(book: Catalogue, message: str) -> str:
        return mark(text(book, message)) if message in book.single else message

    def marked_number(book: Catalogue, message: str, plural: str, count: int) -> str:
        said = of_number(book, message, plural, count)
        return mark(said) if message in book.plurals else said

    monkeypatch.setattr(Catalogue, "text", marked)
    monkeypatch.setattr(Catalogue, "of_number", marked_number)


PAGES = {
    "inbox": "/inbox",
    "patient": "/patients/{patient}",
    "accesses": "/patients/{patient}/accesses",
    "plan": "/patients/{patient}/plan",
    "quality": "/quality",
    "keys": "/inbox/keys",
    "rules": "/rules",
    "models": "/models",
    "design": "/design",
    "digest": "/digest",
    "follow-up": "/follow-up",
    "contests": "/contests",
    "score": "/patients/{patient}/scores/{score}",
    "rotas": "/rota",
    "rota": "/rota/{team}",
    "reached": "/reached",
    "patients": "/patients",
    "facts": "/patients/{patient}/facts",
    "rights": "/patients/{patient}/rights",
    "discharge": "/patients/{patient}/discharge",
    "no such page": "/patients/00000000-0000-0000-0000-000000000000",
}


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES.keys())
def test_a_page_leaves_no_word_untranslated_ux_17(
    database: Database, enter: Callable[[str], TestClient], ward: Ward, path: str
) -> None:
    patient = ward.patients["Oh Malsun"]
    with database.transaction() as session:
        score = last_scored(session, [patient], until=utc_now())
    assert score is not None
    where = path.format(team=ward.team, patient=patient, score=score.assessment_id)
    page = enter(ward.username).get(where, headers={"Accept-Language": "ko"})
    known = re.compile("|".join(map(re.escape, data_of(ward))))

    left = outside(page.text, known)

    assert left == [], "\n".join(left)


OFFICES = {
    Role.ADMINISTRATOR: (
        *("/administration", "/administration/users", "/administration/teams"),
        *("/administration/teams/{team}", "/administration/rota/{team}"),
        *("/administration/integrations", "/enrol", "/enrol/file"),
    ),
    Role.PRIVACY_OFFICER: (
        *("/privacy", "/privacy/audit", "/privacy/retention", "/privacy/erasures"),
        "/privacy/choices",
        "/privacy/contests",
    ),
}


@pytest.mark.usefixtures("bracketed")
@pytest.mark.parametrize("role", OFFICES)
def test_a_page_of_an_office_leaves_no_word_untranslated_ux_17(
    database: Database, web: FastAPI, ward: Ward, role: Role
) -> None:
    somebody = come_in(database, web, role)
    known = re.compile("|".join(map(re.escape, [*data_of(ward), *names_in(database)])))
    left = {}
    for path in OFFICES[role]:
        where = path.format(team=ward.team)
        page = somebody.browser.get(where, headers={"Accept-Language": "ko"})
        assert page.status_code == HTTPStatus.OK, path
        left[path] = outside(page.text, known)

    assert {path: words for path, words in left.items() if words} == {}


def names_in(database: Database) -> list[str]:
    """Return what people called others, teams, sites and programs, here and in other tests."""
    with database.transaction() as session:
        teams = session.scalars(select(CareTeam.name)).all()
        sites = session.scalars(select(Site.name)).all()
        programs = session.scalars(select(Client.name)).all()
        people = [each.display_name for each in everybody(session, SYSTEM)]
        reasons = [each.reason for each in held(session, now=utc_now())]
    names = {*teams, *sites, *programs, *people, *reasons}
    return sorted(filter(None, names), key=len, reverse=True)


def data_of(ward: Ward) -> list[str]:
    """Return the names that the ward's pages show."""
    return [*ward.patients, "Riverside", "Hillside", "her pacemaker keeps her fast"]
