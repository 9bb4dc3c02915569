"""Signing in at the organisation and out again, by a real browser, in production (SEC-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

import pytest
from fastapi import FastAPI

import app.pages.router
from app.oidc.provider import Provider
from core.settings import Environment
from tests.app.oidc.conftest import Organisation, settings
from tests.browser.conftest import assets, chromium, served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request

    from core.database import Database

__all__ = ["assets", "chromium"]  # the fixtures of a browser
pytestmark = pytest.mark.browser


@pytest.fixture
def near(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a provider on loopback be asked: in production nobody there is (SEC-34)."""
    of = Provider.of
    shown = {"environment": Environment.TEST}
    monkeypatch.setattr(Provider, "of", lambda given: of(given.model_copy(update=shown)))


@pytest.mark.usefixtures("assets", "near", "ward")
def test_a_clinician_comes_in_by_their_organisation_and_leaves_sec_05_sec_07(
    chromium: Browser, database: Database, provider: Organisation, subject: str
) -> None:
    base = f"http://127.0.0.1:{provider.door}"
    production = {"environment": Environment.PRODUCTION, "base_url": base}
    web = FastAPI()
    app.pages.router.mount(web, database, settings(provider.issuer).model_copy(update=production))
    left: list[Request] = []
    with served(web, provider.door), chromium.new_context(base_url=base) as context:
        context.add_cookies([{"name": "person", "value": subject, "url": provider.issuer}])
        page = context.new_page()
        page.on("request", lambda r: left.append(r) if "/authorize/" in r.url else None)
        page.goto("/inbox")
        assert page.locator("input[type=password]").count() == 0

        page.get_by_role("link", name="Sign in with your organisation").click()
        page.wait_for_url(f"{base}/inbox")

        assert page.get_by_text("Dr Kim").first.is_visible()
        assert page.get_by_role("link", name="Oh Malsun", exact=True).is_visible()
        (request,) = left
        said = parse_qs(urlsplit(request.url).query)
        assert said["redirect_uri"] == [f"{base}/sign-in/return"]
        assert said["code_challenge_method"] == ["S256"]
        assert min(len(said[each][0]) for each in ("state", "nonce", "code_challenge")) >= 43
        assert said["state"][0] not in page.url

        page.get_by_role("button", name="Sign out").click()
        page.wait_for_url("**/logout/**")  # of their organisation
        page.goto("/inbox")
        assert urlsplit(page.url).path == "/sign-in"
