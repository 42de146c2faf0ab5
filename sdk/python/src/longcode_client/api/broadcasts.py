"""One text to many clients.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict, final

from longcode_client.api.shared import MessageState
from longcode_client.calls import Calls, in_path, new_key
from longcode_client.items import Items


class AudienceForm(TypedDict, total=False):
    """The clients of a broadcast: `client_ids`, or `all`, or those whom `tags`, `status` and `search` choose.

    Of these three, any may be given: a client must have one of the tags, the status, and each word of `search`
    in a name, number or id.

    Or `not_reached_by`, the id of an earlier broadcast: the clients with a number that its text did not reach.
    Numbers that it reached, or may have, get no text.

    `except_client_ids` and `except_tags` leave clients out.
    """

    client_ids: list[str]
    tags: list[str]
    status: str | None
    search: str | None
    all: bool
    not_reached_by: str | None
    except_client_ids: list[str]
    except_tags: list[str]


class BroadcastReply(TypedDict):
    """A reply to a text of a broadcast; `answers` is the text's id. GET /messages/{id} shows all of it."""

    message_id: str
    received_at: str
    phone: str
    client_id: str | None
    body: str
    body_expired: bool
    keyword: str | None
    answers: str | None


# The state of a broadcast. DONE: every text is written; each is sent as any other text from then on.
BroadcastState = Literal["scheduled", "planning", "sending", "done", "cancelled", "refused"]


class CallsMade(TypedDict):
    """How many call tasks were made, and how many clients are left because a broadcast gets 500 tasks at most."""

    made: int
    left: int


@final
class DryRun(TypedDict):
    """What a broadcast would do; with `code`, why it would not start."""

    items: list[WouldGet]
    next_cursor: str | None
    totals: Totals
    code: NotRequired[str | None]
    reason: NotRequired[str | None]


# What to send when the account's limits do not allow the whole broadcast: nothing, or the part that fits.
LimitPolicy = Literal["all", "part"]


class NewBroadcast(TypedDict):
    """One text to many clients. Merge fields such as {{client.first_name|there}} are filled in for each of them.

    With `refuse_repeat`, it is refused if another one within a day has the same words for some of the same
    clients.
    """

    audience: AudienceForm
    body: NotRequired[str | None]
    template: NotRequired[str | None]
    values: NotRequired[dict[str, str]]
    send_at: NotRequired[str | None]
    limit: NotRequired[LimitPolicy]
    refuse_repeat: NotRequired[bool]
    dry_run: NotRequired[bool]


class Progress(TypedDict):
    """A broadcast, its audience, and how many of its texts are in each state."""

    id: str
    state: BroadcastState | Literal["waiting"]
    paused: bool
    body: str
    template: str | None
    subject: str | None
    values: dict[str, str]
    limit: LimitPolicy
    created_at: str
    send_at: str | None
    started_at: str | None
    finished_at: str | None
    planned_clients: int
    planned_texts: int
    planned_units: int
    reserved_units: int | None
    texts: int
    units: int
    segments: int
    skipped: dict[str, int]
    code: str | None
    reason: str | None
    audience: AudienceForm
    progress: dict[str, int]


class Recipient(TypedDict):
    """A client and phone of a broadcast: its text and the text's state, or why there is none."""

    client_id: str | None
    phone: str | None
    message_id: NotRequired[str | None]
    state: NotRequired[MessageState | Literal["skipped"]]
    units: NotRequired[int]
    code: NotRequired[str | None]
    reason: NotRequired[str | None]


@final
class ShownBroadcast(TypedDict):
    """A broadcast. `planned_*` are the totals at its start, `reserved_units` what it reserves of the limits.

    `texts`, `units`, `segments` and `skipped` (clients by reason) are the totals so far. `finished_at` is when
    the last text was written.

    The `state` is `scheduled` until `send_at`, `planning` while it is compared with the limits, and `sending`
    while its texts are written. It is `waiting` while one of them may still be sent, for example after quiet
    hours, and `done` when none of them will be sent any more.
    """

    id: str
    state: BroadcastState | Literal["waiting"]
    paused: bool
    body: str
    template: str | None
    subject: str | None
    values: dict[str, str]
    limit: LimitPolicy
    created_at: str
    send_at: str | None
    started_at: str | None
    finished_at: str | None
    planned_clients: int
    planned_texts: int
    planned_units: int
    reserved_units: int | None
    texts: int
    units: int
    segments: int
    skipped: dict[str, int]
    code: str | None
    reason: str | None


