"""Script, markup, templates and addresses in every stored text stay words wherever shown (SEC-38).

The columns are taken from the tables, so that a new one fails here until it is hostile too or is
named with a reason. Everything is put in and taken back in one transaction of the owner's.
"""

from __future__ import annotations

import csv
import io
import json
import re
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi.testclient import TestClient

from core.clock import utc_now
from core.security import Role, csrf_token
from ingest.numbers.repository import called
from ingest.service import register_client
from ingest.tables import CareTeamPatient
from tests.app.rights.conftest import opened
from tests.app.rights.hostile import HOSTILE, MARK, broken_out, cells, poison
from tests.app.rights.kept_texts import READ_AS, WORDS, ours, sealed, texts
from tests.app.rights.showing import COUNT, NOBODY, SHOW
from tests.app.rights.test_audited import fhir, furnish
from tests.app.rights.test_table import COLUMNS, table
from tests.app.rights.whole import BASE, EVERYBODY, FIELDS, PUBLIC, SCOPES, SECRET, Whole
from tests.browser.conftest import assets, chromium
from tests.invented import enrolment, observation
from tests.register import HEAD, SYSTEM_A

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi import FastAPI
    from httpx2 import Response
    from playwright.sync_api import Browser, Dialog, Route

    from core.database import Database
    from core.embedded import Servers


__all__ = ["assets", "chromium"]  # the fixtures of a browser
XHTML = "http://www.w3.org/1999/xhtml"
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
    for number, (path, query) in enumerate(sorted(queries.items())):
        if path == "/inbox/live" or path not in who:
            continue
        language = ("en", "ko")[number % 2]
        answer = whole.send("GET", path, who[path], "own", f"{query}&lang={language}".strip("&"))
        assert answer.status_code < 500, path
        shown |= {path} if safe(answer, path) else set()

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


def through_fhir(whole: Whole, mrn: str) -> None:
    """Enrol somebody all of whose words are hostile, and let the nurse's team look after them."""
    bundle = json.loads(json.dumps(enrolment(mrn, name=HOSTILE, team=HOSTILE)))
    for each in bundle["entry"]:
        resource = each["resource"]
        resource["text"] = {"status": "generated", "div": f"<div xmlns='{XHTML}'>{MARK}</div>"}
        if resource["resourceType"] == "Condition":
            resource["code"]["text"] = HOSTILE
            resource["code"]["coding"].append({"system": "urn:x", "code": MARK, "display": HOSTILE})
        if resource["resourceType"] == "Patient":
            resource["telecom"] = [{"system": "phone", "use": "mobile", "value": HOSTILE}]
            resource["contact"] = [{"name": {"text": HOSTILE}, "relationship": [{"text": HOSTILE}]}]
    with whole.database.transaction() as session:
        client = register_client(session, f"any-{mrn}", SCOPES, {"keys": [PUBLIC]}, now=utc_now())
    headers = {"Authorization": f"Bearer {whole.token_of(client)}"}
    http = TestClient(whole.web, base_url=BASE, headers=headers)
    said = http.post("/fhir", json=bundle)
    assert said.status_code == 200, said.text[:2000]
    for kind, value in (("spo2", 84.0), ("weight", 71.5)):
        reading = observation(mrn, kind, value, utc_now()) | {"note": [{"text": HOSTILE}]}
        reading["valueQuantity"]["unit"] = HOSTILE
        reading["code"]["text"] = HOSTILE
        reading["device"] = {"display": HOSTILE}
        answer = http.post("/fhir/Observation", json=reading)
        assert answer.status_code == 201, answer.text
    with whole.database.transaction() as session:
        [patient] = called(session, None, mrn)
        session.add(CareTeamPatient(care_team_id=whole.ward.team, patient_id=patient))
    whole.ids["patient_id", "hostile"] = str(patient)


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


def through_a_file(whole: Whole) -> list[Response]:
    """Return what is answered to a file of people, and the page that shows it."""
    who = whole.people[Role.SUPERVISOR]
    http = TestClient(whole.web, base_url=BASE, follow_redirects=False)
    http.cookies.set("wardlight", who)
    rows = io.StringIO()
    csv.writer(rows).writerows([HEAD.split(","), [HOSTILE, "1948-05-06", SYSTEM_A, HOSTILE]])
    fields = {"csrf": csrf_token(who, key=SECRET), "team": str(whole.ward.team)}
    sent = http.post(
        "/enrol/file", data=fields, files={"file": ("p.csv", rows.getvalue().encode())}
    )
    assert sent.status_code == 303, sent.text
    seen = http.get(sent.headers["location"])
    return [
        seen,
        http.post(f"{sent.headers['location']}/confirm", data=fields),
        http.get("/patients"),
    ]


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
