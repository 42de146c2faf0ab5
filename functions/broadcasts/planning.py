"""The first step of a broadcast: add up what it would send, and reserve that, or the part of it that fits."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send
from longcode.aws.settings import settings
from longcode.broadcasts import outcome
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast, BroadcastState, LimitPolicy
from longcode.broadcasts.outcome import Outcome, PhoneFacts, Wording
from longcode.clients import store as clients
from longcode.clients.client import MOST_CLIENTS, Audience, is_in_audience, ticked_numbers
from longcode.clients.store import Seen
from longcode.errors import AudienceTooLarge, EmptyAudience, RequestError
from longcode.messages import accept, compose
from longcode.numbers import choose as choose_number
from longcode.numbers.routing import our_numbers
from longcode.optouts import store as optouts
from longcode.plans.plans import Plan
from longcode.table.store import ConditionFailed
from longcode.usage import store as quotas
from longcode.usage.usage import Limits, limits_at
from longcode.windows import HEALED_AFTER

_LOOKED_AT = 5_000  # clients, in one step: a tag that few have must not make a step endless


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The limits that a broadcast is held against, and how many units are left of the narrowest; None is no limit."""

    limits: Limits
    plan: Plan
    used: dict[str, int]

    @property
    def left(self) -> int | None:
        """Tell how many units are left."""
        lefts = [limit - self.used.get(name, 0) for name, limit in self.limits.counters.items()]
        return max(0, min(lefts)) if lefts else None


def begin(taken: Broadcast, now: datetime) -> bool:
    """Begin on a broadcast whose time has come; False when somebody has changed it meanwhile."""
    return broadcasts.commit_step(taken, replace(taken, state=BroadcastState.PLANNING, due_at=now + HEALED_AFTER))


def plan(taken: Broadcast, now: datetime) -> bool:
    """Add up a broadcast and reserve its units; False when somebody has changed it meanwhile.

    Nothing is written before the end, so a plan that was interrupted is made anew.
    """
    account = accounts.need(taken.account)
    try:
        check_may_send(account)
        seen = look(account.id, broadcasts.audience(taken))
    except RequestError as refusal:
        return _refuse(taken, refusal, now)
    outcomes = list(decide(wording(account, taken, now), seen, {}))
    planned = replace(
        taken,
        state=BroadcastState.SENDING,
        planned_clients=len(seen),
        planned_texts=sum(one.goes for one in outcomes),
        planned_units=sum(one.units for one in outcomes),
        started_at=now,
        due_at=now + HEALED_AFTER,
    )
    return _reserve(taken, planned, account, now)


def look(account: str, audience: Audience) -> list[Seen]:
    """Read the clients of an audience; raises `EmptyAudience` or `AudienceTooLarge`."""
    seen = list(islice(all_clients(account, audience), MOST_CLIENTS + 1))
    if not any(one.is_there for one in seen):
        raise EmptyAudience("No client is in this audience.", field="audience")
    if len(seen) > MOST_CLIENTS:
        raise AudienceTooLarge(f"A broadcast is for at most {MOST_CLIENTS:,} clients.", field="audience")
    return seen


def room(account: Account, now: datetime) -> Room:
    """Tell what is left of an account's limits."""
    plan = accept.plan_at(account, now)
    held = limits_at(account, plan, now, ahead=True)
    return Room(limits=held, plan=plan, used=quotas.reserved(held) if held.counters else {})


def fitting(broadcast_limit: LimitPolicy, needed: int, left: int | None) -> int | None:
    """Tell how many of the needed units are reserved: all or a part; None when there is no limit."""
    if left is None or needed <= left:
        return None if left is None else needed
    return left if broadcast_limit is LimitPolicy.PART else 0


