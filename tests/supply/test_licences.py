"""Every part of a release has a licence in the list, and none reaches our own code (SEC-41)."""

from __future__ import annotations

import pytest

from tests.supply.licences import DOCUMENT, document, everything, strong


def test_the_list_of_licences_is_that_of_the_lock_files_sec_41() -> None:
    assert DOCUMENT.read_text() == document(everything()), "run `make licences`"


def test_every_part_states_a_licence_and_none_reaches_our_own_code_sec_41() -> None:
    assert not [each.name for each in everything() if not each.licence or strong(each.licence)]


@pytest.mark.parametrize(
    ("licence", "reaches"),
    [
        ("GPL-3.0-only", True),
        ("GNU General Public License v2 or later (GPLv2+)", True),
        ("AGPL-3.0-or-later", True),
        ("LGPL-3.0-only", False),
        ("GPL-2.0-only OR MIT", False),
        ("GNU Lesser General Public License v2 or later (LGPLv2+)", False),
        ("MIT", False),
    ],
)
def test_which_licences_reach(licence: str, *, reaches: bool) -> None:
    assert strong(licence) is reaches
