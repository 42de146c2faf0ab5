"""Whom a broadcast's audience is now, and what each of its clients gets."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from longcode import numbers, outcome, outgoing
from longcode.account import Account
from longcode.audience import Audience, matches
from longcode.aws.settings import settings
from longcode.broadcast import Broadcast
from longcode.client import ticked
from longcode.outcome import Outcome, Phones, Wording
from longcode.table import clients, opt_outs
from longcode.table.clients import Seen
from send import origins

_LOOKED_AT = 5_000  # clients, in one step: a tag that few have must not make a step endless


def wording(account: Account, broadcast: Broadcast, now: datetime) -> Wording:
    """Give what a broadcast says."""
    ours = numbers.ours(account, settings().shared_numbers)
    return Wording(account=account, body=broadcast.body, values=broadcast.values, ours=ours, now=now)


def everyone(account: str, audience: Audience) -> Iterator[Seen]:
    """Walk all clients of an audience."""
    return (one for one in clients.of_audience(account, audience, None) if _belongs(audience, one))


def some(account: str, audience: Audience, after: str | None, most: int) -> tuple[list[Seen], str | None]:
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
        for found in _of(words, one, phones, owners):
            if found.phone and owners.get(found.phone) == one.id:
                continue
            told = outcome.within(found, budget)
            if told.goes and told.phone:
                owners[told.phone] = one.id
                budget = None if budget is None else budget - told.units
            yield told


def _known(words: Wording, seen: Sequence[Seen]) -> Phones:
    """Read strongly which numbers said STOP, or perhaps did, and who is texted for the first time."""
    those = [one.client for one in seen if one.client]
    pairs = ((words.account.id, phone) for client in those for phone in client.heard_stop)
    heard = opt_outs.standing(pairs, words.account.number_since)
    named = outgoing.name_in_front(words.account)
    every = [phone for client in those for phone in ticked(client)] if named else []
    return Phones(
        blocked={phone for _, phone in heard.blocked},
        asked={phone for _, phone in heard.asked},
        last_texted=origins.last_texted(words.account, every),
    )


def _of(words: Wording, one: Seen, phones: Phones, owners: dict[str, str]) -> Iterator[Outcome]:
    if one.client:
        return outcome.of_client(words, one.client, phones, owners)
    nobody = Outcome(client_id=one.id)
    return iter([outcome.refused(nobody, outcome.UNREADABLE if one.is_there else outcome.NOT_FOUND)])


def _belongs(audience: Audience, one: Seen) -> bool:
    return one.client is None or matches(audience, one.client)
