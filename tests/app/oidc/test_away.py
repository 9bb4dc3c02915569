"""A provider that hangs holds up who asks it, and nobody else (SEC-05)."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from app.oidc import crossing
from app.oidc.errors import ProviderAwayError
from app.oidc.provider import Provider
from tests.app.oidc.conftest import settings


def test_one_request_asks_a_provider_that_hangs_and_the_others_go_on_sec_05() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        provider = Provider.of(settings(f"http://127.0.0.1:{silent.getsockname()[1]}"))
        assert provider is not None

        def ask(_: int) -> float:
            began = time.monotonic()
            with pytest.raises(ProviderAwayError):
                provider.address(crossing.begin("/inbox"))
            return time.monotonic() - began

        with ThreadPoolExecutor(8) as pool:
            waited = sorted(pool.map(ask, range(8)))
        again = ask(0)

    assert waited[-2] < 2
    assert waited[-1] > 2
    assert again < 0.5
