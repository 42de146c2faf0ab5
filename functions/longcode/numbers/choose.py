"""The number from which an account texts a phone: its own, or a shared one that it gets when a text is sent."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.aws.settings import settings
from longcode.destinations import Destinations, countries_of
from longcode.errors import CountryNotAllowed
from longcode.message import Message
from longcode.numbers import store as numbers
from longcode.numbers.conversations import Conversations, NumberChoice
from longcode.numbers.routing import our_numbers
from longcode.table import keyed_hash
from longcode.table.writes import Attributes

SHARED = "shared"
"""Stands for all shared numbers where they have a throughput together."""


def with_own_number(account: Account, drafts: Sequence[Message]) -> list[Message]:
    """Return the texts with the account's dedicated number, or with none: the worker gets them a shared one.

    So neither the number nor its lack is known before a text is sent: they would tell whom other accounts text.
    """
    return [replace(draft, number=account.number or "") for draft in drafts]


def shared_choice(account: str, phone: str, parked: Collection[str]) -> NumberChoice:
    """Return what a shared number is chosen from for a phone. A secret key ranks the numbers."""
    return NumberChoice(
        shared=settings().shared_numbers,
        parked=parked,
        rank=lambda number: keyed_hash.of(f"{account}\n{phone}\n{number}"),
    )


def is_shared(number: str) -> bool:
    """Return whether a text's number is a shared one, or the text is still to get one."""
    return not number or number in settings().shared_numbers


def last_texted(account: Account, phones: Collection[str]) -> dict[str, datetime]:
    """Return when the account last texted each phone, over the shared number from which it would text it now."""
    return numbers.last_texted(account.id, phones, settings().shared_numbers)


def last_texted_in(account: Account, known: Iterable[Conversations]) -> dict[str, datetime]:
    """Return the same as `last_texted`, from conversations that the caller has read."""
    return numbers.last_texted_in(known, account.id, settings().shared_numbers)


def destinations_of(account: Account, dedicated: Collection[str] = ()) -> Destinations:
    """Return where an account may text: until it is approved, in its own country.

    `dedicated` are numbers of any account that get no texts.
    """
    chosen = account.allowed_countries if account.trial_units_a_day is None else ()
    return Destinations(
        countries=countries_of(account.country_code, chosen, settings().allowed_countries),
        toll_free=settings().text_toll_free,
        ours=frozenset({*our_numbers(account, settings().shared_numbers), *dedicated}),
    )


def destinations_in_settings(studio: Attributes | None) -> Destinations:
    """Return where an account may text according to its item in the table; without an item, where any account may."""
    offered = settings().allowed_countries
    countries = frozenset(offered)
    if studio is not None:
        chosen = () if "trial_units_a_day" in studio else studio.get("allowed_countries", ())
        countries = countries_of(studio.get("country_code", "1"), chosen, offered)
    ours = frozenset(settings().shared_numbers)
    return Destinations(countries=countries, toll_free=settings().text_toll_free, ours=ours)


def is_abroad(phone: str, studio: Attributes) -> bool:
    """Return whether a phone is in another country than an account was at its sign-up, by its item in the table.

    Its country of now does not count, because it can change that itself.
    """
    country_code = studio.get("first_country_code") or studio.get("country_code", "1")
    own = countries_of(country_code, (), settings().allowed_countries)
    return Destinations(countries=own, toll_free=True).refusal(phone) == CountryNotAllowed.code


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
