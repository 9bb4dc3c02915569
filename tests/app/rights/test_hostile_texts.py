"""Script, markup, templates and addresses in every stored text stay words wherever shown (SEC-38).

The columns are taken from the tables, so that a new one fails here until it is hostile too or is
named with a reason. Everything is put in and taken back in one transaction of the owner's.
"""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import category
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient
from markdown_it import MarkdownIt
from sqlalchemy import select

from app.cds_hooks.request import Asked
from app.cds_hooks.service import Chart, show
from core.security import Caller, Role
from ingest.tables import Practitioner
from ingest.teams.repository import email_of
from tests.app.rights.conftest import opened
from tests.app.rights.hostile import FORMULA, HOSTILE, MARK, broken_out, cells, poison
from tests.app.rights.hostile_doors import through_a_file, through_fhir
from tests.app.rights.kept_texts import READ_AS, WORDS, ours, sealed, texts
from tests.app.rights.mailed import HEADERS, TO, mailed
from tests.app.rights.showing import COUNT, NOBODY, SHOW
from tests.app.rights.test_audited import fhir, furnish
from tests.app.rights.test_table import COLUMNS, table
from tests.app.rights.whole import BASE, EVERYBODY, FIELDS, SCOPES, Whole
from tests.browser.conftest import assets, chromium

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from httpx2 import Response
    from playwright.sync_api import Browser, Dialog, Route

    from core.database import Database
    from core.embedded import Servers


__all__ = ["assets", "chromium"]  # the fixtures of a browser
TEMPLATES = Path(__file__).parents[3] / "app/templates"


@pytest.fixture(scope="module")
def hostile(embedded: Servers, database: Database) -> Iterator[tuple[Whole, dict[str, int]]]:
    """Return everything with hostile words in it, and in how many rows of each column they are."""
    assert database.ping()
    with opened(embedded.migration_database_url, embedded) as whole, whole.database.undoing():
        with whole.database.transaction() as session:
            furnish(session, whole)
            session.flush()
            reached = poison(session, whole)
        yield whole, reached


def test_every_column_of_texts_is_hostile_or_named_with_its_reason_sec_38() -> None:
    columns = set(texts())

    assert columns - WORDS - sealed() == set(ours()) - sealed()
    assert columns >= WORDS | set(ours())
    assert set(READ_AS) <= sealed()
    assert not WORDS & (sealed() | set(ours()))


def test_hostile_words_stand_in_each_of_them_sec_38(hostile: tuple[Whole, dict[str, int]]) -> None:
    _, reached = hostile

    assert set(reached) == WORDS | (sealed() - set(READ_AS))
    assert not [name for name, rows in reached.items() if not rows]


def test_a_page_in_which_words_became_something_is_found_sec_38() -> None:
    """The net itself has no hole."""
    assert not broken_out("<p>nothing of theirs</p>")
    for page in (
        f"<p>{HOSTILE}</p>",
        f'<input value="{HOSTILE}">',
        f"<input value={HOSTILE}>",
        f"<p title='{HOSTILE}'>",
        f"<script>let name = '{HOSTILE}'</script>",
        f"<title>{HOSTILE}</title>",
        '<a href="javascript:alert(7)//zq7">x</a>',
        "<p>zq7=49</p>",
    ):
        assert broken_out(page), page


def opening(method: str) -> dict[str, str]:
    """Return each route of a method with somebody whom it is for."""
    found = {}
    for (asked, path), row in table().items():
        said = dict(zip(COLUMNS, row, strict=True))
        for_them = [who for who in EVERYBODY if said[f"{who}-own"] not in ("403", "404")]
        if asked == method and for_them and not path.startswith(("/cds-services", "/fhir")):
            found[path] = str(for_them[len(path) % len(for_them)])
    return found


def test_no_page_takes_stored_words_for_anything_else_sec_38(
    hostile: tuple[Whole, dict[str, int]],
) -> None:
    whole, _ = hostile
    shown, queries, who = set(), SHOW | COUNT | dict.fromkeys(NOBODY, ""), opening("GET")
    formulas = 0
    for number, (path, query) in enumerate(sorted(queries.items())):
        if path == "/inbox/live" or path not in who:
            continue
        language = ("en", "ko")[number % 2]
        answer = whole.send("GET", path, who[path], "own", f"{query}&lang={language}".strip("&"))
        assert answer.status_code < 500, path
        shown |= {path} if safe(answer, path) else set()
        formulas += answer.text.count(f"'{FORMULA}") if path.endswith(".csv") else 0

    assert formulas, "no table showed what a spreadsheet would calculate (SEC-39)"
    assert len(shown) >= 50, sorted(set(queries) - shown)


def safe(answer: Response, what: str) -> bool:
    """Assert that an answer is no more than words, and return whether hostile ones are in it."""
    kind = answer.headers.get("content-type", "").partition(";")[0]
    assert answer.headers["x-content-type-options"] == "nosniff", what
    if kind == "text/html" or (kind == "application/pdf" and answer.content[:5] != b"%PDF-"):
        assert not broken_out(answer.text), (what, broken_out(answer.text)[:3])
    elif kind == "text/csv":
        assert not [cell for cell in cells(answer.text) if cell[0] in "=+-@\t\r"], what
    elif MARK in answer.text:
        assert kind in ("application/json", "application/fhir+json", "text/event-stream"), what
        assert "</div>" not in json.dumps(answer.json()), what
    return MARK in answer.text


@contextmanager
def taken_back(whole: Whole) -> Iterator[None]:
    connection = whole.database.connection
    assert connection is not None
    point = connection.begin_nested()
    try:
        yield
    finally:
        point.rollback()


