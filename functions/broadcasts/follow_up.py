"""After a broadcast: the clients not reached, call tasks for them, and the audience of sending it again."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts.account import Account
from longcode.aws.at_once import at_once
from longcode.broadcasts import counts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.outcome import LIMIT, REACHED, UNREACHABLE, why_not_again
from longcode.carriers.carrier import RefusalReason
from longcode.carriers.refusals import meaning_of_error
from longcode.clients import store as clients
from longcode.clients.client import MOST_ID_BYTES, Audience, Client, client_merge_values
from longcode.errors import AudienceTooLarge, EmptyAudience, NoNumberTicked, OptedOut, RequestError
from longcode.message import NOT_REACHED, MessageState
from longcode.table.writes import Write
from longcode.template import render
from longcode.triggers import call_tasks
from longcode.triggers.planning import Call
from longcode.webhooks import call_created, tell
from longcode.webhooks import store as webhooks

MOST_CALLS = 500
"""The most call tasks of a broadcast: more than a studio calls."""

_PAGE = 1_000
_OF_A_TEXT = ("id", "client_id", "phone", "state", "error")
_CALLED_INSTEAD = {UNREACHABLE, NoNumberTicked.code}
"""The reasons of clients without a text who can be called."""


class Missed(Struct, frozen=True, kw_only=True):
    """A client and phone that a broadcast did not reach: the text's state and error, or why there is none."""

    client_id: str | None
    phone: str | None
    message_id: str | None = None
    state: MessageState | None = None
    code: str | None = None
    detail: str | None = None


class CallsToMake(Struct, frozen=True, kw_only=True):
    """The clients to call: those without a task yet, as many as may get one, and how many others there are."""

    clients: list[str]
    others: int
    before: call_tasks.CallsOfBroadcast


def missed(broadcast: Broadcast, texts: counts.Counts) -> Iterator[Missed]:
    """Yield the phones whose text did not arrive, then the clients without a text."""
    yield from failed(broadcast, texts)
    if not broadcast.skipped:
        return
    for _, skipped in broadcasts.skipped_from(broadcast, None):
        yield Missed(client_id=skipped.client_id, phone=skipped.phone, code=skipped.code, detail=skipped.detail)


def failed(broadcast: Broadcast, texts: counts.Counts) -> Iterator[Missed]:
    """Yield the phones whose text did not arrive."""
    after: str | None = None
    while True:
        items, after = counts.texts_in(broadcast, texts, NOT_REACHED, after=after, limit=_PAGE, only=_OF_A_TEXT)
        for item in items:
            yield Missed(
                client_id=item.get("client_id"),
                phone=item["phone"],
                message_id=item["id"],
                state=MessageState(item["state"]),
                code=item.get("error"),
            )
        if after is None:
            return


def calls_to_make(broadcast: Broadcast, now: datetime) -> CallsToMake:
    """Return the clients who are to be called, because a broadcast did not reach them.

    Clients who opted out, or whose record allows no texts, are not called; clients without a number for texts are.
    """
    found, before = at_once(
        lambda: [*missed(broadcast, counts.look(broadcast, now))],
        lambda: call_tasks.made(broadcast.account, broadcast.id),
    )
    wanted = dict.fromkeys(one.client_id for one in found if one.client_id and _is_to_call(one))
    left = [client_id for client_id in wanted if not before.has(client_id)]
    most = max(0, MOST_CALLS - len(before.clients))
    return CallsToMake(clients=left[:most], others=len(left[most:]), before=before)


def make_calls(account: Account, broadcast: Broadcast, by: str | None, now: datetime) -> int:
    """Write a call task for each client of `calls_to_make`, with its webhook; return how many.

    A repetition writes none twice.
    """
    to_call = calls_to_make(broadcast, now).clients
    if not to_call:
        return 0
    entries = clients.of_audience(account.id, Audience(client_ids=tuple(to_call)), None)
    tasks = [_call(account, broadcast, entry.client, now) for entry in entries if entry.client]

    def webhooks_of(calls: Sequence[Call]) -> list[Write]:
        return [*map(webhooks.creation_write, call_created.deliveries(account, calls, now))]

    written = call_tasks.make(account.id, broadcast.id, tasks, by, now, also=webhooks_of)
    tell.enqueue(account.id, call_created.deliveries(account, written, now))
    return len(written)


def audience_again(audience: Audience, earlier: Broadcast, now: datetime) -> Audience:
    """Return the audience of sending a broadcast again: the clients with a number that its text did not reach.

    Those whose texts did not fit the limits are among them.
    The numbers that it reached, or may have, get no text: see `outcome.why_not_again`. Raise `EmptyAudience` if it
    reached all, or `AudienceTooLarge`.
    """
    texts = counts.look(earlier, now)
    ids = tuple(dict.fromkeys(one.client_id for one in missed(earlier, texts) if one.client_id and _may_again(one)))
    if not ids:
        raise EmptyAudience("There is no client to whom this broadcast can be sent again.", field="audience")
    if sum(len(client_id.encode()) for client_id in ids) > MOST_ID_BYTES:
        raise AudienceTooLarge("These are too many clients for a list; choose them by a tag.", field="audience")
    return replace(audience, client_ids=ids)


def _may_again(one: Missed) -> bool:
    """Return whether a client may get a text again: over another number, if this one receives none."""
    if one.state is None:
        return one.code == LIMIT
    return why_not_again(one.state, one.code) != REACHED


def _is_to_call(one: Missed) -> bool:
    if one.state is None:
        return one.code in _CALLED_INSTEAD
    is_opted_out = meaning_of_error(one.code).reason is RefusalReason.OPTED_OUT
    return one.code != OptedOut.code and not is_opted_out


def _call(account: Account, broadcast: Broadcast, client: Client, now: datetime) -> Call:
    return Call(
        account=account.id,
        id=f"{now.astimezone(UTC):%Y%m%dT%H%M%S}-{broadcast.id}-{call_tasks.hash_of(client.id)}",
        at=now,
        broadcast=broadcast.id,
        client_id=client.id,
        phones=tuple(dict.fromkeys(phone.number for phone in client.phones)),
        text=_words(account, broadcast, client),
    )


def _words(account: Account, broadcast: Broadcast, client: Client) -> str:
    """Return the words that the client did not get; with their merge fields, if one has no value."""
    try:
        return render(broadcast.body, client_merge_values(account, client) | broadcast.values)
    except RequestError:
        return broadcast.body
