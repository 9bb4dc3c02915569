"""The rulebook as it is shipped, read once for all tests of a process: nothing changes it."""

from __future__ import annotations

from monitoring.service import load_rulebook

RULEBOOK = load_rulebook()
