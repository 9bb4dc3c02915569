"""`wardlight health`, as a container's health check runs it every half minute (REL-36)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typer.testing import CliRunner

from app.cli import build

if TYPE_CHECKING:
    from core.database import Database
    from core.embedded import Servers


def test_what_runs_is_not_ill_because_the_key_service_is_away(
    embedded: Servers, database: Database
) -> None:
    assert database.ping()
    environment = {
        "WARDLIGHT_DATABASE_URL": embedded.database_url,
        "WARDLIGHT_BROKER_URL": embedded.broker_url,
        "WARDLIGHT_FIELD_KEYS": "wrapped:vault:v1:nobody-opens-it",
        "WARDLIGHT_KEY_COMMAND": "/bin/false",
    }

    done = CliRunner().invoke(build("health"), ["health"], env=environment)

    said = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert {name: said[name] for name in ("database", "schema", "broker")} == {
        "database": "ok",
        "schema": "ok",
        "broker": "ok",
    }
    assert done.exit_code == (0 if said["pipeline"] == "ok" else 1)
