"""The only place that reads the clock. Everything else is handed `now`."""

from __future__ import annotations

from datetime import UTC, datetime


def utc_now() -> datetime:
    """Return the current instant as an aware datetime in UTC."""
    return datetime.now(UTC)
