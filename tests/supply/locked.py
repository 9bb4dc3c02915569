"""What the lock files hold: each component with version, licence and hash."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent.parent
# Packages of other systems and older Pythons, which are not installed where this is read.
ELSEWHERE = {"async-timeout": "Apache-2.0", "brotlicffi": "MIT", "colorama": "BSD-3-Clause"}
REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)==(\S+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Component:
    """One package of a lock."""

    name: str
    version: str
    licence: str  # "" where it says nothing
    kind: str  # "pypi" or "npm"
    integrity: str = ""


def python_components(lock: str = "runtime") -> list[Component]:
    """Return the Python packages of a lock, each with the licence that it states of itself."""
    text = (ROOT / f"requirements/{lock}.txt").read_text()
    return [
        Component(name, version, licence_of(name), "pypi")
        for name, version in REQUIREMENT.findall(text)
    ]


def front_end_components() -> list[Component]:
    """Return the packages that pages are made of: no development ones."""
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return [
        Component(
            path.removeprefix("node_modules/"),
            each["version"],
            each["license"],
            "npm",
            each["integrity"],
        )
        for path, each in packages.items()
        if path and not each.get("dev")
    ]


def licence_of(name: str) -> str:
    """Return a package's licence: its expression, else its classifier, else the first words."""
    try:
        said: Any = metadata(name)  # typeshed knows half of what it is
    except PackageNotFoundError:
        return ELSEWHERE.get(name, "")
    if expression := said.get("License-Expression"):
        return str(expression)
    classified = [
        each.rpartition(" :: ")[2]
        for each in said.get_all("Classifier") or []
        if each.startswith("License :: OSI")
    ]
    if classified:
        return " or ".join(classified)
    return (str(said.get("License") or "").strip().splitlines() or [""])[0][:60]
