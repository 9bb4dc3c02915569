"""A model that is code is refused, and none of it runs (SEC-31): models are plain numbers."""

from __future__ import annotations

import ast
import io
import json
import os
import pickle
import zipfile
from pathlib import Path

import pytest
from typer.testing import CliRunner

from app.cli import build
from app.learned import Learned

ROOT = Path(__file__).parent.parent.parent
ROOMS = ("core", "fhir", "ingest", "monitoring", "alerts", "reports", "app", "lab")
RUNS_CODE = {"pickle", "_pickle", "cloudpickle", "dill", "joblib", "marshal", "shelve", "skops"}


class Hostile:
    """Makes a folder as soon as it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return os.mkdir, (str(self.mark),)


def pickled(mark: Path) -> bytes:
    return pickle.dumps(Hostile(mark))


def skops(mark: Path) -> bytes:
    """Return a file as skops writes it, whose schema names a function to call."""
    call = {"__class__": "mkdir", "__module__": "os", "__loader__": "FunctionNode"}
    schema = {
        "__class__": "mkdir",
        "__module__": "os",
        "__loader__": "ReduceNode",
        "args": {"__loader__": "JsonNode", "content": json.dumps([str(mark)])},
        "constructor": call,
    }
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("schema.json", json.dumps(schema))
    return held.getvalue()


@pytest.mark.parametrize("make", [pickled, skops])
def test_a_model_that_is_code_is_refused_and_runs_nothing_sec_31(
    make: object, tmp_path: Path
) -> None:
    mark, file = tmp_path / "executed", tmp_path / "model"
    assert callable(make)
    file.write_bytes(make(mark))

    loaded = Learned(file).file()
    added = CliRunner().invoke(build("models"), ["models", "add", str(file), "--reason", "none"])

    assert loaded is None
    assert "is not an artefact" in str(added.exception)
    assert not mark.exists()


def test_the_payload_of_this_test_would_run_where_it_is_unpickled(tmp_path: Path) -> None:
    pickle.loads(pickled(tmp_path / "executed"))  # noqa: S301 (what is shown)

    assert (tmp_path / "executed").is_dir()


def test_nothing_of_ours_imports_what_runs_code_from_a_file_sec_31() -> None:
    found = set()
    for path in (each for room in ROOMS for each in (ROOT / room).rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if not any(name in text for name in RUNS_CODE):
            continue
        for node in ast.walk(ast.parse(text)):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom) and node.module:
                names = [node.module]
            if {name.partition(".")[0] for name in names} & RUNS_CODE:
                found.add(path.relative_to(ROOT).as_posix())

    assert not found
