"""What every answer bears, whatever it answers, and what a fault of ours gives away: a number.

That every route's answers bear it is seen in `test_table.py`, where each is asked already.
"""

from __future__ import annotations

import logging
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import text

from app.pages.headers import EVERYWHERE
from app.pages.rendering import STATIC
from core.logging import configure
from core.security import Role
from core.settings import Settings
from tests.app.rights.whole import BASE, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from httpx2 import Response
    from sqlalchemy.orm import Session

POLICY = EVERYWHERE["Content-Security-Policy"]
NUMBER = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SECRET_VALUE = "Oh Malsun 86.4"


def bare(answer: Response) -> list[str]:
    """Return the headers that an answer should bear and does not."""
    wanted = {**EVERYWHERE, "Cache-Control": "no-store"}
    return [name for name, value in wanted.items() if answer.headers.get(name) != value]


def test_the_policy_lets_nothing_in_but_our_own_files_and_no_frame_around_sec_38() -> None:
    parts = dict(part.strip().partition(" ")[::2] for part in POLICY.split(";"))

    assert parts["default-src"] == parts["frame-ancestors"] == parts["base-uri"] == "'none'"
    assert {value for name, value in parts.items() if name.endswith("-src")} == {"'none'", "'self'"}
    assert EVERYWHERE["X-Content-Type-Options"] == "nosniff"
    assert EVERYWHERE["Referrer-Policy"] == "no-referrer"
    assert EVERYWHERE["Cross-Origin-Opener-Policy"] == "same-origin"


def test_only_our_own_files_may_be_kept_by_a_browser_sec_25(whole: Whole) -> None:
    """They hold nothing of anybody, and their address changes with what is in them."""
    client = TestClient(whole.web, base_url=BASE)
    name = next(path.name for path in STATIC.iterdir() if path.suffix == ".css")
    answer = client.get(f"/static/{name}")

    assert answer.status_code == 200
    assert bare(answer) in ([], ["Cache-Control"])


@pytest.mark.parametrize("path", ["/nowhere", "/fhir/nowhere", "/fhir/Observation/x/y/z"])
def test_an_address_that_leads_nowhere_bears_them_too_sec_25(whole: Whole, path: str) -> None:
    client = TestClient(whole.web, base_url=BASE)
    answers = [client.get(path, headers={"Accept": kind}) for kind in ("text/html", "*/*")]
    answers += [client.request(method, path) for method in ("PATCH", "TRACE", "DELETE")]

    assert {answer.status_code for answer in answers} <= {404, 405}
    assert [bare(answer) for answer in answers] == [[]] * len(answers)


@contextmanager
def asking_nonsense(whole: Whole, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let the database refuse each transaction's first statement, in words that hold a value."""
    transaction = whole.database.transaction

    @contextmanager
    def broken() -> Iterator[Session]:
        with transaction() as session:
            session.execute(text("select cast(:value as integer)"), {"value": SECRET_VALUE})
            yield session

    with patch.context() as patched:
        patched.setattr(whole.database, "transaction", broken)
        yield


@contextmanager
def having_a_fault(whole: Whole, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let each transaction begin with a fault of the program's own, which names a value."""

    @contextmanager
    def broken() -> Iterator[Session]:
        raise ValueError(SECRET_VALUE)
        yield

    with patch.context() as patched:
        patched.setattr(whole.database, "transaction", broken)
        yield


@pytest.mark.parametrize("fault", [asking_nonsense, having_a_fault], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("path", "who"),
    [
        ("/inbox", Role.NURSE),
        ("/patients/{patient_id}", Role.NURSE),
        ("/fhir/Task", "client"),
        ("/fhir/{kind}/{id_}", "client"),
    ],
    ids=str,
)
def test_a_fault_is_answered_by_a_number_that_the_log_has_and_no_value_sec_22(
    whole: Whole,
    path: str,
    who: str,
    fault: object,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure(Settings())
    with fault(whole, monkeypatch):  # type: ignore[operator]
        answer = whole.send("GET", path, who, "own")
    root.handlers[:] = handlers
    root.setLevel(level)

    said = "".join(capsys.readouterr())
    found = NUMBER.search(answer.text)
    assert answer.status_code == 500
    assert found is not None
    assert found[0] in said
    for part in SECRET_VALUE.split():
        assert part not in answer.text
        assert part not in said
    assert not bare(answer)
    assert path.startswith("/fhir") == answer.headers["content-type"].startswith("application/fhir")
