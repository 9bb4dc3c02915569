"""`wardlight doctor` on real servers, and a process that asks the same before it starts.

SEC-08, SEC-18, SEC-30, SEC-49.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import psycopg
import pytest
from pydantic import SecretStr
from typer.testing import CliRunner

from app.accounts.service import NewUser, create_user
from app.cli import build
from app.doctor.database import UnsafeDatabaseError, check, looked_into
from app.erasure.damage import MEND
from app.erasure.outside import FILE, Ledger
from app.runtime import connect
from core.clock import utc_now
from core.database import Database
from core.security import Role
from core.settings import Environment, Settings
from tests.complete import COMPLETE

if TYPE_CHECKING:
    from pathlib import Path

    from typer.testing import Result

    from core.embedded import Servers

PASSWORD = "four plain words suffice"


@pytest.fixture
def given(embedded: Servers, database: Database, tmp_path: Path) -> dict[str, str]:
    assert database.ping()
    return {
        "WARDLIGHT_DATA": str(tmp_path),
        "WARDLIGHT_DATABASE_URL": embedded.database_url,
        "WARDLIGHT_BROKER_URL": embedded.broker_url,
        "WARDLIGHT_FIELD_KEYS": embedded.field_keys,
    }


def doctor(environment: dict[str, str]) -> Result:
    return CliRunner().invoke(build("doctor"), ["doctor"], env=environment)


def test_the_doctor_says_of_each_thing_how_it_is(given: dict[str, str]) -> None:
    done = doctor(given)

    verdicts = {line[8:].partition(":")[0]: line.split()[0] for line in done.output.splitlines()}
    assert done.exit_code == 0
    assert verdicts["database role"] == verdicts["audit"] == verdicts["durability"] == "ok"
    assert verdicts["schema"] == verdicts["clock"] == verdicts["broker"] == "ok"
    assert verdicts["mail"] == verdicts["profile"] == "warn"
    assert given["WARDLIGHT_FIELD_KEYS"] not in done.output


def test_what_the_doctor_refuses_ends_with_1_and_how_to_mend_it(
    given: dict[str, str], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("drawn-in-a-test-and-nowhere-else")
    secret.chmod(0o644)
    unwell = {**given, "WARDLIGHT_SECRET_KEY_FILE": str(secret)}
    unwell["WARDLIGHT_BROKER_URL"] = "redis://127.0.0.1:9/0"
    unwell["WARDLIGHT_SMTP_HOST"], unwell["WARDLIGHT_SMTP_PORT"] = "127.0.0.1", "9"

    done = doctor(unwell)

    lines = done.output.splitlines()
    assert done.exit_code == 1
    assert any(each.startswith("refused broker: ") and "start it" in each for each in lines)
    assert any(f"chmod 600 {secret}" in each for each in lines)
    assert any(each.startswith("warn    mail: ") for each in lines)
    assert "drawn-in-a-test" not in done.output


def test_the_doctor_looks_before_there_is_a_data_folder(
    given: dict[str, str], tmp_path: Path
) -> None:
    done = doctor({**given, "WARDLIGHT_DATA": str(tmp_path / "not" / "yet")})

    assert done.exit_code == 0, done.output
    assert "ok      data folder: " in done.output
    assert not (tmp_path / "not").exists()


def test_a_data_folder_that_cannot_be_written_is_refused_with_how_to_mend_it(
    given: dict[str, str], tmp_path: Path
) -> None:
    """Not even by root, as which tests may run: it would have to lie in a file."""
    (tmp_path / "file").touch()

    done = doctor({**given, "WARDLIGHT_DATA": str(tmp_path / "file" / "data")})

    assert done.exit_code == 1
    [line] = [each for each in done.output.splitlines() if "data folder: " in each]
    assert line.startswith("refused ")
    assert "let the user that Wardlight runs as own" in line


def test_erasures_that_cannot_be_read_are_told_in_a_line(
    given: dict[str, str], tmp_path: Path
) -> None:
    """As after a command that somebody ran as root; a folder is as unreadable to root itself."""
    (tmp_path / FILE).mkdir()

    done = doctor(given)

    assert done.exit_code == 1
    assert f"refused erasures: {FILE} cannot be read: let the user" in done.output
    assert "ok      broker: " in done.output


def test_the_doctor_tells_of_an_erasure_that_cannot_be_read_sec_44(
    given: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / FILE).write_text('{"id":"7\n')

    done = doctor(given)

    assert done.exit_code == 1
    [line] = [each for each in done.output.splitlines() if " erasures: " in f" {each}"]
    assert line.startswith("refused erasures: line 1 of erased.ndjson cannot be read")
    assert line.endswith(MEND)


def test_the_doctor_prints_every_setting_that_production_refuses_sec_30(
    given: dict[str, str],
) -> None:
    unsafe = {**given, "WARDLIGHT_ENVIRONMENT": "production", "WARDLIGHT_SECRET_KEY": "changeme"}

    done = doctor(unsafe)

    assert done.exit_code == 1
    assert all(each.startswith("refused settings: ") for each in done.output.splitlines())
    for name in ("SMTP_HOST", "SECRET_KEY", "BASE_URL", "OIDC_ISSUER"):
        assert f"WARDLIGHT_{name}" in done.output


def production(embedded: Servers, url: str) -> Settings:
    return Settings(**{**COMPLETE, "database_url": url, "field_keys": embedded.field_keys})


def test_production_does_not_work_as_the_owner_of_the_audit_sec_18(
    embedded: Servers, database: Database
) -> None:
    assert database.ping()
    owner = production(embedded, embedded.migration_database_url)

    with pytest.raises(UnsafeDatabaseError, match="may change or delete what the audit says"):
        connect(owner)
    connect(production(embedded, embedded.database_url)).close()


def test_the_demonstration_does_not_start_on_a_database_with_accounts_of_its_own_sec_49(
    embedded: Servers, database: Database
) -> None:
    with database.transaction() as session:
        new = NewUser(f"real-{uuid4().hex[:8]}", "Dr Han", PASSWORD, Role.NURSE)
        create_user(session, new, now=utc_now())
    demo = Settings(
        environment=Environment.DEMO,
        database_url=SecretStr(embedded.database_url),
        broker_url=SecretStr(embedded.broker_url),
        field_keys=SecretStr(embedded.field_keys),
    )

    with pytest.raises(UnsafeDatabaseError, match="accounts that are not its: unset"):
        connect(demo)


def test_powers_that_a_role_does_not_need_are_found_sec_18(
    embedded: Servers, database: Database, tmp_path: Path
) -> None:
    """A role of this test's own: others use the application's."""
    assert database.ping()
    superuser = embedded.database_url.replace("wardlight_app@", "postgres@", 1)
    name = f"strong_{uuid4().hex[:8]}"
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"create role {name} login createdb in role wardlight_app")
    strong = Database(embedded.database_url.replace("wardlight_app@", f"{name}@", 1))

    found = looked_into(strong, Ledger.of(tmp_path))

    assert (found.role, found.powers, found.superuser) == (name, ("createdb",), False)
    assert abs(found.skew) < 1
    with pytest.raises(UnsafeDatabaseError, match=f"alter role {name} nocreatedb"):
        check(strong, production(embedded, embedded.database_url))
    strong.close()
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute(f"drop role {name}")
