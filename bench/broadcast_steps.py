"""A draft of a broadcast to all clients of a studio, and one that has gone out, for the time of their pages."""

from datetime import datetime, timedelta
from itertools import chain

from broadcasts import draft_check
from longcode.broadcasts import counts, drafts
from longcode.broadcasts.broadcast import Broadcast, broadcast_text_id
from longcode.broadcasts.drafts import BroadcastDraft, DraftCheck, Waits
from longcode.broadcasts.store import BROADCASTS
from longcode.clients.client import Audience
from longcode.message import BroadcastState, Direction, Message, MessageKind, MessageState
from longcode.messages import store as messages
from longcode.months import month_of
from longcode.table import keys
from longcode.table.writes import Put, Write, attributes
from tests.support.local_aws import SHARED_NUMBER

_REPLIES = 300
_EACH = 100  # of so many texts, one is not confirmed and five are not delivered


def pages(draft: BroadcastDraft) -> dict[str, list[tuple[str, str]]]:
    """Return the ways to open the steps: paths below /hub/ and queries."""
    path = f"broadcasts/new/{draft.id}"
    return {
        "broadcast_whom": [("broadcasts/new", ""), ("broadcasts/new", "tags=wedding"), (f"{path}/whom", "")],
        "broadcast_what": [(f"{path}/what", ""), (f"{path}/what", "preview=7")],
        "broadcast_check": [(f"{path}/check", query) for query in ("", "after=p5000", "after=p9900")],
        "broadcast_check_search": [(f"{path}/check", f"q={name}") for name in ("ann", "tanaka", "5550007")],
        "broadcast_go": [(f"{path}/go", "")],
    }


def keep_draft(account: str, clients: int, now: datetime) -> BroadcastDraft:
    """Keep a draft for the clients p0, p1 and so on of a studio, with what it comes to; return it."""
    draft = BroadcastDraft(
        account=account,
        id="d" * 32,
        at=now,
        changed_at=now,
        audience=Audience(everyone=True),
        body="Hi {{client.first_name|there}}, two slots are left.",
    )
    ids = sorted(f"p{index}" for index in range(clients))
    befores = ["", *ids[draft_check.PAGE - 1 :: draft_check.PAGE]]
    check = DraftCheck(
        account=account,
        draft_id=draft.id,
        of=draft.mark,
        at=now,
        total=clients,
        looked_at=clients,
        done=True,
        texts=clients,
        units=clients,
        counts={"1": clients},
        waits={"New York": Waits(texts=clients, phone="+12125550123")},
        places=tuple((before, draft_check.PAGE * page) for page, before in enumerate(befores)),
    )
    drafts.begin(draft)
    drafts.begin_check(check)
    return draft


def sent_an_hour_ago(account: str, clients: int, now: datetime) -> Broadcast:
    """Return a broadcast to the clients of a studio, whose last results are still coming in."""
    return Broadcast(
        account=account,
        id=f"b{'0' * 31}",
        state=BroadcastState.DONE,
        created_at=now - timedelta(hours=2),
        fingerprint="f",
        seed="s",
        body="Hello, two slots are left.",
        step=80,
        planned_clients=clients,
        planned_texts=clients,
        planned_units=clients,
        texts=clients,
        units=clients,
        segments=clients,
        started_at=now - timedelta(hours=2),
        finished_at=now - timedelta(hours=1),
        by="Ann",
    )


def writes_of(broadcast: Broadcast, phones: list[str]) -> list[Write]:
    """Return a broadcast to the clients p0, p1 and so on with these phones, with its texts and some replies."""
    folder = {
        "folder": keys.folder(broadcast.account, BROADCASTS, linked=True),
        "folder_at": keys.folder_place(broadcast.created_at, broadcast.id),
    }
    item = {"type": "broadcast", **attributes(broadcast), **folder}
    audience = {"type": "audience", **attributes(Audience(everyone=True))}
    texts = [_text(broadcast, index, phone) for index, phone in enumerate(phones)]
    replies = [_reply(text, number) for number, text in enumerate(texts[:_REPLIES], 1)]
    end = Put(keys.inbox_end(broadcast.account), {"type": "inbox-end", "sequence": _REPLIES})
    written = [Put(keys.message(text.account, text.id), messages.item(text)) for text in texts]
    own = [
        Put(keys.broadcast(broadcast.account, broadcast.id), item),
        Put(keys.audience(broadcast.account, broadcast.id), audience),
    ]
    return [*own, *written, *chain.from_iterable(replies), end]


def _text(broadcast: Broadcast, index: int, phone: str) -> Message:
    place, at = index % _EACH, broadcast.created_at
    state = MessageState.UNDELIVERED if place < 5 else MessageState.SENT if place == 5 else MessageState.DELIVERED
    return Message(
        account=broadcast.account,
        id=broadcast_text_id(broadcast, phone),
        direction=Direction.OUT,
        kind=MessageKind.BULK,
        state=state,
        error="twilio:30003" if state is MessageState.UNDELIVERED else None,
        phone=phone,
        number=SHARED_NUMBER,
        body=broadcast.body,
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=at,
        client_id=f"p{index}",
        carrier="twilio",
        carrier_id=f"SMb{index:031x}",
        month=month_of(at),
        sent_at=at,
        finished_at=None if state is MessageState.SENT else at,
        charged_units=1,
        broadcast=broadcast.id,
    )


def _reply(text: Message, number: int) -> list[Write]:
    reply = Message(
        account=text.account,
        id=f"r{number}",
        direction=Direction.IN,
        kind=MessageKind.REPLY,
        state=MessageState.RECEIVED,
        phone=text.phone,
        number=SHARED_NUMBER,
        body="Yes please",
        encoding="GSM-7",
        segments=1,
        units=1,
        created_at=text.created_at + timedelta(minutes=number % 60),
        client_id=text.client_id,
        carrier="twilio",
        carrier_id=f"SMr{number:031x}",
        month=text.month,
        charged_units=1,
        answers=text.id,
        read=True,
    )
    entry = {"type": "inbox-entry", "sequence": number, "message_id": reply.id, "answers": text.id}
    item = {**messages.item(reply), "sequence": number}
    return [Put(keys.message(reply.account, reply.id), item), Put(keys.inbox_entry(reply.account, number), entry)]


def pages_of_results(broadcast: Broadcast) -> dict[str, list[tuple[str, str]]]:
    """Return the ways to open the pages of a broadcast, after its texts were counted once."""
    counts.look(broadcast, broadcast.created_at + timedelta(hours=2))  # the first look of anybody counts all parts
    path = f"broadcasts/{broadcast.id}"
    return {
        "broadcast_results": [(path, query) for query in ("", "show=not-reached", "show=delivered")],
        "broadcast_replies": [(f"{path}/replies", "")],
        "broadcast_cancel": [(f"{path}/cancel", "")],
        "broadcast_again": [(f"{path}/again", "")],
        "broadcast_calls": [(f"{path}/calls", "")],
    }
