"""What is found of an installation: fine, to be looked at, or refused, and how it is mended; pure.

The command `doctor` prints all of it; a process that starts asks for the same of its database.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from app.erasure.damage import MEND, damaged

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime, timedelta
    from pathlib import Path

WELL_SKEWED = 1.0  # seconds; times of readings and deadlines are shown to the second
TOO_SKEWED = 30.0  # an assertion of a device lives for five minutes (SEC-01)
LITTLE_SPACE = 1 << 30
NO_SPACE = 100 << 20
KEY_LASTS_DAYS = 365  # NIST SP 800-57 part 1, 5.3.6: at most two years to seal with one key
OTHERS_READ, OTHERS_WRITE = 0o044, 0o022


class Verdict(StrEnum):
    """How grave it is."""

    OK = "ok"
    WARN = "warn"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at; `mend` says what to do where it is not well."""

    name: str
    verdict: Verdict
    said: str
    mend: str = ""

    def __str__(self) -> str:
        """Return it in one line."""
        rest = f"; {self.mend}" if self.mend else ""
        return f"{self.verdict:<8}{self.name}: {self.said}{rest}"


@dataclass(frozen=True, slots=True)
class Standing:
    """What a database says of itself and of the role that we are there."""

    role: str
    superuser: bool = False
    powers: Sequence[str] = ()
    changes_audit: bool = False
    encrypted: bool = False
    unsafe: Sequence[str] = ()
    behind: int = 0  # turns of the audit that this server still has to count
    back: int = 0  # people who were erased, and are here again with an old copy
    lost: Sequence[int] = ()  # lines outside of which nobody knows whose erasure they were
    silenced: int = 0  # people whose monitoring a merge alone ended
    migrated: bool = True
    skew: float = 0.0  # seconds that its clock is ahead of ours
    demo_accounts: int = 0
    other_accounts: int = 0
    oldest_seal: datetime | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """What is asked of it: of production most, of the demonstration that nobody real is there."""

    production: bool = False
    demo: bool = False
    test: bool = False
    nearby: bool = False  # whether what is said to the database leaves no machine
    keys: Sequence[str] = field(default_factory=tuple)


def database(standing: Standing, profile: Profile) -> Iterator[Finding]:
    """Judge a database and our role there (REL-04, SEC-18, SEC-30, SEC-49)."""
    yield _superuser(standing)
    yield _powers(standing, profile)
    yield _audit(standing, profile)
    yield _turns(standing)
    yield _back(standing)
    yield _durable(standing, profile)
    yield _encrypted(standing, profile)
    yield _demo(standing, profile)


def _superuser(standing: Standing) -> Finding:
    if standing.superuser:
        said = "the application may not work as a PostgreSQL superuser"
        mend = "let WARDLIGHT_DATABASE_URL name the role of WARDLIGHT_APP_ROLE"
        return Finding("database role", Verdict.REFUSED, said, mend)
    return Finding("database role", Verdict.OK, f"{standing.role} is no superuser")


def _powers(standing: Standing, profile: Profile) -> Finding:
    if not standing.powers:
        return Finding("database powers", Verdict.OK, "it can make no roles and no databases")
    said = f"{standing.role} has {', '.join(standing.powers)}, which it does not need"
    taken = " ".join(f"no{each}" for each in standing.powers)
    return Finding("database powers", _grave(profile), said, f"alter role {standing.role} {taken}")


def _audit(standing: Standing, profile: Profile) -> Finding:
    if standing.changes_audit:
        said = f"{standing.role} may change or delete what the audit says"
        mend = "let the role that owns the tables be another: see *Database roles* in operations.md"
        return Finding("audit", _grave(profile), said, mend)
    return Finding("audit", Verdict.OK, "it can be written and read, and not changed")


def _turns(standing: Standing) -> Finding:
    if standing.behind:
        said = "the database came from another server"
        return Finding("order of the audit", Verdict.REFUSED, said, "run `wardlight migrate`")
    return Finding("order of the audit", Verdict.OK, "what is written comes after what was sealed")


