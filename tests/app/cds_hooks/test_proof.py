from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.app.cds_hooks.conftest import PATH, Chart
from tests.door import BASE
from tests.ward import MALSUN, Ward

PEOPLE = (MALSUN,)


@pytest.mark.parametrize(
    "claims",
    [
        {"aud": f"{BASE}/cds-services"},
        {"aud": f"{BASE}{PATH}/feedback"},
        {"aud": None},
        {"iss": str(UUID(int=1))},
        {"iss": None},
        {"iss": "a\0b"},
        {"exp": 1},
        {"exp": 4102444800},
        {"exp": None},
        {"exp": "soon"},
        {"iat": 4102444800},
        {"iat": None},
        {"jti": None},
        {"jti": ""},
        {"jti": "x" * 256},
    ],
    ids=str,
)
def test_a_jwt_with_wrong_claims_opens_nothing_fhir_23(
    chart: Chart, ward: Ward, claims: dict[str, Any]
) -> None:
    answer = chart.view(ward.patients[MALSUN.name], chart.jwt(**claims))

    assert answer.status_code == 401
    assert answer.json()["resourceType"] == "OperationOutcome"


def _segment(said: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(said).encode()).rstrip(b"=").decode()


@pytest.mark.parametrize("how", ["none", "HS256", "HS384", "other key", "other kid", "no token"])
def test_a_jwt_that_proves_nothing_opens_nothing_fhir_23(
    chart: Chart, ward: Ward, how: str
) -> None:
    header = {"alg": how, "typ": "JWT", "kid": "k1"}
    unsigned = f"{_segment(header)}.{_segment(chart.claims())}"
    pem = chart.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    stranger = ec.generate_private_key(ec.SECP384R1())

    def hs(name: str) -> str:
        signature = hmac.digest(pem, unsigned.encode(), name)
        return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"

    tokens = {
        "none": f"{unsigned}.",
        "HS256": hs(hashlib.sha256().name),
        "HS384": hs(hashlib.sha384().name),
        "other key": jwt.encode(chart.claims(), stranger, "ES384", headers={"kid": "k1"}),
        "other kid": jwt.encode(chart.claims(), chart.key, "ES384", headers={"kid": "k2"}),
        "no token": "nothing",
    }

    assert chart.view(ward.patients[MALSUN.name], tokens[how]).status_code == 401


def test_a_jwt_opens_the_door_once_fhir_23(chart: Chart, ward: Ward) -> None:
    token = chart.jwt()

    first = chart.view(ward.patients[MALSUN.name], token)

    assert first.status_code == 200
    assert chart.view(ward.patients[MALSUN.name], token).status_code == 401


def test_a_key_set_that_a_jwt_names_itself_is_never_fetched_sec_34(
    chart: Chart, ward: Ward
) -> None:
    headers = {"kid": "k1", "jku": "https://127.0.0.1/keys"}
    token = jwt.encode(chart.claims(), chart.key, "ES384", headers=headers)

    assert chart.view(ward.patients[MALSUN.name], token).status_code == 401
