from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from core.slices import SIZE, slice_of, slices


@given(st.integers(0, 20_000))
def test_slices_are_enough_for_everybody_and_each_is_named_once(people: int) -> None:
    ids = slices(people)

    assert len(ids) == len(set(ids))
    assert len(ids) * SIZE >= people
    assert [slice_of(each) for each in ids] == [(n, len(ids)) for n in range(len(ids))]
