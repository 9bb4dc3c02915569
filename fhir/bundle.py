"""Reads a Bundle as entries that keep their received bytes, in the order FHIR asks for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from fhir.outcome import Refusal


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as received; `raw` is the resource's own bytes, empty where it has none."""

    index: int
    full_url: str
    method: str
    url: str
    if_none_exist: str
    raw: bytes
    resource_type: str
    if_match: str = ""
    resource_id: str = ""


@dataclass(frozen=True, slots=True)
class Bundle:
    """A batch, transaction or collection."""

    type: str
    entries: tuple[Entry, ...]


def read_bundle(raw: bytes) -> Bundle | Refusal:
    """Return the entries of a Bundle, each with its received bytes, or why it is refused."""
    raise NotImplementedError


def order(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return a transaction's entries in processing order: DELETE, POST, PUT/PATCH, GET."""
    raise NotImplementedError


def rewrite(raw: bytes, mapping: Mapping[str, str]) -> bytes:
    """Return the resource with references in `mapping` (urn:uuid or conditional) replaced."""
    raise NotImplementedError
