from __future__ import annotations

import pytest

from alerts.outcomes import ACTIONS, Label, Resolution, resolution
from core.errors import InvalidError


@pytest.mark.parametrize(("label", "action"), [(k, a) for k, v in ACTIONS.items() for a in v])
def test_every_label_takes_its_own_sub_reasons(label: Label, action: str) -> None:
    assert resolution(label, action, " seen ") == Resolution(label, action, "seen")


@pytest.mark.parametrize("label", ["", "fine", "TRUE-ACTIONABLE"])
def test_an_unknown_label_is_refused(label: str) -> None:
    with pytest.raises(InvalidError) as refusal:
        resolution(label)

    assert refusal.value.field == "label"


def test_a_label_with_sub_reasons_needs_one() -> None:
    with pytest.raises(InvalidError) as refusal:
        resolution("true-actionable")

    assert refusal.value.field == "action"


def test_a_sub_reason_of_another_label_is_refused() -> None:
    with pytest.raises(InvalidError):
        resolution("false-measurement", "call")


def test_unsure_takes_no_sub_reason() -> None:
    assert resolution("unsure").action == ""

    with pytest.raises(InvalidError):
        resolution("unsure", "call")


def test_an_endless_note_is_refused() -> None:
    with pytest.raises(InvalidError) as refusal:
        resolution("unsure", note="x" * 2001)

    assert refusal.value.field == "note"
