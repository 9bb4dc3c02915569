"""`serve`: the API and the pages as one process."""

from __future__ import annotations

from types import FrameType
from typing import Annotated

import typer
import uvicorn

from app import lifeline
from app.heads import BoundedHeads

Port = Annotated[int, typer.Option(min=1, max=65535, help="Where the API and the pages listen.")]
Host = Annotated[str, typer.Option(help="The address to listen on.")]


STARTUP_FAILED = 3  # as uvicorn itself ends


def register(cli: typer.Typer) -> None:
    """Add the command."""
    cli.command("serve")(serve)


def serve(port: Port = 8000, host: Host = "127.0.0.1") -> None:
    """Run the API and the pages."""
    lifeline.hold_on()
    config = uvicorn.Config(
        "app.main:create_app",
        factory=True,
        host=host,
        port=port,
        http=BoundedHeads,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_graceful_shutdown=15,
    )
    server = LeavingServer(config)
    server.run()
    if not server.started:
        raise typer.Exit(STARTUP_FAILED)


class LeavingServer(uvicorn.Server):
    """A server that tells its open streams that it ends: it waits for them before it does."""

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """Take a signal."""
        lifeline.leaving.set()
        super().handle_exit(sig, frame)
