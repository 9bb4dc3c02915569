"""A message is seen where whom it was for opens its link, and by nobody else's opening it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from alerts.tables import Alert, Delivery
from app.accounts.tables import AppUser
from tests.ward import MALSUN

if TYPE_CHECKING:
    from datetime import datetime

    from core.database import Database
    from tests.app.conftest import Enter
    from tests.ward import Ward

PEOPLE = (MALSUN,)


def test_a_message_is_seen_where_its_own_recipient_opens_the_link_rel_13(
    database: Database, enter: Enter, ward: Ward
) -> None:
    patient = ward.patients["Oh Malsun"]
    with database.transaction() as session:
        who = select(AppUser.practitioner_id).where(AppUser.username == ward.username)
        mine = f"practitioner:{session.scalars(who).one()}"
        query = (
            select(Delivery.public_id)
            .join(Alert, Alert.id == Delivery.alert_id)
            .where(Alert.patient_id == patient, Delivery.recipient == mine)
        )
        own = session.scalars(query).all()[0]
    client, colleague = enter(ward.username), enter(ward.colleague)

    colleague.get(f"/n/{own}")
    before = seen(database, own)
    client.get(f"/n/{own}")

    assert before is None
    assert seen(database, own) is not None
    assert ", seen" in client.get(f"/patients/{patient}").text


def seen(database: Database, public_id: str) -> datetime | None:
    with database.transaction() as session:
        query = select(Delivery.seen_at).where(Delivery.public_id == public_id)
        return session.scalars(query).one()
