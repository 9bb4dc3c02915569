"""An issue of a team's week: the numbers as they stood when the report was made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

ON_TIME_TARGET = 0.99  # of the reports of the last weeks (issue 8)
COUNTED_WEEKS = 13


@dataclass(frozen=True, slots=True)
class Issue:
    """Which issue it is, and whether it was there in time.

    `recomputed`: it was kept in a form that this program does not read, so what is printed is
    counted anew. `absent` is how many people count in it whom the reader may not see (any more):
    they are in its totals, and in none of its lists.
    """

    version: int
    newest: int
    due_at: datetime
    made_at: datetime
    late: bool
    recomputed: bool = False
    absent: int = 0
