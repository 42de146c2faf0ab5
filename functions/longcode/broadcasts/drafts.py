"""The drafts of broadcasts in the table: audience and words, kept until they are sent, with the totals of each."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from boto3.dynamodb.conditions import Attr
from msgspec import Struct, to_builtins
from msgspec.structs import replace

from longcode.clients.client import MOST_ID_BYTES, MOST_IDS, Audience
from longcode.errors import DraftChanged, NotFound, RequestError, TooManyDrafts
from longcode.messages import compose
from longcode.months import instant
from longcode.table import broadcast_keys, store
from longcode.table.writes import ABSENT, Attributes, Delete, Put, Update, attributes, has_value, read

KEPT_FOR = timedelta(days=28)
"""How long a draft is kept after its last change."""

MOST_DRAFTS = 30
"""How many drafts an account keeps."""

MOST_LISTED = 1_000
"""How many clients without a text a check lists."""

MOST_WORDS = 10_000
"""How many characters of words a draft keeps while they are written; a text has fewer."""

_IN_LIST = ("account", "id", "at", "by", "changed_at", "changed_by", "body", "template", "expires_at")


class BroadcastDraft(Struct, frozen=True, kw_only=True):
    """A broadcast that is being prepared: its audience, its words, and the values that all recipients share.

    `unchecked` are the clients of the audience that a person took out by hand. `template` is the one whose words the
    body has. `by` and `changed_by` are people, None for whoever has the account's password.

    The words are kept while they are typed, so they need not be fit to send. `typed_on` is the open page that wrote
    them last, and `turn` the number of its request.
    """

    account: str
    id: str
    at: datetime
    changed_at: datetime
    by: str | None = None
    changed_by: str | None = None
    version: int = 0
    audience: Audience = Audience()
    unchecked: tuple[str, ...] = ()
    body: str = ""
    template: str | None = None
    values: dict[str, str] = {}
    typed_on: str = ""
    turn: int = 0

    @property
    def whom(self) -> Audience:
        """Return the audience without the clients that were taken out by hand."""
        left_out = dict.fromkeys((*self.audience.except_client_ids, *self.unchecked))
        return replace(self.audience, except_client_ids=tuple(left_out))

    @property
    def mark(self) -> str:
        """Return a hash of audience and words: drafts with the same hash send the same texts."""
        return marked(self.audience, sorted(self.unchecked), self.body, self.values)


class Waits(Struct, frozen=True, kw_only=True):
    """Texts of a draft whose quiet hours are the same: their number, and the phone and time zone of one of them."""

    texts: int
    phone: str
    zone: str | None = None


class DraftCheck(Struct, frozen=True, kw_only=True):
    """What a draft would come to, as far as its audience of about `total` clients was looked at since `at`.

    - `of` is the mark of the draft that was checked.
    - `cursor` is the last client that was looked at, `looked_at` their number. `done`: that were all.
    - `counts` are the texts by their units, `skipped` the clients and phones without a text by reason, `asked` the
      texts that wait for an answer from staff.
    - `waits` are the texts by what their quiet hours depend on.
    - `without` are the clients of whom a number gets no text, `MOST_LISTED` at most.
    - `places` has, for each page of the clients, the client before it and the units of the texts before it.
    """

    account: str
    draft_id: str
    of: str
    at: datetime
    total: int
    looked_at: int = 0
    cursor: str | None = None
    done: bool = False
    texts: int = 0
    units: int = 0
    segments: int = 0
    asked: int = 0
    counts: dict[str, int] = {}
    skipped: dict[str, int] = {}
    waits: dict[str, Waits] = {}
    without: tuple[str, ...] = ()
    places: tuple[tuple[str, int], ...] = ()


def marked(*parts: Any) -> str:
    """Return a hash of values, by which a form knows whether they have changed since it was shown."""
    return compose.fingerprint({"parts": to_builtins(parts)})


def begin(draft: BroadcastDraft) -> BroadcastDraft:
    """Keep a new draft; return the one with its id, if there is one. Raise `TooManyDrafts`."""
    others = [one for one in of_account(draft.account, draft.at) if one.id != draft.id]
    if len(others) >= MOST_DRAFTS:
        raise TooManyDrafts(f"There are {MOST_DRAFTS} drafts, which is the most. Delete or send one first.")
    if store.try_write(Put(broadcast_keys.broadcast_draft(draft.account, draft.id), _item(draft), ABSENT)):
        return draft
    return get_or_raise(draft.account, draft.id, draft.at)


def get(account: str, draft_id: str, now: datetime) -> BroadcastDraft | None:
    """Return a draft, or None."""
    item = store.unexpired(store.get(broadcast_keys.broadcast_draft(account, draft_id)), now)
    return read(BroadcastDraft, item) if item else None


def get_or_raise(account: str, draft_id: str, now: datetime) -> BroadcastDraft:
    """Return a draft; raise `NotFound`."""
    draft = get(account, draft_id, now)
    if draft is None:
        raise NotFound("There is no such draft. It was sent or deleted, or it was left for four weeks.")
    return draft


def of_account(account: str, now: datetime) -> list[BroadcastDraft]:
    """Return the drafts of an account without their audiences, the one that was changed last first."""
    items = store.all_unexpired(store.query(broadcast_keys.broadcast_draft(account), only=_IN_LIST), now)
    return sorted((read(BroadcastDraft, item) for item in items), key=lambda draft: draft.changed_at, reverse=True)


def change(
    account: str, draft_id: str, changed: Callable[[BroadcastDraft], BroadcastDraft], by: str | None, now: datetime
) -> tuple[BroadcastDraft, BroadcastDraft]:
    """Write what `changed` makes of a draft, and return the draft before and after; raise `NotFound`.

    `changed` is called again if somebody else writes the draft meanwhile; it may raise `DraftChanged`.
    """
    while True:
        draft = get_or_raise(account, draft_id, now)
        after = changed(draft)
        if after == draft:
            return draft, draft
        after = replace(after, version=draft.version + 1, changed_at=now, changed_by=by)
        unchanged = has_value("version", draft.version or None)
        if store.try_write(Put(broadcast_keys.broadcast_draft(account, draft_id), _item(after), unchanged)):
            return draft, after


def with_words(
    draft: BroadcastDraft, body: str, template: str | None, values: dict[str, str], *, seen: str, page: str, turn: int
) -> BroadcastDraft:
    """Return a draft with the words of an open page, which were `seen` on it at first; raise `DraftChanged`.

    What the same page has written since is no change of somebody else's, and its requests may arrive out of order.
    """
    if (draft.body, draft.template, draft.values) == (body, template, values):
        return draft
    if page and draft.typed_on == page:
        if turn < draft.turn:
            return draft
    elif (draft.body, draft.values) != (body, values):
        check_unchanged(seen, marked(draft.body, draft.values), draft)
    return replace(draft, body=body, template=template, values=values, typed_on=page, turn=turn)


def check_left_out(draft: BroadcastDraft, field: str) -> None:
    """Raise `RequestError` for a `field` if a draft leaves out more clients one by one than a broadcast may."""
    whom = draft.whom
    size = sum(len(client_id.encode()) for client_id in whom.client_ids + whom.except_client_ids)
    if len(whom.except_client_ids) > MOST_IDS or size > MOST_ID_BYTES:
        most = f"At most {MOST_IDS:,} clients can be left out one by one."
        raise RequestError(f"{most} Give them a tag, and leave out the tag in step 1.", field=field)


def check_unchanged(shown: str, stored: str, draft: BroadcastDraft) -> None:
    """Raise `DraftChanged` unless the mark that a form has is that of what is stored."""
    if shown != stored:
        raise DraftChanged(f"{draft.changed_by or 'Somebody'} has changed this draft since this page was opened.")


def delete(account: str, draft_id: str) -> None:
    """Delete a draft and its check; do nothing if there is none."""
    for key in (broadcast_keys.broadcast_check(account, draft_id), broadcast_keys.broadcast_draft(account, draft_id)):
        store.write(Delete(key))


def check_of(draft: BroadcastDraft) -> DraftCheck | None:
    """Return the check of a draft, None if there is none or the draft has changed since."""
    item = store.get(broadcast_keys.broadcast_check(draft.account, draft.id))
    found = read(DraftCheck, item) if item else None
    return found if found and found.of == draft.mark else None


def begin_check(check: DraftCheck) -> None:
    """Write a new check, in place of an earlier one."""
    store.write(Put(broadcast_keys.broadcast_check(check.account, check.draft_id), _check_item(check)))


def lease_check(check: DraftCheck, now: datetime, *, until: datetime) -> bool:
    """Reserve a check for one step; return False if another call has it, or has made a step since it was read."""
    free = store.unset_or_before("busy_until", now)
    same = (
        Attr("of").eq(check.of) & has_value("looked_at", check.looked_at or None) & Attr("at").eq(instant(check.at))
    )
    key = broadcast_keys.broadcast_check(check.account, check.draft_id)
    return store.try_write(Update(key, changes={"busy_until": until}, when=free & same))


def record_check(check: DraftCheck) -> None:
    """Write a check after a step and end its lease, unless a new check has begun meanwhile."""
    same = Attr("of").eq(check.of) & Attr("at").eq(instant(check.at))
    store.try_write(Put(broadcast_keys.broadcast_check(check.account, check.draft_id), _check_item(check), same))


def replace_check(before: DraftCheck, after: DraftCheck) -> None:
    """Write a check in place of one that is done, unless another one was begun meanwhile."""
    same = Attr("of").eq(before.of) & Attr("at").eq(instant(before.at)) & Attr("busy_until").not_exists()
    store.try_write(Put(broadcast_keys.broadcast_check(after.account, after.draft_id), _check_item(after), same))


def _item(draft: BroadcastDraft) -> Attributes:
    return {"type": "broadcast-draft", **attributes(draft), **store.expires(draft.changed_at + KEPT_FOR)}


def _check_item(check: DraftCheck) -> Attributes:
    return {"type": "broadcast-check", **attributes(check), **store.expires(check.at + KEPT_FOR)}
