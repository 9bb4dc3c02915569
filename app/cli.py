"""The `wardlight` command: the parts of the system, and what the bench adds to it."""

from __future__ import annotations

import sys
from importlib.metadata import entry_points

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from app.commands import (
    accounts,
    clients,
    dead_letters,
    keys,
    people,
    plan,
    policy,
    reach,
    replay,
    rota,
    rules,
    schedules,
    system,
    what_if,
)
from app.runtime import UnsafeDatabaseError
from core.errors import WardlightError

EXIT_REFUSED = 2


def build() -> typer.Typer:
    """Return the command line; `lab` joins through the entry-point group, not by import."""
    cli = typer.Typer(
        name="wardlight",
        help="Remote patient monitoring alerts. Decision support, not a medical device.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    groups = (
        *(system, clients, people, accounts, keys, dead_letters),
        *(schedules, plan, policy, rota, reach, replay, rules, what_if),
    )
    for module in groups:
        module.register(cli)
    for entry in entry_points(group="wardlight.commands"):
        entry.load()(cli)
    return cli


def main() -> None:
    """Run the command line; a refusal is one clear line and exit code 2."""
    try:
        build()()
    except (WardlightError, UnsafeDatabaseError) as error:
        sys.stderr.write(f"wardlight: {error}\n")
        sys.exit(EXIT_REFUSED)
    except OperationalError:
        # The driver's own words name addresses and roles; those are the operator's already.
        sys.stderr.write("wardlight: the database of WARDLIGHT_DATABASE_URL cannot be reached\n")
        sys.exit(EXIT_REFUSED)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            where = ".".join(str(part) for part in fault["loc"]) or "settings"
            sys.stderr.write(f"wardlight: {where}: {fault['msg']}\n")
        sys.exit(EXIT_REFUSED)