def _reserve(taken: Broadcast, planned: Broadcast, account: Account, now: datetime) -> bool:
    while True:
        found = room(account, now)
        units = fitting(taken.limit, planned.planned_units, found.left)
        if not planned.planned_units:
            return broadcasts.commit_step(taken, planned)
        if units == 0:
            return _refuse(taken, reached(found, planned.planned_units, now), now)
        held = replace(
            planned,
            reserved=planned.planned_units if units is None else units,
            reserved_in=found.limits.month,
            reserved_of=found.limits.kept,
            booked=units is None,
        )
        look_at = now + HEALED_AFTER
        try:
            return broadcasts.commit_step(taken, held, *quotas.reserving(found.limits, held.reserved, look_at))
        except ConditionFailed:  # somebody else has used what was left, or a counter was not begun yet
            quotas.start(found.limits, look_at)


def reached(found: Room, units: int, now: datetime) -> RequestError:
    """Word the refusal of a broadcast that does not fit."""
    return accept.limit_reached(found.used, units, found.limits, found.plan, now)


def _refuse(taken: Broadcast, why: RequestError, now: datetime) -> bool:
    refused = replace(
        taken, state=BroadcastState.REFUSED, error=why.code, detail=why.detail, due_at=None, finished_at=now
    )
    return broadcasts.commit_step(taken, refused)


def wording(account: Account, broadcast: Broadcast, now: datetime) -> Wording:
    """Give what a broadcast says."""
    ours = our_numbers(account, settings().shared_numbers)
    return Wording(account=account, body=broadcast.body, values=broadcast.values, ours=ours, now=now)


def all_clients(account: str, audience: Audience) -> Iterator[Seen]:
    """Walk all clients of an audience."""
    return (one for one in clients.of_audience(account, audience, None) if _belongs(audience, one))


def some_clients(account: str, audience: Audience, after: str | None, most: int) -> tuple[list[Seen], str | None]:
    """Give the next clients of an audience, and up to which client that was; None when these were the last."""
    found: list[Seen] = []
    for looked_at, one in enumerate(clients.of_audience(account, audience, after, page=most), start=1):
        if _belongs(audience, one):
            found.append(one)
        if len(found) == most or looked_at == _LOOKED_AT:
            return found, one.id
    return found, None


def decide(
    words: Wording, seen: Sequence[Seen], owners: dict[str, str], budget: int | None = None
) -> Iterator[Outcome]:
    """Tell what each client gets, and note in `owners` for which client a number gets the text.

    A number that had its text for the same client before gets no outcome. `budget` is in units; None is no limit.
    """
    phones = _known(words, seen)
    for one in seen:
        for found in _client_outcomes(words, one, phones, owners):
            if found.phone and owners.get(found.phone) == one.id:
                continue
            told = outcome.within(found, budget)
            if told.goes and told.phone:
                owners[told.phone] = one.id
                budget = None if budget is None else budget - told.units
            yield told


def _known(words: Wording, seen: Sequence[Seen]) -> PhoneFacts:
    """Read strongly which numbers said STOP, or perhaps did, and who is texted for the first time."""
    those = [one.client for one in seen if one.client]
    pairs = ((words.account.id, phone) for client in those for phone in client.heard_stop)
    heard = optouts.pair_blocks(pairs, words.account.number_since)
    named = compose.name_in_front(words.account)
    every = [phone for client in those for phone in ticked_numbers(client)] if named else []
    return PhoneFacts(
        blocked={phone for _, phone in heard.blocked},
        asked={phone for _, phone in heard.asked},
        last_texted=choose_number.last_texted(words.account, every),
    )


def _client_outcomes(words: Wording, one: Seen, phones: PhoneFacts, owners: dict[str, str]) -> Iterator[Outcome]:
    if one.client:
        return outcome.of_client(words, one.client, phones, owners)
    nobody = Outcome(client_id=one.id)
    return iter([outcome.refused(nobody, outcome.UNREADABLE if one.is_there else outcome.NOT_FOUND)])


def _belongs(audience: Audience, one: Seen) -> bool:
    return one.client is None or is_in_audience(audience, one.client)
