"""One running system for the flow tests: processes, servers, a mail receiver."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.running_system import System, running_system

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    # A RED that nobody acknowledges escalates after 15 minutes; here after 4.5 seconds.
    with running_system(
        tmp_path_factory.mktemp("flow"), WARDLIGHT_ESCALATION_SCALE="0.005"
    ) as running:
        yield running
