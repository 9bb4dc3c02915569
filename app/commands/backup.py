"""`backup`, `restore`: everything in one snapshot, and back into an empty database (REL-38)."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.backup.dump import back_up
from app.backup.restore import check, restore
from app.backup.sealing import BackupKey
from app.commands.people import opened
from app.erasure.outside import Ledger, need_whole
from app.schema import METADATA
from core.database import Database
from core.embedded import servers
from core.errors import InvalidError
from core.settings import Settings

KeyFile = Annotated[
    Path | None, typer.Option(help="The key file: one copy, kept apart from the backups.")
]


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    cli.command("backup")(backup)
    cli.command("restore")(bring_back)


def backup(
    output: Annotated[
        Path | None, typer.Option(help="A new folder; without it only the key file is renewed.")
    ] = None,
    keys: KeyFile = None,
    new_key: Annotated[
        bool, typer.Option("--new-key", help="Only print a key for WARDLIGHT_BACKUP_KEY.")
    ] = False,
) -> None:
    """Write everything into a folder, encrypted, and each person's key into the key file."""
    if new_key:
        typer.echo(BackupKey.fresh())
        return
    path, site = _needed(keys), _site(Settings())
    with opened() as database:
        made = back_up(database, METADATA, site, output, path)
    if made is None:
        typer.echo("the key file is new, and holds no key of anybody who was erased")
    else:
        rows = sum(each.rows for each in made.tables)
        typer.echo(f"{rows} rows of {len(made.tables)} tables, revision {made.revision}")


def bring_back(
    folder: Annotated[Path, typer.Option("--input", help="The folder of a backup.")],
    keys: KeyFile = None,
    erased: Annotated[
        Path | None, typer.Option(help="The file of erasures; else that of the data folder.")
    ] = None,
) -> None:
    """Fill an empty database from a backup; whoever was erased since stays erased."""
    settings = Settings()
    ledger = Ledger.of(settings.data)
    said = _named(erased) if erased else ledger
    source = check(folder, _site(settings), _needed(keys), said.read())
    need_whole(said, {each.id for each in source.keys.erased})
    with servers(settings, broker=False) as running:
        owner = Database(running.migration_database_url, field_keys=running.field_keys, pool_size=1)
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
        try:
            done = restore(running, database, owner, source, app_role=settings.app_role)
        finally:
            owner.close()
            database.close()
    ledger.append(source.keys.erased)
    typer.echo(f"{done.rows} rows are back; {done.erased} people were erased since and are not")


def _named(path: Path) -> Ledger:
    if not path.is_file():
        raise InvalidError("there is no such file", field="erased")
    return Ledger(path)


def _needed(keys: Path | None) -> Path:
    if keys is None:
        raise InvalidError("say where the key file is", field="keys")
    return keys


def _site(settings: Settings) -> BackupKey:
    if settings.backup_key is None:
        raise InvalidError(
            "is not set: `wardlight backup --new-key` prints one", field="WARDLIGHT_BACKUP_KEY"
        )
    return BackupKey.read(settings.backup_key.get_secret_value())
