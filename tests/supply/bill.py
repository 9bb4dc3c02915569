"""`make sbom`: what a release is made of, as CycloneDX: Python and front-end (SEC-41)."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from base64 import b64decode
from typing import Any

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from tests.supply.locked import ROOT, Component, front_end_components, licence_of

WHERE = ROOT / "dist/wardlight.cdx.json"
VERSION = SchemaVersion.V1_6


def bill() -> dict[str, Any]:
    """Return the bill of materials; raise `ValueError` where it is none by the schema."""
    made = _python()
    for each in made["components"]:
        each["licenses"] = [{"license": {"name": licence_of(each["name"]) or "not stated"}}]
    made["components"] += [_front_end(each) for each in front_end_components()]
    made["metadata"]["component"] = _ourselves()
    made.pop("dependencies", None)  # a flat lock does not say what needs what
    fault = JsonStrictValidator(VERSION).validate_str(json.dumps(made))
    if fault is not None:
        raise ValueError(str(fault))
    return made


def _python() -> dict[str, Any]:
    lock = ROOT / "requirements/runtime.txt"
    command = [sys.executable, "-m", "cyclonedx_py", "requirements", "--output-reproducible"]
    done = subprocess.run(
        [*command, "--short-PURLs", "--sv", VERSION.to_version(), "--of", "JSON", str(lock)],
        capture_output=True,
        check=True,
    )
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _front_end(component: Component) -> dict[str, Any]:
    kind, _, digest = component.integrity.partition("-")
    scope, _, name = component.name.rpartition("/")
    group = {"group": scope} if scope else {}
    path = f"{scope.replace('@', '%40')}/{name}" if scope else name
    return {
        "type": "library",
        "bom-ref": f"npm-{component.name}",
        **group,
        "name": name,
        "version": component.version,
        "purl": f"pkg:npm/{path}@{component.version}",
        "licenses": [{"license": {"name": component.licence}}],
        "hashes": [
            {"alg": kind.upper().replace("SHA", "SHA-"), "content": b64decode(digest).hex()}
        ],
    }


def _ourselves() -> dict[str, Any]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {
        "type": "application",
        "bom-ref": "wardlight",
        "name": project["name"],
        "version": project["version"],
        "licenses": [{"license": {"id": project["license"]}}],
    }


if __name__ == "__main__":
    WHERE.parent.mkdir(exist_ok=True)
    WHERE.write_text(json.dumps(bill(), indent=1) + "\n")
