"""`make audit`: whether an advisory is known for a locked package (SEC-41).

Advisories come over the network. Where the service cannot be reached, nothing was audited, and
that is said and is no success: exit code 3, or 0 where `AUDIT_UNREACHABLE=skip` states that it may
be skipped. `pip-audit` itself says "no known vulnerabilities" of packages it could not look up.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parent.parent
LOCKS = ("build", "runtime", "dev")
UNREACHABLE, FOUND = 3, 1
LONGEST_DAYS = 180  # an advisory is looked at again twice a year at least


class AcceptedError(ValueError):
    """An entry of the list of accepted advisories cannot stand."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """An advisory that is let pass until a day."""

    id: str
    package: str
    reason: str
    until: date


def accepted(text: str, *, today: date) -> list[Accepted]:
    """Return what is let pass today.

    Raises
    ------
    AcceptedError
        For an entry without id, package, reason or day, one that is over, and one that would
        last longer than half a year.
    """
    found = []
    for each in tomllib.loads(text).get("accepted", []):
        try:
            entry = Accepted(each["id"], each["package"], each["reason"].strip(), each["until"])
        except (KeyError, AttributeError) as error:
            raise AcceptedError(f"{each}: id, package, reason and until are needed") from error
        if not entry.reason or type(entry.until) is not date:
            raise AcceptedError(f"{entry.id}: a reason and a day are needed")
        if entry.until < today:
            raise AcceptedError(f"{entry.id} was accepted until {entry.until}: look again")
        if (entry.until - today).days > LONGEST_DAYS:
            raise AcceptedError(f"{entry.id} is accepted for longer than {LONGEST_DAYS} days")
        found.append(entry)
    return found


def judged(report: dict[str, Any], passing: list[Accepted]) -> tuple[list[str], list[str]]:
    """Return the advisories that count, and the packages that nobody looked up."""
    known = {(each.id, each.package) for each in passing}
    counted, unknown = [], []
    for each in report["dependencies"]:
        if "skip_reason" in each:
            unknown.append(each["name"])
        for advisory in each.get("vulns", []):
            ids = {advisory["id"], *advisory.get("aliases", [])}
            if not {(one, each["name"]) for one in ids} & known:
                mend = ", ".join(advisory.get("fix_versions", [])) or "no fixed version yet"
                counted.append(f"{each['name']} {each['version']}: {advisory['id']} ({mend})")
    return counted, unknown


def ask(requirements: Path) -> dict[str, Any] | None:
    """Return what `pip-audit` says of a file of requirements, or None where it says nothing."""
    command = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes"]
    rest = ["--format", "json", "--progress-spinner", "off", "--timeout", "10", "-r"]
    done = subprocess.run(
        [*command, *rest, str(requirements)], capture_output=True, text=True, check=False
    )
    try:
        said: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        return None
    return said


def first_of(lock: Path) -> str:
    """Return the first requirement of a lock, hashes and all."""
    lines = [each for each in lock.read_text().splitlines() if not each.lstrip().startswith("#")]
    kept = []
    for line in lines:
        if line.strip():
            kept.append(line)
            if not line.rstrip().endswith("\\"):
                break
    return "\n".join(kept) + "\n"


def reachable() -> bool:
    """Ask about one package: whoever knows none of it is not asked about hundreds."""
    with TemporaryDirectory() as folder:
        one = Path(folder) / "one.txt"
        one.write_text(first_of(ROOT / "requirements/runtime.txt"))
        said = ask(one)
    return said is not None and not judged(said, [])[1]


def say(words: str) -> None:
    """Say it on standard error."""
    sys.stderr.write(f"audit: {words}\n")


def unreachable(why: str) -> int:
    """Say that nothing was audited, and whether that may be."""
    may = os.environ.get("AUDIT_UNREACHABLE") == "skip"
    say(f"{'SKIPPED' if may else 'FAILED'}, nothing was audited: {why}")
    return 0 if may else UNREACHABLE


def main() -> int:
    """Audit every lock; return the exit code."""
    today = datetime.now(UTC).date()  # noqa: TID251 (a command of the bench: nobody hands it in)
    try:
        passing = accepted((HERE / "accepted.toml").read_text(), today=today)
    except AcceptedError as error:
        say(f"tests/supply/accepted.toml: {error}")
        return FOUND
    if not reachable():
        return unreachable("the service of advisories cannot be reached from here")
    counted, unknown = [], []
    for name in LOCKS:
        said = ask(ROOT / f"requirements/{name}.txt")
        if said is None:
            return unreachable(f"no answer about requirements/{name}.txt")
        new = judged(said, passing)
        counted += new[0]
        unknown += new[1]
    for each in counted:
        say(each)
    if unknown:
        say(f"nobody knows {', '.join(unknown)}")
    return FOUND if counted else UNREACHABLE if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
