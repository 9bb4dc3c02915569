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
FHIR_VERSIONS = ("4.0", "4.0.1")
ENCODINGS = ("identity", "gzip")
_RETURN = re.compile(r"\breturn=(minimal|representation|OperationOutcome)\b")


def unreadable(headers: Mapping[str, str]) -> Answer | None:
    """Return why a body of this form is not read, or None (FHIR-10)."""
    content = Message()
    content["content-type"] = headers.get("content-type", "")
    if not headers.get("content-type") or content.get_content_type() not in READABLE:
        return refuse(415, "not-supported", "the body must be application/fhir+json")
    if str(content.get_param("charset") or "utf-8").lower().replace("-", "") != "utf8":
        return refuse(415, "not-supported", "the body must be UTF-8")
    if str(content.get_param("fhirversion") or FHIR_VERSIONS[0]) not in FHIR_VERSIONS:
        return refuse(415, "not-supported", "FHIR version 4.0 is spoken here")
    if headers.get("content-encoding", "identity").lower() not in ENCODINGS:
        return refuse(415, "not-supported", "the body may be packed with gzip, or not at all")
    return None


def unacceptable(accept: str, format_: str) -> Answer | None:
    """Return why no answer can be given in the form that is asked for, or None."""
    # A plus that was not escaped in the query has arrived as a space.
    asked = format_.replace(" ", "+") or accept
    if not asked or any(_givable(each) for each in asked.split(",")):
        return None
    return refuse(406, "not-supported", "only application/fhir+json of FHIR 4.0 can be given")


def _givable(media_range: str) -> bool:
    asked = Message()
    asked["content-type"] = media_range.strip()
    kind = media_range.partition(";")[0].strip().lower()
    version = str(asked.get_param("fhirversion") or FHIR_VERSIONS[0])
    return kind in ACCEPTABLE and version in FHIR_VERSIONS and not _unwanted(asked.get_param("q"))


def _unwanted(quality: object) -> bool:
    return quality is not None and not str(quality).strip("0.")


def preferred(prefer: str) -> str:
    """Return which body is preferred after a write; "" where nothing understood is (FHIR-03)."""
    found = _RETURN.search(prefer)
    return found[1] if found else ""


def condition(headers: Mapping[str, str]) -> str:
    """Return the condition of a conditional create, empty where there is none.

    A header without content is a condition that nobody can read, and not the lack of one.
    """
    said = headers.get("if-none-exist")
    return UNREADABLE if said is not None and not said.strip() else said or ""


UNREADABLE = "?"
