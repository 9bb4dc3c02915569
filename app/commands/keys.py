"""`keys new|add|first|wrap|rotate`: the keys of the sealed fields, made and renewed."""

from __future__ import annotations

import re
from typing import Annotated

import typer

from app.schema import METADATA
from core.clock import utc_now
from core.database import Database
from core.embedded import field_keys, servers
from core.errors import InvalidError
from core.rotation import rotate
from core.sealing import INDEX, Keyring
from core.settings import Settings
from core.wrapping import is_wrapped, wrap, wrapper

NAME_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}")


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Keys of the sealed fields.", no_args_is_help=True)
    group.command("new")(new)
    group.command("add")(add)
    group.command("first")(put_first)
    group.command("wrap")(lie_wrapped)
    group.command("rotate")(run_rotation)
    cli.add_typer(group, name="keys")


def new() -> None:
    """Print a new ring for WARDLIGHT_FIELD_KEYS of a new installation."""
    typer.echo(Keyring.fresh())


def add(
    name: Annotated[str, typer.Argument(help="A name for the new key, such as 2027.")],
    behind: Annotated[bool, typer.Option(help="It only opens, until `keys first`.")] = False,
) -> None:
    """Print the present ring with a new key in front, which seals from the next start on.

    Behind the others where processes are restarted one by one: those that still have the old
    ring could not read what the others seal.
    """
    settings = Settings()
    ring = Keyring.read(field_keys(settings))
    if not NAME_FORM.fullmatch(name) or name == INDEX or name in ring.keys:
        raise InvalidError("a key needs a new name of letters, digits, dots and dashes")
    _print(settings, ring.with_new(name, behind=behind))


def put_first(
    name: Annotated[str, typer.Argument(help="A key of the ring.")],
) -> None:
    """Print the present ring with one of its keys in front, which seals from the next start on."""
    settings = Settings()
    ring = Keyring.read(field_keys(settings))
    if name not in ring.keys:
        raise InvalidError("there is no key of this name on the ring")
    _print(settings, ring.led_by(name))


def _print(settings: Settings, ring: str) -> None:
    typer.echo(wrap(ring, wrapper(settings)) if _lies_wrapped(settings) else ring)


def lie_wrapped() -> None:
    """Print the present ring as the key service wraps it: that is what may lie on a disk."""
    settings = Settings()
    typer.echo(wrap(field_keys(settings), wrapper(settings)))


def _lies_wrapped(settings: Settings) -> bool:
    return settings.field_keys is not None and is_wrapped(settings.field_keys.get_secret_value())


def run_rotation() -> None:
    """Seal every field of older keys under the first key of the ring; others go on working."""
    settings = Settings()
    with servers(settings, broker=False) as running:
        database = Database(running.database_url, field_keys=running.field_keys, pool_size=1)
        try:
            found = rotate(database, METADATA, now=utc_now())
        finally:
            database.close()
    for each in found:
        typer.echo(f"{each.column}: {each.sealed} sealed again, {each.stuck} cannot be opened")
    if any(each.stuck for each in found):
        raise typer.Exit(1)
