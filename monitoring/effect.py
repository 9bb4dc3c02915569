"""What a judgement comes to, as a name: equal effects are stored and told once (REL-10)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ingest.blocks import STORED, in_order

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ingest.blocks import Block
    from monitoring.findings import Assessment


def effect_key(found: Assessment, readings: Iterable[Block]) -> str:
    """Return the name of a judgement's effect: equal for equal readings, findings and day.

    The day is part of it, so that a quiet day is looked at once and episodes can end.
    """
    facts = [
        [f"{f.rule_id} {f.at.isoformat()} {f.severity} {f.back_in_range}" for f in found.findings],
        sorted(f"{_names(each)} {each.alike.vital} {each.alike.quality}" for each in readings),
        [found.at.date().isoformat(), found.rulebook_hash, found.model_id],
        [f"{vital} {each.late_at} {each.why}" for vital, each in sorted(found.expected.items())],
    ]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def _names(block: Block) -> str:
    """Return a name for the names of all readings of a block."""
    ids = in_order(block)
    raw = ids.tobytes() if ids.dtype == STORED else json.dumps(ids.tolist()).encode()
    return hashlib.sha256(raw).hexdigest()
