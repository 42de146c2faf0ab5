"""What accepting a text, and sending texts, need to know: read in one call each. And the end of a conversation."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from longcode.accounts.account import STATUS_REFUSALS, Account
from longcode.aws.settings import settings
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.errors import OurOwnNumber
from longcode.jobs import Send
from longcode.message import BroadcastState, Message, MessageKind
from longcode.messages import compose
from longcode.messages.checks import SendChecks
from longcode.months import day_of
from longcode.numbers import choose as choose_number
from longcode.numbers import conversations
from longcode.numbers import store as numbers
from longcode.numbers.routing import LastText, hour_frees_at, last_text_of
from longcode.optouts import store as optouts
from longcode.table import keys, store
from longcode.table.writes import Attributes, read
from longcode.template import Template
from longcode.usage import store as quotas

_FILLED_NOTED_EVERY = timedelta(hours=1)  # a phone's hour may have been filled this much later than was noted


class RequestFacts(Struct, frozen=True, kw_only=True):
    """What a request refers to, None where it does not exist.

    `earlier` is the first message of the request if the request came before, `asked` whether staff are being asked
    about the phone, `dedicated` the phone if an account sends texts from it, `last_put` what
    `clients.store.last_put` returns for the phone, `hour_filled_at` when it was last noted that a phone has as many
    texts of the account within an hour as it may send.
    """

    account: Account | None
    client: Client | None
    template: Template | None
    earlier: Message | None
    phone: str | None
    blocked: bool
    asked: bool
    dedicated: frozenset[str]
    clients_with_phone: dict[str, bool]
    last_put: str | None
    hour_filled_at: datetime | None


def request_facts(
    account: str, *, client_id: str | None, template: str | None, phone: str | None, request_id: str, now: datetime
) -> RequestFacts:
    """Return all that a request refers to, with consistent reads in one call."""
    opt_out_keys = {(account, phone): optouts.opt_out_keys(account, phone)} if phone else {}
    wanted = {
        "account": keys.account(account),
        "earlier": keys.message(account, f"{request_id}-0"),
    }
    if client_id:
        wanted["client"] = keys.client(account, client_id)
    if template:
        wanted["template"] = keys.template(account, template)
    if phone:
        wanted["clients"] = keys.clients_with_phone(phone, account)
        wanted["dedicated"] = keys.dedicated(phone)
    items = store.get_many([*wanted.values(), *(key for pair in opt_out_keys.values() for key in pair)])
    existing = {name: items[key] for name, key in wanted.items() if key in items}
    studio = read(Account, existing["account"]) if "account" in existing else None
    blocks = optouts.pair_blocks_from(
        opt_out_keys, items, dict.fromkeys(opt_out_keys, studio.number_since if studio else None)
    )
    return RequestFacts(
        account=studio,
        client=read(Client, existing["client"]) if "client" in existing else None,
        template=read(Template, existing["template"]) if "template" in existing else None,
        earlier=read(Message, existing["earlier"]) if "earlier" in existing else None,
        phone=phone,
        blocked=bool(blocks.blocked),
        asked=bool(blocks.asked),
        dedicated=frozenset({phone} if phone and numbers.is_in_use(existing.get("dedicated"), now) else ()),
        clients_with_phone=clients.clients_in_link(existing.get("clients")),
        last_put=clients.last_put(existing.get("clients")),
        hour_filled_at=read(choose_number.Sender, existing.get("account", {})).hour_filled_at,
    )


class PhoneFacts(Struct, frozen=True, kw_only=True):
    """What is known of the phones of a request before it is accepted.

    `last_texted` is read only if a conversation begins with the account's name, `crowded` (the phones that have as
    many texts of the account within an hour as it may send, each with when it may get the next) only if that may be.
    """

    blocked: set[str]
    asked: set[str]
    last_texted: dict[str, datetime]
    crowded: dict[str, datetime]
    dedicated: set[str]


def phone_facts(facts: RequestFacts, account: Account, phones: Sequence[str], at: datetime) -> PhoneFacts:
    """Return what is known of a request's phones, which are to be texted at an instant.

    It is read in one call, and for most texts in none. A client names the phones that are looked up (`heard_stop`).
    """
    heard_stop = facts.client.heard_stop if facts.client else ()
    opt_out_keys = {(account.id, phone): optouts.opt_out_keys(account.id, phone) for phone in heard_stop}
    has_name = bool(compose.sender_prefix(account))
    filled_at = facts.hour_filled_at
    may_be_crowded = filled_at is not None and at < filled_at + _FILLED_NOTED_EVERY + timedelta(hours=1)
    text_keys: dict[str, keys.Key] = {}
    if account.number and may_be_crowded:
        text_keys = {phone: keys.last_text(phone, account.number, account.id) for phone in phones}
    elif not account.number and (may_be_crowded or has_name):
        text_keys = {phone: keys.sticky_senders(phone) for phone in phones}
    dedicated_keys = {phone: keys.dedicated(phone) for phone in heard_stop}
    both = (key for pair in opt_out_keys.values() for key in pair)
    wanted = [*both, *dedicated_keys.values(), *text_keys.values()]
    items = store.get_many(wanted) if wanted else {}
    blocks = optouts.pair_blocks_from(opt_out_keys, items, dict.fromkeys(opt_out_keys, account.number_since))
    found = {phone: items[key] for phone, key in text_keys.items() if key in items}
    if account.number:
        last_texted: dict[str, datetime] = {}
        last_texts = {phone: [read(LastText, item)] for phone, item in found.items()}
    else:
        known = [numbers.conversations_from(phone, item) for phone, item in found.items()]
        last_texted = choose_number.last_texted_in(account, known) if has_name else {}
        last_texts = {one.phone: one.of(account.id) for one in known}
    return PhoneFacts(
        blocked={phone for _, phone in blocks.blocked},
        asked={phone for _, phone in blocks.asked},
        last_texted=last_texted,
        dedicated={phone for phone, key in dedicated_keys.items() if numbers.is_in_use(items.get(key), at)},
        crowded={
            phone: frees_at
            for phone, of in last_texts.items()
            if (frees_at := hour_frees_at(of, at, account.texts_an_hour))
        },
    )


def message_items(jobs: Iterable[Send]) -> dict[Send, Attributes]:
    """Return the items of a batch's messages, without those that do not exist."""
    wanted = {job: keys.message(job.account, job.message_id) for job in jobs}
    items = store.get_many(wanted.values())
    return {job: items[key] for job, key in wanted.items() if key in items}


