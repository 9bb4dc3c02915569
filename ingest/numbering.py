"""Which numbers mean the same person whoever sends them, and which only their sender's (pure)."""

from __future__ import annotations

from ingest.receipt import DIGEST, NO_SYSTEM, Kind, Name

# Registries publish these forms (`http://hl7.org/fhir/sid/us-npi`, `urn:oid:…`); a system that
# is a bare word, a `urn:uuid:` or a vendor's own `urn:` may be used twice by chance.
PUBLISHED = ("http://", "https://", "urn:oid:")
_OURS = "urn:wardlight:"


def shared(name: Name) -> bool:
    """Return whether a name means the same for every client.

    Patients are everybody's: numbers without system were given their client's before. A
    clinician is shared by the number of a published register only, see decision 0015.
    """
    if name.type == Kind.PRACTITIONER:
        return name.system.startswith(PUBLISHED)
    return name.type == Kind.PATIENT


def said_by_sender(system: str) -> bool:
    """Return whether a system came from outside, and is not one that was given here."""
    return not system.startswith(_OURS)


def without_system(system: str) -> bool:
    """Return whether a number came without a system and was given its client's."""
    return system.startswith(NO_SYSTEM)


def wording(client: object) -> str:
    """Return the system under which one client's patients without number go by their words."""
    return f"{DIGEST}:{client}"
