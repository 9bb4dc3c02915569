"""Nothing of anybody stands in an address, a title or a log line, wherever links lead (SEC-24)."""

from __future__ import annotations

import logging
import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, unquote_plus, urljoin, urlsplit

import pytest
from fastapi.testclient import TestClient

from core.logging import configure
from core.security import Role
from core.settings import Settings
from tests.app.rights.whole import BASE, routes
from tests.ward import OTHERS, RIVERSIDE

if TYPE_CHECKING:
    from fastapi import FastAPI

    from tests.app.rights.whole import Whole

ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
SHORT_ID = r"[0-9a-f]{10}"
OF_EACH = 3  # pages of one route that are opened; the links of each are read
NOT_OPENED = ("/static", "/inbox/live", "/fhir")
# What a page may say in its address, and of which form: a choice out of few, or an opaque id.
MAY_SAY = {
    "alert": ID,
    "before": r"\d{1,18}",  # the number of a line of the audit
    "by": "rule|model|tier|team|age|sex|conditions|device",
    "first": r"20\d\d-\d\d-\d\d",  # of the days that are counted, of everybody alike
    "last": r"20\d\d-\d\d-\d\d",
    "on": r"20\d\d-\d\d-\d\d",
    "hours": "in|off",
    "of": "[a-z-]+",  # which list of a team's week
    "outcome": "[a-z-]+",
    "owner": f"{ID}|nobody",
    "problem": "[a-z-]+",  # a kind of alert, of a whole team
    "state": "[a-z-]+",
    "days": "0|7|14|30|90",
    "do": "snooze|escalate",
    "done": "[a-z-]+",
    "key": r"[A-Z0-9-]{2,24}|(under-)?\d\d(-\d\d)?\+?|[0-9](-[0-9]|\+)?|(fe)?male|risk-[0-9a-f]{12}"
    "|Riverside|none|unknown",
    "label": "[a-z-]+",
    "lang": "en|ko",
    "measure": "[a-z][a-z0-9_]+",  # which kind of measurement, never its value
    "page": r"\d{1,4}",
    "place": r"\d{1,6}",
    "put_back": r"\d{1,6}",  # the number of a version of a plan
    "rule": "[A-Z0-9-]{2,24}",
    "seen": r"[0-9a-f]{16}|\d{1,18}",
    "show": "[a-z,]+",
    "team": ID,
    "tier": "[a-z,]+|RED|AMBER|YELLOW|INFO|DQ",
    "v": "[0-9a-f]{12}",  # of one of our own files
    "version": r"\d{1,4}",
    "week": r"\d{4}-W\d\d",
    "weeks": r"\d{1,3}",
}
OF_SOMEBODY = re.compile(
    "|".join(
        part
        for person in (*RIVERSIDE, *OTHERS)
        for part in (*person.name.split()[1:], person.born.isoformat(), *person.conditions)
    ),
    re.IGNORECASE,
)


