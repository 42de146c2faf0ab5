"""The planning step of a broadcast: decide the outcome for each client, add up the units and reserve them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import islice

from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, LimitPolicy
from longcode.broadcasts.outcome import (
    NOT_FOUND,
    UNREADABLE,
    Content,
    Outcome,
    PhonesOfStep,
    outcomes_of_client,
    skip,
    why_not_again,
    within_budget,
)
from longcode.clients import store as clients
from longcode.clients.client import MOST_CLIENTS, Audience, Client, is_in_audience, ticked_numbers
from longcode.clients.store import ClientEntry
from longcode.errors import AudienceTooLarge, EmptyAudience, RequestError
from longcode.message import BroadcastState
from longcode.messages import accept, compose
from longcode.numbers import choose as choose_number
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.plans.plans import Plan
from longcode.table.store import ConditionFailed
from longcode.usage import store as quotas
from longcode.usage.usage import Limits, limits_at
from longcode.windows import SWEEP_AFTER

_MOST_READ = 5_000  # clients in one step: an audience by a rare tag must not make a step endless


class Headroom(Struct, frozen=True, kw_only=True):
    """The limits of an account, and how many units of each are used."""

    limits: Limits
    plan: Plan
    used: dict[str, int]

    @property
    def left(self) -> int | None:
        """Return how many units the narrowest limit leaves; None is no limit."""
        left = [limit - self.used.get(name, 0) for name, limit in self.limits.counters.items()]
        return max(0, min(left)) if left else None


def begin(claimed: Broadcast, now: datetime) -> bool:
    """Start planning a scheduled broadcast; return False if it was changed meanwhile."""
    return broadcasts.commit_step(claimed, replace(claimed, state=BroadcastState.PLANNING, due_at=now + SWEEP_AFTER))


def plan(claimed: Broadcast, now: datetime) -> bool:
    """Add up the units of a broadcast and reserve them, or refuse it; return False if it was changed meanwhile.

    Nothing is written before the end, so a plan that was interrupted starts again from the beginning.
    """
    account = accounts.get_or_raise(claimed.account)
    try:
        check_may_send(account)
        entries = read_audience(account.id, broadcasts.audience(claimed))
    except RequestError as refusal:
        return _refuse(claimed, refusal, now)
    outcomes = list(decide_outcomes(content_at(account, claimed, now), entries, {}))
    planned = replace(
        claimed,
        state=BroadcastState.SENDING,
        planned_clients=len(entries),
        planned_texts=sum(outcome.has_text for outcome in outcomes),
        planned_units=sum(outcome.units for outcome in outcomes),
        started_at=now,
        replies_after=broadcasts.newest_reply(account.id),
        due_at=now + SWEEP_AFTER,
    )
    return _reserve(claimed, planned, account, now)


def _reserve(claimed: Broadcast, planned: Broadcast, account: Account, now: datetime) -> bool:
    if not planned.planned_units:
        return broadcasts.commit_step(claimed, planned)
    while True:
        headroom = read_headroom(account, now)
        units = units_to_reserve(claimed.limit, planned.planned_units, headroom.left)
        if units == 0:
            return _refuse(claimed, limit_refusal(headroom, planned.planned_units, now), now)
        reserving = replace(
            planned,
            reserved=planned.planned_units if units is None else units,
            reserved_in=headroom.limits.month,
            reserved_of=headroom.limits.reserving,
            booked=units is None,
        )
        check_at = now + SWEEP_AFTER
        try:
            return broadcasts.commit_step(
                claimed, reserving, *quotas.reserve_writes(headroom.limits, reserving.reserved, check_at)
            )
        except ConditionFailed:  # other texts used the units since we read, or a counter does not exist yet
            quotas.begin_counters(headroom.limits, check_at)


def _refuse(claimed: Broadcast, refusal: RequestError, now: datetime) -> bool:
    refused = replace(
        claimed,
        state=BroadcastState.REFUSED,
        error=refusal.code,
        detail=refusal.detail,
        due_at=None,
        finished_at=now,
    )
    return broadcasts.commit_step(claimed, refused)


def read_headroom(account: Account, now: datetime) -> Headroom:
    """Read how much of an account's limits is used."""
    plan = accept.plan_at(account, now)
    limits = limits_at(account, plan, now, ahead=True)
    return Headroom(limits=limits, plan=plan, used=quotas.reserved(limits) if limits.counters else {})


def units_to_reserve(policy: LimitPolicy, needed: int, left: int | None) -> int | None:
    """Return how many of the needed units to reserve: all, a part or 0; None when there is no limit."""
    if left is None:
        return None
    if needed <= left:
        return needed
    return left if policy is LimitPolicy.PART else 0


def limit_refusal(headroom: Headroom, units: int, now: datetime) -> RequestError:
    """Return the refusal of a broadcast that needs more units than the limits leave."""
    return accept.limit_reached(headroom.used, units, headroom.limits, headroom.plan, now)


def content_at(account: Account, broadcast: Broadcast, now: datetime) -> Content:
    """Return what a broadcast sends at `now`."""
    earlier = broadcasts.get(account.id, broadcast.again_of) if broadcast.again_of else None
    return content_of(account, broadcast.body, broadcast.values, now, earlier)


