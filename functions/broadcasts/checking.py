"""What a draft of a broadcast would come to, found out in steps; and the outcomes of single clients."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from broadcasts import planning
from longcode.accounts.account import Account
from longcode.broadcasts import drafts
from longcode.broadcasts.broadcast import add_counts
from longcode.broadcasts.drafts import BroadcastDraft, DraftCheck, Waits
from longcode.broadcasts.outcome import Content, Outcome, within_budget
from longcode.clients import search
from longcode.clients import store as clients
from longcode.clients.client import Audience, ticked_numbers
from longcode.clients.store import ClientEntry
from longcode.messages import timing
from longcode.plans import plans
from longcode.usage import store as quotas

PAGE = 50
"""How many clients a page of the grid has: for each page, the check keeps the units before it."""

_PAGES = 10  # are looked at together
_LONGEST_PLACE = 100  # bytes of an id: an item has room for those of a thousand pages
_MOST_BYTES = 150_000  # of the ids of clients without a text
_STEP_SECONDS = 5.0
_LEASE = timedelta(seconds=25)  # longer than the hub's function runs


class Fit(Struct, frozen=True, kw_only=True):
    """What the limits allow of the units that a draft needs: `left` of them, None for no limit; and the price."""

    needed: int
    left: int | None
    price_micros: int
    currency: str

    @property
    def fits(self) -> bool:
        """Return whether all of it is allowed."""
        return self.left is None or self.needed <= self.left


def begin(draft: BroadcastDraft, now: datetime) -> DraftCheck:
    """Begin to find out what a draft would come to; raise `EmptyAudience` or `AudienceTooLarge`."""
    ids = search.of_ids(draft.account, draft.audience.client_ids)
    total = len(ids) if draft.audience.client_ids else search.count_audience(draft.account, draft.audience)
    planning.check_size(total)
    check = DraftCheck(account=draft.account, draft_id=draft.id, of=draft.mark, at=now, total=total)
    drafts.begin_check(check)
    return check


def step(
    draft: BroadcastDraft,
    check: DraftCheck,
    account: Account,
    now: datetime,
    *,
    seconds: float = _STEP_SECONDS,
    pages: int = _PAGES,
) -> DraftCheck:
    """Look at clients of a draft for some seconds, unless another call does, and return the check as it is then."""
    if check.done or not drafts.lease_check(check, now, until=now + _LEASE):
        return drafts.check_of(draft) or check
    end, content = monotonic() + seconds, planning.content_of(account, draft.body, draft.values, now)
    while not check.done:
        check = _with_pages(check, draft, content, PAGE * pages - check.looked_at % PAGE)
        if monotonic() >= end:
            break
    drafts.record_check(check)
    return check


def _with_pages(check: DraftCheck, draft: BroadcastDraft, content: Content, most: int) -> DraftCheck:
    entries, cursor = planning.next_clients(draft.account, draft.audience, check.cursor, most)
    unchecked = set(draft.unchecked)
    chosen = [entry for entry in entries if entry.id not in unchecked]
    by_client: dict[str, list[Outcome]] = {}
    for outcome in outcomes(content, draft.whom, chosen):
        by_client.setdefault(outcome.client_id, []).append(outcome)
    looked_at, units, before, places = check.looked_at, check.units, check.cursor or "", list(check.places)
    for entry in entries:
        if looked_at % PAGE == 0:
            places.append((before.encode()[:_LONGEST_PLACE].decode(errors="ignore"), units))
        looked_at, before = looked_at + 1, entry.id
        units += sum(outcome.units for outcome in by_client.get(entry.id, []))
    found = [outcome for some in by_client.values() for outcome in some]
    texts = [outcome for outcome in found if outcome.has_text]
    return replace(
        check,
        looked_at=looked_at,
        cursor=cursor or check.cursor,
        done=cursor is None,
        texts=check.texts + len(texts),
        units=units,
        segments=check.segments + sum(outcome.segments for outcome in texts),
        asked=check.asked + sum(outcome.held is not None for outcome in texts),
        counts=add_counts(check.counts, (str(outcome.units) for outcome in texts)),
        skipped=add_counts(check.skipped, (outcome.code for outcome in found if outcome.code)),
        without=_listed((*check.without, *dict.fromkeys(one.client_id for one in found if one.code))),
        waits=_with_waits(check.waits, content.account, chosen, texts),
        places=tuple(places),
    )


def _listed(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the first of some ids, as many as an item of the table has room for."""
    sizes = accumulate(len(client_id.encode()) for client_id in ids)
    return tuple(one for one, size in zip(ids[: drafts.MOST_LISTED], sizes, strict=False) if size <= _MOST_BYTES)


