"""Whether the field keys at hand are those that what was loaded is sealed with (SEC-27)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import distinct_on

from app.backup import people
from app.backup.ownership import PARCEL
from core.errors import InvalidError
from core.sealed_fields import SealedColumn, sealed_columns
from core.sealing import UnsealedError, keyring_of
from ingest.tables import Patient

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import MetaData
    from sqlalchemy.orm import Session

    from app.backup.restore import Source


def need_field_keys(session: Session, metadata: MetaData, source: Source) -> None:
    """Raise `InvalidError` where somebody, or a field, is not known by the field keys."""
    known = source.keys.keys
    strange = any(
        people.tag_of(session, id_).hex() not in known
        for id_ in session.scalars(select(Patient.id))
    )
    held = {each.name: each.columns for each in source.said.tables if each.name != PARCEL}
    if strange or not all(
        _opens(session, field, held[field.column.table.name])
        for field in sealed_columns(metadata)
        if field.column.name in held.get(field.column.table.name, ())
    ):
        raise InvalidError(
            "these are not the field keys of this backup", field="WARDLIGHT_FIELD_KEYS"
        )


def _opens(session: Session, field: SealedColumn, names: Collection[str]) -> bool:
    """Return whether a field of each key that sealed any opens."""
    sealed, ring = field.column, keyring_of(session)
    key = func.substring(sealed, 1, 1 + func.get_byte(sealed, 0))
    here = [each for each in sealed.table.columns if each.name in names]
    query = select(*here).ext(distinct_on(key)).where(func.length(sealed) > 0)
    try:
        for row in session.execute(query).mappings():
            place = field.of({each.name: row[each] for each in here})
            ring.open(bytes(row[sealed]), place=place)
    except UnsealedError:
        return False
    return True
