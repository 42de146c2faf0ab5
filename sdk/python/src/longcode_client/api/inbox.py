"""New replies, for software that polls.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import TypedDict

from longcode_client.api.shared import ShownMessage
from longcode_client.calls import Calls
from longcode_client.items import Items


class InboxReply(TypedDict):
    """A reply for the installed software; `delivery_id` is the same each time it is fetched."""

    delivery_id: str
    received_at: str
    message: ShownMessage


class InboxApi(Calls):
    """New replies, for software that polls."""

    def list_new_replies(self, *, after: str = "0", limit: int | None = None) -> Items[InboxReply]:
        """List the replies since a cursor, for the job "SMS Text Inbox Processor".

        If `after` is always the `next_cursor` of the page before, each reply comes exactly once, whatever
        arrives meanwhile. An empty page may not be the last: all replies are fetched when `next_cursor` equals
        `after`.
        """
        return self._items("/inbox", {"limit": limit}, "after", after)
