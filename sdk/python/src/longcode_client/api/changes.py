"""Who changed what in the account, when and from where.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, TypedDict

from longcode_client.calls import Calls
from longcode_client.items import Items


class ChangeActor(TypedDict):
    """Who made a change, and from where. `who` is a person's or an API key's id, or `password`; else it is `way`."""

    way: Way
    who: str
    name: str
    address: str
    browser: str


# What was changed. An `ORDER` is one of the operator's.
ChangeKind = Literal[
    "order",
    "settings",
    "webhook_secret",
    "plan",
    "password",
    "key_made",
    "key_ended",
    "address_asked",
    "address",
    "person_added",
    "person_removed",
    "session_ended",
    "template_written",
    "template_renamed",
    "template_deleted",
    "trigger_written",
    "trigger_switched",
    "trigger_deleted",
    "join_page",
    "opt_out",
    "opt_out_answer",
    "import",
    "tags",
    "export",
    "stopped",
    "closed",
]


class ChangedValue(TypedDict):
    """A part of a change: what was changed, and its value before and after where these are kept."""

    name: str
    before: str | None
    after: str | None


class ShownChange(TypedDict):
    """A change of the account. One that is `unfinished` was made in part or not at all, unless it is being made."""

    id: str
    at: str
    kind: ChangeKind
    about: str
    details: list[ChangedValue]
    actor: ChangeActor
    unfinished: bool


# The way on which a change came.
Way = Literal["hub", "api", "link", "operator", "service"]


class ChangesApi(Calls):
    """Who changed what in the account, when and from where."""

    def list_changes(self, *, limit: int | None = None, cursor: str | None = None) -> Items[ShownChange]:
        """List who changed what in the account, when and from where, the newest first.

        A year of changes is kept.
        """
        return self._items("/changes", {"limit": limit}, "cursor", cursor)
