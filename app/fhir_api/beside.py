"""Two tables whose rows are one kind of resource, read in the one order of both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from app.fhir_api.rendered import Rendered
    from app.fhir_api.scope import Mark, Scope, Seen


@dataclass(frozen=True, slots=True)
class Beside:
    """Two shelves of the same order; the rows of the first are those of a table."""

    first: Rendered
    table: type
    second: Rendered

    def serves(self, scope: Scope, key: str) -> bool:
        """Return whether the order of both is the one by this key."""
        return self.first.serves(scope, key) and self.second.serves(scope, key)

    def look(self, scope: Scope, after: Mark | None, limit: int) -> list[Seen]:
        """Return the next rows of both in the order of the scope."""
        found = [*self.first.look(scope, after, limit), *self.second.look(scope, after, limit)]
        found.sort(key=self._place, reverse=scope.down)
        return found[:limit]

    def pick(self, scope: Scope) -> list[Seen]:
        """Return the rows of both that the scope names by id."""
        return [*self.first.pick(scope), *self.second.pick(scope)]

    def bodies(self, scope: Scope, seen: Sequence[Seen]) -> list[bytes]:
        """Return the resources in the order in which their rows came."""
        mine = [each for each in seen if isinstance(each.row, self.table)]
        others = [each for each in seen if not isinstance(each.row, self.table)]
        written = dict(zip((e.id for e in mine), self.first.bodies(scope, mine), strict=True))
        written |= zip((e.id for e in others), self.second.bodies(scope, others), strict=True)
        return [written[each.id] for each in seen]

    def _place(self, seen: Seen) -> tuple[Any, ...]:
        return tuple(getattr(seen.row, name) for name in self.first.order)
