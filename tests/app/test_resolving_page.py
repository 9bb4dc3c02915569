"""What a form that ends an alert carries along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from alerts.tables import Alert
from tests.app.test_acting_page import Enter, of, page, post
from tests.ward import INSUK

if TYPE_CHECKING:
    from core.database import Database
    from tests.ward import Ward

PEOPLE = (INSUK,)


def test_an_outcome_carries_its_minutes_and_an_undo_takes_both_back(
    database: Database, enter: Enter, ward: Ward
) -> None:
    client, alert = enter(ward.username), of(database, ward, "Seo Insuk")
    name = "Seo Insuk"
    before = client.get(f"/patients/{ward.patients[name]}").text
    assert 'name="work"' in before.partition(f"/alerts/{alert}/resolve")[2].partition("</form>")[0]
    fields = {"conclusion": "unsure/", "minutes": "8", "work": "coordination"}

    shown = page(client, post(client, alert, "resolve", **fields))

    assert "This month: 8 minutes, 0 live contacts" in shown
    assert "Coordination of care, 8 min" in shown
    shown = page(client, post(client, alert, "undo"))
    assert "This month: 0 minutes" in shown
    with database.transaction() as session:
        assert session.get_one(Alert, alert).closed_at is None
    bad = fields | {"work": "review", "live": "yes"}
    assert post(client, alert, "resolve", **bad).status_code == 422
    with database.transaction() as session:
        assert session.get_one(Alert, alert).closed_at is None
