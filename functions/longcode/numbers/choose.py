"""Choose the number from which an account texts each phone: its own, the only shared one, or a sticky sender."""

from collections.abc import Collection, Sequence
from datetime import datetime

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.destinations import Destinations, countries_of
from longcode.message import Message
from longcode.numbers import store as numbers
from longcode.numbers.routing import fixed_number, our_numbers
from longcode.table.writes import Attributes

SHARED = "shared"
"""Stands for all shared numbers where they have a throughput together."""


def with_numbers(account: Account, drafts: Sequence[Message]) -> list[Message]:
    """Return the texts with the numbers from which they are sent. A newly chosen sticky sender is stored."""
    shared = settings().shared_numbers
    if fixed := fixed_number(account, shared):
        return [replace(draft, number=fixed) for draft in drafts]
    senders = numbers.choose_senders(account.id, [draft.phone for draft in drafts], shared)
    return [replace(draft, number=senders[draft.phone]) for draft in drafts]


def last_texted(account: Account, phones: Collection[str]) -> dict[str, datetime]:
    """Return when the account last texted each phone, over the number from which it would text it now."""
    shared = settings().shared_numbers
    if fixed := fixed_number(account, shared):
        senders = dict.fromkeys(phones, fixed)
    else:
        senders = numbers.expected_senders(account.id, phones, shared)
    return numbers.last_texted(account.id, senders)


def destinations_of(account: Account, dedicated: Collection[str] = ()) -> Destinations:
    """Return where an account may text; `dedicated` are numbers of any account that get no texts."""
    return Destinations(
        countries=countries_of(account.country_code, account.allowed_countries, settings().allowed_countries),
        toll_free=settings().text_toll_free,
        ours=frozenset({*our_numbers(account, settings().shared_numbers), *dedicated}),
    )


def destinations_in_settings(studio: Attributes | None) -> Destinations:
    """Return where an account may text according to its item in the table; without an item, where any account may."""
    offered = settings().allowed_countries
    countries = frozenset(offered)
    if studio is not None:
        countries = countries_of(studio.get("country_code", "1"), studio.get("allowed_countries", ()), offered)
    ours = frozenset(settings().shared_numbers)
    return Destinations(countries=countries, toll_free=settings().text_toll_free, ours=ours)


def ours_among(account: Account, phones: Collection[str], at: datetime) -> frozenset[str]:
    """Return those of the phones that texts are sent from, by any account."""
    ours = numbers.dedicated_among(phones, at)
    return ours.union(phone for phone in phones if phone in our_numbers(account, settings().shared_numbers))


def segments_a_second(account_id: str) -> float:
    """Return the throughput of an account's texts: that of its own number, or of all shared numbers together."""
    number = accounts.get_or_raise(account_id).number
    return settings().dedicated_segments_a_second if number else settings().segments_a_second


def throughput_of(number: str) -> tuple[str, float]:
    """Return what a number shares its throughput with, and that throughput in segments a second.

    In the US, throughput belongs to the campaign, so all shared numbers have one together (docs/facts.md, Twilio).
    """
    if number in settings().shared_numbers:
        return SHARED, settings().segments_a_second
    return number, settings().dedicated_segments_a_second
