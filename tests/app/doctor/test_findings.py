"""Each thing that is looked at, fine and not, and what mends it.

SEC-08, SEC-18, SEC-30, SEC-49.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from app.doctor import findings
from app.doctor.findings import NO_SPACE, Profile, Standing, Verdict

OK, WARN, REFUSED = Verdict.OK, Verdict.WARN, Verdict.REFUSED
NOW = datetime(2026, 11, 30, 9, tzinfo=UTC)
FINE = Standing("wardlight_app", encrypted=True)
PRODUCTION, DEVELOPMENT = Profile(production=True), Profile(nearby=True)


def judged(standing: Standing, profile: Profile) -> dict[str, Verdict]:
    return {
        each.name: each.verdict
        for each in findings.database(standing, profile)
        if each.verdict is not OK
    }


def test_a_database_as_it_should_be_has_nothing_against_it() -> None:
    assert judged(FINE, PRODUCTION) == {}


@pytest.mark.parametrize(
    ("change", "name", "production", "development"),
    [
        ({"superuser": True}, "database role", REFUSED, REFUSED),
        ({"powers": ("createrole", "bypassrls")}, "database powers", REFUSED, WARN),
        ({"changes_audit": True}, "audit", REFUSED, WARN),
        ({"unsafe": ("fsync",)}, "durability", REFUSED, REFUSED),
        ({"behind": 3}, "order of the audit", REFUSED, REFUSED),
        ({"encrypted": False}, "database TLS", REFUSED, OK),
        ({"demo_accounts": 3}, "demonstration", WARN, OK),
    ],
)
def test_what_is_against_a_database_sec_18_sec_30(
    change: dict[str, object], name: str, production: Verdict, development: Verdict
) -> None:
    spoilt = replace(FINE, **change)  # type: ignore[arg-type] # one field each

    assert judged(spoilt, PRODUCTION) == {name: production}
    assert judged(spoilt, DEVELOPMENT).get(name, OK) is development
    said = next(each for each in findings.database(spoilt, PRODUCTION) if each.name == name)
    assert said.mend


def test_the_demonstration_opens_no_database_of_real_people_sec_49() -> None:
    real = replace(FINE, other_accounts=1)

    assert judged(real, Profile(demo=True)) == {"demonstration": REFUSED}
    assert judged(replace(FINE, demo_accounts=4), Profile(demo=True)) == {}


@pytest.mark.parametrize(
    ("seconds", "verdict"), [(0.2, OK), (-0.9, OK), (1.5, WARN), (-20, WARN), (31, REFUSED)]
)
def test_clocks_that_are_apart_are_told(seconds: float, verdict: Verdict) -> None:
    assert findings.clock(replace(FINE, skew=seconds)).verdict is verdict


@pytest.mark.parametrize(
    ("free", "verdict"), [(5 << 30, OK), (500 << 20, WARN), (NO_SPACE - 1, REFUSED)]
)
def test_a_disk_that_fills_is_told_before_it_is_full(free: int, verdict: Verdict) -> None:
    assert findings.disk(free, Path("/data")).verdict is verdict


@pytest.mark.parametrize(
    ("mode", "fine"),
    [
        (0o100600, True),
        (0o100400, True),
        (0o100640, False),
        (0o100604, False),
        (0o40755, True),
        (0o40775, False),
        (0o40777, False),
    ],
)
def test_files_of_secrets_are_their_owners_alone_sec_29(mode: int, *, fine: bool) -> None:
    modes = {Path("/x"): mode}

    assert [each.verdict for each in findings.files(modes, PRODUCTION)] == [OK if fine else REFUSED]
    assert [each.verdict for each in findings.files(modes, DEVELOPMENT)] == [OK if fine else WARN]


@pytest.mark.parametrize(
    ("answers", "opened", "nearby", "verdicts"),
    [
        (True, False, False, [OK, OK]),
        (True, True, True, [OK, WARN]),
        (True, True, False, [OK, REFUSED]),
        (False, False, False, [REFUSED, OK]),
    ],
)
def test_an_open_broker_is_refused_sec_30(
    verdicts: list[Verdict], *, answers: bool, opened: bool, nearby: bool
) -> None:
    found = findings.broker(answers=answers, opened=opened, nearby=nearby)

    assert [each.verdict for each in found] == verdicts


def test_whoever_a_merge_alone_silenced_is_counted_and_not_named_sec_28() -> None:
    assert findings.monitored(FINE).verdict is OK
    told = findings.monitored(replace(FINE, silenced=2))
    assert (told.verdict, told.said[:8]) == (WARN, "2 people")
    assert "take monitoring up again" in told.mend


def test_missing_migrations_pango_and_mail_name_their_remedy() -> None:
    found = [
        findings.migrated(replace(FINE, migrated=False)),
        findings.paper("libpango-1.0-0", found=False),
        findings.mail("TimeoutError", configured=True),
        findings.mail(None, configured=False),
    ]

    assert [each.verdict for each in found] == [REFUSED, WARN, WARN, WARN]
    for said, mend in zip(found, ("migrate", "libpango", "WARDLIGHT", "WARDLIGHT"), strict=True):
        assert mend in said.mend


def test_a_key_that_sealed_for_a_year_and_one_that_lingers_are_told_sec_27() -> None:
    young = findings.keys(["2027"], NOW - timedelta(days=20), now=NOW)
    old = findings.keys(["2026", "2025"], NOW - timedelta(days=400), now=NOW)
    unknown = findings.keys(["first"], None, now=NOW)

    assert [each.verdict for each in young] == [OK]
    assert [each.verdict for each in old] == [WARN, WARN]
    assert [each.verdict for each in unknown] == [OK]
