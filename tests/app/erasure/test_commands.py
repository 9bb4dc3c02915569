"""The commands of `docs/operations.md`, run as they stand there: backup, erasure, restore."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from typer.testing import CliRunner

import app.migrate
from app.backup.sealing import BackupKey
from app.cli import build
from core.clock import utc_now
from core.errors import WardlightError
from ingest.tables import Patient
from tests.app.backup.places import empty
from tests.people import called

if TYPE_CHECKING:
    from core.embedded import Servers
    from tests.app.backup.places import Place

DOCUMENT = Path(__file__).parents[3] / "docs/operations.md"
SECTION = DOCUMENT.read_text().partition("## Backup and restore")[2]
BACKUP, RENEW, RESTORE, ASK, CONFIRM = re.findall(
    r"^    wardlight (.+)$", SECTION.partition("## Keys of")[0], re.MULTILINE
)


def run(place: Place, words: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Run a command on one database; return what it said."""
    urls = {
        "WARDLIGHT_DATABASE_URL": place.servers.database_url,
        "WARDLIGHT_MIGRATION_DATABASE_URL": place.servers.migration_database_url,
        "WARDLIGHT_BROKER_URL": "redis://127.0.0.1:1/0",
        "WARDLIGHT_FIELD_KEYS": place.servers.field_keys,
    }
    for name, value in urls.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(build(words.partition(" ")[0]), words.split())
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.output


def test_the_commands_of_the_document_do_what_it_says_sec_44_rel_38(
    embedded: Servers, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "keys").mkdir()
    monkeypatch.setenv("WARDLIGHT_BACKUP_KEY", BackupKey.fresh())
    lost, found, patient = empty(embedded), empty(embedded), uuid4()
    app.migrate.upgrade(lost.servers.migration_database_url, app_role="wardlight_app")
    with lost.database.transaction() as session:
        session.add(called(session, patient, "Ines Vale", created=utc_now()))
    assert " rows of " in run(lost, BACKUP, monkeypatch)
    asked = run(lost, ASK.replace("ID", str(patient)), monkeypatch)
    id_ = asked.split()[-1]
    with pytest.raises(WardlightError, match="Somebody else has to confirm this"):
        run(lost, CONFIRM.replace("ERASURE", id_), monkeypatch)
    with lost.owner.transaction() as session:
        earlier = "update erasure set asked_at = asked_at - interval '73 hours'"
        session.connection().exec_driver_sql(earlier)
    assert "done" in run(lost, CONFIRM.replace("ERASURE", id_), monkeypatch)
    run(lost, RENEW, monkeypatch)
    damaged = tmp_path / "damaged"
    damaged.write_text('{"id":"0')
    with pytest.raises(WardlightError, match=r"line 1 of erased\.ndjson cannot be read"):
        run(found, f"{RESTORE} --erased {damaged}", monkeypatch)
    said = run(found, RESTORE, monkeypatch)
    with found.database.transaction() as session:
        back = session.get(Patient, patient)
    lost.close()
    found.close()

    assert "1 people were erased since" in said
    assert back is None
