"""A short run of what `make fuzz` does for long (SEC-42)."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.fhir.ambiguous import AMBIGUOUS
from tests.fhir.payloads import half, observation, pressure, raw

ROOT = Path(__file__).parent.parent.parent
INPUTS = 2_000
LONGEST = 4096


@pytest.mark.skipif(find_spec("atheris") is None, reason="there is no atheris for this Python")
def test_the_fhir_reader_answers_whatever_comes_sec_42(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    begin = [raw(observation()), raw(pressure(half("8480-6", 120), half("8462-4", 80)))]
    begin += [each for each in AMBIGUOUS.values() if len(each) < LONGEST]
    for number, each in enumerate(begin):
        (corpus / str(number)).write_bytes(each)

    done = subprocess.run(
        [sys.executable, "-m", "tests.fuzz.guided", f"-runs={INPUTS}", "-seed=42", str(corpus)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    runs = re.search(r"Done (\d+) runs", done.stderr)
    assert runs is not None
    assert int(runs[1]) >= INPUTS
