"""The number from which an account texts a phone: its own, or a shared one that it gets when a text is sent."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from msgspec import Struct, field
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import TEXTS_AN_HOUR, Account, AccountStatus
from longcode.aws.settings import settings
from longcode.destinations import Destinations, countries_of
from longcode.errors import CountryNotAllowed
from longcode.message import Message
from longcode.numbers import store as numbers
from longcode.numbers.conversations import Conversations, NumberChoice
from longcode.numbers.routing import our_numbers
from longcode.table import keyed_hash

SHARED = "shared"
"""Stands for all shared numbers where they have a throughput together."""


class Sender(Struct, frozen=True, kw_only=True):
    """What a worker reads of an account's item before it sends its texts: see `Account`.

    `hour_filled_at` is when it was last noted that a phone has as many texts of the account within an hour as it may
    send. Nothing else is read, so that no other setting of one account can hold up a batch with texts of several.
    """

    country_code: str = "1"
    first_country_code: str | None = None
    number: str | None = None
    number_since: datetime | None = None
    trial_units_a_day: int | None = None
    ceiling_units_a_day: int | None = None
    texts_an_hour: int = TEXTS_AN_HOUR
    hour_filled_at: datetime | None = None
    allowed_countries: tuple[str, ...] = ()
    status: AccountStatus = field(default=AccountStatus.ACTIVE, name="standing")


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


def destinations_of(account: Account | Sender, dedicated: Collection[str] = ()) -> Destinations:
    """Return where an account may text: until it is approved, in its own country.

    `dedicated` are numbers of any account that get no texts.
    """
    chosen = account.allowed_countries if account.trial_units_a_day is None else ()
    return Destinations(
        countries=countries_of(account.country_code, chosen, settings().allowed_countries),
        toll_free=settings().text_toll_free,
        ours=frozenset({*our_numbers(account.number, settings().shared_numbers), *dedicated}),
    )


def destinations_of_service() -> Destinations:
    """Return where the service itself may text, such as to confirm a STOP: everywhere that any account may."""
    return Destinations(
        countries=frozenset(settings().allowed_countries),
        toll_free=settings().text_toll_free,
        ours=frozenset(settings().shared_numbers),
    )


def is_abroad(phone: str, sender: Sender) -> bool:
    """Return whether a phone is in another country than its sender was at the sign-up.

    The country of now does not count, because an account can change that itself.
    """
    country_code = sender.first_country_code or sender.country_code
    own = countries_of(country_code, (), settings().allowed_countries)
    return Destinations(countries=own, toll_free=True).refusal(phone) == CountryNotAllowed.code


def ours_among(account: Account, phones: Collection[str], at: datetime) -> frozenset[str]:
    """Return those of the phones that texts are sent from, by any account."""
    ours = numbers.dedicated_among(phones, at)
    return ours.union(phone for phone in phones if phone in our_numbers(account.number, settings().shared_numbers))


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