class Page(HTMLParser):
    """Collects the addresses and the title of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.addresses: list[str] = []
        self.title = ""
        self._titled = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._titled = tag == "title" and not self.title
        self.addresses += [
            value for name, value in attrs if value and (name == "src" or _leads(name, value))
        ]

    def handle_endtag(self, tag: str) -> None:
        self._titled = self._titled and tag != "title"

    def handle_data(self, data: str) -> None:
        self.title += data if self._titled else ""


def _leads(name: str, value: str) -> bool:
    if name.startswith("data-"):
        return value.startswith("/")
    return name in ("href", "action", "formaction") or name in ("hx-get", "hx-post")


@dataclass(slots=True)
class Crawl:
    """Every page that links lead to, a few of each route."""

    client: TestClient
    addresses: set[str] = field(default_factory=set)
    titles: set[str] = field(default_factory=set)
    opened: Counter[str] = field(default_factory=Counter)

    def walk(self, start: str) -> None:
        waiting, seen = [start], set[str]()
        while waiting:
            address = waiting.pop(0)
            path = re.sub(ID, "*", urlsplit(address).path)
            if address in seen or self.opened[path] >= OF_EACH or path.startswith(NOT_OPENED):
                continue
            seen.add(address)
            self.opened[path] += 1
            waiting += self._read(address)

    def _read(self, address: str) -> list[str]:
        answer = self.client.get(address)
        if "text/html" not in answer.headers.get("content-type", ""):
            return []
        page = Page()
        page.feed(answer.text)
        self.titles.add(page.title)
        found = [urljoin(address, each) for each in page.addresses]
        self.addresses |= set(found)
        return [each.partition("#")[0] for each in found if each.startswith("/")]


def faults_of(address: str, served: re.Pattern[str]) -> str:
    """Return what is wrong with an address, "" for nothing."""
    parts = urlsplit(address)
    said = parse_qsl(parts.query, keep_blank_values=True)
    # A drawn id may spell a code (…-e4e11a…): whether it is one of ours is asked by itself.
    if OF_SOMEBODY.search(re.sub(ID, "*", unquote_plus(address))):
        return "it names somebody"
    if parts.netloc or not served.fullmatch(parts.path):
        return "no route of ours has it with opaque ids"
    odd = [name for name, value in said if not re.fullmatch(MAY_SAY.get(name, "(?!)"), value)]
    return f"it says {odd}" if odd else ""


def every_route(web: FastAPI) -> re.Pattern[str]:
    """Return what paths look like in which whatever differs is an opaque id, or a file of ours."""
    paths = {path for _, path in routes(web)} - {"/fhir/{kind}/{id_}"}
    forms = []
    for path in paths:
        stem, mark, rest = path.partition("/{file}")
        literal = re.escape(stem if mark else path)
        forms.append(re.sub(r"\\\{\w+\\\}", f"(?:{ID}|{SHORT_ID})", literal))
        forms[-1] += r"/[a-z0-9.-]+" if mark and not rest else ""
    return re.compile("|".join(f"(?:{form})" for form in forms))


@pytest.mark.parametrize("who", [Role.PHYSICIAN, Role.SUPERVISOR], ids=str)
def test_no_address_no_title_and_no_log_line_says_anything_of_anybody_sec_24(
    whole: Whole, who: Role, capsys: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure(Settings())
    client = TestClient(whole.web, base_url=BASE, follow_redirects=False)
    client.cookies.set("wardlight", whole.people[who])
    crawl = Crawl(client)
    crawl.walk("/inbox")
    root.handlers[:] = handlers
    root.setLevel(level)
    logged = "".join(capsys.readouterr())

    served = every_route(whole.web)
    faults = {each: why for each in crawl.addresses if (why := faults_of(each, served))}
    assert not faults, sorted(faults.items())[:10]
    assert len(crawl.opened) >= 20
    assert sum("/patients/" in each for each in crawl.addresses) >= 7
    assert not [title for title in crawl.titles if OF_SOMEBODY.search(title)]
    assert not [title for title in crawl.titles if re.search(r"\d", title)]
    assert "/patients/{patient_id}" in logged
    assert not OF_SOMEBODY.search(re.sub(f"{ID}|{SHORT_ID}", "*", logged))
    assert "?" not in "".join(re.findall(r"route=\S+", logged))
    assert not re.search(ID, "".join(re.findall(r"route=\S+", logged)))


@pytest.mark.parametrize(
    "address",
    [
        "/patients?name=x",
        "/patients/Malsun",
        "/inbox?place=86.4",
        "/patients?seen=Oh%20Malsun",
        "https://elsewhere.example/inbox",
    ],
)
def test_an_address_that_gives_something_away_is_found_sec_24(whole: Whole, address: str) -> None:
    """The net itself has no hole."""
    assert faults_of(address, every_route(whole.web))
