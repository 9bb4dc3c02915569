"""`client add` and `token`: let a device integration in, and try the door as it would."""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any
from uuid import uuid4

import typer
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

import app.migrate
import ingest.service
from app.commands.tokens import KEY_FOLDER
from core.clock import utc_now
from core.database import Database
from core.embedded import servers
from core.errors import InvalidError
from core.outward import Outward
from core.scopes import valid_scope
from core.settings import Environment, Settings
from fhir.policy import Mode, Policy, Tolerance

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from sqlalchemy.orm import Session

MODE_HELP = "How its Observations are held against the R4 vital-signs profiles."
TOLERATE_HELP = "A departure from FHIR JSON that is overlooked; may be given twice."
NAME_FORM = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


UNKNOWN_HELP = "Readings of people who are not enrolled: refuse or park."
PATIENTS_HELP = (
    "bound: it speaks only for patients whom it enrolled or was granted (`client grant`);"
    " any: for everybody, as a record system does."
)


RESEARCH_HELP = "It is there for research: it finds only people whose consent to that stands."


class Speaks(StrEnum):
    """For whom a client may speak (SEC-04)."""

    BOUND = "bound"
    ANY = "any"


class Unknown(StrEnum):
    """What becomes of a reading whose patient is not enrolled."""

    REFUSE = "refuse"
    PARK = "park"


def register(cli: typer.Typer) -> None:
    """Add the commands."""
    group = typer.Typer(help="Device integrations.", no_args_is_help=True)
    group.command("add")(add)
    group.command("set")(agree)
    cli.add_typer(group, name="client")


def add(  # noqa: PLR0913, PLR0917 (each is an option of the command line)
    name: Annotated[str, typer.Argument(help="A name for the integration.")],
    scope: Annotated[str, typer.Option(help="SMART v2 system scopes, separated by spaces.")] = (
        "system/Observation.cu"
    ),
    history: Annotated[
        bool, typer.Option(help="It loads history: readings over 24 h old never alert.")
    ] = False,
    patients: Annotated[Speaks, typer.Option(help=PATIENTS_HELP)] = Speaks.BOUND,
    unknown_patient: Annotated[Unknown, typer.Option(help=UNKNOWN_HELP)] = Unknown.REFUSE,
    research: Annotated[bool, typer.Option(help=RESEARCH_HELP)] = False,
    mode: Annotated[Mode, typer.Option(help=MODE_HELP)] = Mode.WARN,
    tolerate: Annotated[list[Tolerance] | None, typer.Option(help=TOLERATE_HELP)] = None,
    jwks_url: Annotated[
        str, typer.Option(help="Where it keeps its public keys (https); no key pair is made.")
    ] = "",
) -> None:
    """Register a device integration; its private key is printed once and kept nowhere else.

    Outside production a copy stays in the data folder, so that `wardlight token` can use it.
    """
    settings = Settings()
    if not NAME_FORM.fullmatch(name):
        raise InvalidError("a name has letters, digits, dots, dashes and underscores, at most 64")
    scopes, (private, public) = _scopes(scope), make_key()
    if jwks_url:
        Outward.of(settings).check(jwks_url)
    with servers(settings, broker=False) as running:
        if settings.database_url is None:
            app.migrate.upgrade(running.migration_database_url, app_role=settings.app_role)
        with _transaction(running.database_url) as session:
            client_id = ingest.service.register_client(
                session,
                *(name, scopes, {} if jwks_url else {"keys": [public]}),
                history=history,
                bound=patients is Speaks.BOUND,
                parks=unknown_patient is Unknown.PARK,
                research=research,
                jwks_url=jwks_url,
                policy=Policy(mode, frozenset(tolerate or ())),
                now=utc_now(),
            )
    if jwks_url:
        typer.echo(json.dumps({"client_id": str(client_id), "scope": scope, "jwks_url": jwks_url}))
        return
    private["client_id"] = str(client_id)
    if settings.environment is not Environment.PRODUCTION:
        _keep(settings, name, private)
    typer.echo(json.dumps({"client_id": str(client_id), "scope": scope, "private_jwk": private}))


def agree(
    name: Annotated[str, typer.Argument(help="The integration's name.")],
    mode: Annotated[Mode, typer.Option(help=MODE_HELP)] = Mode.WARN,
    tolerate: Annotated[list[Tolerance] | None, typer.Option(help=TOLERATE_HELP)] = None,
) -> None:
    """Set the mode and the tolerances of a registered integration; what is not named ends."""
    settings = Settings()
    with (
        servers(settings, broker=False) as running,
        _transaction(running.database_url) as session,
    ):
        ingest.service.agree(session, name, Policy(mode, frozenset(tolerate or ())))
    typer.echo(json.dumps({"name": name, "mode": mode, "tolerances": sorted(tolerate or ())}))


@contextmanager
def _transaction(database_url: str) -> Iterator[Session]:
    database = Database(database_url)
    try:
        with database.transaction() as session:
            yield session
    finally:
        database.close()


def register_client(
    database_url: str,
    name: str,
    scopes: frozenset[str],
    public: dict[str, Any],
    *,
    history: bool = False,
) -> UUID:
    """Store a client with its public key, in a transaction of its own."""
    with _transaction(database_url) as session:
        return ingest.service.register_client(
            session, name, scopes, {"keys": [public]}, history=history, now=utc_now()
        )


def make_key() -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a new ES384 key pair as (private JWK, public JWK)."""
    key = ec.generate_private_key(ec.SECP384R1())
    names = {"kid": str(uuid4()), "alg": "ES384", "use": "sig"}
    private = {**ECAlgorithm.to_jwk(key, as_dict=True), **names}
    public = {**ECAlgorithm.to_jwk(key.public_key(), as_dict=True), **names}
    return private, public


def _scopes(text: str) -> frozenset[str]:
    scopes = frozenset(text.split())
    wrong = sorted(scope for scope in scopes if not valid_scope(scope))
    if wrong or not scopes:
        raise InvalidError(
            f"not a SMART v2 system scope: {', '.join(wrong) or '(none given)'};"
            " write for instance system/Observation.cu or system/*.cruds"
        )
    return scopes


def _keep(settings: Settings, name: str, private: dict[str, Any]) -> None:
    folder = settings.data / KEY_FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.json"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(private, file)
