from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.cds_hooks.cards import plain, short


@given(st.text())
def test_a_summary_has_fewer_than_140_characters_fhir_23(text: str) -> None:
    assert len(short(text)) < 140


def test_a_long_summary_is_cut_between_words() -> None:
    cut = short("weight " * 40)

    assert cut.endswith("weight…")
    assert short("Weight rose by 2 kg") == "Weight rose by 2 kg"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
        ("[a](javascript:b)", "\\[a\\](javascript:b)"),
        ("*a* & b", "\\*a\\* &amp; b"),
    ],
)
def test_what_is_not_ours_is_no_markdown_sec_38(text: str, shown: str) -> None:
    assert plain(text) == shown
