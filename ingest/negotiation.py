"""Whether the form of a request can be served: its media type, its encoding, what it accepts."""

from __future__ import annotations

import re
from email.message import Message
from typing import TYPE_CHECKING

from ingest.receipt import Answer, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

READABLE = ("application/fhir+json", "application/json")
ACCEPTABLE = ("*/*", "application/*", *READABLE, "json")
FHIR_VERSION = "4.0"
_RETURN = re.compile(r"\breturn=(minimal|representation|OperationOutcome)\b")


def unreadable(headers: Mapping[str, str]) -> Answer | None:
    """Return why a body of this form is not read, or None (FHIR-10)."""
    content = Message()
    content["content-type"] = headers.get("content-type", "")
    if not headers.get("content-type") or content.get_content_type() not in READABLE:
        return refuse(415, "not-supported", "the body must be application/fhir+json")
    if str(content.get_param("charset") or "utf-8").lower().replace("-", "") != "utf8":
        return refuse(415, "not-supported", "the body must be UTF-8")
    if str(content.get_param("fhirversion") or FHIR_VERSION) != FHIR_VERSION:
        return refuse(415, "not-supported", "FHIR version 4.0 is spoken here")
    if headers.get("content-encoding", "identity").lower() != "identity":
        return refuse(415, "not-supported", "compressed bodies are not read")
    return None


def unacceptable(accept: str, format_: str) -> Answer | None:
    """Return why no answer can be given in the form that is asked for, or None."""
    # A plus that was not escaped in the query has arrived as a space.
    asked = format_.replace(" ", "+") or accept
    if not asked or any(each.partition(";")[0].strip() in ACCEPTABLE for each in asked.split(",")):
        return None
    return refuse(406, "not-supported", "only application/fhir+json can be given")


def preferred(prefer: str) -> str:
    """Return which body is preferred after a write; "" where nothing understood is (FHIR-03)."""
    found = _RETURN.search(prefer)
    return found[1] if found else ""
