"""Writes the OpenAPI document of the machines' door from the routes that exist, for integrators."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from core.security import ASSERTION_TYPE
from fhir.search_parameters import SEARCHES
from ingest.receipt import STORED

if TYPE_CHECKING:
    from collections.abc import Iterable

FHIR_JSON = "application/fhir+json"
NDJSON = "application/fhir+ndjson"
FORM = "application/x-www-form-urlencoded"
MACHINES = ("/fhir", "/auth", "/.well-known", "/cds-services")
OPEN = ("/auth", "/.well-known", "/fhir/.well-known", "/fhir/metadata", "/cds-services")
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
OUTCOME = {"$ref": "#/components/schemas/OperationOutcome"}
RESOURCE = {"$ref": "#/components/schemas/Resource"}
TEXT = {"type": "string"}
REFUSED = {
    "400": "Not JSON, not FHIR R4, or a parameter that is not understood",
    "401": "No token, or one that has ended",
    "403": "The registration does not cover this",
    "404": "There is none, or it is not served",
    "405": "This address serves other methods, which `Allow` names",
    "406": "Only FHIR JSON is answered",
    "429": "Too much at once: wait as `Retry-After` says",
    "503": "Not able just now, nothing was stored: wait as `Retry-After` says",
}
REFUSED_BODIES = {
    "409": "The same is being stored at this moment: repeat",
    "412": "The condition matches several, or the version has moved on",
    "413": "Over a limit of size",
    "415": "A media type that is not read here",
    "422": "FHIR, but not usable: no such patient, no UCUM unit, a broken rule",
}
REFUSED_READS = {"410": "Deleted"}
_STORED = {"200": "Done: known already, changed, or found", "201": "Created"}
DONE = {
    "GET": {"200": "Done", "304": "Not changed since the version that was named"},
    "HEAD": {"200": "Done"},
    "POST": _STORED,
    "PUT": _STORED,
    "PATCH": _STORED,
    "DELETE": {"200": "Done", "204": "Deleted, or gone already"},
}
WITH_BODY = ("200", "201")
CONDITIONS = {
    "If-None-Exist": "Create only where this search finds nothing: `identifier=system|value`",
    "Prefer": "`return=minimal`, `return=representation` or `return=OperationOutcome`",
    "Idempotency-Key": "One key for one request and its repeats",
}
# An invented person and an invented reading: what a reader may copy.
EXAMPLE = {
    "resourceType": "Observation",
    "status": "final",
    "identifier": [{"system": "urn:example:measurements", "value": "w-1"}],
    "code": {"coding": [{"system": "http://loinc.org", "code": "29463-7"}]},
    "subject": {"identifier": {"system": "urn:example:mrn", "value": "12345"}},
    "effectiveDateTime": "2026-03-02T07:00:00+01:00",
    "valueQuantity": {
        "value": 71.5,
        "unit": "kg",
        "system": "http://unitsofmeasure.org",
        "code": "kg",
    },
}


@dataclass(frozen=True, slots=True)
class Served:
    """One route: its path with its parameters in braces, a method, and what it is for."""

    path: str
    method: str
    purpose: str = ""

    @property
    def open(self) -> bool:
        """Return whether it is answered without a token."""
        return self.path.startswith(OPEN)


def for_machines(path: str) -> bool:
    """Return whether a path belongs to the door that this document describes."""
    return path.startswith(MACHINES)


def openapi(routes: Iterable[Served], *, base_url: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document; what is not among the routes is not in it."""
    paths: dict[str, dict[str, Any]] = {}
    for route in routes:
        if route.method in METHODS:
            paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Wardlight",
            "version": "0.1.0",
            "summary": "The FHIR R4 door for device integrations",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": base_url.rstrip("/")}],
        "paths": paths,
        "components": _components(base_url),
    }


def _operation(route: Served) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": re.sub(r"\W+", "_", f"{route.method} {route.path}").strip("_").lower(),
        "summary": _summary(route),
        "tags": [_tag(route.path)],
        "parameters": [*_in_path(route.path), *_in_query(route), *_in_header(route)],
        "responses": _responses(route),
        "security": [] if route.open else [{"smart": []}],
    }
    if (body := _body(route)) is not None:
        operation["requestBody"] = body
    return operation


def _summary(route: Served) -> str:
    searched = _searched(route.path)
    if searched:
        how = " by a form, for what has no place in an address" if route.method == "POST" else ""
        return f"Search {searched}{how}"
    first = route.purpose.strip().split("\n")[0].rstrip(".")
    return re.sub(r" \([A-Z]+-\d\d.*?\)", "", first) or f"{route.method} {route.path}"


def _tag(path: str) -> str:
    if path.startswith(("/auth", "/.well-known", "/fhir/.well-known", "/fhir/metadata")):
        return "Access"
    if "$" in path:
        return "Operations and bulk data"
    return "Resources" if "{kind}" in path or path == "/fhir" else "By type"


