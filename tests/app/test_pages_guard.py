"""The pages' door: cookies, forms, headers, and what the templates may not contain."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

import app.pages.router
from app.accounts.service import revoke_sessions
from app.pages.door import Door
from app.pages.headers import CONTENT_SECURITY_POLICY
from app.pages.rendering import Renderer
from app.pages.router import router
from app.pages.signin import destination
from core.clock import utc_now
from tests.app.conftest import SETTINGS, csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], TestClient]
# What some forms must bear beside what all of them do.
ACTING = {
    "to": str(uuid4()),
    "hours": "1",
    "visit": str(uuid4()),
    "by": "call",
    "reached": "yes",
    "language": "en",
    "note": "x",
}
HERE = Path(app.pages.__file__).parent.parent
TEMPLATES = sorted((HERE / "templates").glob("*.html"))
FOREIGN = [
    {"Origin": "https://evil.example"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
]


def routes(database: Database, *, method: str) -> Iterator[str]:
    for route in walk(router(Door(database, SETTINGS, Renderer(SETTINGS)))):
        if method in (route.methods or ()):
            yield re.sub(r"\{\w+\}", "00000000-0000-0000-0000-000000000000", route.path)


def walk(routes: APIRouter) -> Iterator[APIRoute]:
    for route in routes.routes:
        if isinstance(route, APIRoute):
            yield route
        elif isinstance(inner := getattr(route, "original_router", None), APIRouter):
            yield from walk(inner)


def test_every_page_needs_a_sign_in(database: Database, visitor: TestClient) -> None:
    """SEC-10: from the route table, so that a new page cannot be forgotten."""
    asked = routes(database, method="GET")
    paths = [p for p in asked if p not in ("/", "/session") and p[:8] != "/sign-in"]

    answers = {path: visitor.get(path) for path in paths}

    assert len(paths) >= 7
    for path, answer in answers.items():
        assert answer.status_code == 303, path
        assert answer.headers["location"].startswith("/sign-in?to="), path


@pytest.mark.parametrize("foreign", FOREIGN, ids=str)
def test_every_unsafe_route_refuses_a_foreign_page(
    database: Database, enter: Enter, ward: Ward, foreign: dict[str, str]
) -> None:
    """SEC-09."""
    client = enter(ward.username)
    token = csrf(client.get("/patients").text)
    fields = {"csrf": token, "conclusion": "unsure/", "reason": "x", "username": "x"}
    fields |= {"password": "x"} | ACTING

    paths = list(routes(database, method="POST"))

    assert len(paths) >= 5
    for path in paths:
        assert client.post(path, data=fields, headers=foreign).status_code == 403, path


def test_every_unsafe_route_refuses_a_form_without_its_token(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """SEC-09."""
    client = enter(ward.username)
    other = csrf(enter(ward.colleague).get("/patients").text)
    fields = {"conclusion": "unsure/", "reason": "x", "username": "x", "password": "x"} | ACTING

    paths = list(routes(database, method="POST"))

    assert len(paths) >= 5
    for path in paths:
        assert client.post(path, data=fields).status_code == 403, path
        assert client.post(path, data={**fields, "csrf": other}).status_code == 403, path


def test_a_form_of_our_own_page_may_name_its_origin_or_none(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    token = csrf(client.get("/patients").text)
    ours = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}

    assert client.post("/sign-out", data={"csrf": token}, headers=ours).status_code == 303


def test_signing_out_ends_the_session_and_clears_the_browser(enter: Enter, ward: Ward) -> None:
    """SEC-07, SEC-25."""
    client = enter(ward.username)
    kept = dict(client.cookies)
    answer = client.post("/sign-out", data={"csrf": csrf(client.get("/patients").text)})
    client.cookies.update(kept)

    assert answer.headers["clear-site-data"] == '"cache", "storage"'
    assert client.get("/inbox").status_code == 303


def test_cookies_are_guarded_and_host_bound_under_https(database: Database, ward: Ward) -> None:
    """SEC-07: every cookie, also those of a second sign-in and of leaving."""
    settings = SETTINGS.model_copy(update={"base_url": "https://ward.example"})
    web = FastAPI()
    app.pages.router.mount(web, database, settings)
    client = TestClient(web, base_url="https://ward.example", follow_redirects=False)
    answers = [client.get("/sign-in")]
    for _ in range(2):
        token = csrf(client.get("/sign-in").text)
        fields = {"username": ward.username, "password": PASSWORD, "csrf": token}
        answers.append(client.post("/sign-in", data=fields))
    answers += [client.get("/inbox")]
    answers += [client.post("/sign-out", data={"csrf": csrf(answers[-1].text)})]

    said = [line.lower() for answer in answers for line in answer.headers.get_list("set-cookie")]

    names = {line.partition("=")[0] for line in said}
    assert names == {f"__host-wardlight{more}" for more in ("", "-form", "-former")}
    for line in said:
        parts = [part.strip() for part in line.split(";")]
        assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(parts), line
        assert not any(part.startswith("domain") for part in parts), line
    assert "strict-transport-security" in answers[-1].headers


def test_signing_in_takes_no_session_that_was_there_before(visitor: TestClient, ward: Ward) -> None:
    """SEC-07: neither one that somebody planted, nor the older one of the same browser."""
    secrets = ["planted-by-somebody-else"]
    visitor.cookies.set("wardlight", secrets[0])
    for _ in range(2):
        token = csrf(visitor.get("/sign-in").text)
        fields = {"username": ward.username, "password": PASSWORD, "csrf": token}
        answer = visitor.post("/sign-in", data=fields)
        secrets.append(answer.cookies["wardlight"])

    assert len(set(secrets)) == 3
    assert [opens(visitor, each) for each in secrets] == [False, False, True]


def test_a_session_that_is_revoked_opens_nothing_on_the_next_request(
    enter: Enter, database: Database, ward: Ward
) -> None:
    """SEC-07, SEC-15: pages, acts and what a page asks by itself."""
    client = enter(ward.username)
    token = csrf(client.get("/inbox").text)
    assert ward.user_id is not None
    with database.transaction() as session:
        revoke_sessions(session, ward.user_id, now=utc_now())

    name, patient = next(iter(ward.patients.items()))
    answers = [
        client.get(f"/patients/{patient}", headers={"accept": "text/html"}),
        client.get("/session"),
        client.post("/session/stay", data={"csrf": token}, headers={"accept": "text/html"}),
    ]
    assert [each.status_code for each in answers] == [303, 401, 401]
    for each in answers:
        assert name not in each.text
        assert each.headers.get("location", "/sign-in").startswith("/sign-in")


def opens(client: TestClient, secret: str) -> bool:
    browser = TestClient(client.app, base_url=SETTINGS.base_url, follow_redirects=False)
    browser.cookies.set("wardlight", secret)
    return browser.get("/inbox").status_code == 200


def test_a_wrong_sign_in_says_the_same_for_everybody(visitor: TestClient, ward: Ward) -> None:
    """SEC-06."""

    def attempt(username: str) -> str:
        token = csrf(visitor.get("/sign-in").text)
        fields = {"username": username, "password": "no", "csrf": token}
        answer = visitor.post("/sign-in", data=fields)
        assert answer.status_code == 401
        return answer.text

    assert attempt(ward.username) == attempt("nobody-at-all")


@pytest.mark.parametrize(
    "to", ["https://evil.example", "//evil.example", "/\\evil", "/inbox\n", "javascript:1", ""]
)
def test_nobody_is_sent_elsewhere_after_signing_in(to: str) -> None:
    assert destination(to) == "/inbox"


def test_an_idle_screen_signs_itself_out(database: Database, ward: Ward, enter: Enter) -> None:
    """SEC-07: the strip's own questions keep nothing alive, and lead to the sign-in."""
    client = enter(ward.username)
    web = FastAPI()
    later = utc_now() + timedelta(minutes=16)
    app.pages.router.mount(web, database, SETTINGS, clock=lambda: later)
    idle = TestClient(web, base_url=SETTINGS.base_url, cookies=dict(client.cookies))

    answer = idle.get("/inbox/strip", headers={"HX-Request": "true"})

    assert answer.headers["hx-redirect"] == "/sign-in?ended=1"
    assert "patients" not in answer.text


