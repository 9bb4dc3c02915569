from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from core.errors import ConflictError, InvalidError
from ingest.service import register_client
from ingest.tables import ClientAssertion

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy.orm import Session

    from core.database import Database

PUBLIC = {"keys": [{"kty": "EC", "crv": "P-384", "kid": "k1", "x": "AA", "y": "AA"}]}
SCOPES = ["system/Observation.c"]


@pytest.mark.parametrize(
    ("scopes", "jwks", "field"),
    [
        ([], PUBLIC, "scopes"),
        (["patient/Observation.c"], PUBLIC, "scopes"),
        (["system/Observation.x"], PUBLIC, "scopes"),
        (SCOPES, {}, "jwks"),
        (SCOPES, {"keys": [{**PUBLIC["keys"][0], "d": "AA"}]}, "jwks"),
    ],
)
def test_a_registration_that_grants_nothing_or_leaks_a_key_is_refused(
    session: Session, clock: Any, scopes: list[str], jwks: Mapping[str, Any], field: str
) -> None:
    with pytest.raises(InvalidError) as refused:
        register_client(session, str(uuid4()), scopes, jwks, now=clock())

    assert refused.value.field == field


def test_a_name_is_registered_once(session: Session, clock: Any) -> None:
    name = str(uuid4())
    register_client(session, name, SCOPES, PUBLIC, now=clock())

    with pytest.raises(ConflictError):
        register_client(session, name, SCOPES, PUBLIC, now=clock())


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("", "system/Observation.crs"),
        ("system/Observation.c", "system/Observation.c"),
        ("system/Observation.read", "system/Observation.read"),
        ("system/Observation.c system/Patient.r", "system/Observation.c"),
        ("system/Observation.cu", None),
        ("system/*.c", None),
    ],
)
def test_no_more_is_granted_than_was_registered_sec_03(
    register: Callable[..., Any], asked: str, granted: str | None
) -> None:
    gateway = register("system/Observation.crs")

    answer = gateway.ask_token(scope=asked)

    assert answer.json().get("scope") == granted


@pytest.mark.parametrize("change", ["aud", "exp-past", "exp-far", "sub", "jti", "iss"])
def test_an_altered_claim_proves_nothing_sec_01(gateway: Any, clock: Any, change: str) -> None:
    claims: dict[str, dict[str, Any]] = {
        "aud": {"aud": "https://elsewhere.example/token"},
        "exp-past": {"exp": int((clock() - timedelta(seconds=1)).timestamp())},
        "exp-far": {"exp": int((clock() + timedelta(minutes=6)).timestamp())},
        "sub": {"sub": "somebody"},
        "jti": {"jti": "j" * 300},
        "iss": {"iss": str(uuid4()), "sub": str(uuid4())},
    }

    answer = gateway.ask_token(client_assertion=gateway.assertion(**claims[change]))

    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


def test_a_client_may_call_itself_by_its_name(gateway: Any) -> None:
    proof = gateway.assertion(iss=gateway.name, sub=gateway.name)

    assert gateway.ask_token(client_assertion=proof).status_code == 200


def test_used_assertions_are_forgotten_once_they_could_not_be_used_anyway(
    gateway: Any, clock: Any, database: Database
) -> None:
    gateway.ask_token()
    clock.now += timedelta(minutes=10)

    gateway.ask_token()

    with database.transaction() as session:
        rows = select(func.count()).where(ClientAssertion.client_id == gateway.client_id)
        assert session.scalar(rows) == 1
