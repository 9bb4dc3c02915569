from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fhir.outcome import Refusal
from fhir.strict import BUNDLE, Limits, bounds, check, decode, deepest
from tests.fhir.ambiguous import AMBIGUOUS
from tests.fhir.payloads import observation, raw, refused


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_ambiguous_or_unbounded_json_is_refused_with_400_sec_33(body: bytes) -> None:
    answer = decode(body)

    assert isinstance(answer, Refusal)
    assert answer.status == 400
    assert answer.issues[0].text


@pytest.mark.parametrize("body", AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_parse_refuses_what_decode_refuses_sec_33(body: bytes) -> None:
    assert refused(body).status == 400


def test_a_body_over_the_limit_is_413_sec_32() -> None:
    answer = decode(b'{"a": "' + b"x" * (1 << 20) + b'"}')

    assert isinstance(answer, Refusal)
    assert answer.status == 413


def test_a_string_that_never_ends_is_read_once_to_the_end_sec_32() -> None:
    """Begun again at each quote within it, a megabyte of these would take an hour."""
    assert deepest(b'{"a":"' + b'\\"' * 500_000 + b"[" * 100) == 1
    assert deepest(b'{"a":"' + b'\\"' * 1_000 + b'"' + b"[" * 100) == 101
    assert deepest(b'{"a":"' + b"[" * 100 + b"\\") == 1


def test_what_is_within_the_limits_is_decoded_sec_32() -> None:
    deep = b'{"a":' * 63 + b"1" + b"}" * 63
    brackets_in_text = raw({"a": "[{" * 500})

    assert isinstance(decode(deep), dict)
    assert decode(brackets_in_text) == {"a": "[{" * 500}
    assert decode(raw({"a": "x" * 65_536}), BUNDLE) == {"a": "x" * 65_536}
    assert bounds(b"[[[]]]", Limits(depth=1)) is None  # few brackets are not worth counting


def test_numbers_keep_their_decimals_and_text_its_pairs_fhir_14() -> None:
    assert str(decode(b'{"a": 72.50}')) == str({"a": Decimal("72.50")})
    assert decode(b'{"a": "\\ud83d\\ude00\\n"}') == {"a": "\U0001f600\n"}
    assert decode(b' \r\n{"a": "caf\xc3\xa9"}\n') == {"a": "café"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text("abc\u00e9\n"),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
        max_leaves=20,
    )
)
def test_every_plain_object_survives_decoding_sec_33(value: object) -> None:
    assert decode(raw({"a": value})) == {"a": value}


@given(st.binary(max_size=200))
def test_no_bytes_make_the_decoder_fail_sec_33(body: bytes) -> None:
    decode(body)
    refused(body)


def test_every_null_is_named_by_its_path_up_to_twenty() -> None:
    answer = check(observation(note=[None] * 30, code={"text": "x", "coding": [{"code": None}]}))

    assert isinstance(answer, Refusal)
    assert answer.status == 400
    assert answer.issues[0].expression == "Observation.code.coding[0].code"
    assert answer.issues[1].expression == "Observation.note[0]"
    assert len(answer.issues) == 20


def test_a_null_beside_its_extension_is_fhir() -> None:
    name = {
        "given": [None, "Ann"],
        "_given": [{"extension": [{"url": "u", "valueCode": "x"}]}, None],
    }

    assert check({"resourceType": "Patient", "name": [name]}) == ()


@pytest.mark.parametrize(
    ("elements", "expression"),
    [
        ({"issued": None}, "Observation.issued"),
        ({"note": []}, "Observation.note"),
        ({"bodySite": {}}, "Observation.bodySite"),
        ({"code": {"text": ""}}, "Observation.code.text"),
        ({"note": [[{"text": "x"}]]}, "Observation.note[0]"),
    ],
)
def test_hollow_elements_are_refused_by_path_ele_1(
    elements: dict[str, object], expression: str
) -> None:
    answer = check(observation() | elements)

    assert isinstance(answer, Refusal)
    assert (answer.status, answer.issues[0].expression) == (400, expression)
