"""Bodies made to cost: each is refused, within little memory, in a process of its own (SEC-32)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fhir.hostile import BODIES, BUNDLES

ROOT = Path(__file__).parent.parent.parent
MOST = 64  # MiB over the baseline


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="peaks are read from /proc")
@pytest.mark.parametrize("name", [*BODIES, *BUNDLES])
def test_a_hostile_body_is_refused_within_64_mib_sec_32_fhir_21(name: str) -> None:
    said = subprocess.run(
        [sys.executable, "-m", "tests.fhir.hostile", name],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()

    assert int(said[0]) in (400, 413), said
    assert float(said[1]) < MOST, said
