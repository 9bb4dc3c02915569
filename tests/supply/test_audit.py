"""What the audit of locked packages takes for clean, and what it does not (SEC-41)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest

from tests.supply import audit
from tests.supply.audit import AcceptedError, accepted, first_of, judged

TODAY = date(2026, 11, 30)
ENTRY = '[[accepted]]\nid = "{id}"\npackage = "{package}"\nreason = "{reason}"\nuntil = {until}\n'


def entry(**changes: object) -> str:
    given = {"id": "GHSA-1", "package": "left", "reason": "not called", "until": "2026-12-31"}
    return ENTRY.format(**{**given, **changes})


def report(*dependencies: dict[str, Any]) -> dict[str, Any]:
    return {"dependencies": list(dependencies), "fixes": []}


VULNERABLE: dict[str, Any] = {
    "name": "left",
    "version": "1.0",
    "vulns": [{"id": "PYSEC-1", "aliases": ["GHSA-1"], "fix_versions": ["1.1"]}],
}


def test_the_list_of_today_stands_sec_41() -> None:
    text = (audit.HERE / "accepted.toml").read_text()

    assert accepted(text, today=date.today()) == []  # noqa: DTZ011 (the day on which it runs)


def test_an_advisory_counts_until_it_is_accepted_sec_41() -> None:
    assert judged(report(VULNERABLE), []) == (["left 1.0: PYSEC-1 (1.1)"], [])

    passing = accepted(entry(), today=TODAY)

    assert judged(report(VULNERABLE), passing) == ([], [])
    other = accepted(entry(package="right"), today=TODAY)
    assert judged(report(VULNERABLE), other)[0]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"until": TODAY - timedelta(days=1)}, "look again"),
        ({"until": TODAY + timedelta(days=181)}, "longer than 180 days"),
        ({"reason": " "}, "a reason"),
        ({"until": '"some day"'}, "a day"),
    ],
)
def test_an_entry_that_is_over_or_says_no_reason_fails_sec_41(
    changes: dict[str, object], said: str
) -> None:
    with pytest.raises(AcceptedError, match=said):
        accepted(entry(**changes), today=TODAY)


def test_what_nobody_looked_up_is_not_clean_sec_41() -> None:
    """`pip-audit` calls a package that it does not find skipped, and the whole without fault."""
    skipped = {"name": "left", "skip_reason": "Dependency not found on PyPI"}

    assert judged(report(skipped), []) == ([], ["left"])


@pytest.mark.parametrize(("may", "code"), [("skip", 0), ("", audit.UNREACHABLE)])
def test_a_service_that_is_away_is_said_and_no_success_sec_41(
    may: str, code: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AUDIT_UNREACHABLE", may)
    monkeypatch.setattr(audit, "reachable", lambda: False)

    assert audit.main() == code
    assert "nothing was audited" in capsys.readouterr().err


def test_one_package_is_asked_about_first_with_its_hashes() -> None:
    one = first_of(audit.ROOT / "requirements/runtime.txt")

    assert one.count("==") == 1
    assert "--hash=sha256:" in one