def fields() -> set[str]:
    """Return the names of all fields that some form has."""
    pages = (path.read_text() for path in TEMPLATES.rglob("*.html"))
    return {name for page in pages for name in re.findall(r'\bname="(\w+)"', page)} - {"csrf"}


def test_no_form_answers_with_words_as_anything_else_sec_38(
    hostile: tuple[Whole, dict[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, _ = hostile
    valid = {name: value for name, value in FIELDS.items() if value not in ("x", "Some Body")}
    monkeypatch.setattr("tests.app.rights.whole.FIELDS", dict.fromkeys(fields(), HOSTILE) | valid)
    answered = set()
    for path, who in opening("POST").items():
        with taken_back(whole):
            answer = whole.send("POST", path, who, "own")
        assert answer.status_code < 500, path
        answered |= {path} if safe(answer, path) else set()

    assert len(answered) >= 10, sorted(answered)


def test_nothing_read_through_fhir_is_markup_sec_38(hostile: tuple[Whole, dict[str, int]]) -> None:
    whole, _ = hostile
    shown = {path for path in fhir(whole) if safe(whole.send("GET", path, "client", "own"), path)}

    assert shown >= {"/fhir/AuditEvent", "/fhir/Subscription"}


def test_words_that_came_through_the_doors_stay_words_sec_38(
    hostile: tuple[Whole, dict[str, int]],
) -> None:
    whole, _ = hostile
    shown = set()
    with taken_back(whole):
        through_fhir(whole, uuid4().hex)
        for path, query in SHOW.items():
            if path.startswith("/patients") and set(re.findall(r"{(\w+)}", path)) <= {"patient_id"}:
                answer = whole.send("GET", path, Role.PHYSICIAN, "hostile", query)
                assert answer.status_code == 200, path
                shown |= {path} if safe(answer, path) else set()
        for address in through_a_file(whole):
            shown |= {"a file"} if safe(address, "a file") else set()

    assert {
        "a file",
        "/patients",
        "/patients/{patient_id}",
        "/patients/{patient_id}/facts",
    } <= shown


# What Markdown makes of our own lines of a card.
OF_CARDS = re.compile(r"</?(?:p|ul|li|strong)>|\n|&(?:amp|lt|gt|quot);")


@pytest.mark.parametrize("language", ["en", "ko"])
def test_no_stored_words_steer_a_card_sec_38(
    hostile: tuple[Whole, dict[str, int]], language: str
) -> None:
    """SEC-38: to who reads Markdown they are words; nothing turns them round or wipes a screen."""
    whole, _ = hostile
    own = Asked(whole.ids["patient_id", "own"], None)
    device = Caller("client", whole.client, scopes=SCOPES)
    with whole.database.transaction() as session:
        said = show(Chart(session, device, BASE, whole.ward.now, language), own)
    assert isinstance(said, dict)
    page = MarkdownIt("commonmark").enable(["table", "strikethrough"])

    assert MARK in json.dumps(said)
    for card in said["cards"]:
        read = page.render(card.get("detail", ""))
        assert "<" not in OF_CARDS.sub("", read), read
        assert not broken_out(read)
        for text in (card["summary"], *card.get("detail", "").split("\n")):
            assert all(category(each) not in ("Cc", "Cf") for each in text), text


def test_no_mail_bears_stored_words_or_goes_to_more_than_one_sec_23(
    hostile: tuple[Whole, dict[str, int]],
) -> None:
    whole, _ = hostile
    with whole.database.transaction() as session:
        people = session.scalars(select(Practitioner.id)).all()
        mails = mailed(session, whole)
        assert {email_of(session, each) for each in people} == {""}

    assert len({each["Subject"] for each in mails}) == 4
    for mail in mails:
        assert [each.addr_spec for each in mail["To"].addresses] == [TO]
        assert MARK not in mail.as_string()
        assert set(mail.keys()) == HEADERS
        assert mail.get_content_type() == "text/plain"


WORST = (
    *("/inbox", "/patients", "/patients/{patient_id}", "/patients/{patient_id}/trends"),
    *("/patients/{patient_id}/facts", "/reports/{team_id}"),
)


@pytest.mark.browser
def test_a_browser_says_nothing_of_pages_of_hostile_words_sec_38(
    hostile: tuple[Whole, dict[str, int]], chromium: Browser, assets: None
) -> None:
    """Each page as the application answers it, policy and all; the console stays empty."""
    _ = assets
    whole, _ = hostile
    said: list[str] = []
    page = chromium.new_page()
    page.on("console", lambda line: said.append(f"{line.type}: {line.text}"))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", partial(dismissed, said))
    page.route("**/*", partial(answer_as, whole.web, whole.people[Role.PHYSICIAN]))
    for path in WORST:
        page.goto(f"{BASE}{whole.address(path, 'own')}", wait_until="load")

        assert MARK in page.content(), path
        assert page.locator(f"{MARK}, [{MARK}], [onerror], [onload], img[src={MARK}]").count() == 0
    page.close()

    assert not said


def dismissed(said: list[str], dialog: Dialog) -> None:
    said.append(f"a dialog: {dialog.message}")
    dialog.dismiss()


def answer_as(web: FastAPI, secret: str, route: Route) -> None:
    """Answer a browser out of this process, within its transaction."""
    path = route.request.url.removeprefix(BASE)
    if path.startswith("/inbox/live"):
        route.fulfill(status=200, content_type="text/event-stream", body="")
        return
    http = TestClient(web, base_url=BASE, follow_redirects=False)
    http.cookies.set("wardlight", secret)
    answer = http.get(path)
    kept = {name: value for name, value in answer.headers.items() if name != "set-cookie"}
    route.fulfill(status=answer.status_code, headers=kept, body=answer.content)
