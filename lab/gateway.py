"""A device integration of the bench: it posts FHIR over HTTP with a token, as a real one would."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, field
from typing import Any

import httpx

from app.commands.tokens import fetch_token

RENEW_AFTER_SECONDS = 200.0  # a token lives for 300
TRIES = 5
BUSY = (httpx.codes.TOO_MANY_REQUESTS, httpx.codes.SERVICE_UNAVAILABLE)


@dataclass(slots=True)
class Tally:
    """What the door answered, and the first refusals in its own words."""

    accepted: int = 0
    refused: int = 0
    reasons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Gateway:
    """One registered client and its connection."""

    base_url: str
    key: dict[str, Any]
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=60))
    token: str = ""
    renewed_at: float = 0.0

    def post(self, resource: dict[str, Any], tally: Tally) -> None:
        """Post a resource or a Bundle, and count what became of it."""
        bundle = resource["resourceType"] == "Bundle"
        address = "/fhir" if bundle else f"/fhir/{resource['resourceType']}"
        response = self.send(address, json.dumps(resource).encode())
        body = response.json() if response.content else {}
        if bundle and response.is_success:
            for entry in body.get("entry", []):
                status = entry["response"]["status"]
                _count(tally, entry["response"].get("outcome", {}), accepted=status[0] == "2")
        else:
            _count(tally, body, accepted=response.is_success)

    def send(self, address: str, raw: bytes) -> httpx.Response:
        """Post bytes as they are; come back later where the door asks for it."""
        for attempt in range(TRIES):
            response = self.http.post(
                f"{self.base_url}{address}",
                content=raw,
                headers={
                    "Authorization": f"Bearer {self._bearer()}",
                    "Content-Type": "application/fhir+json",
                },
            )
            if response.status_code not in BUSY:
                break
            time.sleep(2**attempt)
        return response

    def close(self) -> None:
        """Hang up."""
        self.http.close()

    def _bearer(self) -> str:
        if time.monotonic() - self.renewed_at > RENEW_AFTER_SECONDS or not self.token:
            self.token = fetch_token(self.key, base_url=self.base_url)
            self.renewed_at = time.monotonic()
        return self.token


def _count(tally: Tally, outcome: dict[str, Any], *, accepted: bool) -> None:
    if accepted:
        tally.accepted += 1
        return
    tally.refused += 1
    for issue in outcome.get("issue", [])[:1]:
        text = issue.get("details", {}).get("text") or issue.get("diagnostics", "")
        tally.reasons.append(f"{', '.join(issue.get('expression', []))}: {text}")
