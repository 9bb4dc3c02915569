"""Systems of their own for faults, with short leases so that recovery is quick to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.faults.stand import LEASE_SECONDS, Stand, standing
from tests.faults.table import FIGURES, Figures
from tests.faults.twin import Twin, twin
from tests.running_system import System, running_system

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(
        tmp_path_factory.mktemp("faults"), WARDLIGHT_LEASE_SECONDS=str(LEASE_SECONDS)
    ) as running:
        yield running


@pytest.fixture(scope="session")
def standing_all_along(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with standing(tmp_path_factory.mktemp("stand")) as running:
        yield running


@pytest.fixture
def stand(standing_all_along: Stand) -> Stand:
    """Return a whole system in which nothing of an earlier test is under way."""
    standing_all_along.whole()
    standing_all_along.quiet()
    return standing_all_along


@pytest.fixture(scope="session")
def unharmed(tmp_path_factory: pytest.TempPathFactory, standing_all_along: Stand) -> Iterator[Twin]:
    with twin(
        tmp_path_factory.mktemp("twin"), f"{standing_all_along.running.broker_url}"
    ) as running:
        yield running


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Figures:
    """What a test of a fault found, for the table of `make faults`."""
    found = Figures()
    request.node.stash[FIGURES] = found
    return found
