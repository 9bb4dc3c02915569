"""What waits on the disk: whole lines, for its owner's eyes, gone only when it is told so."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from core.spool import Spool, Spooled

if TYPE_CHECKING:
    from pathlib import Path

NOW = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def event(minutes: int = 0) -> Spooled:
    at, who = NOW + timedelta(minutes=minutes), uuid4()
    return Spooled(uuid4(), at, "user", who, "R", "patient", None, uuid4(), "success", "ETREAT")


def test_what_was_put_there_is_read_in_its_order_by_the_owner_alone_sec_16(tmp_path: Path) -> None:
    spool, first, second = Spool.of(tmp_path / "data"), event(1), event(0)
    assert (spool.read(), spool.waiting()) == ([], None)

    spool.append([first])
    spool.append([second])

    assert spool.read() == [first, second]
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    waiting = spool.waiting()
    assert waiting is not None
    assert (waiting.count, waiting.since) == (2, first.recorded)


def test_a_line_that_a_kill_cut_short_harms_no_other_sec_16(tmp_path: Path) -> None:
    spool, first, second = Spool.of(tmp_path), event(), event()
    spool.append([first])
    whole = spool.path.read_bytes()
    spool.path.write_bytes(whole + whole[:40])
    assert spool.read() == [first]

    spool.append([second])

    assert spool.read() == [first, second]


def test_what_came_while_others_were_written_down_stays_sec_16(tmp_path: Path) -> None:
    spool, first, second = Spool.of(tmp_path), event(), event()
    spool.append([first])
    spool.append([second])

    spool.drop([first.id])

    assert spool.read() == [second]
    assert stat.S_IMODE(spool.path.stat().st_mode) == 0o600
    spool.drop([second.id])
    assert spool.waiting() is None


def test_many_may_put_there_while_one_takes_away_sec_16(tmp_path: Path) -> None:
    """Each opens the file for itself, as processes do: the lock is of the open file."""
    spool, taken = Spool.of(tmp_path), list[Spooled]()
    put = [[event() for _ in range(8)] for _ in range(3)]

    def work(mine: list[Spooled]) -> None:
        for each in mine:
            spool.append([each])

    with ThreadPoolExecutor(len(put)) as workers:
        working = [workers.submit(work, mine) for mine in put]
        while not all(each.done() for each in working):
            found = spool.read()
            spool.drop({each.id for each in found})
            taken += found
    for each in working:
        each.result()

    everything = taken + spool.read()
    assert len(everything) == sum(map(len, put))
    assert {each.id for each in everything} == {each.id for mine in put for each in mine}


def test_a_disk_that_takes_nothing_says_so_sec_16(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be")

    with pytest.raises(OSError, match="data"):
        Spool.of(tmp_path / "data").append([event()])
