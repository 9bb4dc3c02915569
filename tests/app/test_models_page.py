"""The page of learned models, and what every page says where none can judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

import app.pages
from tests.app.conftest import BASE, SETTINGS, csrf
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database
    from tests.ward import Ward


@pytest.fixture
def without(database: Database, ward: Ward, tmp_path: Path) -> TestClient:
    """Return a browser at pages whose model is gone."""
    web = FastAPI()
    gone = tmp_path / "model.json"
    app.pages.mount(web, database, SETTINGS.model_copy(update={"model_path": gone}))
    client = TestClient(web, base_url=BASE)
    token = csrf(client.get("/sign-in").text)
    client.post("/sign-in", data={"username": ward.username, "password": PASSWORD, "csrf": token})
    return client


@pytest.mark.parametrize("path", ["/inbox", "/inbox/strip", "/patients/{patient}", "/digest"])
def test_every_page_says_that_the_rules_judge_alone_where_no_model_can_ft_33(
    without: TestClient, ward: Ward, path: str
) -> None:
    where = path.format(patient=ward.patients["Oh Malsun"])

    said = [
        without.get(where, headers={"Accept-Language": language}).text for language in ("en", "ko")
    ]

    assert "the learned score is unavailable and the rules judge alone" in said[0]
    assert "학습 점수를 쓸 수 없어 규칙만으로 판정 중" in said[1]
