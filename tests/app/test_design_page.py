"""The page of the design: true to the stylesheet, readable, and nowhere but in the demo."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from pydantic import SecretStr

import app.pages.router
from app.pages.design import Pair, contrast, pairs, tokens
from core.settings import Environment, Settings
from tests.app.conftest import BASE, csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], TestClient]
READABLE = 4.5  # WCAG 1.4.3


def test_every_value_of_the_stylesheet_is_shown(enter: Enter, ward: Ward) -> None:
    page = enter(ward.username).get("/design").text

    assert len(tokens()) > 20
    assert [each.name for each in tokens() if f"<code>{each.name}</code>" not in page] == []


@pytest.mark.parametrize("pair", pairs(), ids=lambda pair: f"{pair.text}-on-{pair.ground}")
def test_text_is_readable_on_its_ground_in_both_themes_ux_10(pair: Pair) -> None:
    assert min(pair.light, pair.dark) >= READABLE


@pytest.mark.parametrize(
    ("one", "other", "ratio"),
    [("#000000", "#ffffff", 21.0), ("#777777", "#ffffff", 4.5), ("#ffffff", "#ffffff", 1.0)],
)
def test_contrast_is_that_of_wcag(one: str, other: str, ratio: float) -> None:
    assert contrast(one, other) == ratio


def test_outside_of_the_demo_there_is_no_such_page(database: Database, ward: Ward) -> None:
    settings = Settings(
        environment=Environment.DEVELOPMENT, secret_key=SecretStr("k" * 40), base_url=BASE
    )
    web = FastAPI()
    app.pages.router.mount(web, database, settings)
    client = TestClient(web, base_url=BASE, follow_redirects=False)
    token = csrf(client.get("/sign-in").text)
    client.post("/sign-in", data={"username": ward.username, "password": PASSWORD, "csrf": token})

    assert client.get("/inbox").status_code == 200
    assert client.get("/design").status_code == 404
