"""What somebody chose for their inbox: names hidden in a corridor, and which keys do what."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from app.pages.preferences import SHIPPED
from tests.app.conftest import csrf

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def choose(client: TestClient, path: str, **fields: str) -> str:
    token = csrf(client.get("/patients").text)
    answer = client.post(path, data={"csrf": token, **fields})
    assert answer.status_code == 303
    return answer.headers["set-cookie"].lower()


def test_hidden_names_are_nowhere_in_the_inbox_ux_02(enter: Enter, ward: Ward) -> None:
    client = enter(ward.username)
    assert "Oh Malsun" in client.get("/inbox").text

    cookie = choose(client, "/inbox/privacy", on="1")
    page = client.get("/inbox").text

    assert "httponly" in cookie
    for name in ward.patients:
        assert not any(part in page for part in name.split() if len(part) > 3), name
    assert re.search(r">Patient 1</a> <span class=\"facts\">\d+ · F</span>", page)
    assert 'aria-label="Take it for Patient 1"' in page
    assert "<title>Inbox · Wardlight</title>" in page
    alert = re.findall(r'id="alert-([^"]+)"', page)[1]
    row = client.get(f"/inbox/rows/{alert}?place=2").text
    assert ">Patient 2</a>" in row
    choose(client, "/inbox/privacy", on="0")
    assert "Oh Malsun" in client.get("/inbox").text


def test_keys_are_shown_changed_and_switched_off_ux_09(enter: Enter, ward: Ward) -> None:
    """WCAG 2.1.4."""
    client = enter(ward.username)
    assert 'data-next="j"' in client.get("/inbox").text

    choose(client, "/inbox/keys", on="1", **{**SHIPPED, "next": "n", "filter": "%"})
    changed = client.get("/inbox").text
    choose(client, "/inbox/keys", **SHIPPED)
    off = client.get("/inbox").text

    assert 'data-next="n"' in changed
    assert 'data-filter="%"' in changed
    assert "data-next" not in off
    assert "<dialog" not in off


@pytest.mark.parametrize("wrong", [{"take": "jj"}, {"take": "j"}, {"take": ""}, {"take": " "}])
def test_a_key_that_cannot_be_one_is_refused_by_its_name(
    enter: Enter, ward: Ward, wrong: dict[str, str]
) -> None:
    client = enter(ward.username)
    fields = {"csrf": csrf(client.get("/patients").text), "on": "1", **SHIPPED, **wrong}

    answer = client.post("/inbox/keys", data=fields)

    assert answer.status_code == 422
    assert re.search("<p>(Take it|Next row): ", answer.text)
    assert "set-cookie" not in answer.headers
