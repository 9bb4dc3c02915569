"""How long data are kept, for who answers for privacy; nobody else finds the page (SEC-48)."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from sqlalchemy import select
from typer.testing import CliRunner

from app.accounts.service import NewUser, create_user
from app.cli import build
from app.retention import service
from app.retention.terms import stated
from app.sending.tables import SentForm
from core.audit import AuditEvent
from core.errors import InvalidError
from core.security import Role
from tests.ward import PASSWORD

if TYPE_CHECKING:
    from fastapi.testclient import TestClient

    from core.database import Database
    from core.embedded import Servers
    from tests.ward import Invented, Ward

PEOPLE: tuple[Invented, ...] = ()
Enter = Callable[[str], "TestClient"]


@pytest.fixture
def officer(database: Database, ward: Ward) -> str:
    username = f"keeper-{uuid4().hex[:8]}"
    with database.transaction() as session:
        create_user(
            session, NewUser(username, "Ms Oh", PASSWORD, Role.PRIVACY_OFFICER), now=ward.now
        )
    return username


def test_the_page_tells_what_would_go_and_why_and_its_reading_is_audited_sec_48(
    database: Database, enter: Enter, ward: Ward, officer: str
) -> None:
    with database.transaction() as session:
        at = ward.now - timedelta(days=30)
        session.add(SentForm(digest=uuid4().hex, subject_id=uuid4(), at=at))

    page = enter(officer).get("/privacy/retention")

    assert page.status_code == 200
    for term in stated().kinds.values():
        assert term.reason.split("'")[0][:30] in page.text, term.name
    row = page.text[page.text.index("Digests of forms") :].split("</tr>")[0]
    assert row.count("<td") == 4
    with database.transaction() as session:
        due = {each.term.name: each for each in service.dry_run(session, now=database.now())}
        assert due["sent-forms"].going[0].rows >= 1
        read = select(AuditEvent.action).where(AuditEvent.entity == "retention")
        assert session.scalars(read).first() == "R"


def test_nobody_but_the_privacy_officer_finds_it_sec_12(enter: Enter, ward: Ward) -> None:
    assert enter(ward.username).get("/privacy/retention").status_code == 404


def test_the_page_is_in_korean_to_the_last_word_ux_17(enter: Enter, officer: str) -> None:
    page = enter(officer).get("/privacy/retention", headers={"Accept-Language": "ko"}).text

    said = re.sub(r'<(span|body|script|style)[^>]*lang="en".*?</span>', "", page, flags=re.DOTALL)
    cells = re.findall(r"<(?:td|th|h1|h2)[^>]*>([^<]+)", said)
    assert len(cells) > 40
    words = [each for each in cells if re.search("[A-Za-z]{2,}", each)]
    assert not [each for each in words if not re.search("[가-힣]|^\\d+ ?(Nov|Dec)?", each)]


def test_the_command_says_what_would_go_row_by_row_and_takes_it_sec_48(
    database: Database, embedded: Servers, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WARDLIGHT_DATABASE_URL", embedded.database_url)
    monkeypatch.setenv("WARDLIGHT_FIELD_KEYS", embedded.field_keys)
    digest, now = uuid4().hex, database.now()
    with database.transaction() as session:
        old = now - timedelta(days=30)
        session.add(SentForm(digest=digest, subject_id=uuid4(), at=old))

    told = command("--dry-run")
    listed = command("--dry-run", "--keys", "sent-forms")
    with database.transaction() as session:
        untouched = session.get(SentForm, digest)
    done = command()

    assert untouched is not None
    (line,) = [each for each in told.splitlines() if each.startswith("sent-forms")]
    count = int(re.search(r"(\d+) rows would go", line)[1])  # type: ignore[index]
    assert len(listed.splitlines()) == count
    assert f"sent_form  {digest}" in listed
    assert f"sent-forms: {count} rows removed" in done
    with database.transaction() as session:
        assert session.get(SentForm, digest) is None
    with pytest.raises(InvalidError, match="names a kind"):
        command("--dry-run", "--keys", "no-such-kind")


def command(*arguments: str) -> str:
    done = CliRunner().invoke(build("retention"), ["retention", *arguments], catch_exceptions=False)
    return done.output
