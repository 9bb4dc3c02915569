"""The organisation's provider as it describes itself, and what we ask of it.

Every request goes the one way out (`core.outward`): https to an address that was checked,
bounded in time and size, no redirect followed.
"""

from __future__ import annotations

import json
from base64 import b64encode
from dataclasses import dataclass, field
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any
from urllib.parse import quote_plus, urlsplit

from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749.parameters import prepare_grant_uri, prepare_token_request
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from app.oidc.errors import ProviderAwayError, SignInError
from app.oidc.proof import Expected, Identity, prove
from core.errors import InvalidError
from core.outward import Outward, OutwardError

if TYPE_CHECKING:
    from datetime import datetime

    from app.oidc.crossing import Crossing
    from core.settings import Settings

WELL_KNOWN = "/.well-known/openid-configuration"
RETURN = "/sign-in/return"
SCOPE = "openid"  # who it is, and nothing else about them
KEPT_SECONDS = 3600.0
KEYS_REST_SECONDS = 30.0  # keys are fetched anew for a key that is not known, but not more often
FAILED_SECONDS = 30.0  # so long nobody asks again for what was not to be had
WAIT_SECONDS = 1.0  # so long one request waits for another that asks the same
NEEDED = ("authorization_endpoint", "token_endpoint", "jwks_uri")


