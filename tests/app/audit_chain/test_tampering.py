"""Whoever rules the database can do anything to the audit, and is found out (SEC-18)."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import msgspec
import psycopg
import pytest
from sqlalchemy import text

from app.audit_chain import repository, service
from app.audit_chain.heads import Head, Signer
from app.audit_chain.verifying import Outside, verify
from app.audit_chain.witness import Witness
from core.clock import utc_now
from tests.app.audit_chain.conftest import EACH, KEYS, SIGNER, Chain, seal, write

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from core.database import Database
    from core.embedded import Servers

STRANGER = Signer(bytes(32))


def test_what_nobody_touched_is_as_it_was_sealed_sec_18(chain: Chain) -> None:
    with chain.ruled() as session:
        report = chain.look(session)

    assert report.findings == []
    assert (report.blocks, report.rows) == (3, 3 * EACH)


@pytest.mark.parametrize(
    "change",
    [
        "outcome = 'refused'",
        "caller_id = gen_random_uuid()",
        "patient_id = null",
        "recorded = recorded + interval '1 microsecond'",
        "address = '192.0.2.8'",
        "query_id = null",
    ],
)
def test_a_row_that_was_changed_is_named_sec_18(chain: Chain, change: str) -> None:
    row = chain.ids[EACH + 1]

    said = f"update audit_event set {change} where id = :row"  # noqa: S608 (a change of the table above)
    found = chain.after(said, row=row)

    assert found == [f"row {row} of block {chain.first + 1} was changed"]


def test_a_row_that_was_deleted_is_named_sec_18(chain: Chain) -> None:
    row = chain.ids[0]

    found = chain.after("delete from audit_event where id = :row", row=row)

    assert found == [f"row {row} of block {chain.first} was deleted"]


def test_a_row_that_was_put_between_others_later_is_named_sec_18(chain: Chain) -> None:
    found = chain.after(
        "insert into audit_event (id, recorded, caller_kind, action, entity, outcome, turn)"
        " select 999999999999, recorded, 'user', 'R', 'patient', 'success', turn - 0"
        " from audit_event where id = :row",
        row=chain.ids[1],
    )

    assert len(found) == 1
    assert found[0].startswith("row 999999999999 of block ")
    assert found[0].endswith(" was inserted")


def test_rows_whose_order_was_changed_are_named_sec_18(chain: Chain) -> None:
    one, other = chain.ids[0], chain.ids[2 * EACH]

    found = chain.after(
        "update audit_event set id = -1 where id = :one",
        "update audit_event set id = :one where id = :other",
        "update audit_event set id = :other where id = -1",
        one=one,
        other=other,
    )

    first, last = chain.first, chain.first + 2
    assert set(found) == {
        f"row {one} of block {first} was deleted",
        f"row {other} of block {first} was inserted",
        f"row {one} of block {last} was inserted",
        f"row {other} of block {last} was deleted",
    }


CUT_OFF = (
    "delete from audit_event where id = any(:rows)",
    "delete from audit_block where number = :block",
)


def test_an_end_that_was_cut_off_is_seen_by_the_head_inside_sec_18(chain: Chain) -> None:
    last = chain.first + 2

    found = chain.after(*CUT_OFF, rows=list(chain.ids[2 * EACH :]), block=last)

    assert any(each.startswith(f"block {last}, which head ") for each in found)


def test_an_end_that_was_cut_off_with_its_head_is_seen_from_outside_sec_18(chain: Chain) -> None:
    last = chain.first + 2

    found = chain.after(
        *CUT_OFF,
        "delete from audit_head where block = :block",
        rows=list(chain.ids[2 * EACH :]),
        block=last,
    )

    assert len(found) >= 1
    assert found[0].endswith(f"of block {last}, stands outside and is missing")


def test_a_history_that_was_written_anew_with_right_hashes_is_seen_sec_18(chain: Chain) -> None:
    """As somebody who has the program but not the key: all blocks made again over fewer rows."""
    with chain.ruled() as session:
        session.execute(text("delete from audit_event where id = :row"), {"row": chain.ids[-1]})
        session.execute(text("delete from audit_head where block > :b"), {"b": chain.first - 1})
        session.execute(text("delete from audit_block where number >= :b"), {"b": chain.first})
        service.seal(session, now=utc_now(), signer=STRANGER)

        found = chain.look(session).findings

    assert any("its signature is not of a key that is trusted" in each for each in found)
    assert any("stands outside" in each for each in found)


def test_a_head_that_was_exchanged_is_named_sec_18(chain: Chain) -> None:
    with chain.ruled() as session:
        number = repository.last_head(session)
        session.execute(
            text("update audit_head set hash = decode(repeat('ab', 32), 'hex') where number = :n"),
            {"n": number},
        )

        found = chain.look(session).findings

    assert f"head {number}: its signature is not of a key that is trusted" in found
    assert f"head {number} is not the one that stands outside" in found


def test_a_signature_under_another_key_is_named_sec_18(chain: Chain) -> None:
    with chain.ruled() as session:
        block = repository.last_block(session)
        assert block is not None
        forged = service.head_of(session, block, "sealed", now=utc_now())
        service.sign(session, STRANGER, forged)
        posing = Head(forged.number + 1, "pruned", block.number, forged.hash, utc_now())
        signature = STRANGER.sign(posing).signature
        claimed = msgspec.structs.replace(posing, key=SIGNER.name, signature=signature)
        repository.add_head(session, claimed)

        found = chain.look(session).findings

    named = [f"head {n}: its signature is not of a key that is trusted"
             for n in (forged.number, forged.number + 1)]  # fmt: skip
    assert found == named


def test_a_head_that_was_taken_away_outside_is_named_sec_18(
    chain: Chain, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with chain.ruled() as session:
        number = repository.last_head(session)
        lines = chain.witness.path.read_bytes().splitlines(keepends=True)
        fewer = tmp_path_factory.mktemp("fewer") / "heads"
        fewer.write_bytes(b"".join(lines[:-1]) + b"nonsense\n")
        heads, damaged = Witness(fewer).read()
        report = service_look(session, heads, damaged)

    assert f"head {number} does not stand outside" in report
    assert "outside of the database 1 lines are no heads" in report


def service_look(session: Session, heads: list[Head], damaged: int) -> list[str]:
    """Verify at a time by which every head should stand outside."""
    later = utc_now() + timedelta(hours=1)
    return verify(session, KEYS, Outside(tuple(heads), damaged), now=later).findings


def test_a_block_that_was_changed_or_taken_out_is_named_sec_18(chain: Chain) -> None:
    middle = chain.first + 1

    changed = chain.after("update audit_block set count = 3 where number = :b", b=middle)
    taken = chain.after("delete from audit_block where number = :b", b=middle)

    assert changed == [f"block {middle} was changed"]
    assert f"block {middle} is missing" in taken
    assert f"block {middle + 1} does not continue the one before it" in taken


def test_parameters_that_were_changed_are_named_and_those_taken_away_are_counted_sec_18(
    chain: Chain,
) -> None:
    row = chain.ids[0]
    damage = (
        "update audit_query set text = text || '\\x00'::bytea"
        " where id = (select query_id from audit_event where id = :row)"
    )

    changed = chain.after(damage, row=row)
    with chain.ruled() as session:
        patient = session.execute(
            text("select patient_id from audit_event where id = :row"), {"row": row}
        ).scalar()
        session.execute(text("select audit_forget_queries(:p)"), {"p": patient})
        erased = chain.look(session)

    assert changed == [f"the parameters of row {row} were changed"]
    assert (erased.findings, erased.taken_away) == ([], 1)


def test_looking_from_a_later_block_on_reads_no_earlier_row_sec_18(chain: Chain) -> None:
    with chain.ruled() as session:
        session.execute(text("delete from audit_event where id = :row"), {"row": chain.ids[0]})

        later = chain.look(session, since=chain.first + 1)
        whole = chain.look(session)

    assert (later.findings, later.blocks, later.rows) == ([], 2, 2 * EACH)
    assert len(whole.findings) == 1


@pytest.mark.parametrize("table", ["audit_event", "audit_block", "audit_head"])
@pytest.mark.parametrize(
    "statement",
    [
        "delete from {}",
        "truncate {}",
        "alter table {} add column x int",
        "alter table {} disable trigger all",
        "drop table {}",
        "update {} set {column} = {column}",
    ],
)
def test_the_application_may_add_and_read_and_nothing_else_sec_18(
    embedded: Servers, database: Database, table: str, statement: str
) -> None:
    assert database.ping()
    column = "outcome" if table == "audit_event" else "hash"
    said = statement.format(table, column=column)

    with (
        psycopg.connect(embedded.database_url) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(said)


def test_what_is_written_while_others_are_at_work_is_sealed_once_and_later_sec_18(
    database: Database, chain: Chain
) -> None:
    """A transaction that began first and ends last keeps nobody waiting, and is not left out."""
    with database.transaction() as slow:
        slow.execute(text("select nextval('audit_event_id_seq')"))
        slow.execute(text("select pg_current_xact_id()"))
        write(database, 2)
        meanwhile = seal(database)
    after = seal(database)

    with chain.ruled() as session:
        report = chain.look(session)
    assert (meanwhile, after) == (0, 1)
    assert [each for each in report.findings if "row" in each] == []
