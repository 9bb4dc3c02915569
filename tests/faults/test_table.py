"""The table of `make faults` says what was found, and never more."""

from __future__ import annotations

from tests.faults.table import FAULTS, Figures, Row, written


def lines(**rows: Row) -> dict[str, list[str]]:
    given = {number: Row() for number in FAULTS}
    given |= {int(name.removeprefix("ft")): row for name, row in rows.items()}
    cells = (line.strip("| ").split(" | ") for line in written(given).splitlines())
    return {row[0]: row[2:] for row in cells if row[0].startswith("FT-")}


def test_a_row_sums_what_its_runs_lost_and_names_the_worst_delay() -> None:
    two = Row([Figures(5, 0, 1, 2.25), Figures(3, 2, 0, 11.04)], passed=2)

    assert lines(ft1=two)["FT-01"] == ["8", "2", "1", "11.0", "held"]


def test_a_test_without_figures_counts_as_a_run() -> None:
    assert lines(ft2=Row(passed=3))["FT-02"] == ["3", "-", "-", "-", "held"]


def test_a_failure_is_said_whatever_else_passed() -> None:
    row = Row([Figures(1, 0, 0, 1.0)], passed=1, failed=1)

    assert lines(ft3=row)["FT-03"][-1] == "**failed** (1 of 2)"


def test_a_fault_without_a_test_is_never_called_held() -> None:
    table = lines()

    assert table["FT-24"][-1] == "no test"
    assert table["FT-18"][-1].startswith("excused")
    assert not [name for name, row in table.items() if row[-1].startswith("held")]


def test_a_part_of_a_faults_tests_leaves_what_the_whole_found() -> None:
    old = "| FT-01 | as found before |"
    part, whole = Row(passed=1, asked=2), Row(passed=2, asked=2)

    assert old in written(dict.fromkeys(FAULTS, part), old).splitlines()
    assert old not in written(dict.fromkeys(FAULTS, whole), old)
