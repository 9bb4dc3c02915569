"""Sealing by the clock, heads outside, pruning, and a database that moved (SEC-18, SEC-48)."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
import pytest
from sqlalchemy import text
from typer.testing import CliRunner, Result

from app import auditor
from app.audit_chain import repository, service, turns
from app.audit_chain.heads import Signer
from app.audit_chain.verifying import Outside, verify
from app.audit_chain.witness import Witness
from app.cli import build
from app.commands import audit as commands
from core.clock import utc_now
from core.errors import InvalidError, WardlightError
from core.settings import Settings
from tests.app.audit_chain.conftest import KEYS, SECRET, SEED, SIGNER, Chain, seal, write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from core.database import Database
    from core.embedded import Servers

NOBODY = Outside(())
IN_TIME = timedelta(days=2200)  # after as long, the events of today may go


def test_pruned_events_leave_a_chain_that_still_proves_the_rest_sec_18_sec_48(
    chain: Chain,
) -> None:
    with chain.ruled() as session:
        _, kept, *_ = blocks = list(repository.blocks_from(session, chain.first))
        assert len(blocks) >= 3
        session.execute(
            text("update audit_block set latest = now() - interval '9 years' where number < :b"),
            {"b": kept.number},
        )
        before = utc_now() - IN_TIME

        number, gone = service.prune(session, before=before, signer=SIGNER, now=utc_now())
        again = service.prune(session, before=before, signer=SIGNER, now=utc_now())
        left = session.execute(text("select min(turn) from audit_event")).scalar_one()

        assert number == kept.number - 1
        assert gone >= 4
        assert again[1] == 0
        assert left > 0
        report = verify(session, KEYS, NOBODY, now=utc_now(), since=kept.number)
        assert report.pruned_to == number
        assert not [each for each in report.findings if "row" in each]


@pytest.mark.parametrize("days", [-365, 1, 2191])
def test_no_event_of_the_last_six_years_is_pruned_and_the_latest_day_is_named_sec_48(
    chain: Chain, days: int
) -> None:
    now = datetime(2033, 3, 1, 12, tzinfo=UTC)
    with chain.ruled() as session:
        count = text("select count(*) from audit_event")
        before = session.execute(count).scalar_one()

        with pytest.raises(InvalidError, match="the latest day is 2027-03-01") as refused:
            service.prune(session, before=now - timedelta(days=days), signer=SIGNER, now=now)

        assert refused.value.field == "before"
        assert session.execute(count).scalar_one() == before


def test_a_row_that_comes_back_into_what_was_pruned_is_named_sec_18(chain: Chain) -> None:
    with chain.ruled() as session:
        later = utc_now() + timedelta(days=1)
        number, _ = service.prune(session, before=later, signer=SIGNER, now=later + IN_TIME)
        session.execute(
            text(
                "insert into audit_event (recorded, caller_kind, action, entity, outcome, turn)"
                " select now(), 'user', 'R', 'patient', 'success', turn from audit_block"
                " where number = :n"
            ),
            {"n": number - 1},
        )

        found = chain.look(session, since=1).findings

    assert any(each.endswith("which was pruned") for each in found)


def test_sealing_runs_once_a_minute_and_what_waits_too_long_is_said_sec_18(
    database: Database, chain: Chain
) -> None:
    write(database, 1)
    now = utc_now()

    with chain.ruled() as session:
        on_time = service.late(session, now=now)
        late = service.late(session, now=now + service.LATE + timedelta(minutes=1))
        lease = timedelta(seconds=60)
        looked = auditor.audit(session, now=now + timedelta(hours=1), lease=lease)
        service.keep_up(session, now=now, signer=SIGNER)
        service.keep_up(session, now=now, signer=SIGNER)
        after = service.late(session, now=now + timedelta(hours=1))

    assert (on_time, after) == (0, 0)
    assert late >= 1
    assert auditor.UNSEALED in [each.what for each in looked or ()]


def test_heads_outside_are_written_once_and_a_torn_line_is_no_head(
    database: Database, chain: Chain, tmp_path: Path
) -> None:
    witness = Witness(tmp_path / "heads")
    write(database, 1)
    seal(database)
    for _ in range(2):
        with database.transaction() as session:
            service.publish(session, now=utc_now(), witness=witness)
    whole = witness.path.read_bytes()
    witness.path.write_bytes(whole[:-20])
    with database.transaction() as session:
        service.publish(session, now=utc_now(), witness=witness)

    heads, damaged = witness.read()
    assert [json.loads(each)["number"] for each in whole.splitlines()] == [
        each.number for each in heads
    ]
    assert damaged == 1
    assert chain.first


def test_a_key_comes_from_its_setting_else_from_that_of_the_installation(tmp_path: Path) -> None:
    given = Settings(data=tmp_path, secret_key=SECRET)  # type: ignore[arg-type]  # as read
    other = Settings(data=tmp_path, secret_key="t" * 40)  # type: ignore[arg-type]  # as read

    assert Signer.of(Settings(data=tmp_path)) is None
    one, again, third = (Signer.of(each) for each in (given, given, other))
    assert one is not None
    assert again is not None
    assert third is not None
    assert one.public == again.public != third.public


@pytest.fixture
def command(
    embedded: Servers, chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Result]:
    """Return how the command is given, on the database and the heads of the chain."""
    settings = {
        "DATA": str(chain.witness.path.parent),
        "AUDIT_KEY": urlsafe_b64encode(SEED).decode().rstrip("="),
        "FIELD_KEYS": embedded.field_keys,
        "BROKER_URL": embedded.broker_url,
        "DATABASE_URL": embedded.database_url,
        "MIGRATION_DATABASE_URL": embedded.migration_database_url,
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"WARDLIGHT_{name}", value)

    def run(*arguments: str) -> Result:
        return CliRunner().invoke(build("audit"), ["audit", *arguments])

    return run


@contextmanager
def gone(owner: str, row: int) -> Iterator[None]:
    """Have somebody who owns the tables delete a row, and put it back."""
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("create table kept as select * from audit_event where id = %s", [row])
        connection.execute("delete from audit_event where id = %s", [row])
        try:
            yield
        finally:
            connection.execute("insert into audit_event overriding system value table kept")
            connection.execute("drop table kept")


def test_the_command_says_all_is_well_or_names_what_is_not_sec_18(
    embedded: Servers, chain: Chain, command: Callable[..., Result]
) -> None:
    since, row = str(chain.first), chain.ids[1]
    well, wrong = command("verify", "--since", since), command("verify", "--since", "x")
    with gone(embedded.migration_database_url, row):
        broken = command("verify", "--since", since)
        later = command("verify", "--since", str(chain.first + 1))
    elsewhere = command("verify", "--since", since, "--heads", "/nowhere")
    public = command("key").output.strip()

    assert well.exit_code == 0, well.output
    assert "everything is as it was sealed" in well.output
    assert isinstance(wrong.exception, WardlightError)
    assert (broken.exit_code, later.exit_code) == (1, 0)
    assert f"row {row} of block {chain.first} was deleted" in broken.output
    assert elsewhere.exit_code in {0, 1}  # as old as its heads are
    assert len(public) == len(command("key", "--new").output.strip()) == 43


def test_a_head_under_a_former_key_is_trusted_where_that_key_is_named_sec_18(
    command: Callable[..., Result], chain: Chain, monkeypatch: pytest.MonkeyPatch
) -> None:
    former, since = command("key").output.strip(), ("--since", str(chain.first))
    monkeypatch.setenv("WARDLIGHT_AUDIT_KEY", command("key", "--new").output.strip())

    unknown, named = command("verify", *since), command("verify", *since, "--key", former)

    assert (unknown.exit_code, named.exit_code) == (1, 0)
    assert "its signature is not of a key that is trusted" in unknown.output
    assert isinstance(command("verify", "--key", "x").exception, WardlightError)


def test_pruning_needs_the_owner_and_is_written_down_sec_48(
    chain: Chain, command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = utc_now()
    with chain.ruled() as session:
        monkeypatch.setattr(commands, "_session", lambda *_, **__: nullcontext(session))

        monkeypatch.setattr(commands, "utc_now", lambda: now + IN_TIME)
        done = command("prune", "--before", str((now + timedelta(days=1)).date()))

        rows = session.execute(text("select action, entity from audit_event where id > :i"),
                               {"i": chain.ids[-1]}).all()  # fmt: skip
    assert "events were deleted, up to block" in done.output
    assert ("D", "audit") in [tuple(each) for each in rows]


def test_a_database_that_moved_to_a_server_that_counts_anew_goes_on_after_migrate_sec_18(
    chain: Chain,
) -> None:
    with chain.ruled() as session:  # as if the old server had counted far ahead
        session.execute(text("update audit_block set turn = turn + 100000 where number = :b"),
                        {"b": chain.first})  # fmt: skip
        behind = turns.behind(session.connection())
        turns.catch_up(session.connection())
        after = turns.behind(session.connection())
        turn = session.execute(text("select audit_turn(pg_current_xact_id())")).scalar_one()
        highest = session.execute(text("select max(turn) from audit_block")).scalar_one()

    assert behind > 90_000
    assert after == 0
    assert turn > highest


# The last of these tests: its head stays outside, as every head does.
def test_a_copy_that_was_restored_lacks_heads_until_that_is_said_sec_18(
    chain: Chain, command: Callable[..., Result], monkeypatch: pytest.MonkeyPatch
) -> None:
    with chain.ruled() as session:
        session.execute(text("delete from audit_head where block > :b"), {"b": chain.first})
        session.execute(text("delete from audit_block where number > :b"), {"b": chain.first})
        monkeypatch.setattr(commands, "_session", lambda *_: nullcontext(session))

        lacking = chain.look(session).findings
        said = command("restored")
        whole = chain.look(session).findings
        service.publish(session, now=utc_now(), witness=chain.witness)
        again = command("restored")

    assert any("stands outside and is missing" in each for each in lacking)
    assert f"after block {chain.first}" in said.output
    assert whole == []
    assert isinstance(again.exception, WardlightError)
