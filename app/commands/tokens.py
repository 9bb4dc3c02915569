"""`token`: what an integration asks the token endpoint for, with its private key."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

import httpx
import jwt
import typer

from core.errors import InvalidError
from core.security import ASSERTION_TYPE
from core.settings import Settings

KEY_FOLDER = "clients"  # of the data folder: private keys, outside production


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("token")(token)


def token(
    name: Annotated[str, typer.Argument(help="The integration's name.")],
    key: Annotated[Path | None, typer.Option(help="File with the private key as a JWK.")] = None,
    url: Annotated[str, typer.Option(help="Base address of a running Wardlight.")] = "",
) -> None:
    """Print a bearer token, obtained from the real token endpoint."""
    settings = Settings()
    path = key or settings.data / KEY_FOLDER / f"{name}.json"
    if not path.exists():
        raise InvalidError(f"no key for {name}: give --key FILE or run `wardlight client add`")
    typer.echo(fetch_token(json.loads(path.read_text()), base_url=url or running_address(settings)))


def running_address(settings: Settings) -> str:
    """Return where a system started from this data folder listens, else the configured address."""
    address = settings.address_file
    return address.read_text() if address.exists() else settings.base_url


def fetch_token(private: dict[str, Any], *, base_url: str) -> str:
    """Exchange a client assertion for an access token (SMART Backend Services)."""
    endpoint = f"{base_url.rstrip('/')}/auth/token"
    response = httpx.post(
        endpoint,
        data={
            "grant_type": "client_credentials",
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": assertion(private, audience=endpoint),
        },
        timeout=10,
    )
    if response.is_error:
        raise InvalidError(f"the token endpoint answered {response.status_code}: {response.text}")
    return str(response.json()["access_token"])


def assertion(private: dict[str, Any], *, audience: str) -> str:
    """Return a signed client assertion that lives for four minutes."""
    client_id = private["client_id"]
    now = int(time.time())
    claims = {
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "exp": now + 240,
        "jti": str(uuid4()),
    }
    signing_key = jwt.PyJWK(private, algorithm="ES384").key
    return jwt.encode(claims, signing_key, algorithm="ES384", headers={"kid": private["kid"]})
