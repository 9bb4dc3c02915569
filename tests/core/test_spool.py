"""What waits on the disk: whole lines, for its owner's eyes, gone only when it is told so."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

import core.spool
from core.spool import MOST_COUNTED, Spool, Spooled, SpoolFullError, Waiting

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
    put = [[event() for _ in range(60)] for _ in range(4)]

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


DAMAGED = [
    b"\0\0\0",
    b'{"id": "cut',
    b"[" * 5000,
    b"\xff\xfe",
    b"",
]
# What would be read, and would keep the database from taking anything beside it.
NO_EVENTS = [("action", b'"R"', b'"X"'), ("entity", b'"patient"', b'"a\\u0000b"')]


@pytest.mark.parametrize("damaged", DAMAGED)
def test_a_damaged_line_hides_no_other_and_stays_as_it_is_sec_16(
    tmp_path: Path, damaged: bytes
) -> None:
    spool, first, second = Spool.of(tmp_path), event(0), event(1)
    spool.append([first])
    spool.path.write_bytes(damaged + b"\n" + spool.path.read_bytes())
    spool.append([second])

    assert spool.read() == [first, second]
    assert spool.waiting() == Waiting(2, first.recorded, damaged=1)
    spool.drop([first.id, second.id])
    assert spool.path.read_bytes() == damaged + b"\n"
    assert spool.waiting() == Waiting(0, None, damaged=1)


@pytest.mark.parametrize(("name", "good", "bad"), NO_EVENTS)
def test_what_the_database_would_refuse_is_no_event_sec_16(
    tmp_path: Path, name: str, good: bytes, bad: bytes
) -> None:
    spool, first = Spool.of(tmp_path), event()
    spool.append([event()])
    spool.path.write_bytes(spool.path.read_bytes().replace(good, bad))
    assert bad in spool.path.read_bytes(), name
    spool.append([first])

    assert spool.read() == [first]


def test_a_file_that_cannot_be_read_is_stated_and_raises_nothing_sec_16(tmp_path: Path) -> None:
    spool = Spool.of(tmp_path)
    spool.path.mkdir()  # stands for a disk with a fault

    assert spool.waiting() == Waiting(0, None, unreadable=True)


def test_of_very_many_only_the_first_are_looked_at_sec_16(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    spool, looked = Spool.of(tmp_path), list[bytes]()
    many = [event(n) for n in range(3 * MOST_COUNTED)]
    spool.append(many)
    decode = core.spool._event

    def look(line: bytes) -> Spooled | None:
        looked.append(line)
        return decode(line)

    monkeypatch.setattr(core.spool, "_event", look)

    assert spool.waiting() == Waiting(MOST_COUNTED, many[0].recorded, more=True)
    assert spool.read(most=5) == many[:5]
    spool.append([event()])
    spool.drop([each.id for each in many[:5]])

    assert len(looked) <= MOST_COUNTED + 5 + 5
    assert len(spool.read()) == len(many) - 5 + 1


def test_an_event_is_on_the_disk_before_anybody_is_told_that_it_was_kept_sec_16(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file after its last byte was written, and the folder that names a fresh one."""
    spool, synced = Spool.of(tmp_path), list[tuple[bool, int]]()
    real = os.fsync

    def fsync(file: int) -> None:
        real(file)
        kind = os.fstat(file)
        synced.append((stat.S_ISDIR(kind.st_mode), kind.st_size))

    monkeypatch.setattr(os, "fsync", fsync)
    spool.append([event(), event()])
    assert [folder for folder, _ in synced] == [False, True]
    assert synced[0][1] == spool.path.stat().st_size

    del synced[:]
    spool.append([event()])
    assert synced == [(False, spool.path.stat().st_size)]


def test_a_spool_that_is_full_takes_nothing_more_and_says_so_sec_16(tmp_path: Path) -> None:
    spool, kept = Spool(tmp_path / "spool", most=500), event()
    spool.append([kept])

    with pytest.raises(SpoolFullError, match="as large as it may be"):
        spool.append([event(), event()])

    assert spool.read() == [kept]
    spool.drop([kept.id])
    spool.append([later := event()])
    assert spool.read() == [later]
