"""An uploaded file of people is gone soon after its half hour, whoever looks (SEC-48)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from app import timetable
from ingest.register.repository import keep_preview
from ingest.register.tables import EnrolmentPreview

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

NOW = datetime(2001, 9, 4, 12, 0, tzinfo=UTC)


def test_a_file_whose_time_is_over_is_deleted_by_the_clock_sec_48(session: Session) -> None:
    row = EnrolmentPreview(
        user_id=uuid4(), made_at=NOW, until=NOW + timedelta(minutes=30), enrolled=0, known=0
    )
    row.left_out = 0
    id_ = keep_preview(session, row, "{}")

    timetable.drop_previews(session, now=NOW + timedelta(minutes=25))
    assert session.get(EnrolmentPreview, id_, populate_existing=True) is not None
    timetable.drop_previews(session, now=NOW + timedelta(minutes=30))

    assert session.get(EnrolmentPreview, id_, populate_existing=True) is None
