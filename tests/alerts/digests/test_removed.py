"""Who may see nobody any more is told of nobody, also of what was put together before (SEC-15)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, update

from alerts import service
from alerts.contacts import repository as contacts
from alerts.contacts.repository import NewPoint
from alerts.notify.outlets import Outlets
from alerts.policy import Channel
from ingest import tables as people
from tests.alerts.digests.test_service import NOW, compose, digest_of, flooded
from tests.alerts.messages import HERE

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy.orm import Session

    from alerts.notify.email import Mailer
    from tests.alerts.conftest import Mailbox, Ward

__all__ = ["flooded"]  # a fixture


def leave(session: Session, ward: Ward) -> None:
    mine = people.CareTeamPatient.care_manager_id == ward.manager
    session.execute(update(people.CareTeamPatient).where(mine).values(care_manager_id=None))
    row = people.CareTeamParticipant
    session.execute(delete(row).where(row.practitioner_id == ward.manager))


def be_shut_out(session: Session, ward: Ward) -> None:
    row = people.Practitioner
    session.execute(update(row).where(row.id == ward.manager).values(barred=True))


@pytest.mark.usefixtures("flooded")
@pytest.mark.parametrize("how", [leave, be_shut_out])
def test_a_digest_of_who_was_removed_since_is_mailed_to_nobody_sec_15(
    session: Session,
    ward: Ward,
    mailbox: tuple[Mailbox, Mailer],
    how: Callable[[Session, Ward], None],
) -> None:
    """SEC-15: an address of their own does not keep somebody told who may see nobody any more."""
    box, mailer = mailbox
    key = f"practitioner:{ward.manager}"
    contacts.add(session, NewPoint(key, Channel.EMAIL, "own@clinic.example"), now=NOW)
    compose(session, NOW)

    how(session, ward)
    session.expire_all()
    outlets = Outlets(mailer=mailer)
    digest = digest_of(session, ward)
    service.send_digest(session, digest.id, now=NOW, outlets=outlets, addresses=HERE)

    assert box.received == []
    assert digest_of(session, ward).mailed_at is None
    assert digest_of(session, ward).not_mailed == "recipient-disabled"