def send_checks(messages: Sequence[Message], now: datetime) -> SendChecks:
    """Return what can prevent texts from being sent, with consistent reads in one call."""
    # The service's own replies to keywords may go to a phone that has opted out.
    studio_texts = [message for message in messages if message.kind is not MessageKind.SERVICE]
    opt_out_keys = {
        (text.account, text.phone): optouts.opt_out_keys(text.account, text.phone) for text in studio_texts
    }
    last_texts = {
        (text.account, text.phone, text.number): keys.last_text(text.phone, text.number, text.account)
        for text in studio_texts
        if not choose_number.is_shared(text.number)
    }
    conversation_keys = {
        text.phone: keys.sticky_senders(text.phone) for text in studio_texts if choose_number.is_shared(text.number)
    }
    account_keys = {text.account: keys.account(text.account) for text in studio_texts}
    broadcast_keys = {
        (message.account, message.broadcast): keys.broadcast(message.account, message.broadcast)
        for message in messages
        if message.broadcast
    }
    origins = {message.number for message in messages if message.number}
    if conversation_keys:
        origins |= set(settings().shared_numbers)
    number_keys = {number: keys.parked_number(number) for number in origins}
    dedicated_keys = {message.phone: keys.dedicated(message.phone) for message in messages}
    usage_keys = {name: quotas.keys_of_day(name, day_of(now)) for name in account_keys}
    all_opt_out_keys = [key for pair in opt_out_keys.values() for key in pair]
    others = (last_texts, conversation_keys, account_keys, broadcast_keys, number_keys, dedicated_keys)
    single_keys = (key for group in others for key in group.values())
    items = store.get_many([*all_opt_out_keys, *single_keys, *(key for of in usage_keys.values() for key in of)])
    broadcasts = {name: items.get(key, {}) for name, key in broadcast_keys.items()}
    senders = {name: read(choose_number.Sender, items.get(key, {})) for name, key in account_keys.items()}
    # A text over a shared number is blocked by any STOP to the shared numbers, also after its account has left them.
    on_shared = {(text.account, text.phone) for text in studio_texts if text.number != senders[text.account].number}
    left_at = {pair: None if pair in on_shared else senders[pair[0]].number_since for pair in opt_out_keys}
    blocks = optouts.pair_blocks_from(opt_out_keys, items, left_at)
    return SendChecks(
        opted_out=blocks.blocked,
        unanswered=blocks.asked,
        cancelled={name for name, item in broadcasts.items() if item.get("state") == BroadcastState.CANCELLED},
        paused={name for name, item in broadcasts.items() if item.get("paused")},
        not_texted={
            (text.account, text.phone): code
            for text in messages
            if (code := _destination_refusal(text, senders.get(text.account), items.get(dedicated_keys[text.phone])))
        },
        may_not_send={name: code for name, sender in senders.items() if (code := STATUS_REFUSALS.get(sender.status))},
        own_numbers={name: sender.number for name, sender in senders.items() if sender.number},
        most_an_hour={name: sender.texts_an_hour for name, sender in senders.items()},
        last_texts={name: read(LastText, items[key]) for name, key in last_texts.items() if key in items},
        conversations={
            phone: numbers.conversations_from(phone, items.get(key)) for phone, key in conversation_keys.items()
        },
        abroad={
            (text.account, text.phone)
            for text in studio_texts
            if choose_number.is_abroad(text.phone, senders[text.account])
        },
        sent_today={
            name: quotas.activity_of(items[key] for key in of if key in items) for name, of in usage_keys.items()
        },
        ceilings={
            name: settings().account_units_a_day if sender.ceiling_units_a_day is None else sender.ceiling_units_a_day
            for name, sender in senders.items()
        },
        filled_hours={
            name
            for name, sender in senders.items()
            if sender.hour_filled_at and sender.hour_filled_at > now - _FILLED_NOTED_EVERY
        },
        parked={number for number, key in number_keys.items() if "code" in items.get(key, {})},
    )


