"""The model of a file and its card, read together: the file may be gone afterwards (FT-33)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from core.logging import logger
from monitoring import risk
from monitoring.artefacts.repository import read_within
from monitoring.models.standing import card_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

MODEL_SECONDS = 5.0  # a share that hangs keeps nobody from being judged by the rules (E)

log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Filed:
    """What a file had when it was read."""

    model: risk.Model
    card: Mapping[str, Any]


def filed(path: Path | None = None) -> Filed | None:
    """Return what a file has, that of the model that ships where none is named.

    None where it is missing, damaged or hangs: rules still alert (FT-33).
    """
    source = path or files("monitoring").joinpath("artefact.json")
    try:
        payload = json.loads(read_within(source, seconds=MODEL_SECONDS))
        return Filed(risk.load(payload), card_of(payload))
    except (OSError, ValueError, RecursionError) as fault:
        log.error("the learned score is unavailable", reason=str(fault))
        return None
