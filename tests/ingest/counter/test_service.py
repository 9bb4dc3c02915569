"""Group commit: together where there is company, at once where there is none, each for itself."""

from __future__ import annotations

import asyncio
import threading
from typing import TYPE_CHECKING

import pytest

from ingest.counter.service import MOST, Counter

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence


class Ledger:
    """Writes down what came together; a word that begins with "bad" spoils its transaction."""

    def __init__(self) -> None:
        self.together: list[list[str]] = []
        self.begun = threading.Event()
        self.go = threading.Event()
        self.go.set()

    def write(self, key: Hashable, words: Sequence[str]) -> list[str]:
        self.together.append(list(words))
        self.begun.set()
        assert self.go.wait(timeout=10)
        if any(word.startswith("bad") for word in words):
            raise ValueError(words[0])
        return [f"{key}:{word}" for word in words]


async def begun(ledger: Ledger) -> None:
    """Wait until a first transaction runs."""
    assert await asyncio.to_thread(ledger.begun.wait, 10)


def test_who_comes_alone_is_served_at_once() -> None:
    ledger = Ledger()

    given = asyncio.run(Counter(ledger.write).take("me", "one"))

    assert given == "me:one"
    assert ledger.together == [["one"]]


def test_who_comes_while_a_transaction_runs_goes_into_the_next_one_together() -> None:
    ledger = Ledger()

    async def scene() -> list[str]:
        counter = Counter(ledger.write)
        ledger.go.clear()
        first = asyncio.create_task(counter.take("me", "first"))
        await begun(ledger)
        rest = [asyncio.create_task(counter.take("me", f"{n}")) for n in range(5)]
        await asyncio.sleep(0)
        ledger.go.set()
        return await asyncio.gather(first, *rest)

    given = asyncio.run(scene())

    assert given == ["me:first", "me:0", "me:1", "me:2", "me:3", "me:4"]
    assert ledger.together == [["first"], ["0", "1", "2", "3", "4"]]


def test_one_bad_request_spoils_no_other() -> None:
    ledger = Ledger()

    async def scene() -> list[str | BaseException]:
        counter = Counter(ledger.write)
        asked = [counter.take("me", word) for word in ("good", "bad", "better")]
        return await asyncio.gather(*asked, return_exceptions=True)

    good, bad, better = asyncio.run(scene())

    assert (good, better) == ("me:good", "me:better")
    assert isinstance(bad, ValueError)
    assert ledger.together == [["good", "bad", "better"], ["good"], ["bad"], ["better"]]


def test_who_hangs_up_harms_nobody() -> None:
    ledger = Ledger()

    async def scene() -> str:
        counter = Counter(ledger.write)
        ledger.go.clear()
        gone = asyncio.create_task(counter.take("me", "gone"))
        await begun(ledger)
        stays = asyncio.create_task(counter.take("me", "stays"))
        also_gone = asyncio.create_task(counter.take("me", "also gone"))
        await asyncio.sleep(0)
        gone.cancel()
        also_gone.cancel()
        await asyncio.sleep(0)
        ledger.go.set()
        return await stays

    assert asyncio.run(scene()) == "me:stays"
    assert ledger.together == [["gone"], ["stays"]]


def test_each_caller_has_a_line_and_a_transaction_has_an_end() -> None:
    ledger = Ledger()

    async def scene() -> list[str]:
        counter = Counter(ledger.write)
        mine = [counter.take("me", str(n)) for n in range(MOST + 1)]
        return await asyncio.gather(*mine, counter.take("you", "yours"))

    given = asyncio.run(scene())

    assert given[-1] == "you:yours"
    assert sorted(len(each) for each in ledger.together) == [1, 1, MOST]


def test_a_counter_serves_again_after_a_failure() -> None:
    ledger = Ledger()

    async def scene() -> str:
        counter = Counter(ledger.write)
        with pytest.raises(ValueError, match="bad"):
            await counter.take("me", "bad")
        return await counter.take("me", "again")

    assert asyncio.run(scene()) == "me:again"
