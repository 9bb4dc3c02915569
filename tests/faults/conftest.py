"""A system of its own for faults, with short leases so that recovery is quick to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running_system import System, running_system

if TYPE_CHECKING:
    from collections.abc import Iterator

LEASE_SECONDS = 4


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    with running_system(
        tmp_path_factory.mktemp("faults"), WARDLIGHT_LEASE_SECONDS=str(LEASE_SECONDS)
    ) as running:
        yield running