def _back(standing: Standing) -> Finding:
    """Let nobody work with people who were erased and came back with an old copy (SEC-44)."""
    if standing.back:
        said = f"{standing.back} people who were erased are here again: this is an older copy"
        return Finding("erasures", Verdict.REFUSED, said, "run `wardlight erase --again`")
    if standing.lost:
        return Finding("erasures", Verdict.REFUSED, damaged(standing.lost), MEND)
    return Finding("erasures", Verdict.OK, "nobody who was erased is here again")


def _durable(standing: Standing, profile: Profile) -> Finding:
    if standing.unsafe and not profile.test:
        said = f"PostgreSQL is not set up to keep data: {', '.join(standing.unsafe)}"
        mend = "set fsync and synchronous_commit to on, transaction_isolation to read committed"
        return Finding("durability", Verdict.REFUSED, said, mend)
    return Finding("durability", Verdict.OK, "what is acknowledged is on the disk")


def _encrypted(standing: Standing, profile: Profile) -> Finding:
    if standing.encrypted:
        return Finding("database TLS", Verdict.OK, "the connection is encrypted")
    if profile.nearby:
        return Finding("database TLS", Verdict.OK, "not needed: the server is on this machine")
    mend = "add `?sslmode=verify-full&sslrootcert=…` to WARDLIGHT_DATABASE_URL"
    return Finding("database TLS", _grave(profile), "the connection is readable on its way", mend)


def _demo(standing: Standing, profile: Profile) -> Finding:
    """Keep invented people apart from real ones: neither opens the other's database (SEC-49)."""
    if profile.demo and standing.other_accounts:
        said = "the demonstration runs on a database in which there are accounts that are not its"
        mend = "unset WARDLIGHT_DATABASE_URL, or set WARDLIGHT_ENVIRONMENT to what it is"
        return Finding("demonstration", Verdict.REFUSED, said, mend)
    if profile.production and standing.demo_accounts:
        said = f"{standing.demo_accounts} accounts are of a demonstration; none of them is let in"
        mend = "close them with `wardlight user disable`, and take another database"
        return Finding("demonstration", Verdict.WARN, said, mend)
    return Finding("demonstration", Verdict.OK, "it is kept apart")


def _grave(profile: Profile) -> Verdict:
    return Verdict.REFUSED if profile.production else Verdict.WARN


def migrated(standing: Standing) -> Finding:
    """Judge whether the schema is the one that this program was written for."""
    if standing.migrated:
        return Finding("schema", Verdict.OK, "at its newest revision")
    return Finding("schema", Verdict.REFUSED, "migrations are missing", "run `wardlight migrate`")


def monitored(standing: Standing) -> Finding:
    """Judge whether a merge with a discharged record ended somebody's monitoring (SEC-28)."""
    if standing.silenced:
        said = f"{standing.silenced} people are not monitored since a discharged record joined them"
        mend = (
            "`wardlight patient silenced` names their ids: let their care team take monitoring up"
            " again or discharge them, or take the records apart"
        )
        return Finding("merged records", Verdict.WARN, said, mend)
    return Finding("merged records", Verdict.OK, "no merge alone ended anybody's monitoring")


def clock(standing: Standing) -> Finding:
    """Judge how far this machine's clock and the database's are apart (decision 17)."""
    apart = abs(standing.skew)
    said = f"{apart:.1f} s from the clock of the database"
    mend = "let both machines follow a time server (chrony or systemd-timesyncd)"
    if apart > TOO_SKEWED:
        return Finding("clock", Verdict.REFUSED, said, mend)
    if apart > WELL_SKEWED:
        return Finding("clock", Verdict.WARN, said, mend)
    return Finding("clock", Verdict.OK, said)


def disk(free: int, folder: Path) -> Finding:
    """Judge the space that is left where the audit of an emergency may have to wait."""
    said = f"{free >> 20} MiB are free in {folder}"
    mend = "make room, or set WARDLIGHT_DATA to a folder that has some"
    if free < NO_SPACE:
        return Finding("disk", Verdict.REFUSED, said, mend)
    if free < LITTLE_SPACE:
        return Finding("disk", Verdict.WARN, said, mend)
    return Finding("disk", Verdict.OK, said)


