"""Who may do what: every route x every role x own and other team, as the checked-in table says.

A new route needs its row in `rights.csv`; the failure prints the row as it is now. Read it before
you add it: 200 to an address of another team's patient would be a leak.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pytest

from app.pages.areas import SHARED
from core.clock import utc_now
from core.security import Role
from tests.app.rights.test_headers import bare
from tests.app.rights.unwalled import Watch, Work, told_apart, work_on
from tests.app.rights.whole import APART, EVERYBODY, ROLES, Whole, routes
from tests.ward import keep_alive

if TYPE_CHECKING:
    from httpx2 import Response

TABLE = Path(__file__).parent / "rights.csv"
WHOSE = ("own", "other")
COLUMNS = ["nobody", *(f"{who}-{whose}" for who in ("client", *EVERYBODY) for whose in WHOSE)]
# Keeps a choice in the asker's own browser, and looks at nobody.
LOOKS_AT_NOBODY = ("/units/{patient_id}",)
# Answers whoever is signed in for ever: who hears of what on it is proven by its own tests.
STREAMS, STREAM = ("/inbox/live",), "stream"
PRIVACY = ("/privacy", "/break-glass")
BY_LINK = ("/set-up/", "/welcome/")  # whoever has the link, signed in or not
Row = tuple[str, ...]
UNWALLED = {
    "GET /readyz": "whoever asks is nobody: whether alerting works",
    "DELETE /fhir/Condition/{id_}": "the door for what clients send must know of whom it is",
    "DELETE /fhir/Device/{id_}": "the same",
}
# A few that certainly read somebody's rows: the watch would have seen them.
CERTAIN = (
    *("GET /inbox", "GET /patients/{patient_id}", "GET /reports/{team_id}", "GET /quality.csv"),
    *("GET /fhir/Observation", "GET /fhir/Patient/{id_}/$everything", "GET /fhir/{kind}/{id_}"),
    *("POST /alerts/{alert_id}/resolve", "POST /records/{patient_id}/correct"),
)
HOW = (
    "write it into tests/app/rights/rights.csv, in the order of the file, once it is right "
    f"(method,path,{','.join(COLUMNS)}):"
)


def table() -> dict[tuple[str, str], Row]:
    with TABLE.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["method", "path", *COLUMNS]
    return {(row[0], row[1]): tuple(row[2:]) for row in rows[1:]}


class Answered(NamedTuple):
    """What a route answers to one of the columns."""

    status: str
    bare: list[str]  # which headers it lacks


@pytest.fixture(scope="module")
def watch(whole: Whole) -> Watch:
    return Watch.over(whole.database)


@pytest.fixture(scope="module")
def answers(whole: Whole, watch: Watch) -> dict[tuple[str, str], list[Answered]]:
    """Return what every route answers to everybody, asked once; each statement is watched."""
    given = {}
    with watch.watching(whole.database):
        for method, path in routes(whole.web):
            watch.now = f"{method} {path}"
            given[method, path] = found(whole, method, path)
    return given


def found(whole: Whole, method: str, path: str) -> list[Answered]:
    """Return what a route answers to everybody."""
    row = []
    if path == "/readyz":  # on a busy machine the ward's last work was done long ago by now
        keep_alive(whole.database, now=utc_now())
    for column in COLUMNS:
        who, _, whose = column.rpartition("-") if "-" in column else (column, "", "")
        if path in STREAMS and who in ROLES:
            row.append(Answered(STREAM, []))
            continue
        if whose == "other" and "{" not in path:
            row.append(row[-1])  # of whom stands in the address: it would be asked the same again
            continue
        answer = whole.ask(method, path, who, whose or "own")
        row.append(Answered(str(answer.status_code), bare(answer)))
    return row


@pytest.mark.usefixtures("answers")
def test_every_route_reads_behind_the_second_wall_or_says_why_not_sec_11(watch: Watch) -> None:
    """SEC-11: whatever a request does with somebody's rows, PostgreSQL was told for whom.

    Or it went beyond by name (`ingest.access.beyond`), or it is one of the few below.
    """
    assert set(watch.noted) == set(UNWALLED)
    assert watch.said >= set(CERTAIN)


def test_every_route_answers_every_role_as_the_table_says_sec_10(
    answers: dict[tuple[str, str], list[Answered]],
) -> None:
    """SEC-10, SEC-11: an unlisted route fails, and so does a listed one that is gone."""
    expected = table()
    actual = {key: tuple(each.status for each in row) for key, row in answers.items()}

    unlisted = [",".join((*key, *row)) for key, row in actual.items() if key not in expected]
    gone = [f"{method} {path}" for method, path in expected if (method, path) not in actual]
    wrong = [
        f"{method} {path} for {column}: {now} instead of {then}"
        for (method, path), row in actual.items()
        for column, now, then in zip(COLUMNS, row, expected.get((method, path), row), strict=True)
        if now != then
    ]
    assert not unlisted, "\n".join(["routes without a row;", HOW, *unlisted])
    assert not gone, f"rows without a route, to be removed: {gone}"
    assert not wrong, "\n".join(wrong)


def test_every_route_bears_the_headers_whatever_it_answers_sec_25_sec_38(
    answers: dict[tuple[str, str], list[Answered]],
) -> None:
    statuses = set()
    for key, row in answers.items():
        for column, answer in zip(COLUMNS, row, strict=True):
            statuses.add(answer.status)

            assert not answer.bare, (*key, column, answer.status)
    assert {"200", "204", "303", "400", "401", "403", "404", "405", "409", "415", "422"} <= statuses


def test_the_table_lets_nobody_in_and_nobody_to_another_team_sec_10() -> None:
    """The table itself: whoever adds a row cannot write a leak into it unseen."""
    for (method, path), row in table().items():
        said = dict(zip(COLUMNS, row, strict=True))
        if "500" in row:
            raise AssertionError(f"{method} {path} has a fault")
        about_somebody = "{patient_id}" in path or "{alert_id}" in path or "{public_id}" in path
        if about_somebody and path not in LOOKS_AT_NOBODY:
            assert said["nobody"] in ("303", "401", "422"), path  # 422: a form without fields
            for role in ROLES:
                # A supervisor sees those of no active team beside their own: this one has a team.
                assert said[f"{role}-other"] == "404", (method, path, role)
            for role in APART:  # be the patient of their team or not
                assert {said[f"{role}-{whose}"] for whose in WHOSE} <= {"404", "422"}, (path, role)


def test_who_sees_no_patients_has_no_page_but_those_of_their_own_sec_10() -> None:
    """SEC-10: a new page of anybody's stays shut to them unless the table says otherwise."""
    for role, areas in (
        (Role.ADMINISTRATOR, ("/administration", "/enrol")),
        (Role.PRIVACY_OFFICER, PRIVACY),
    ):
        for (method, path), row in table().items():
            said = dict(zip(COLUMNS, row, strict=True))
            shut = {"404", "422"}  # 422: a form without its fields, before anybody is asked for
            open_ = {said["nobody"]}  # what asks nobody who they are
            if path not in SHARED and not path.startswith((*areas, *BY_LINK)):
                assert said[f"{role}-own"] in shut | open_ - {"303"}, (method, path, role)