class Totals(TypedDict):
    """The sums over the whole audience, not only over this page.

    `needed_units` is what all texts need; `units` is what the account's limits allow of that. `price_micros` is
    the price of the units beyond the plan, in millionths.
    """

    clients: int
    needed_units: int
    texts: int
    units: int
    segments: int
    held: int
    skipped: dict[str, int]
    price_micros: int


class WouldGet(TypedDict):
    """What a client and phone would get: a text, perhaps held until quiet hours end, or the reason why there is
    none.

    With `would_be_sent` and the code `asked`, the text would wait for an answer from staff: see GET /questions.
    """

    client_id: str
    phone: str | None
    would_be_sent: bool
    text: str | None
    encoding: str | None
    units: int
    segments: int
    held_until: str | None
    code: str | None
    reason: str | None


class BroadcastsApi(Calls):
    """One text to many clients."""

    def list_broadcasts(self, *, limit: int | None = None, cursor: str | None = None) -> Items[ShownBroadcast]:
        """List broadcasts, newest first."""
        return self._items("/broadcasts", {"limit": limit}, "cursor", cursor)

    def post_broadcast(
        self,
        body: NewBroadcast,
        *,
        limit: int | None = None,
        cursor: str | None = None,
        idempotency_key: str | None = None,
    ) -> DryRun | ShownBroadcast:
        """Send one text to many clients.

        With `dry_run`, show what each of them would get, and change nothing.

        The same Idempotency-Key with the same body returns the same broadcast. `limit` and `cursor` page a dry
        run.
        """
        answer: DryRun | ShownBroadcast = self._call(
            "POST",
            "/broadcasts",
            query={"limit": limit, "cursor": cursor},
            body=body,
            key=idempotency_key or new_key(),
        ).json()
        return answer

    def show_broadcast(self, broadcast_id: str) -> Progress:
        """Show a broadcast and its progress.

        The number of texts by state and of skipped clients by reason.
        """
        answer: Progress = self._call("GET", f"/broadcasts/{in_path(broadcast_id)}", repeatable=True).json()
        return answer

    def cancel_broadcast(self, broadcast_id: str) -> None:
        """Cancel a broadcast's unsent texts and release their units.

        One whose texts have all gone is refused.
        """
        self._call("DELETE", f"/broadcasts/{in_path(broadcast_id)}", repeatable=True)

    def make_calls(self, broadcast_id: str) -> CallsMade:
        """Make a call task, listed by GET /calls, for each client whom a broadcast did not reach, once.

        Clients who opted out or allow no texts get none. Clients without a number for texts do.
        """
        answer: CallsMade = self._call("POST", f"/broadcasts/{in_path(broadcast_id)}/calls").json()
        return answer

    def pause_broadcast(self, broadcast_id: str) -> None:
        """Pause a broadcast.

        None of its texts are sent until it is resumed. One whose texts have all gone is refused.
        """
        self._call("PUT", f"/broadcasts/{in_path(broadcast_id)}/paused", repeatable=True)

    def resume_broadcast(self, broadcast_id: str) -> None:
        """Resume a paused broadcast.

        A text that is too old by then is not sent; its state shows that.
        """
        self._call("DELETE", f"/broadcasts/{in_path(broadcast_id)}/paused", repeatable=True)

    def list_recipients(
        self,
        broadcast_id: str,
        *,
        not_reached: bool | None = None,
        limit: int | None = None,
        cursor: str | None = None,
    ) -> Items[Recipient]:
        """List the texts of a broadcast with their states, and then the clients who got none, with the reason.

        With `not_reached`, only the texts that did not arrive, and the clients who got none.
        """
        return self._items(
            f"/broadcasts/{in_path(broadcast_id)}/recipients",
            {"not_reached": not_reached, "limit": limit},
            "cursor",
            cursor,
        )

    def list_replies(
        self, broadcast_id: str, *, limit: int | None = None, cursor: str = "0"
    ) -> Items[BroadcastReply]:
        """List the replies to a broadcast's texts, oldest first.

        Those among the next 15,000 of the inbox.
        """
        return self._items(f"/broadcasts/{in_path(broadcast_id)}/replies", {"limit": limit}, "cursor", cursor)
