"""A draft of a broadcast to all clients of a studio, for the time of the pages of its steps."""

from datetime import datetime

from broadcasts import draft_check
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft, DraftCheck, Waits
from longcode.clients.client import Audience


def pages(draft: BroadcastDraft) -> dict[str, list[tuple[str, str]]]:
    """Return the ways to open the steps: paths below /hub/ and queries."""
    path = f"broadcasts/new/{draft.id}"
    return {
        "broadcast_whom": [("broadcasts/new", ""), ("broadcasts/new", "tags=wedding"), (f"{path}/whom", "")],
        "broadcast_what": [(f"{path}/what", ""), (f"{path}/what", "preview=7")],
        "broadcast_check": [(f"{path}/check", query) for query in ("", "after=p5000", "after=p9900")],
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
