"""Writes the CapabilityStatement: what this server does, from what its routes declare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

SMART_SECURITY = "http://terminology.hl7.org/CodeSystem/restful-security-service"
OAUTH_URIS = "http://fhir-registry.smarthealthit.org/StructureDefinition/oauth-uris"
# Where the backport guide has a server say what can be subscribed to.
TOPIC = (
    "http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition/"
    "capabilitystatement-subscriptiontopic-canonical"
)
# What R4 has no interaction code for; each is said by a member of its own.
BESIDES = frozenset(
    {"conditional-create", "conditional-read", "conditional-update", "update-create"}
)
SYSTEM_WIDE = frozenset({"batch", "transaction", "history-system", "search-system"})


@dataclass(frozen=True, slots=True)
class Interaction:
    """One declared route: its code, and its resource type ("" for the system).

    The code is R4's code of an interaction, or one of `BESIDES`.
    """

    code: str
    type: str = ""


@dataclass(frozen=True, slots=True)
class Search:
    """One search parameter of a resource type."""

    type: str
    name: str
    kind: str  # token, date, reference, …
    include: bool = False  # whether what it refers to can come along (_include)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of a resource type ("" for the system), by its name without the $."""

    name: str
    type: str
    definition: str  # the canonical of its OperationDefinition


def capability_statement(  # noqa: PLR0913 (a statement is made of these lists)
    interactions: Iterable[Interaction],
    *,
    date: datetime,
    url: str,
    token_url: str,
    searches: Sequence[Search] = (),
    operations: Sequence[Operation] = (),
    topics: Sequence[str] = (),
    cors: bool = False,
) -> dict[str, Any]:
    """Return the statement of the server at `url`; interactions are what routes declare.

    `topics` are the canonical addresses of what can be subscribed to; `cors` says that web pages
    of some other origins are let in.
    """
    declared = tuple(interactions)
    types = sorted(({e.type for e in declared} | {e.type for e in operations}) - {""})
    rest: dict[str, Any] = {
        "mode": "server",
        "security": _security(token_url, cors=cors),
    }
    if types:
        rest["resource"] = [_resource(kind, declared, searches, operations) for kind in types]
    for each in rest.get("resource", ()):
        if topics and each["type"] == "Subscription":
            each["extension"] = [{"url": TOPIC, "valueCanonical": topic} for topic in topics]
    system = sorted({each.code for each in declared if each.code in SYSTEM_WIDE})
    if system:
        rest["interaction"] = [{"code": code} for code in system]
    if whole := [each for each in operations if not each.type]:
        rest["operation"] = _operations(whole)
    return {
        "resourceType": "CapabilityStatement",
        "status": "active",
        "date": date.isoformat(),
        "kind": "instance",
        "software": {"name": "Wardlight"},
        "implementation": {"description": "Wardlight FHIR endpoint", "url": url},
        "fhirVersion": "4.0.1",
        "format": ["json"],
        "rest": [rest],
    }


def _security(token_url: str, *, cors: bool) -> dict[str, Any]:
    service = {"system": SMART_SECURITY, "code": "SMART-on-FHIR"}
    return {
        "extension": [{"url": OAUTH_URIS, "extension": [{"url": "token", "valueUri": token_url}]}],
        "cors": cors,
        "service": [{"coding": [service]}],
        "description": "SMART Backend Services: client credentials with private_key_jwt",
    }


def _resource(
    kind: str,
    declared: Iterable[Interaction],
    searches: Sequence[Search],
    operations: Iterable[Operation],
) -> dict[str, Any]:
    codes = sorted({each.code for each in declared if each.type == kind})
    listed = [{"code": code} for code in codes if code not in BESIDES]
    resource: dict[str, Any] = {
        "type": kind,
        **({"interaction": listed} if listed else {}),
        "versioning": "versioned" if "vread" in codes else "no-version",
        "conditionalCreate": "conditional-create" in codes,
        **_promises(codes),
    }
    parameters = [{"name": each.name, "type": each.kind} for each in searches if each.type == kind]
    if parameters:
        resource["searchParam"] = parameters
    included = [f"{kind}:{each.name}" for each in searches if each.include and each.type == kind]
    if included:
        resource["searchInclude"] = included
    served = [each for each in operations if each.type == kind]
    if served:
        resource["operation"] = _operations(served)
    return resource


def _promises(codes: Sequence[str]) -> dict[str, Any]:
    """Return what is said of reads, updates and deletes, where there are such."""
    said: dict[str, Any] = {}
    if "history-instance" in codes:
        said["readHistory"] = "vread" in codes
    if "update" in codes:
        said["updateCreate"] = "update-create" in codes
        said["conditionalUpdate"] = "conditional-update" in codes
    if "conditional-read" in codes:
        said["conditionalRead"] = "full-support"
    if "delete" in codes:
        said["conditionalDelete"] = "not-supported"
    return said


def _operations(served: Iterable[Operation]) -> list[dict[str, str]]:
    return [{"name": each.name, "definition": each.definition} for each in served]