def _with_waits(
    waits: dict[str, Waits], account: Account, entries: Sequence[ClientEntry], texts: Sequence[Outcome]
) -> dict[str, Waits]:
    if not account.quiet_hours:
        return waits
    records, found = {entry.id: entry.client for entry in entries}, dict(waits)
    for text in texts:
        if text.phone:
            place, zone = timing.place_of(text.phone, account, records[text.client_id])
            one = found.get(place) or Waits(texts=0, phone=text.phone, zone=zone)
            found[place] = replace(one, texts=one.texts + 1)
    return found


def outcomes(content: Content, audience: Audience, entries: Sequence[ClientEntry]) -> Iterator[Outcome]:
    """Yield the outcomes of some clients of an audience, as they are when all of it gets the text.

    Of clients who share a phone the first gets the text, so the others with their phones are looked at as well.
    """
    mine = {entry.id for entry in entries}
    everybody = [*entries, *_sharing(content.account.id, audience, entries)]
    everybody.sort(key=lambda entry: entry.id.encode())  # DynamoDB sorts by UTF-8
    return (one for one in planning.decide_outcomes(content, everybody, {}) if one.client_id in mine)


def _sharing(account: str, audience: Audience, entries: Sequence[ClientEntry]) -> list[ClientEntry]:
    phones = {phone for entry in entries if entry.client for phone in ticked_numbers(entry.client)}
    mine = {entry.id for entry in entries}
    shared = (ids for ids in clients.ids_with_phones(account, phones).values() if len(ids) > 1)
    others = {client_id for ids in shared for client_id in ids} - mine
    return list(planning.entries_of(account, audience, others)) if others else []


def fit(account: Account, check: DraftCheck, at: datetime) -> Fit:
    """Return what the limits at an instant allow of a draft."""
    return fit_of_units(account, check.units, at)


def fit_of_units(account: Account, needed: int, at: datetime) -> Fit:
    """Return what the limits at an instant allow of some units."""
    headroom = planning.read_headroom(account, at)
    units = needed if headroom.left is None else min(needed, headroom.left)
    used = quotas.of_month(account.id, headroom.limits.month).units
    return Fit(
        needed=needed,
        left=headroom.left,
        price_micros=plans.price_of(units, headroom.plan, used),
        currency=headroom.plan.currency,
    )


def with_limit(found: Sequence[Outcome], check: DraftCheck, left: int | None) -> list[Outcome]:
    """Return outcomes in the order of their clients, without the texts for which no units are left."""
    if left is None or check.units <= left:
        return list(found)
    limited: list[Outcome] = []
    page, used = -1, 0
    for outcome in found:
        here = _page_of(check, outcome.client_id)
        if here != page:
            page, used = here, check.places[here][1] if check.places else 0
        limited.append(within_budget(outcome, max(0, left - used)))
        used += outcome.units
    return limited


def _page_of(check: DraftCheck, client_id: str) -> int:
    before = sum(place.encode() < client_id.encode() for place, _ in check.places)
    return max(0, before - 1)


def held(account: Account, check: DraftCheck, at: datetime) -> list[tuple[datetime, int]]:
    """Return until when texts of a draft would wait for quiet hours to end, and how many, the first ones first."""
    until: dict[datetime, int] = {}
    for waits in check.waits.values():
        if opens := timing.held_in_place(waits.phone, account, waits.zone, at):
            until[opens] = until.get(opens, 0) + waits.texts
    return sorted(until.items())
