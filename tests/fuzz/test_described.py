"""Every operation that is described, called with what its description allows and forbids."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import CHECKS, load_all_checks
from schemathesis.core.result import Ok

from fhir.search_parameters import SEARCHES

if TYPE_CHECKING:
    from schemathesis.specs.openapi.schemas import OpenApiSchema

    from tests.fuzz.conftest import Target

pytestmark = pytest.mark.processes
load_all_checks()
HELD_AGAINST = CHECKS.get_by_names(
    [
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_schema_conformance",
    ]
)


@schemathesis.serializer("application/fhir+ndjson")
def lines(_: schemathesis.SerializationContext, value: object) -> bytes:
    """Return an upload as it is, whatever was made up for it."""
    return value if isinstance(value, bytes) else str(value).encode()


@pytest.fixture(scope="module")
def described(target: Target) -> OpenApiSchema:
    return schemathesis.openapi.from_url(f"{target.base}/openapi.json")


@pytest.fixture(scope="module")
def token(target: Target) -> str:
    return target.token()


FIXED = settings(
    max_examples=8,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def test_every_described_operation_answers_as_described_sec_42(
    described: OpenApiSchema, token: str
) -> None:
    operations = [found.ok() for found in described.get_all_operations() if isinstance(found, Ok)]

    for operation in operations:

        @FIXED
        @given(case=operation.as_strategy())
        def answers(case: schemathesis.Case[Any]) -> None:
            case.call_and_validate(
                headers={"Authorization": f"Bearer {token}"},
                checks=HELD_AGAINST,  # type: ignore[arg-type]  # functions and classes of theirs
            )

        answers()

    assert len(operations) > len(SEARCHES)
