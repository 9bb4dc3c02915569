"""The routing policy that the pages speak of, read once for an installation."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from alerts.service import load_policy

if TYPE_CHECKING:
    from pathlib import Path

    from alerts.policy import Policy
    from core.settings import Settings


def policy_of(settings: Settings) -> Policy:
    """Return the installation's policy; raise `InvalidError` where it is refused."""
    return _read(settings.policy, settings.site_timezone)


@cache
def _read(path: Path | None, zone: str) -> Policy:
    return load_policy(path=path, zone=zone)
