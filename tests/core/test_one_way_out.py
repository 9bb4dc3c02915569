"""Everything that leaves goes by the one checked way, or to where an operator points (SEC-34)."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("core", "fhir", "ingest", "monitoring", "alerts", "reports", "app")
SPEAKS = {"aiohttp", "ftplib", "http.client", "httpx", "requests", "smtplib", "socket"} | {
    "telnetlib", "urllib.request", "urllib3", "websockets",
}  # fmt: skip
KNOWN = {
    "core/outward.py": "the one way out, to addresses that somebody gave us",
    "core/lookup.py": "asks a name server for it",
    "core/wrapping.py": "the key service that an operator names",
    "core/embedded.py": "looks for a free port of this machine",
    "app/relay.py": "the errors of a broker that an operator names",
    "app/watching/rounds.py": "this installation itself, as a device would",
    "app/commands/tokens.py": "the command of an integration, towards its own server",
    "app/claim.py": "looks whether a port of this machine is free",
    "alerts/notify/email.py": "the mail server that an operator names",
    "alerts/notify/hurried.py": "as above",
    "app/doctor/looking.py": "as above",
}


def speaking() -> set[str]:
    found = set()
    for path in (each for room in ROOMS for each in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in SPEAKS):
            continue
        for node in ast.walk(ast.parse(text)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module, *(f"{node.module}.{each.name}" for each in node.names)]
            if SPEAKS & set(names):
                found.add(path.relative_to(ROOT).as_posix())
    return found


def test_no_other_module_speaks_to_the_network_sec_34() -> None:
    """Subscriptions, webhooks, gateways, push services, key sets and providers are `Outward`'s."""
    assert speaking() == set(KNOWN)
