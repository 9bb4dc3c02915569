"""The `wardlight` command: the parts of the system, and what the bench adds to it."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import entry_points

import typer
from pydantic import ValidationError
from sqlalchemy.exc import OperationalError

from core.errors import WardlightError

EXIT_REFUSED = 2
# Where each command is. Only what is asked for is imported: the whole system takes seconds.
COMMANDS = {
    "up": ("system",),
    "serve": ("serve",),
    "worker": ("worker",),
    "scheduler": ("scheduler",),
    "migrate": ("system",),
    "health": ("health",),
    "doctor": ("doctor",),
    "client": ("clients", "people", "integrations"),
    "token": ("tokens",),
    "patient": ("clients", "people", "enrolment"),
    "parked": ("clients", "people"),
    "user": ("accounts", "staff"),
    "team": ("teams",),
    "site": ("teams",),
    "keys": ("keys",),
    "audit": ("audit",),
    "erase": ("erasure",),
    "backup": ("backup",),
    "restore": ("backup",),
    "hold": ("erasure",),
    "dead": ("dead_letters",),
    "workers": ("workers",),
    "schedule": ("schedules",),
    "plan": ("plan",),
    "models": ("models", "retraining"),
    "policy": ("policy",),
    "rota": ("rota",),
    "programme": ("programme",),
    "reach": ("reach",),
    "report": ("report",),
    "replay": ("replay",),
    "rules": ("rules", "what_if"),
    "reports": ("weekly",),
    "retention": ("retention",),
    "export": ("export",),
    "import": ("taking_in",),
    "datamap": ("data_map",),
    "retrain": (),  # joins through the entry-point group
}


def build(asked: str = "") -> typer.Typer:
    """Return the command line with what is asked for; with everything, if that is not known.

    `lab` joins through the entry-point group, not by import.
    """
    cli = typer.Typer(
        name="wardlight",
        help="Remote patient monitoring alerts. Decision support, not a medical device.",
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        add_completion=False,
    )
    cli.callback()(_wardlight)
    everything = dict.fromkeys(module for modules in COMMANDS.values() for module in modules)
    for module in COMMANDS.get(asked, everything):
        import_module(f"app.commands.{module}").register(cli)
    if not COMMANDS.get(asked):
        for entry in entry_points(group="wardlight.commands"):
            entry.load()(cli)
    return cli


def _wardlight() -> None:
    """Remote patient monitoring alerts. Decision support, not a medical device."""


def main() -> None:
    """Run the command line; a refusal is one clear line and exit code 2."""
    try:
        build(next(iter(sys.argv[1:]), ""))()
    except WardlightError as error:
        sys.stderr.write(f"wardlight: {error}\n")
        sys.exit(EXIT_REFUSED)
    except OperationalError:
        # The driver's own words name addresses and roles; those are the operator's already.
        sys.stderr.write("wardlight: the database of WARDLIGHT_DATABASE_URL cannot be reached\n")
        sys.exit(EXIT_REFUSED)
    except ValidationError as error:
        for fault in error.errors(include_input=False, include_url=False):
            where = ".".join(str(part) for part in fault["loc"]) or "settings"
            for line in fault["msg"].removeprefix("Value error, ").splitlines():
                sys.stderr.write(f"wardlight: {where}: {line}\n")
        sys.exit(EXIT_REFUSED)
