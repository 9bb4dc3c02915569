"""What import-linter cannot hold: purity, sizes, the shared name `fhir`, one publisher."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from pathlib import Path

import pytest

from tests.turns import DEAREST, SHARING

ROOT = Path(__file__).parent.parent
ROOMS = ("core", "fhir", "ingest", "monitoring", "alerts", "reports", "app", "lab")
PURE_ROOMS = ("fhir", "ingest", "monitoring", "alerts", "reports")
IO_NAMES = {"tables", "repository", "service", "router", "schemas"}
LONGEST_FILE = 300
LONGEST_FUNCTION = 50

# What of the standard library reaches outside the program, or is not repeatable.
REACHES_OUT = {"asyncio", "glob", "http", "io", "logging", "multiprocessing", "os", "pathlib"} | {
    "random", "secrets", "shutil", "smtplib", "socket", "sqlite3", "ssl", "subprocess", "sys",
    "tempfile", "threading", "time", "urllib",
}  # fmt: skip
PURE_STANDARD = sys.stdlib_module_names - REACHES_OUT
# What a pure module may import besides, and besides earlier rooms' pure modules.
PURE_LIBRARIES = {
    "fhir": {"fhir", "msgspec", "ucumvert", "pint", "pydantic"},
    "ingest": set(),
    "monitoring": set(),
    "alerts": set(),
    "reports": {"babel", "markupsafe"},
}
FILE_LIBRARIES = {
    "monitoring/risk.py": {"sklearn"},
    "monitoring/training.py": {"sklearn"},
    "monitoring/catalogue.py": {"babel"},
    "monitoring/words.py": {"babel"},
}
PURE_CORE = {"core.vitals", "core.errors"}
FORBIDDEN_CALLS = {("datetime", "now"), ("datetime", "utcnow"), ("date", "today"), ("time", "time")}


def python_files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def type_checking_only(tree: ast.Module) -> set[int]:
    """Return the ids of nodes that exist only for the type checker."""
    return {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }


def running_imports(tree: ast.Module) -> set[str]:
    hidden = type_checking_only(tree)
    kept = [node for node in ast.walk(tree) if id(node) not in hidden]
    names: set[str] = set()
    for node in kept:
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return names


def is_pure(path: Path) -> bool:
    return path.stem not in IO_NAMES and "notify" not in path.parts


PURE_FILES = [path for path in python_files(*PURE_ROOMS) if is_pure(path)]


@pytest.mark.parametrize("path", PURE_FILES, ids=name_of)
def test_a_pure_module_imports_only_what_is_pure(path: Path) -> None:
    room = path.relative_to(ROOT).parts[0]
    libraries = PURE_LIBRARIES[room] | FILE_LIBRARIES.get(name_of(path), set()) | {"numpy"}

    impure = set()
    for name in running_imports(tree_of(path)):
        top = name.split(".")[0]
        if top == "core":
            if not any(name.startswith(allowed) for allowed in PURE_CORE):
                impure.add(name)
        elif top in ROOMS and not (top == "fhir" and name.startswith("fhir.resources")):
            if IO_NAMES & set(name.split(".")):
                impure.add(name)
        elif top not in PURE_STANDARD | libraries:
            impure.add(name)

    assert not impure


@pytest.mark.parametrize("path", PURE_FILES, ids=name_of)
def test_a_pure_module_neither_reads_the_clock_nor_opens_a_file(path: Path) -> None:
    calls = {
        (ast.unparse(node.func.value).split(".")[-1], node.func.attr)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    }
    opened = {
        node.func.id
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }

    assert not calls & FORBIDDEN_CALLS
    assert "open" not in opened


def test_no_file_is_longer_than_300_lines() -> None:
    files = python_files(*ROOMS, "tests", "bench", "examples")

    too_long = {
        name_of(p): n for p in files if (n := len(p.read_text().splitlines())) > LONGEST_FILE
    }

    assert not too_long


def test_the_files_that_run_first_are_there() -> None:
    assert [name for name in (*DEAREST, *SHARING) if not (ROOT / name).is_file()] == []


def test_whoever_asks_for_the_shared_system_is_tested_where_it_runs() -> None:
    """It ends with the last of them; another file would find nothing there."""
    asking = {
        name_of(path)
        for path in python_files("tests/flows", "tests/reference", "tests/browser")
        if "system: System" in (text := path.read_text())
        and "def system(" not in text
        and "running_system(" not in text
    }
    assert asking <= set(SHARING)


def test_functions_stay_small() -> None:
    lengths = {
        f"{name_of(path)}:{node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in python_files(*ROOMS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    ordered = sorted(lengths.values())

    assert not {name: n for name, n in lengths.items() if n > LONGEST_FUNCTION}
    assert statistics.median(ordered) <= 8
    assert ordered[int(len(ordered) * 0.9)] <= 25


def test_no_file_has_a_name_without_an_idea() -> None:
    banned = {"utils", "helpers", "common", "manager", "base", "misc"}

    named = [name_of(p) for p in python_files(*ROOMS, "tests") if p.stem in banned]

    assert not named


def test_only_the_relay_publishes_rel_02() -> None:
    publishing = {
        name_of(path)
        for path in python_files(*ROOMS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"apply_async", "delay", "send_task"}
        and not ast.unparse(node.func).startswith("super()")
    }

    assert publishing == {"app/relay.py"}


def test_only_fhir_imports_fhir_resources_and_only_r4b() -> None:
    outside = {
        name_of(path)
        for path in python_files(*ROOMS)
        for name in imported(tree_of(path))
        if name.startswith("fhir.resources") and path.relative_to(ROOT).parts[0] != "fhir"
    }
    other_releases = {
        name
        for path in python_files("fhir")
        for name in imported(tree_of(path))
        if name.startswith("fhir.resources.") and not name.startswith("fhir.resources.R4B")
    }

    assert not outside
    assert not other_releases


def test_application_code_never_commits() -> None:
    committing = {
        name_of(path)
        for path in python_files(*ROOMS)
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "commit"
    }

    assert not committing


def test_the_name_fhir_is_shared_in_python_dash_m() -> None:
    script = "import fhir.outcome, fhir.resources.R4B.observation"

    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=False, timeout=60)

    assert done.returncode == 0


def test_the_shared_package_file_holds_nothing_else() -> None:
    lines = [line for line in (ROOT / "fhir" / "__init__.py").read_text().splitlines() if line]

    assert lines == [
        "from pkgutil import extend_path",
        "__path__ = extend_path(__path__, __name__)",
    ]
