"""Computes the totals of a draft of a broadcast in steps, and the outcomes of single clients."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from datetime import datetime, timedelta
from itertools import accumulate
from time import monotonic

from msgspec import Struct
from msgspec.structs import replace

from broadcasts import planning
from longcode.accounts.account import Account
from longcode.broadcasts import drafts
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
    """Write an empty check of a draft, in place of an earlier one; raise `EmptyAudience` or `AudienceTooLarge`."""
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
    """Check clients of a draft for some seconds, unless another call has the lease; return the check after that."""
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
    return replace(
        _with_outcomes(check, content.account, chosen, found),
        looked_at=looked_at,
        cursor=cursor or check.cursor,
        done=cursor is None,
        places=tuple(places),
    )


def update(before: BroadcastDraft, after: BroadcastDraft, account: Account, now: datetime) -> None:
    """Keep a check that is done, with the clients who were taken out or put back by hand since, if that is possible.

    Only these clients are looked at, and those who share a phone with them. If one of them has another record than
    when the check began, all clients have to be checked again.
    """
    check, changed = drafts.check_of(before), set(before.unchecked) ^ set(after.unchecked)
    is_same = replace(before, unchecked=after.unchecked).mark == after.mark
    if not check or not check.done or not is_same or len(check.without) >= drafts.MOST_LISTED:
        return
    entries = list(planning.entries_of(account.id, before.audience, changed))
    if {entry.id for entry in entries} != changed:
        return
    entries += _sharing(account.id, before.audience, entries)
    if any(entry.client and entry.client.updated_at > check.at for entry in entries):
        return
    content = planning.content_of(account, after.body, after.values, now)
    updated = _without_outcomes(check, {entry.id for entry in entries})
    for draft, sign in ((before, -1), (after, 1)):
        chosen = [entry for entry in entries if entry.id not in draft.unchecked]
        found = list(outcomes(content, draft.whom, chosen))
        places = tuple((place, units + sign * _units_up_to(place, found)) for place, units in updated.places)
        updated = replace(_with_outcomes(updated, account, chosen, found, sign), places=places)
    # What is taken off was added before, unless an opt-out or the like came meanwhile.
    if all(count >= 0 for count in (updated.units, *updated.counts.values(), *updated.skipped.values())):
        drafts.replace_check(check, replace(updated, of=after.mark))


def _units_up_to(place: str, found: Iterable[Outcome]) -> int:
    return sum(one.units for one in found if one.client_id.encode() <= place.encode())


def _without_outcomes(check: DraftCheck, ids: Set[str]) -> DraftCheck:
    return replace(check, without=tuple(one for one in check.without if one not in ids))


def _with_outcomes(
    check: DraftCheck, account: Account, entries: Sequence[ClientEntry], found: Sequence[Outcome], sign: int = 1
) -> DraftCheck:
    """Return a check with the outcomes of some clients added, or with the sign -1 taken off again."""
    texts = [outcome for outcome in found if outcome.has_text]
    none = dict.fromkeys(outcome.client_id for outcome in found if outcome.code) if sign > 0 else {}
    without = sorted({*check.without, *none}, key=str.encode)
    return replace(
        check,
        texts=check.texts + sign * len(texts),
        units=check.units + sign * sum(outcome.units for outcome in texts),
        segments=check.segments + sign * sum(outcome.segments for outcome in texts),
        asked=check.asked + sign * sum(outcome.held is not None for outcome in texts),
        counts=_added(check.counts, (str(outcome.units) for outcome in texts), sign),
        skipped=_added(check.skipped, (outcome.code for outcome in found if outcome.code), sign),
        without=_listed(without),
        waits=_with_waits(check.waits, account, entries, texts, sign),
    )


def _added(counts: Mapping[str, int], names: Iterable[str], sign: int) -> dict[str, int]:
    more = Counter(names)
    total = {name: counts.get(name, 0) + sign * more[name] for name in dict.fromkeys((*counts, *more))}
    return {name: count for name, count in total.items() if count}


def _listed(ids: Sequence[str]) -> tuple[str, ...]:
    """Return the first of some ids, as many as an item of the table has room for."""
    sizes = accumulate(len(client_id.encode()) for client_id in ids)
    return tuple(one for one, size in zip(ids[: drafts.MOST_LISTED], sizes, strict=False) if size <= _MOST_BYTES)


def _with_waits(
    waits: dict[str, Waits],
    account: Account,
    entries: Sequence[ClientEntry],
    texts: Sequence[Outcome],
    sign: int,
) -> dict[str, Waits]:
    if not account.quiet_hours:
        return waits
    records, found = {entry.id: entry.client for entry in entries}, dict(waits)
    for text in texts:
        if text.phone:
            place, zone = timing.place_of(text.phone, account, records[text.client_id])
            one = found.get(place) or Waits(texts=0, phone=text.phone, zone=zone)
            found[place] = replace(one, texts=one.texts + sign)
    return {place: one for place, one in found.items() if one.texts > 0}


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