def content_of(
    account: Account, body: str, values: Mapping[str, str], now: datetime, earlier: Broadcast | None = None
) -> Content:
    """Return what a broadcast with some words sends at `now`, to those whom an `earlier` one did not reach."""
    destinations = choose_number.destinations_of(account)
    return Content(account=account, body=body, values=values, destinations=destinations, now=now, earlier=earlier)


def read_audience(account: str, audience: Audience) -> list[ClientEntry]:
    """Read all clients of an audience; raise `EmptyAudience` or `AudienceTooLarge`."""
    entries = list(islice(all_clients(account, audience), MOST_CLIENTS + 1))
    check_not_empty(entries)
    check_size(len(entries))
    return entries


def check_size(count: int) -> None:
    """Raise `EmptyAudience` or `AudienceTooLarge` if a broadcast cannot have so many clients."""
    if not count:
        raise EmptyAudience("No client is in this audience.", field="audience")
    if count > MOST_CLIENTS:
        raise AudienceTooLarge(f"A broadcast is for at most {MOST_CLIENTS:,} clients.", field="audience")


def check_not_empty(entries: Iterable[ClientEntry]) -> None:
    """Raise `EmptyAudience` if none of the clients exists."""
    check_size(any(entry.exists for entry in entries))


def all_clients(account: str, audience: Audience) -> Iterator[ClientEntry]:
    """Yield the clients of an audience."""
    return (entry for entry in clients.of_audience(account, audience, None) if _belongs(audience, entry))


def entries_of(account: str, audience: Audience, client_ids: Iterable[str]) -> Iterator[ClientEntry]:
    """Yield those of some clients that are in an audience."""
    entries = clients.of_audience(account, Audience(client_ids=tuple(client_ids)), None)
    return (entry for entry in entries if entry.client and is_in_audience(audience, entry.client))


def next_clients(
    account: str, audience: Audience, after: str | None, most: int
) -> tuple[list[ClientEntry], str | None]:
    """Return the next clients of an audience, and the id of the last one read, or None at the end of the audience."""
    entries: list[ClientEntry] = []
    for count, entry in enumerate(clients.of_audience(account, audience, after, page=most), start=1):
        if _belongs(audience, entry):
            entries.append(entry)
        if len(entries) == most or count == _MOST_READ:
            return entries, entry.id
    return entries, None


def _belongs(audience: Audience, entry: ClientEntry) -> bool:
    return entry.client is None or is_in_audience(audience, entry.client)


def decide_outcomes(
    content: Content, entries: Sequence[ClientEntry], owners: dict[str, str], budget: int | None = None
) -> Iterator[Outcome]:
    """Yield the outcomes of each client.

    `owners` has, for each phone that gets a text, the client whose text it is; new texts are added to it. A phone
    whose text for the same client is written already has no outcome. `budget` is in units; None means no limit.
    """
    phones = _phone_facts(content, entries)
    content = replace(
        content, destinations=choose_number.destinations_of(content.account, _dedicated(content, entries))
    )
    for entry in entries:
        for wanted in _outcomes(content, entry, phones, owners):
            if wanted.phone and owners.get(wanted.phone) == entry.id:
                continue
            outcome = within_budget(wanted, budget)
            if outcome.has_text and outcome.phone:
                owners[outcome.phone] = entry.id
                budget = None if budget is None else budget - outcome.units
            yield outcome


def _dedicated(content: Content, entries: Sequence[ClientEntry]) -> frozenset[str]:
    """Return the phones of some clients that are dedicated numbers of any account."""
    phones = {phone for entry in entries if entry.client for phone in ticked_numbers(entry.client)}
    # Few phones are in the list of all dedicated numbers, so few are read.
    return numbers.dedicated_among(phones.intersection(numbers.all_dedicated()), content.now)


def _phone_facts(content: Content, entries: Sequence[ClientEntry]) -> PhonesOfStep:
    """Return which phones opted out or may have, with consistent reads, and when each was texted last."""
    account = content.account
    records = [entry.client for entry in entries if entry.client]
    pairs = ((account.id, phone) for client in records for phone in client.heard_stop)
    blocks = optouts.pair_blocks(pairs, account.number_since)
    # Only the sender's name, which begins a conversation, depends on when a phone was texted last.
    has_name = bool(compose.sender_prefix(account))
    to_look_up = [phone for client in records for phone in ticked_numbers(client)] if has_name else []
    return PhonesOfStep(
        blocked={phone for _, phone in blocks.blocked},
        asked={phone for _, phone in blocks.asked},
        last_texted=choose_number.last_texted(account, to_look_up),
        not_again=_not_again(content.earlier, records) if content.earlier else {},
    )


def _not_again(earlier: Broadcast, records: Sequence[Client]) -> dict[str, str]:
    """Return the reason of each phone that gets no text, because of its text of the broadcast that is sent again."""
    phones = {phone for client in records for phone in ticked_numbers(client)}
    results = broadcasts.results_of_phones(earlier, phones)
    return {phone: why for phone, result in results.items() if (why := why_not_again(*result))}


def _outcomes(
    content: Content, entry: ClientEntry, phones: PhonesOfStep, owners: dict[str, str]
) -> Iterator[Outcome]:
    if entry.client:
        return outcomes_of_client(content, entry.client, phones, owners)
    code = UNREADABLE if entry.exists else NOT_FOUND
    return iter([skip(Outcome(client_id=entry.id), code)])
