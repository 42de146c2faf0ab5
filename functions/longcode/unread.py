"""How many of a studio's replies nobody has read yet."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Unread replies in all, and those of them that are tied to no client."""

    unread: int = 0
    unread_unlinked: int = 0
