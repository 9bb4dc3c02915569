"""A damaged line outside is written again where somebody knows the rest, and else stops a start.

SEC-44: whoever it was of would come back unseen with an older copy of the database.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import msgspec
import pytest

from app.doctor.database import UnsafeDatabaseError, check
from app.erasure import outside
from app.erasure.again import write_down
from app.erasure.outside import FILE, Erased, Ledger, need_whole
from app.erasure.states import Ground
from core.errors import InvalidError
from core.settings import Environment, Settings
from tests.app.erasure.filled import NOW

if TYPE_CHECKING:
    from pathlib import Path

    from core.database import Database

AT = NOW.isoformat()
ID_ENDS = len('{"id":"') + len(str(uuid4())) + len('"')


def line() -> Erased:
    return Erased(str(uuid4()), [uuid4().bytes], Ground.CONSENT, AT, AT)


def held(*lines: Erased) -> bytes:
    return b"".join(msgspec.json.encode(each) + b"\n" for each in lines)


@pytest.fixture
def known(database: Database) -> Erased:
    """Return an erasure that the database knows."""
    said = line()
    with database.transaction() as session:
        write_down(session, said)
    return said


def test_a_line_that_a_kill_cut_short_starts_and_is_written_again_sec_44(
    database: Database, tmp_path: Path, known: Erased
) -> None:
    settings, ledger = Settings(environment=Environment.TEST, data=tmp_path), Ledger.of(tmp_path)
    (tmp_path / FILE).write_bytes(held(known)[:-20])

    check(database, settings)
    with database.transaction() as session:
        outside.publish(session, now=NOW, ledger=ledger)

    assert known in ledger.read()
    # The part stays where it is: the file only grows. It is nobody's now who is not known.
    assert (tmp_path / FILE).read_bytes().startswith(held(known)[:-20] + b"\n")
    assert ledger.lost(()) == []
    check(database, settings)


def test_however_short_it_was_cut_it_is_repaired_or_refused_sec_44(tmp_path: Path) -> None:
    first, second = line(), line()
    whole, path, ledger = held(first, second), tmp_path / FILE, Ledger.of(tmp_path)
    for end in range(len(held(first)), len(whole)):
        path.write_bytes(whole[:end])
        cut = end - len(held(first))

        assert bool(ledger.lost({second.id})) is (0 < cut < ID_ENDS), cut
        assert bool(ledger.lost(())) is (0 < cut < len(held(second)) - 1), cut


@pytest.mark.parametrize(
    "damage",
    [
        b'{"id":"',
        b"\0" * 40,
        b"\xff\xfe",
        b"not ours",
        b'{"id":"x","digests":[],"ground":"consent","asked_at":"","ended_at":""}',
        held(line())[:-9],
        held(line()).strip() + held(line()).strip(),
    ],
    ids=["cut", "zeros", "bytes", "words", "no id", "unknown", "two in one"],
)
def test_a_damaged_line_among_others_stops_the_start_and_says_what_to_do_sec_44(
    database: Database, tmp_path: Path, known: Erased, damage: bytes
) -> None:
    settings, ledger = Settings(environment=Environment.TEST, data=tmp_path), Ledger.of(tmp_path)
    (tmp_path / FILE).write_bytes(held(known) + damage + b"\n\n" + held(known))

    with pytest.raises(UnsafeDatabaseError, match=r"^line 2 of erased\.ndjson .*put a copy of the"):
        check(database, settings)
    with pytest.raises(InvalidError, match=r"line 2 of erased\.ndjson"):
        need_whole(ledger, {known.id})
    assert ledger.read() == (known,)


def test_what_was_done_to_a_line_that_stands_elsewhere_too_stops_nothing_sec_44(
    database: Database, tmp_path: Path
) -> None:
    """Outside alone it is known: this database is the older copy, and finds nobody come back."""
    said = line()
    (tmp_path / FILE).write_bytes(held(said)[:-12] + b"\n" + held(said))

    check(database, Settings(environment=Environment.TEST, data=tmp_path))

    assert Ledger.of(tmp_path).read() == (said,)
