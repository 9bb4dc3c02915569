"""What a device integration may do: the SMART v2 system scopes that it was granted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

_RIGHTS = {"read": "rs", "write": "cud", "*": "cruds"}
RESTRICTABLE = ("Observation", "Condition")  # the types that have a category
_CATEGORY = re.compile(r"category=([^\s&=]+)")


@dataclass(frozen=True, slots=True)
class Scope:
    """One SMART v2 system scope, `system/Observation.rs?category=vital-signs` for instance."""

    type: str  # a resource type, or * for every one
    rights: frozenset[str]  # of c, r, u, d, s
    categories: frozenset[str] = frozenset()  # tokens, any of which will do; empty: no matter

    @classmethod
    def read(cls, text: str) -> Self | None:
        """Return the scope, or None for anything that cannot be granted to an integration."""
        context, slash, rest = text.partition("/")
        plain, asks, query = rest.partition("?")
        target, dot, rights = plain.partition(".")
        rights = _RIGHTS.get(rights, rights)
        if context != "system" or not (slash and dot and target) or not set(rights) <= set("cruds"):
            return None
        wanted = _CATEGORY.fullmatch(query)
        if not rights or (asks and (wanted is None or target not in RESTRICTABLE)):
            return None
        return cls(target, frozenset(rights), frozenset(wanted[1].split(",") if wanted else ()))

    def concerns(self, resource_type: str, interaction: str) -> bool:
        """Return whether it speaks of an interaction (one of c, r, u, d, s) with a type."""
        return self.type in ("*", resource_type) and interaction in self.rights


@lru_cache(maxsize=4096)
def permitted(
    scopes: frozenset[str], resource_type: str, interaction: str
) -> frozenset[str] | None:
    """Return the categories to which scopes restrict an interaction: None for no restriction.

    The empty set means that nothing is permitted.
    """
    read = [scope for each in scopes if (scope := Scope.read(each)) is not None]
    concerned = [scope for scope in read if scope.concerns(resource_type, interaction)]
    if any(not scope.categories for scope in concerned):
        return None
    return frozenset(token for scope in concerned for token in scope.categories)


def allows(scopes: frozenset[str], resource_type: str, interaction: str) -> bool:
    """Return whether scopes permit an interaction with every resource of a type.

    What a scope permits for some categories only is not meant; `permitted` knows of it.
    """
    return permitted(scopes, resource_type, interaction) is None


def valid_scope(scope: str) -> bool:
    """Return whether a scope is one that can be granted to a device integration."""
    return Scope.read(scope) is not None
