"""The page of one row's other acts: what it leads to when somebody presses Enter."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from tests.app.conftest import csrf
from tests.app.test_acting_page import of

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward

Enter = Callable[[str], "TestClient"]


def focused(page: str) -> list[str]:
    return re.findall(r"<(\w+)[^>]* autofocus", page)


def test_a_red_that_somebody_wants_to_put_off_is_not_escalated_by_enter_ux_04(
    database: Database, enter: Enter, ward: Ward
) -> None:
    """UX-04: the key for putting off leads to the heading, which says that it cannot be done."""
    client, red = enter(ward.username), of(database, ward, "Oh Malsun")
    address = f"/inbox/rows/{red}/acts"

    put_off, more, escalating = (
        client.get(f"{address}{query}").text for query in ("?do=snooze", "", "?do=escalate")
    )

    assert (focused(put_off), focused(more)) == (["h1"], [])
    assert focused(escalating) == ["button"]  # who asked for it by its own key
    assert '<p id="not-put-off">A RED cannot be put off.</p>' in put_off
    client.post("/language", data={"language": "ko", "csrf": csrf(more)})
    assert "적색 알림은 미룰 수 없습니다." in client.get(address).text