@dataclass(slots=True)
class _Known:
    """What was last heard of the provider, and when."""

    metadata: dict[str, Any] = field(default_factory=dict)
    metadata_at: float = 0.0
    keys: dict[str, Any] = field(default_factory=dict)
    keys_at: float = 0.0
    failed_at: float | None = None
    asking: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Provider:
    """One issuer, and us as its client."""

    issuer: str
    client_id: str
    client_secret: str
    base_url: str
    outward: Outward
    known: _Known = field(default_factory=_Known)

    @classmethod
    def of(cls, settings: Settings) -> Provider | None:
        """Return the provider that an installation names, or None."""
        if not settings.oidc_issuer:
            return None
        secret = settings.oidc_client_secret
        return cls(
            settings.oidc_issuer,
            settings.oidc_client_id,
            secret.get_secret_value() if secret else "",
            settings.base_url.rstrip("/"),
            Outward.of(settings),
        )

    @property
    def redirect_uri(self) -> str:
        """Return the one address that the provider may send people back to."""
        return self.base_url + RETURN

    def address(self, crossing: Crossing) -> str:
        """Return where a browser goes to sign in; the verifier stays here, hashed by S256."""
        return str(
            prepare_grant_uri(
                self._metadata()["authorization_endpoint"],
                self.client_id,
                "code",
                redirect_uri=self.redirect_uri,
                scope=SCOPE,
                state=crossing.state,
                nonce=crossing.nonce,
                code_challenge=create_s256_code_challenge(crossing.verifier),  # type: ignore[no-untyped-call]
                code_challenge_method="S256",
            )
        )

    def identify(self, code: str, crossing: Crossing, *, now: datetime) -> Identity:
        """Return who came back with a code; raise `SignInError`."""
        tokens = self._exchange(code, crossing.verifier)
        id_token, access = tokens.get("id_token"), tokens.get("access_token")
        if not isinstance(id_token, str) or not isinstance(access, str):
            raise SignInError("no tokens")
        expected = Expected(self.issuer, self.client_id, crossing.nonce, access)
        try:
            return prove(id_token, self._keys(), expected, now=now)
        except SignInError:
            # The provider may have changed its keys since; then these are others.
            if (keys := self._keys(anew=True)) is None:
                raise
            return prove(id_token, keys, expected, now=now)

    def check_return(self, said: str) -> None:
        """Refuse an answer of another provider (RFC 9207)."""
        announced = self._metadata().get("authorization_response_iss_parameter_supported")
        if said != self.issuer and (said or announced is True):
            raise SignInError("another issuer")

    def leaving(self) -> str:
        """Return where a browser ends its session at the provider, or "" where that is not said."""
        try:
            end = self._metadata().get("end_session_endpoint")
        except SignInError:
            return ""
        if not isinstance(end, str) or not self._permitted(end):
            return ""
        back = {"client_id": self.client_id, "post_logout_redirect_uri": self.base_url + "/sign-in"}
        return str(add_params_to_uri(end, list(back.items())))

    def _exchange(self, code: str, verifier: str) -> dict[str, Any]:
        metadata = self._metadata()
        said = {"code": code, "code_verifier": verifier}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded",
            "Accept": "application/json",
        }
        methods = metadata.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        if not self.client_secret:
            said["client_id"] = self.client_id
        elif "client_secret_basic" in methods:
            pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
            headers["Authorization"] = f"Basic {b64encode(pair.encode()).decode()}"
        else:
            said |= {"client_id": self.client_id, "client_secret": self.client_secret}
        body = prepare_token_request("authorization_code", "", self.redirect_uri, **said)
        return self._asked("POST", metadata["token_endpoint"], headers, body.encode())

    def _metadata(self) -> dict[str, Any]:
        """Return how the provider describes itself: one request asks, none just after a failure.

        Anybody comes here without having signed in: a provider that hangs may not hold more
        than one thread for long.
        """
        known = self.known
        if self._fresh():
            return known.metadata
        if not known.asking.acquire(timeout=WAIT_SECONDS):
            raise ProviderAwayError("provider is being asked")
        try:
            if not self._fresh():
                self._discover()
            return known.metadata
        finally:
            known.asking.release()

    def _fresh(self) -> bool:
        known = self.known
        return bool(known.metadata) and monotonic() - known.metadata_at <= KEPT_SECONDS

    def _discover(self) -> None:
        known = self.known
        if known.failed_at is not None and monotonic() - known.failed_at < FAILED_SECONDS:
            raise ProviderAwayError("provider was not reached just now")
        try:
            found = self._asked("GET", self.issuer.rstrip("/") + WELL_KNOWN)
            self._check(found)
        except SignInError:
            known.failed_at = monotonic()
            raise
        known.metadata, known.metadata_at, known.failed_at = found, monotonic(), None

    def _check(self, found: dict[str, Any]) -> None:
        if found.get("issuer") != self.issuer:
            raise SignInError("discovery of another issuer")
        if not all(isinstance(found.get(name), str) for name in NEEDED):
            raise SignInError("discovery is not complete")
        if not self._permitted(found["authorization_endpoint"]):
            raise SignInError("discovery names a plain address")
        methods = found.get("code_challenge_methods_supported")
        if methods is not None and "S256" not in methods:
            raise SignInError("no PKCE by S256")

    def _permitted(self, url: str) -> bool:
        """Return whether a browser may be sent there: by https, or in a demonstration."""
        return urlsplit(url).scheme == "https" or (
            self.outward.plain_loopback and urlsplit(url).hostname in ("127.0.0.1", "localhost")
        )

    def _keys(self, *, anew: bool = False) -> Any:
        known = self.known
        age = monotonic() - known.keys_at
        if anew and known.keys and age < KEYS_REST_SECONDS:
            return None
        if anew or not known.keys or age > KEPT_SECONDS:
            found = self._asked("GET", self._metadata()["jwks_uri"])
            known.keys, known.keys_at = found, monotonic()
        return known.keys

    def _asked(
        self, method: str, url: str, headers: dict[str, str] | None = None, body: bytes = b""
    ) -> dict[str, Any]:
        sent = headers or {"Accept": "application/json"}
        try:
            answer = self.outward.send(method, url, headers=sent, body=body or None)
        except (OutwardError, InvalidError) as error:
            raise ProviderAwayError("provider not reached") from error
        if answer.status >= 500:  # noqa: PLR2004 (HTTP)
            raise ProviderAwayError("provider has a fault")
        if answer.status != 200:  # noqa: PLR2004 (HTTP)
            raise SignInError("provider refused")
        try:
            read = json.loads(answer.body)
        except (ValueError, RecursionError) as error:
            raise SignInError("provider's answer") from error
        if not isinstance(read, dict):
            raise SignInError("provider's answer")
        return read