def folder(path: Path, *, kept: bool) -> Finding:
    """Judge whether what must stand outside the database can be kept: heads, erasures, the owed."""
    if kept:
        return Finding("data folder", Verdict.OK, f"{path} takes what is kept there")
    mend = f"let the user that Wardlight runs as own {path}, or set WARDLIGHT_DATA to another"
    return Finding("data folder", Verdict.REFUSED, f"{path} cannot be written", mend)


def files(modes: Mapping[Path, int], profile: Profile) -> Iterator[Finding]:
    """Judge who else on this machine reads a file of secrets, or writes the data folder.

    `modes` are the permissions of each; a folder's have the bit of a folder.
    """
    for path, mode in modes.items():
        folder = bool(mode & 0o40000)
        if mode & (OTHERS_WRITE if folder else OTHERS_READ | OTHERS_WRITE):
            said = f"{path} can be {'changed' if folder else 'read or changed'} by others"
            mend = f"chmod {'go-w' if folder else '600'} {path}"
            yield Finding("permissions", _grave(profile), said, mend)
        else:
            yield Finding("permissions", Verdict.OK, f"{path} is its owner's alone")


def broker(*, answers: bool, opened: bool, nearby: bool) -> Iterator[Finding]:
    """Judge a broker: whether it answers, and whether it lets in who has no password (SEC-30)."""
    if answers:
        yield Finding("broker", Verdict.OK, "it answers")
    else:
        mend = "start it, or mend WARDLIGHT_BROKER_URL: readings are kept and wait meanwhile"
        yield Finding("broker", Verdict.REFUSED, "it cannot be reached", mend)
    if opened and not nearby:
        mend = "set a password (`requirepass` or an ACL), and let the default user do nothing"
        yield Finding("broker access", Verdict.REFUSED, "it lets in who has no password", mend)
    elif opened:
        mend = "set a password where other people work on this machine"
        yield Finding("broker access", Verdict.WARN, "whoever is on this machine gets in", mend)
    else:
        yield Finding("broker access", Verdict.OK, "nobody gets in without a password")


def mail(fault: str | None, *, configured: bool) -> Finding:
    """Judge the mail server: `fault` is what failed when it was spoken to."""
    if not configured:
        mend = "set WARDLIGHT_SMTP_HOST: without it the inbox is the only channel"
        return Finding("mail", Verdict.WARN, "there is no mail server", mend)
    if fault is not None:
        mend = "mend WARDLIGHT_SMTP_HOST, WARDLIGHT_SMTP_USER or the server"
        return Finding("mail", Verdict.WARN, f"it does not take mail ({fault})", mend)
    return Finding("mail", Verdict.OK, "it takes mail")


def paper(packages: str, *, found: bool) -> Finding:
    """Judge whether a report can be set as a PDF."""
    if found:
        return Finding("PDF", Verdict.OK, "Pango is there")
    return Finding("PDF", Verdict.WARN, "Pango is missing", f"apt-get install {packages}")


def keys(names: Iterable[str], since: datetime | None, *, now: datetime) -> Iterator[Finding]:
    """Judge the keys of the sealed fields: how long one has sealed, and what may leave the ring."""
    current, *older = names
    lasted: timedelta | None = now - since if since else None
    if lasted is not None and lasted.days > KEY_LASTS_DAYS:
        said = f"{current} has sealed for {lasted.days} days"
        mend = "run `wardlight keys add`, restart, and `wardlight keys rotate`"
        yield Finding("field keys", Verdict.WARN, said, mend)
    else:
        days = f" for {lasted.days} days" if lasted is not None else ""
        yield Finding("field keys", Verdict.OK, f"{current} seals{days}")
    if older:
        mend = "once `wardlight keys rotate` says 0 for every column, take them off the ring"
        said = f"{', '.join(older)} still open fields"
        yield Finding("older field keys", Verdict.WARN, said, mend)
