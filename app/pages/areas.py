"""Which pages are whose, before a page asks for itself, and what each front page leads to; pure.

Who runs the clinic and who guards its privacy have pages of their own and no others: a page
that nobody thought of here stays shut to them (SEC-10). A new page of theirs is an `Entry`.
"""

from __future__ import annotations

from dataclasses import dataclass

from core.security import Role

HOME = "/inbox"
ADMINISTRATION = "/administration"
PRIVACY = "/privacy"
REVIEWS = "/break-glass"
ENROLMENT = "/enrol"
# What everybody has who is signed in.
SHARED = frozenset(
    {"/", "/session", "/session/stay", "/sign-out", "/language", "/draft", "/printed"}
)
APART: dict[Role, tuple[str, ...]] = {
    Role.ADMINISTRATOR: (ADMINISTRATION, ENROLMENT),
    Role.PRIVACY_OFFICER: (PRIVACY, REVIEWS),
}


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a front page: where it leads, its name, and what it is for."""

    path: str
    name: str
    about: str


# In the order of a clinic's first day.
OF_ADMINISTRATION: tuple[Entry, ...] = (
    Entry(
        "/administration/teams",
        "Sites and teams",
        "Which teams there are, where, and who was in them when.",
    ),
    Entry("/administration/users", "Users", "Who may sign in, as what, and in which teams."),
    Entry(
        "/administration/rota",
        "Rota",
        "Who is on call for each team, with its holes before anything is kept.",
    ),
    Entry(
        "/administration/integrations",
        "Integrations",
        "Which programs may post readings, with which keys, and what came from each.",
    ),
    Entry(
        ENROLMENT,
        "Enrol people",
        "One person by a form, or many by a CSV file that is checked row by row first.",
    ),
)
OF_PRIVACY: tuple[Entry, ...] = (
    Entry(
        "/privacy/audit",
        "Audit",
        "Who looked at whom, when, from where; who was refused; who looked without a relation.",
    ),
    Entry(
        "/break-glass/reviews",
        "Reviews",
        "Who opened a patient in an emergency, why, and what they looked at.",
    ),
    Entry(
        "/privacy/copies",
        "Copies",
        "All that is kept of one person, to hand to them.",
    ),
    Entry(
        "/privacy/choices",
        "Choices",
        "What a person lets be done with their data, when they write to you.",
    ),
    Entry(
        "/privacy/contests",
        "Contested scores",
        "Who says that an automated score is wrong, and which of these wait for an answer.",
    ),
    Entry(
        "/privacy/retention",
        "Kept",
        "How long each kind of data is kept, why, and what would go now.",
    ),
    Entry(
        "/privacy/erasures",
        "Erasures",
        "Who asked to be erased, and what forbids it for now.",
    ),
)


def opens(role: Role | None, path: str) -> bool:
    """Return whether the pages at an address are for a role at all."""
    if role in APART:
        return path in SHARED or _within(path, APART[role])
    return not _within(path, (ADMINISTRATION, PRIVACY))


def home(role: Role | None) -> str:
    """Return the page that a role begins on."""
    return APART[role][0] if role in APART else HOME


def entries(role: Role | None) -> tuple[Entry, ...]:
    """Return what the front page of a role leads to."""
    return {ADMINISTRATION: OF_ADMINISTRATION, PRIVACY: OF_PRIVACY}.get(home(role), ())


def landing(role: Role | None, to: str) -> str:
    """Return where somebody goes who wanted to go somewhere: home, if that is not for them."""
    return to if opens(role, to.partition("?")[0]) else home(role)


def _within(path: str, areas: tuple[str, ...]) -> bool:
    return any(path == area or path.startswith(f"{area}/") for area in areas)
