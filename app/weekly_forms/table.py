"""A team's week as one long table: a line for each number, with what it is of.

The names of the columns and of the numbers are the same in every language, so that a sheet or a
program that was made for one week takes the next.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.sheets import sheet
from app.weekly_forms.numbers import numbers

if TYPE_CHECKING:
    from reports.service import TeamWeek

HEAD = (
    *("team", "week", "version", "part", "line", "patient_id", "patient"),
    *("name", "value", "of", "unit"),
)


def csv(found: TeamWeek) -> str:
    """Return the table, with the patients' names; no cell of it is a formula (SEC-39)."""
    whose = (found.team.name, str(found.week), found.issue.version if found.issue else None)
    return sheet(
        HEAD,
        (
            (
                *whose,
                each.part,
                each.line,
                each.who,
                found.names.get(each.who, "") if each.who else "",
                each.name,
                each.value,
                each.of,
                each.unit,
            )
            for each in numbers(found.report)
        ),
    )