def end_conversation(text: Message) -> None:
    """Remove a text that did not reach its phone from its conversation, which ends if it has no other text.

    So texts that nobody got keep the number from no other account. A text that was sent a second time stays, because
    its first attempt may have reached the phone.
    """
    while choose_number.is_shared(text.number) and not text.resent:
        known = numbers.conversations_with(text.phone)
        after = conversations.without_text(known, text.account, text.id)
        if after == known or numbers.try_change(known, after):
            return


def end_conversations(texts: Sequence[Message]) -> None:
    """Do the same as `end_conversation` for the texts of a broadcast, few of which have a number."""
    known = {one.phone: one for one in numbers.conversations_of(text.phone for text in texts)}
    for text in texts:
        before = known.get(text.phone)
        if before and conversations.without_text(before, text.account, text.id) != before:
            end_conversation(text)


def resume_conversation(text: Message) -> None:
    """Record a text that was removed from its conversation and was delivered after all: replies to it can come."""
    gone = last_text_of(text, text.claimed_at or text.created_at)
    while choose_number.is_shared(text.number):
        known = numbers.conversations_with(text.phone)
        if numbers.try_change(known, conversations.with_gone_text(known, gone)):
            return


def _destination_refusal(
    text: Message, sender: choose_number.Sender | None, dedicated: Attributes | None
) -> str | None:
    """Return the code of the reason why texts to the phone are not sent (any more), or None.

    The service's own replies to keywords have no `sender`.
    """
    if numbers.is_in_use(dedicated, text.send_at or text.created_at):
        return OurOwnNumber.code
    destinations = choose_number.destinations_of(sender) if sender else choose_number.destinations_of_service()
    return destinations.refusal(text.phone)
