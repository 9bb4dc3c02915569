"""How one resource is addressed: its id here or its sender's own, and which version is meant."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from uuid import UUID

from ingest.receipt import Name

if TYPE_CHECKING:
    from ingest.receipt import Posted

_ID = re.compile(r"[A-Za-z0-9\-.]{1,64}")
_TAG = re.compile(r'(?:W/)?"?(\d{1,9})"?')


def is_id(text: str) -> bool:
    """Return whether a text can be the id of a resource in FHIR."""
    return _ID.fullmatch(text) is not None


def id_here(text: str) -> UUID | None:
    """Return the id that was given here, or None where a text cannot be one."""
    try:
        return UUID(text) if is_id(text) else None
    except ValueError:
        return None


def own_id(kind: str, text: str) -> Name:
    """Return the name under which a sender's own id stands (decision 0014).

    Of a type of its own, so that it is never an identifier of the resource, nor shared.
    """
    return Name(f"{kind}/id", "", text)


def keys_of(posted: Posted) -> list[str]:
    """Return what must be locked so that one address is written by one transaction at a time."""
    name = own_id(posted.type, posted.id)
    here = id_here(posted.id)
    return [f"{name.type}|{posted.id}", *([f"{posted.type}|{here}"] if here else [])]


def versions(tags: str) -> frozenset[int] | None:
    """Return the versions that a list of entity tags names; None where one is not ours."""
    found = [_TAG.fullmatch(each.strip()) for each in tags.split(",")]
    return frozenset(int(each[1]) for each in found if each) if all(found) else None
