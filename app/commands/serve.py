"""`serve`: the API and the pages as one process."""

from __future__ import annotations

from types import FrameType
from typing import Annotated

import typer
import uvicorn

from app import lifeline
from app.heads import BoundedHeads
from core.settings import Settings

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the API and the pages listen.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


STARTUP_FAILED = 3  # as uvicorn itself ends


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("serve")(serve)


def serve(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run the API and the pages."""
    lifeline.hold_on()
    config = configured(port, host, Settings())
    server = LeavingServer(config)
    server.run()
    if not server.started:
        raise typer.Exit(STARTUP_FAILED)


def configured(port: int, host: str, settings: Settings) -> uvicorn.Config:
    """Return how the server runs; whom it believes about addresses, the settings say alone."""
    return uvicorn.Config(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        http=BoundedHeads,
        access_log=False,
        log_config=None,
        server_header=False,
        forwarded_allow_ips=settings.trusted_proxies,
        timeout_graceful_shutdown=15,
    )


class LeavingServer(uvicorn.Server):
    """A server that tells its open streams that it ends: it waits for them before it does."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        lifeline.leaving.set()
        super().handle_exit(sig, frame)