def test_every_answer_carries_the_security_headers(enter: Enter, ward: Ward) -> None:
    """SEC-25, SEC-38."""
    client = enter(ward.username)
    paths = ["/sign-in", "/inbox", "/patients", f"/reports/{ward.team}", "/patients/x", "/nowhere"]

    for path in paths:
        headers = client.get(path).headers
        assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
        assert "unsafe" not in headers["content-security-policy"]
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cross-origin-opener-policy"] == "same-origin"


def test_an_address_that_leads_nowhere_looks_like_one_that_is_not_ours(
    enter: Enter, ward: Ward
) -> None:
    """SEC-12: a page for browsers, the program's own answer for programs."""
    client = enter(ward.username)
    hidden = client.get(f"/patients/{ward.patients['Yun Hidden']}")

    browser = client.get("/nowhere", headers={"Accept": "text/html"})
    program = client.get("/nowhere", headers={"Accept": "application/fhir+json"})

    assert (browser.status_code, browser.text) == (404, hidden.text)
    assert program.status_code == 404
    assert "<html" not in program.text


def test_pages_are_compressed_and_the_machines_door_is_not(enter: Enter, ward: Ward) -> None:
    """UX-18."""
    client = enter(ward.username)

    assert client.get("/inbox").headers["content-encoding"] == "gzip"
    assert "content-encoding" not in client.get("/fhir/metadata").headers


def test_no_page_holds_inline_script_or_style(enter: Enter, ward: Ward) -> None:
    """SEC-38."""
    client = enter(ward.username)
    malsun = ward.patients["Oh Malsun"]

    for path in ("/sign-in", "/inbox", f"/patients/{malsun}", f"/reports/{ward.team}"):
        page = client.get(path).text
        assert not re.search(r"<script(?![^>]*\bsrc=)", page), path
        assert not re.search(r"\sstyle=|<style|\son\w+=|javascript:", page), path
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page), path


def test_a_form_larger_than_any_of_ours_is_refused(enter: Enter, ward: Ward) -> None:
    answer = enter(ward.username).post("/sign-out", data={"csrf": "x" * 70_000})

    assert answer.status_code == 413


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda path: path.name)
def test_templates_hold_nothing_that_the_policy_forbids(template: Path) -> None:
    """SEC-38: no inline handler, style or script, no trust in data, no other host."""
    text = template.read_text(encoding="utf-8")

    assert not re.search(r"\|\s*safe\b|autoescape\s+false|Markup", text)
    assert not re.search(r"\son\w+\s*=|\sstyle\s*=|<style|javascript:|hx-on|js:", text)
    assert not re.search(r"<script(?![^>]*\bsrc=)", text)
    assert not re.search(r"(?:https?:)?//[\w.-]+\.\w+", text)
