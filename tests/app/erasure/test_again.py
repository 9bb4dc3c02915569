"""Whoever was erased and came back with an old copy of the database is erased again (SEC-44)."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

import pytest
from sqlalchemy import event

from app.doctor.database import UnsafeDatabaseError, check
from app.erasure import outside, service
from app.erasure.again import come_back, erase_again
from app.erasure.outside import FILE, Erased, Ledger
from app.erasure.states import Ground, State
from app.erasure.tables import Erasure
from app.schema import METADATA
from core.sealing import keyring_of
from core.security import SYSTEM, Caller
from core.settings import Environment, Settings
from ingest.tables import Patient
from tests.app.erasure.filled import NOW
from tests.monitoring import test_service as judging

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from core.database import Database


def once_erased(session: Session, id_: UUID) -> Erased:
    """Return the line of an erasure that this copy of the database knows nothing of."""
    at = NOW.isoformat()
    digest = service.digest_of(keyring_of(session), id_)
    return Erased(str(uuid4()), [digest], Ground.CONSENT, at, at)


def test_nothing_starts_on_an_older_copy_until_its_erased_are_erased_again_sec_44(
    database: Database, tmp_path: Path
) -> None:
    settings, ledger = Settings(environment=Environment.TEST, data=tmp_path), Ledger.of(tmp_path)
    with database.transaction() as session:
        gone, other = judging.enrol(session), judging.enrol(session)
        line = once_erased(session, gone)
    check(database, settings)
    ledger.append([line])

    with pytest.raises(UnsafeDatabaseError, match=r"1 people .* `wardlight erase --again`"):
        check(database, settings)
    with database.transaction() as session:
        assert erase_again(session, METADATA, ledger.read(), now=NOW) == 1

    check(database, settings)
    with database.transaction() as session:
        assert session.get(Patient, gone) is None
        assert session.get(Patient, other) is not None
        assert session.get_one(Erasure, UUID(line.id)).state == State.DONE
        assert erase_again(session, METADATA, ledger.read(), now=NOW) == 0


def test_a_database_that_knows_its_erasures_is_not_searched_sec_44(session: Session) -> None:
    """The look is through everybody: what starts in the usual way is spared it."""
    id_, said = judging.enrol(session), list[str]()
    line = once_erased(session, id_)
    event.listen(session.connection(), "before_cursor_execute", lambda *told: said.append(told[2]))
    assert set(come_back(session, [line])) == {id_}
    assert any("from patient" in each.lower() for each in said)

    erase_again(session, METADATA, [line], now=NOW)
    said.clear()

    assert outside.unknown(session, [line]) == []
    assert come_back(session, [line]) == {}
    assert said
    assert not any("patient" in each.lower() for each in said)


def test_an_erasure_stands_outside_once_it_was_done_sec_44(
    session: Session, tmp_path: Path
) -> None:
    ledger, id_ = Ledger.of(tmp_path), judging.enrol(session)
    asked = service.ask(session, SYSTEM, id_, Ground.CONSENT, now=NOW)
    outside.publish(session, now=NOW, ledger=ledger)
    assert str(asked) not in {each.id for each in ledger.read()}
    digest = service.digest_of(keyring_of(session), id_)
    service.confirm(session, Caller("system", uuid4()), asked, now=NOW)
    service.carry_out(session, METADATA, asked, now=NOW + timedelta(hours=1))

    for _ in range(2):
        outside.publish(session, now=NOW, ledger=ledger)

    mine = [each.digests for each in ledger.read() if each.id == str(asked)]
    assert mine == [[digest]]
    said = (tmp_path / FILE).read_text()
    assert said.count(str(asked)) == 1
    assert str(id_) not in said
    fields = {"id", "digests", "ground", "asked_at", "ended_at"}
    assert {frozenset(json.loads(line)) for line in said.splitlines()} == {frozenset(fields)}


def test_a_line_that_a_kill_cut_short_is_written_again_sec_44(
    session: Session, tmp_path: Path
) -> None:
    ledger = Ledger.of(tmp_path)
    first, second = (once_erased(session, uuid4()) for _ in range(2))
    ledger.append([first, second])
    path = tmp_path / FILE
    path.write_bytes(path.read_bytes()[:-9])

    ledger.append([first, second])

    assert ledger.read() == (first, second)
    assert path.stat().st_mode & 0o077 == 0