@pytest.mark.parametrize("who", [*ROLES, "client"], ids=str)
def test_what_is_not_ones_own_looks_like_what_does_not_exist_sec_12(whole: Whole, who: str) -> None:
    """In its words, and in how long it takes: by the work for it, which no clock blurs.

    What the clock says is measured by `make bench ARGS="strangers"`.
    """
    compared = 0
    for (method, path), row in table().items():
        if dict(zip(COLUMNS, row, strict=True))[f"{who}-other"] != "404" or "{" not in path:
            continue
        asked = {of: Asked(whole, (method, path, who, of)) for of in ("other", "nobody")}
        odd = told_apart(asked["other"].work, asked["nobody"].work)
        theirs, nobodys = (each.answers[-1] for each in asked.values())
        compared += 1

        assert nobodys.status_code == 404, (method, path)
        assert words(theirs.text, whole, "other") == words(nobodys.text, whole, "nobody"), path
        assert not odd, (method, path, odd)
    assert compared >= 8


@dataclass(slots=True)
class Asked:
    """A request, what was answered to it, and what it asked of the database."""

    whole: Whole
    request: tuple[str, str, str, str]
    answers: list[Response] = field(default_factory=list)

    def work(self) -> Work:
        with work_on(self.whole.database) as work:
            self.answers.append(self.whole.ask(*self.request))
        return work


def test_that_one_asks_more_of_the_database_is_seen_sec_12(whole: Whole) -> None:
    """The net has no hole: what is one's own is read, and takes other statements and rows."""
    request = ("GET", "/patients/{patient_id}", Role.NURSE)
    own, nobodys = (Asked(whole, (*request, of)).work for of in ("own", "nobody"))
    work = nobodys()
    more = replace(work, rows=work.rows + 2)

    assert told_apart(own, nobodys)
    assert not told_apart(nobodys, nobodys)
    assert more.apart(work) == ["2 rows more"]
    assert len(work.statements) >= 5


def words(text: str, whole: Whole, whose: str) -> str:
    """Return a body without the id that was asked for."""
    for (_, of), id_ in whole.ids.items():
        if of == whose:
            text = text.replace(id_, "*")
    return text.replace("00000000-0000-0000-0000-000000000007", "*")
