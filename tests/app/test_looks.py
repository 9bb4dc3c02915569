"""The one look for all streams: nothing of what it reads is lost on the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from alerts.surveying.repository import newest_events
from app.pages import hub as hub_module
from app.pages import looking
from app.pages.hub import Hub, Stream, Trail
from app.pages.looking import follower
from app.pages.showing import Filter
from core.clock import utc_now
from tests.app.test_live import alert_of, person, take
from tests.ward import Ward, open_ward

if TYPE_CHECKING:
    from core.database import Database

EVENT = text(
    "insert into alert_event (alert_id, at, kind, actor_kind, reason, before, after)"
    " values (:alert, now(), 'lowered', 'system', 'x', '{}', '{}') returning id"
)


@pytest.fixture
def ward(database: Database) -> Ward:
    return open_ward(database)


class BrokenError(Exception):
    """What a database may raise in the middle of a look."""


def test_a_look_that_fails_half_way_loses_no_change(
    database: Database, ward: Ward, monkeypatch: pytest.MonkeyPatch
) -> None:
    """UX-12: what was read and not said is read again."""
    with database.transaction() as session:
        read, _ = newest_events(session)
        follows = follower(session, "d", person(ward), Filter())
    hub, stream = Hub(database, utc_now), Stream(follows, read)
    monkeypatch.setattr(hub_module, "ended", lambda *_, **__: {})
    hub._look([stream])
    take(database, ward, alert_of(database, ward.patients["Oh Malsun"]))
    right = looking.rows_for

    def broken(*_: Any) -> Any:
        raise BrokenError

    monkeypatch.setattr(hub_module, "rows_for", broken)
    with pytest.raises(BrokenError):
        hub._look([stream])
    monkeypatch.setattr(hub_module, "rows_for", right)

    said = [message.event for _, message in hub._look([stream])]

    assert said == ["rows"]


def test_a_page_goes_on_from_before_a_number_that_has_not_come_yet(
    database: Database, ward: Ward
) -> None:
    """A transaction that began before a page was read may end after it, and must be told."""
    slow = database.engine.connect()
    with slow, database.transaction() as session:
        alert = alert_of(database, ward.patients["Oh Malsun"])
        early = slow.execute(EVENT, {"alert": alert}).scalar_one()
        take(database, ward, alert_of(database, ward.patients["Seo Insuk"]))
        settled, newest = newest_events(session)
        slow.commit()
        follows = follower(session, "d", person(ward), Filter())
        stream = Stream(follows, settled)
        told = hub_module._told(session, stream, [], Trail(newest=newest), None)

    assert settled < early < newest
    assert str(alert) in told[1].data
