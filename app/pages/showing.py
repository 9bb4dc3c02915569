"""What an inbox is narrowed to: whose, how grave, of which team; pure.

It stands in the address, which holds words of ours and opaque ids, never data (SEC-24).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from alerts.lifecycle import State
from core.errors import InvalidError
from core.vitals import Severity

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from alerts.survey import Brief, Case

T = TypeVar("T")
PATH = "/inbox"
MOST_PAGES = 1_000
TIERS = (Severity.RED, Severity.AMBER, Severity.YELLOW, Severity.INFO, Severity.DQ)


class Show(StrEnum):
    """Whose alerts are shown."""

    MINE = "mine"  # owned by, passed on to, or looked at by the reader
    UNOWNED = "unowned"  # taken by nobody
    SNOOZED = "snoozed"


@dataclass(frozen=True, slots=True)
class Filter:
    """What is shown: of each kind one of the named, and everything where none is named."""

    show: tuple[Show, ...] = ()
    tiers: tuple[Severity, ...] = ()
    teams: tuple[UUID, ...] = ()
    page: int = 1

    @property
    def narrows(self) -> bool:
        """Return whether anything is left out."""
        return bool(self.show or self.tiers or self.teams)

    @property
    def query(self) -> str:
        """Return the filter as the part of an address after its question mark."""
        kinds: tuple[tuple[str, Sequence[object]], ...] = (
            ("show", self.show),
            ("tier", [tier.lower() for tier in self.tiers]),
            ("team", self.teams),
        )
        named = {name: ",".join(map(str, values)) for name, values in kinds if values}
        if self.page > 1:
            named["page"] = str(self.page)
        return urlencode(named, safe=",")

    @property
    def address(self) -> str:
        """Return where the list of this filter is."""
        return f"{PATH}?{self.query}" if self.query else PATH

    def with_show(self, value: Show) -> Filter:
        """Return the filter with one more of what is shown, or one less; from its first page."""
        return replace(self, show=_toggled(self.show, value, tuple(Show)), page=1)

    def with_tier(self, value: Severity) -> Filter:
        """Return the filter with one tier more, or less."""
        return replace(self, tiers=_toggled(self.tiers, value, TIERS), page=1)

    def with_team(self, value: UUID) -> Filter:
        """Return the filter with one team more, or less."""
        return replace(self, teams=_toggled(self.teams, value, ()), page=1)

    def on_page(self, page: int) -> Filter:
        """Return the same filter on another page."""
        return replace(self, page=page)

    def admits(
        self, case: Case, me: Collection[object], of_team: Mapping[UUID, Collection[UUID]]
    ) -> bool:
        """Return whether a person is shown: by their row's tier, and by any alert of theirs."""
        if self.tiers and case.first.severity not in self.tiers:
            return False
        if self.teams and not any(case.patient_id in of_team.get(t, ()) for t in self.teams):
            return False
        return not self.show or any(shown_as(case, each, me) for each in self.show)


def shown_as(case: Case, show: Show, me: Collection[object]) -> bool:
    """Return whether any alert of a person is mine, unowned, or snoozed."""
    return any(_is(each, show, me) for each in case.alerts)


def _is(brief: Brief, show: Show, me: Collection[object]) -> bool:
    if show is Show.MINE:
        return brief.held_by(me)
    return brief.state.waits if show is Show.UNOWNED else brief.state is State.SNOOZED


def read(named: Iterable[tuple[str, str]]) -> Filter:
    """Return the filter that an address names; other names in it are not looked at.

    Raises
    ------
    InvalidError
        Where a value is none of ours; its field says which of them.
    """
    pairs = list(named)
    return Filter(
        show=_chosen("show", pairs, {each.value: each for each in Show}),
        tiers=_chosen("tier", pairs, {each.lower(): each for each in TIERS}),
        teams=tuple(sorted({_team(each) for each in _values("team", pairs)})),
        page=_page(list(_values("page", pairs))),
    )


def back_to(form: str) -> str:
    """Return the list that a form came from, by what it says after our own path; else all of it."""
    _, _, query = form.partition("?")
    try:
        return read(parse_qsl(query)).address
    except InvalidError:
        return PATH


def _chosen(name: str, pairs: list[tuple[str, str]], known: Mapping[str, T]) -> tuple[T, ...]:
    wanted = set(_values(name, pairs))
    if wanted - set(known):
        raise InvalidError(
            "{name}: use {choices}",
            field=name,
            facts={"name": name, "choices": ", ".join(known)},
        )
    return tuple(value for word, value in known.items() if word in wanted)


def _values(name: str, pairs: list[tuple[str, str]]) -> Iterator[str]:
    """Yield what is named, whether repeated or with commas between."""
    for key, value in pairs:
        if key == name:
            yield from filter(None, value.split(","))


def _team(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise InvalidError("there is no such team", field="team") from None


def _page(values: list[str]) -> int:
    text = values[-1] if values else "1"
    if not (text.isdecimal() and text.isascii() and 1 <= int(text[:9]) <= MOST_PAGES):
        raise InvalidError(
            "a page has a number from 1 to {most}", field="page", facts={"most": MOST_PAGES}
        )
    return int(text)


def _toggled(values: tuple[T, ...], value: T, order: Sequence[T]) -> tuple[T, ...]:
    left = set(values) ^ {value}
    return tuple(each for each in order if each in left) if order else tuple(sorted(left, key=str))
