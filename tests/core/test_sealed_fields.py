"""Sealed columns: a field opens in its own place and nowhere else (SEC-27)."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest

from app.schema import METADATA
from core.sealed_fields import seal, sealed_columns, unseal
from core.sealing import UnsealedError
from ingest.tables import Patient, Practitioner

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def test_what_was_sealed_for_a_row_opens_there(session: Session) -> None:
    row = uuid4()

    sealed = seal(session, Patient.name, "Ines Vale", id=row)

    assert b"Ines" not in sealed
    assert unseal(session, Patient.name, sealed, id=row) == "Ines Vale"


def test_two_swapped_fields_do_not_open_sec_27(session: Session) -> None:
    one, other = uuid4(), uuid4()
    sealed = seal(session, Patient.name, "Ines Vale", id=one)

    for field, row in ((Patient.name, other), (Practitioner.name, one), (Patient.birth_date, one)):
        with pytest.raises(UnsealedError):
            unseal(session, field, sealed, id=row)


def test_nothing_is_kept_as_nothing(session: Session) -> None:
    row = uuid4()

    assert seal(session, Patient.name, "", id=row) == b""
    assert unseal(session, Patient.name, b"", id=row) == ""


def test_every_place_names_columns_that_its_row_has() -> None:
    for each in sealed_columns(METADATA):
        names = {column.name for column in each.column.table.columns}
        each.of(dict.fromkeys(names, "x"))  # a KeyError would name what is missing

    assert {each.column.table.name for each in sealed_columns(METADATA)} >= {
        "patient",
        "patient_identifier",
        "practitioner",
        "practitioner_identifier",
        "practitioner_role",
        "app_user",
    }
