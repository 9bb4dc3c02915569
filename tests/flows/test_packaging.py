"""The shared name `fhir` works from a wheel too, not only from the source tree (ADR 3)."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import fhir

ROOT = Path(__file__).parent.parent.parent
OURS = ROOT / "fhir"
ROOMS = ("core", "fhir", "ingest", "monitoring", "alerts", "reports", "app", "lab")
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
def wheels(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Build twice at once: from two copies of what is in the repository, made in two ways."""
    listed = ["git", "ls-files", "-z", *ROOMS, "pyproject.toml", "README.md", "LICENSE"]
    said = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    tracked = [each for each in said.split("\0") if each]
    ways = (("one", "UTC", shutil.copy2), ("another/much/deeper", "Asia/Seoul", shutil.copyfile))
    building, out = [], []
    for folder, zone, copied in ways:
        source = tmp_path_factory.mktemp("source") / folder
        for name in tracked:
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            copied(ROOT / name, source / name)
        shutil.copytree(ROOT / "app/static", source / "app/static", dirs_exist_ok=True)
        out.append(tmp_path_factory.mktemp("wheel"))
        command = [sys.executable, "-m", "build", "-w", "-n", "-o", str(out[-1]), str(source)]
        surroundings = {**os.environ, "SOURCE_DATE_EPOCH": "1764489600", "TZ": zone}
        building.append(subprocess.Popen(command, stdout=subprocess.DEVNULL, env=surroundings))
    assert [each.wait(timeout=240) for each in building] == [0, 0]
    return [next(each.glob("*.whl")) for each in out]


@pytest.fixture(scope="module")
def wheel(wheels: list[Path]) -> Path:
    return wheels[0]


def test_a_wheel_is_the_same_wherever_and_whenever_it_is_built_sec_41(wheels: list[Path]) -> None:
    one, another = (zipfile.ZipFile(each) for each in wheels)
    with one, another:
        assert one.namelist() == another.namelist()
        assert [each.CRC for each in one.infolist()] == [each.CRC for each in another.infolist()]

    assert wheels[0].read_bytes() == wheels[1].read_bytes()


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
