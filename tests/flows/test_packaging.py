"""The shared name `fhir` works from a wheel too, not only from the source tree (ADR 3)."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fhir

ROOT = Path(__file__).parent.parent.parent
OURS = ROOT / "fhir"
SCRIPT = """
import fhir.outcome, fhir.resources.R4B.observation, ingest.enrolment, monitoring.rulebook
from importlib.resources import files
assert files("monitoring").joinpath("rulebook.toml").is_file()
assert files("monitoring").joinpath("artefact.json").is_file()
assert files("ingest").joinpath("conditions.toml").is_file()
assert files("alerts").joinpath("policy.toml").is_file()
assert files("app").joinpath("templates/inbox.html").is_file()
print(fhir.outcome.__file__)
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    subprocess.run(
        [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", out, ROOT],
        check=True,
        capture_output=True,
        timeout=120,
    )
    return next(out.glob("*.whl"))


def test_an_editable_install_shares_the_name_from_any_folder(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(ROOT))


def test_a_wheel_beside_fhir_resources_shares_the_name(wheel: Path, tmp_path: Path) -> None:
    library = next(Path(folder) for folder in fhir.__path__ if not folder.startswith(str(OURS)))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path)
    # As pip would lay them out: both in one folder, our `fhir/__init__.py` over the empty one.
    (tmp_path / "fhir" / "resources").symlink_to(library / "resources")

    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(tmp_path))