def _in_path(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "enum": list(STORED)} if name == "kind" else TEXT,
        }
        for name in re.findall(r"{(\w+)(?::\w+)?}", path)
    ]


def _searched(path: str) -> str:
    found = re.fullmatch(r"/fhir/([A-Z]\w+)(?:/_search)?", path)
    return found[1] if found and found[1] in SEARCHES else ""


def _in_query(route: Served) -> list[dict[str, Any]]:
    kind = _searched(route.path)
    if not kind or route.method != "GET":
        return []
    names = {each.name: f"{each.kind} parameter" for each in SEARCHES[kind]}
    names |= {"_count": "How many on a page", "_sort": "A parameter, with - before it to reverse"}
    return [
        {"name": name, "in": "query", "required": False, "schema": TEXT, "description": said}
        for name, said in names.items()
    ]


def _in_header(route: Served) -> list[dict[str, Any]]:
    if route.method != "POST" or route.path != "/fhir/{kind}":
        return []
    return [
        {"name": name, "in": "header", "required": False, "schema": TEXT, "description": said}
        for name, said in CONDITIONS.items()
    ]


def _body(route: Served) -> dict[str, Any] | None:
    if route.method not in ("POST", "PUT", "PATCH"):
        return None
    required = not route.path.endswith("/_search")
    return {"required": required, "content": _content(route.path)}


def _content(path: str) -> dict[str, Any]:
    special = {
        "/auth/token": {FORM: {"schema": {"$ref": "#/components/schemas/TokenRequest"}}},
        "/fhir/$import": {NDJSON: {"schema": TEXT}},
        "/fhir": {FHIR_JSON: {"schema": {"$ref": "#/components/schemas/Bundle"}}},
    }
    if path.endswith("/_search"):
        return {FORM: {"schema": {"type": "object", "additionalProperties": TEXT}}}
    if not path.startswith(("/fhir", "/auth")):
        return {"application/json": {"schema": {"type": "object"}}}
    return special.get(path) or {FHIR_JSON: {"schema": RESOURCE, "example": EXAMPLE}}


def _responses(route: Served) -> dict[str, Any]:
    if not route.path.startswith("/fhir") or ".well-known" in route.path:
        plain = {"application/json": {"schema": {"type": "object"}}}
        return {
            "200": {"description": "Done", "content": plain},
            "default": {"description": "Refused, with the reason", "content": plain | _outcomes()},
        }
    said = REFUSED | (REFUSED_BODIES if route.method in ("POST", "PUT", "PATCH") else {})
    said |= REFUSED_READS if route.method in ("GET", "DELETE") else {}
    content = {FHIR_JSON: {"schema": RESOURCE}, **_lines(route)}
    done = {
        status: {"description": text} | ({"content": content} if status in WITH_BODY else {})
        for status, text in DONE[route.method].items()
    }
    return {
        **done,
        **{
            status: {"description": text, "content": _outcomes()}
            for status, text in sorted(said.items())
        },
        "default": {"description": "Refused, with the reason", "content": _outcomes()},
    }


def _outcomes() -> dict[str, Any]:
    return {FHIR_JSON: {"schema": OUTCOME}}


def _lines(route: Served) -> dict[str, Any]:
    bulk = "$" in route.path
    return {NDJSON: {"schema": TEXT}, "application/json": {"schema": {}}} if bulk else {}


def _components(base_url: str) -> dict[str, Any]:
    token = f"{base_url.rstrip('/')}/auth/token"
    smart = {
        "type": "oauth2",
        "description": "SMART Backend Services: client credentials by private_key_jwt",
        "flows": {"clientCredentials": {"tokenUrl": token, "scopes": {}}},
    }
    return {"securitySchemes": {"smart": smart}, "schemas": SCHEMAS}


def _resource(type_: dict[str, Any], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "required": ["resourceType"],
        "properties": {"resourceType": type_, **properties},
    }


_ISSUE = {
    "type": "object",
    "required": ["severity", "code"],
    "properties": {
        "severity": {"enum": ["fatal", "error", "warning", "information"]},
        "code": TEXT,
        "details": {"type": "object", "properties": {"text": TEXT}},
        "expression": {"type": "array", "items": TEXT},
    },
}
_ENTRY = {"type": "object", "properties": {"resource": RESOURCE}}
SCHEMAS = {
    "Resource": _resource(TEXT),
    "Bundle": _resource(
        {"const": "Bundle"},
        type={"enum": ["batch", "transaction"]},
        entry={"type": "array", "maxItems": 1000, "items": _ENTRY},
    ),
    "OperationOutcome": _resource(
        {"const": "OperationOutcome"}, issue={"type": "array", "minItems": 1, "items": _ISSUE}
    )
    | {"required": ["resourceType", "issue"]},
    "TokenRequest": {
        "type": "object",
        "required": ["grant_type", "client_assertion_type", "client_assertion"],
        "properties": {
            "grant_type": {"const": "client_credentials"},
            "client_assertion_type": {"const": ASSERTION_TYPE},
            "client_assertion": TEXT,
            "scope": TEXT,
        },
    },
}
