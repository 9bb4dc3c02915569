"""No address and no form makes a fault of ours out of what nobody can have meant.

Every route of the application, and each text, number and day that it takes, one at a time beside
fields that are right: whoever is signed in gets an answer that names what is wrong, never a 500.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from fastapi.routing import APIRoute
from fastapi.testclient import TestClient
from pydantic import BaseModel

from core.security import Role, csrf_token
from tests.app.rights.test_table import COLUMNS, STREAMS, table
from tests.app.rights.whole import BASE, FIELDS, SECRET, every_route

if TYPE_CHECKING:
    from collections.abc import Iterator

    from fastapi.dependencies.models import Dependant

    from tests.app.rights.whole import Whole

NUL = "a\x00b"
DAYS = ("9999-12-31", "0001-01-01")
NUMBERS = (str(10**30), "9" * 5000)  # Python reads no number of more than 4300 digits
TEXTS = ("x" * 10_000,)
SURROGATE = "%ED%B2%80"  # half a pair, which is no UTF-8
OF_DAYS = frozenset(
    (
        *("since", "until", "first", "last", "on", "day", "died_on", "born", "birth_date"),
        *("onset", "review_by", "week", "at"),
    )
)
OF_NUMBERS = frozenset(
    (
        *("before", "version", "page", "weeks", "days", "minutes", "hours", "place", "back"),
        *("left", "put_back", "readings", "within_minutes", "stay", "seen", "row", "alert_low"),
        *("alert_high", "averts_low", "averts_high", "handling_low", "handling_high"),
    )
)
APART = frozenset({UUID, bool, UUID | None})  # which pydantic reads, or refuses
ONCE = frozenset({"done", "week"})  # read by the same function wherever they stand
# What makes a form right up to the field that is absurd.
RIGHT = FIELDS | {
    "since": "2026-11-20", "until": "2031-05-31", "first": "", "last": "2031-05-31",
    "act": "set", "measure": "weight", "alert_low": "50", "readings": "2",
    "within_minutes": "1440", "review_by": "2031-05-31", "version": "0", "page": "",
    "kind": "holiday", "why": "completed", "day": "2026-11-20", "text": "x", "born": "1940-01-01",
    "purpose": "research", "answer": "no", "work": "review", "name": "Somebody New",
    "birth_date": "1940-01-01", "channel": "email", "address": "a@b.example", "row": "1",
    "averts_low": "1", "averts_high": "2", "handling_low": "1", "handling_high": "2",
    "stay": "6", "code": "I50", "onset": "2020-01-01", "identifier_system": "urn:x",
    "identifier": "1", "system": "urn:x", "value": "1", "number": "1", "zone": "Asia/Seoul",
}  # fmt: skip
# Where the same name means something else.
RIGHT_AT = {
    "/privacy/audit": {"username": "", "value": "", "kind": "", "outcome": ""},
    "/privacy/audit.csv": {"kind": ""},
    "/break-glass": {"reason": "emergency"},
    "/quality": {"first": "", "last": "", "by": ""},
    "/contests": {"by": "patient"},
    "/scores": {"by": "patient"},
    "/check": {"on": "", "version": ""},
    "/alerts/": {"version": "", "page": "", "at": ""},
    "/reports": {"version": "", "week": "", "page": "", "by": ""},
}
BY_NAME = {"/inbox": ("show", "tier", "team", "page")}  # read out of the address by hand


class Knock(NamedTuple):
    """A route, who may, and what it takes: names to whether they stand in the address."""

    method: str
    path: str
    who: str
    takes: dict[str, bool]


def knocks(whole: Whole) -> Iterator[Knock]:
    rights = table()
    for route in every_route(whole.web.routes):
        if not isinstance(route, APIRoute) or route.path in STREAMS:
            continue
        for method in sorted(route.methods or ()):
            takes = dict.fromkeys(_names(route.dependant, "body_params"), False)
            takes |= dict.fromkeys(_names(route.dependant, "query_params"), True)
            takes |= dict.fromkeys(BY_NAME.get(route.path, ()), True)
            takes.pop("csrf", None)
            if takes:
                who = _who(route.path, rights[method, route.path])
                yield Knock(method, route.path, who, takes)


def _names(of: Dependant, kind: str) -> Iterator[str]:
    """Yield what a route takes as text or number, through whatever it depends on."""
    for each in getattr(of, kind):
        said = each.field_info.annotation
        if isinstance(said, type) and issubclass(said, BaseModel):
            fields = said.model_fields.items()
            yield from (name for name, field in fields if field.annotation not in APART)
        elif said not in APART:
            yield each.alias
    for each in of.dependencies:
        yield from _names(each, kind)


def _who(path: str, row: tuple[str, ...]) -> str:
    """Return somebody whom a route lets in, best who comes farthest."""
    said = dict(zip(COLUMNS, row, strict=True))
    # A client is sent to sign in with the 303 that is a person's way back: it comes last.
    roles = [each.removesuffix("-own") for each in reversed(COLUMNS) if each.endswith("-own")]
    own = [(said[f"{role}-own"], role) for role in roles if role != "client"]
    for status in ("200", "303", "422", "409", "400"):
        if found := [role for answer, role in own if answer == status]:
            return found[0]
    if said["client-own"] not in {"303", "401", "404"}:
        return "client"
    # What the table asks for is of nobody there: with fields that are right it is found.
    return Role.PRIVACY_OFFICER if path.startswith("/privacy") else Role.SUPERVISOR


def absurd(knock: Knock) -> Iterator[tuple[str, str]]:
    """Yield a name and what it shall say: what is likely to break it, at little cost."""
    for name in knock.takes:
        values = DAYS if name in OF_DAYS else NUMBERS if name in OF_NUMBERS else TEXTS
        yield from ((name, value) for value in values)


class Sender:
    """Knocks with fields that are right, but for those that are given."""

    def __init__(self, whole: Whole) -> None:
        self.whole = whole
        self.http = TestClient(
            whole.web, base_url=BASE, follow_redirects=False, raise_server_exceptions=False
        )

    def status(self, knock: Knock, wrong: dict[str, str], also: str = "") -> int:
        """Return what is answered; nothing that it did stays."""
        right = {**RIGHT, **self._known()}
        for part, said in RIGHT_AT.items():
            right |= said if part in knock.path else {}
        given = {name: right.get(name, "") for name in knock.takes} | wrong
        query = {name: value for name, value in given.items() if knock.takes[name] and value}
        form: dict[str, Any] = {
            name: value for name, value in given.items() if not knock.takes[name] and value
        }
        form |= {"visit": right["visit"]}
        headers = {"Accept": "text/html"}
        self.http.cookies.clear()
        if knock.who == "client":
            headers = {"Authorization": f"Bearer {self.whole.token_of(self.whole.client)}"}
        elif knock.who != "nobody":
            self.http.cookies.set("wardlight", self.whole.people[knock.who])
            form["csrf"] = csrf_token(self.whole.people[knock.who], key=SECRET)
        address = self.whole.address(knock.path, "own") + also
        body: dict[str, Any] = {"data": form}
        if knock.path.startswith("/fhir"):
            body = {"json": {}}
        if knock.method in ("GET", "HEAD"):
            body = {}
        with self.whole.database.undoing():
            return self.http.request(
                knock.method, address, params=query or None, headers=headers, **body
            ).status_code

    def _known(self) -> dict[str, str]:
        ids = self.whole.ids
        return {
            "patient": ids["patient_id", "own"],
            "person": ids["patient_id", "own"],
            "to": ids["patient_id", "own"],
            "team": ids["team_id", "own"],
            "visit": ids["Appointment", "own"],
            "who": str(self.whole.ward.practitioner_id),
        }


def test_no_route_breaks_at_what_nobody_can_have_meant(whole: Whole) -> None:
    sender = Sender(whole)
    asked, broken, seen = 0, [], set[str]()
    for knock in knocks(whole):
        for name, value in absurd(knock):
            if name in seen & ONCE:
                continue
            seen.add(name)
            asked += 1
            if (status := sender.status(knock, {name: value})) >= 500:
                broken.append(f"{knock.method} {knock.path} {name}={value[:20]}: {status}")

    assert not broken, "\n".join(broken)
    assert asked > 400


def test_no_page_takes_a_text_that_the_store_cannot_hold(whole: Whole) -> None:
    sender = Sender(whole)
    for knock in knocks(whole):
        if knock.path.startswith(("/fhir", "/m/")) or knock.path == "/m":
            continue
        for name in list(knock.takes)[-1:]:
            assert sender.status(knock, {name: NUL}) == 422, (knock, name)


def test_no_route_breaks_at_nothing_and_half_a_character(whole: Whole) -> None:
    sender = Sender(whole)
    for knock in knocks(whole):
        nothing = dict.fromkeys(knock.takes, "")
        assert sender.status(knock, nothing, f"?{[*knock.takes][-1]}={SURROGATE}") < 500, knock
        if less := dict.fromkeys(OF_NUMBERS & set(knock.takes), "-1"):
            assert sender.status(knock, less) < 500, knock
