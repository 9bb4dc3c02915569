"""What the door declares about itself: SMART configuration and the interactions it serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fhir.capability import Interaction
from fhir.search_kinds import WRITTEN_HERE
from ingest.receipt import DELETABLE, STORED

if TYPE_CHECKING:
    from collections.abc import Iterable

PER_TYPE = (
    "create",
    "conditional-create",
    "read",
    "conditional-read",
    "vread",
    "update",
    "update-create",
    "conditional-update",
    "history-instance",
)
SYSTEM_WIDE = ("batch", "transaction")


def interactions() -> list[Interaction]:
    """Return the interactions that the router serves; a test calls each of them (FHIR-01)."""
    return [
        *(Interaction(code) for code in SYSTEM_WIDE),
        *(Interaction(code, kind) for kind in STORED for code in PER_TYPE),
        *(Interaction("delete", kind) for kind in DELETABLE),
    ]


def smart_configuration(token_url: str, algorithms: Iterable[str]) -> dict[str, Any]:
    """Return `/.well-known/smart-configuration` for Backend Services (FHIR-02)."""
    return {
        "token_endpoint": token_url,
        "grant_types_supported": ["client_credentials"],
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported": list(algorithms),
        "scopes_supported": [
            *(_scope(kind) for kind in STORED),
            *(f"system/{kind}.rs" for kind in WRITTEN_HERE),
        ],
        "code_challenge_methods_supported": ["S256"],
        "capabilities": ["client-confidential-asymmetric", "permission-v2"],
    }


def _scope(kind: str) -> str:
    return f"system/{kind}.cru{'d' if kind in DELETABLE else ''}s"
