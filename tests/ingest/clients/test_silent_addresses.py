"""An address of keys that does not answer keeps no device out at once, and no thread of ours."""

from __future__ import annotations

from datetime import timedelta
from threading import Thread
from time import sleep
from typing import TYPE_CHECKING

import pytest

from core.errors import UnauthenticatedError
from core.outward import Outward
from core.settings import Environment, Settings
from ingest.keysets.service import KeySets
from tests.door import Clock

if TYPE_CHECKING:
    from tests.ingest.clients.conftest import Keeper


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keysets(clock: Clock) -> KeySets:
    settings = Settings(environment=Environment.TEST, outbound_loopback=True)
    return KeySets(Outward.of(settings), clock)


def test_known_keys_count_for_an_hour_while_their_address_does_not_answer_sec_01(
    keeper: tuple[str, type[Keeper]], keysets: KeySets, clock: Clock
) -> None:
    address, served = keeper
    heard = keysets.at(address, "e")
    served.status = 503

    for after in (timedelta(minutes=6), timedelta(minutes=53)):
        clock.now += after
        assert keysets.at(address, "e") == heard
    clock.now += timedelta(minutes=2)
    with pytest.raises(UnauthenticatedError):
        keysets.at(address, "e")


def test_an_address_that_does_not_answer_is_left_alone_for_a_while_sec_36(
    keeper: tuple[str, type[Keeper]], keysets: KeySets, clock: Clock
) -> None:
    """Whoever knows the name of a client could else hold every thread of ours with it."""
    address, served = keeper
    served.status = 503
    for _ in range(4):
        with pytest.raises(UnauthenticatedError):
            keysets.at(address, "e")
    asked, served.status = served.asked, 200
    clock.now += timedelta(seconds=31)

    assert keysets.at(address, "e")["keys"]
    assert (asked, served.asked) == (1, 2)


def test_keys_that_were_taken_back_count_no_longer_however_it_is_answered_then_sec_01(
    keeper: tuple[str, type[Keeper]], keysets: KeySets, clock: Clock
) -> None:
    """Only silence lets what was heard last go on: an answer without keys is an answer."""
    address, served = keeper
    assert keysets.at(address, "e")["keys"]
    clock.now += timedelta(minutes=6)
    for status, said in ((404, b""), (200, b"<html>")):
        served.status, served.said = status, said
        with pytest.raises(UnauthenticatedError):
            keysets.at(address, "e")
    served.status, served.said = 200, b'{"keys": []}'

    assert keysets.at(address, "e") == {"keys": []}


def test_of_several_requests_one_asks_an_address_that_hangs_sec_36(clock: Clock) -> None:
    asked: list[str] = []

    def hangs(host: str, port: int) -> list[str]:
        del port
        asked.append(host)
        sleep(0.5)
        return []

    slow = KeySets(Outward(resolver=hangs, seconds=0.2), clock)

    def ask() -> None:
        with pytest.raises(UnauthenticatedError):
            slow.at("https://keys.example/jwks", "e")

    threads = [Thread(target=ask) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert asked == ["keys.example"]
