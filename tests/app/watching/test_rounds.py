"""The synthetic reading is sent until the door takes it, as a device would do (REL-33)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import delete, select

from app.watching import rounds
from app.watching.tables import Round
from core.settings import Environment, Settings
from tests.provider import Fault, Reply, provider

if TYPE_CHECKING:
    from core.database import Database
    from tests.provider import Provider

NOW = datetime(2001, 8, 3, 12, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def sent(database: Database, door: Provider, *, times: int) -> tuple[list[str], datetime | None]:
    """Begin a round, send its reading so often, and return what became of it."""
    settings = Settings(
        environment=Environment.TEST,
        watch_url=door.url.removesuffix("/send"),
        secret_key=SecretStr("k" * 32),
    )
    with database.transaction() as session:
        session.execute(delete(Round).where(Round.began_at == NOW))
        person = rounds.begin(session, now=NOW, every=MINUTE)
    assert person is not None
    said = [rounds.send(database, settings, person, now=NOW) for _ in range(times)]
    with database.transaction() as session:
        accepted = session.scalar(select(Round.accepted_at).where(Round.began_at == NOW))
        session.execute(delete(Round).where(Round.began_at == NOW))
    return said, accepted


def test_a_door_that_opens_late_is_sent_the_same_reading_again_rel_33(database: Database) -> None:
    with provider() as door:
        door.script = [Fault.DROPS, Reply(503), Reply(201)]

        said, accepted = sent(database, door, times=3)

    assert said == ["RemoteProtocolError", "answered-503", ""]
    assert accepted is not None
    assert len({post.body for post in door.came}) == 1


def test_what_the_door_refuses_is_not_accepted_and_not_sent_again(database: Database) -> None:
    with provider() as door:
        door.always = Reply(422)

        assert sent(database, door, times=1) == ([""], None)
