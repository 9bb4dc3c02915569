"""A RabbitMQ node of its own on loopback, from Debian's package, for the tests of the broker."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import psutil

from tests.running_system import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

# Not the wrapper in the path, which becomes another user and writes to /var.
PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
READY_SECONDS = 60.0
STOPPED_SECONDS = 40.0


def installed() -> bool:
    return PROGRAM.exists()


class Node:
    """A node that can be ended without warning and started again with the same data."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.mapper: subprocess.Popen[bytes] | None = None
        (folder / "plugins").write_text("[].\n")
        self.password = token_hex(16)  # the one that it comes with is refused (SEC-30)
        (folder / "node.conf").write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\n"
            f"default_user = tests\ndefault_pass = {self.password}\n"
        )
        cookie = folder / ".erlang.cookie"
        cookie.write_text("onlyforthistest")
        cookie.chmod(0o400)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODENAME": "test@localhost",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "RABBITMQ_CONFIG_FILE": str(folder / "node"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(folder / "data"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }

    @property
    def url(self) -> str:
        return f"amqp://tests:{self.password}@127.0.0.1:{self.port}//"

    def start(self) -> None:
        # Its name server is started here and not by the node, which would leave it running.
        self.mapper = self.mapper or self._run("epmd", "-relaxed_command_check")
        self.process = self._run(str(PROGRAM))
        deadline = time.monotonic() + READY_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            with suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return
            time.sleep(0.1)
        raise AssertionError((self.folder / "out.log").read_text(errors="replace")[-2000:])

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        with (self.folder / "out.log").open("ab") as out:
            return subprocess.Popen(
                command, env=self.environment, stdout=out, stderr=out, start_new_session=True
            )

    def kill(self) -> None:
        """End it without warning."""
        if self.process is not None:
            with suppress(ProcessLookupError):  # one that failed to start has ended already
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()

    def stop(self) -> None:
        """End it as a deployment would: what it has is written down."""
        if self.process is not None:
            family = [psutil.Process(self.process.pid)]
            family += family[0].children(recursive=True)
            for node in [each for each in family if each.name().startswith("beam")]:
                node.terminate()
            self.process.wait(STOPPED_SECONDS)

    def close(self) -> None:
        self.kill()
        if self.mapper is not None:
            self.mapper.kill()
            self.mapper.wait()


@contextmanager
def rabbitmq_node(folder: Path) -> Iterator[Node]:
    node = Node(folder)
    try:
        node.start()
        yield node
    finally:
        node.close()
