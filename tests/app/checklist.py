"""What a browser sends of the checklist of an alert."""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from sqlalchemy import func, select

from alerts.checklist import ITEMS
from tests.app.conftest import csrf
from tests.app.test_acting_page import page

if TYPE_CHECKING:
    from uuid import UUID

    from fastapi.testclient import TestClient

    from core.database import Database
    from tests.ward import Ward


def answers(**said: str) -> dict[str, list[str]]:
    """Return a whole checklist as a fresh page sends it, blank but for what is said."""
    items = [item for item in ITEMS if not item.startswith("alternative-")]
    items += [item for item in said if item not in items]
    return {
        "seen": ["0" for _ in items],
        "item": items,
        "answer": [said.get(item, "") for item in items],
        "words": ["" for _ in items],
        "about": ["" for _ in items],
    }


def filled(
    client: TestClient, ward: Ward, name: str, alert: UUID, **said: str
) -> dict[str, list[str]]:
    """Return the checklist as a patient's page shows it, filled in with what is said."""
    text = client.get(f"/patients/{ward.patients[name]}").text
    form = text[text.index(f'action="/alerts/{alert}/check"') :]
    fields: dict[str, list[str]] = {"item": [], "answer": [], "words": [], "about": [], "seen": []}
    for line in re.findall(r"<li>[\s\S]*?</li>", form[: form.index("</form>")]):
        sent = {k: unescape(v) for k, v in re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', line)}
        chosen = re.search(r'value="([^"]+)" checked', line)
        sent["answer"] = said.get(sent["item"], chosen[1] if chosen else "")
        for column, values in fields.items():
            values.append(sent[column])
    return fields


def check(client: TestClient, alert: UUID, fields: dict[str, list[str]]) -> str:
    token = csrf(client.get("/patients").text)
    return page(client, client.post(f"/alerts/{alert}/check", data={"csrf": token, **fields}))


def count(database: Database, model: type, **where: object) -> int:
    with database.transaction() as session:
        query = select(func.count()).select_from(model).filter_by(**where)
        return session.scalar(query) or 0
