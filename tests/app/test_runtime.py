"""A process that could not keep its promises does not start."""

from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from pydantic import SecretStr

import app.migrate
from app.doctor.database import UnsafeDatabaseError
from app.runtime import connect, gateways
from core.embedded import servers
from core.errors import InvalidError
from core.settings import Environment, Settings
from core.signing import secret_from
from monitoring.service import load_site_rules

if TYPE_CHECKING:
    from pathlib import Path

WRONG = {"synchronous_commit": "off", "default_transaction_isolation": "'serializable'"}


def test_a_database_that_forgets_what_it_acknowledged_is_refused_rel_04(tmp_path: Path) -> None:
    with servers(Settings(environment=Environment.TEST, data=tmp_path)) as found:
        app.migrate.upgrade(found.migration_database_url, app_role="wardlight_app")
        settings = Settings(
            environment=Environment.DEVELOPMENT,
            data=tmp_path,
            database_url=SecretStr(found.database_url),
            broker_url=SecretStr(found.broker_url),
            field_keys=SecretStr(found.field_keys),
        )
        connect(settings).close()
        for name, value in WRONG.items():
            with psycopg.connect(found.database_url, autocommit=True) as connection:
                connection.execute(f"alter role current_user set {name} = {value}")

            said = name.replace("default_", "")
            with pytest.raises(UnsafeDatabaseError, match=said):
                connect(settings)

            with psycopg.connect(found.database_url, autocommit=True) as connection:
                connection.execute(f"alter role current_user reset {name}")


def test_a_process_holds_the_gateways_that_are_configured() -> None:
    settings = Settings(
        sms_gateway_url="https://sms.example/send",
        sms_gateway_secret=SecretStr(f"{secret_from(b'n' * 32)},{secret_from(b'o' * 32)}"),
    )

    (sms,) = gateways(settings).values()

    assert (sms.kind, sms.url) == ("sms", "https://sms.example/send")
    assert len(sms.secrets) == 2


@pytest.mark.parametrize("held", [None, b"\xff\xfe"])
def test_a_plan_that_cannot_be_read_is_refused_in_a_sentence(
    tmp_path: Path, held: bytes | None
) -> None:
    plan = tmp_path / "plan.toml"
    if held is not None:
        plan.write_bytes(held)

    with pytest.raises(InvalidError, match=r"plan: plan\.toml cannot be read"):
        load_site_rules(plan)
