"""The bill of materials covers both lock files, is valid, and is the same each time (SEC-41)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.supply import bill as made
from tests.supply.locked import front_end_components, python_components


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    return made.bill()


def test_the_bill_names_every_part_with_version_licence_and_hash_sec_41(
    bill: dict[str, Any],
) -> None:
    expected = {
        (each.name, each.version) for each in [*python_components(), *front_end_components()]
    }

    found = {
        ("/".join(filter(None, (each.get("group"), each["name"]))), each["version"])
        for each in bill["components"]
    }

    assert found == expected
    assert bill["metadata"]["component"]["name"] == "wardlight"
    for each in bill["components"]:
        hashes = each.get("hashes") or each["externalReferences"][0]["hashes"]
        assert hashes, each["name"]
        assert each["licenses"], each["name"]
        assert each["purl"].startswith(("pkg:pypi/", "pkg:npm/"))


def test_the_bill_names_no_registry_and_no_time_sec_41(bill: dict[str, Any]) -> None:
    assert "timestamp" not in bill["metadata"]
    assert "serialNumber" not in bill
