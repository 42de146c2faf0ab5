"""A phone: which accounts text it, its consent and blocks; the blocked phones; the hash of a phone in the logs."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from admin.order import Cursor, PhoneNumber, ReadingOrder
from admin.texts.find import accounts_of, read_phone
from admin.texts.stops import stops
from longcode.accounts import store as accounts
from longcode.aws.at_once import at_once
from longcode.clients import consents
from longcode.clients import store as clients
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.numbers.conversations import LIVE
from longcode.numbers.routing import LastText
from longcode.one_spelling import one_spelling
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOut
from longcode.table import keyed_hash

# An answer has six megabytes at most.
_MOST_ACCOUNTS, _MOST_CLIENTS, _MOST_EVENTS, _MOST_CONSENTS = 50, 50, 500, 20


class ShowPhone(ReadingOrder, frozen=True, kw_only=True, tag="phones.show"):
    """Show what is known of a phone, in any spelling; one without `+` is of the country code."""

    phone: Annotated[str, Meta(min_length=1, max_length=100)]
    country_code: Annotated[str, Meta(max_length=5)] = "1"


class ListBlocked(ReadingOrder, frozen=True, kw_only=True, tag="numbers.list_blocked"):
    """List the phones that the carrier blocks for some of our numbers although they texted START to another."""

    limit: Annotated[int, Meta(ge=1, le=200)] = 50
    cursor: Cursor | None = None


class HashPhone(ReadingOrder, frozen=True, kw_only=True, tag="phones.hash"):
    """Compute the hash that stands for a phone, or for one of our numbers, in the logs."""

    phone: PhoneNumber


def show(order: ShowPhone, now: datetime) -> dict[str, Any]:
    """Return the accounts that know a phone, its consents, its opt-outs with their history, and its blocks."""
    phone = read_phone(order.phone, order.country_code, "phone")
    conversations = numbers.conversations_with(phone)
    known = accounts_of(phone)
    studios = accounts.get_many(known[:_MOST_ACCOUNTS])
    by_id = {studio.id: studio for studio in studios}
    stopped = stops(phone, studios, now)
    last = numbers.all_last_texts(phone)
    with_client = list(clients.with_phone_in_all_accounts(phone))
    history = optouts.phone_history(phone, now)
    given = at_once(*(partial(consents.of_phone, one.id, phone, now) for one in studios)) if studios else []
    agreed = {studio.id: events for studio, events in zip(studios, given, strict=True)}
    return {
        "phone": phone,
        "phone_hash": keyed_hash.of(phone),
        "accounts": [
            {
                "account": one,
                "account_name": by_id[one].name,
                "clients": [client_id for account, client_id in with_client if account == one][:_MOST_CLIENTS],
                "conversations": [_conversation(text, now) for text in last if text.account == one],
                "consents": [msgspec.to_builtins(event) for event in agreed[one][-_MOST_CONSENTS:]],
                "stopped": {"why": stopped[one].why, "help": stopped[one].help} if one in stopped else None,
            }
            for one in known
            if one in by_id
        ],
        "accounts_left_out": max(0, len(known) - _MOST_ACCOUNTS),
        "opt_outs": [_opt_out(state) for state in optouts.states_of(phone)],
        "history": [msgspec.to_builtins(event) for event in history[-_MOST_EVENTS:]],
        "history_left_out": max(0, len(history) - _MOST_EVENTS),
        "blocked": sorted(conversations.blocked),
        "opted_in_over": conversations.opted_in_over,
    }


def list_blocked(order: ListBlocked, _now: datetime) -> dict[str, Any]:
    """Return a page of the blocked phones, newest first. They are texted from the number of their START."""
    page, next_cursor = numbers.blocked_pairs_page(limit=order.limit, cursor=order.cursor)
    return {"items": msgspec.to_builtins(page), "next_cursor": next_cursor}


def hash_phone(order: HashPhone, _now: datetime) -> dict[str, Any]:
    """Return the hash of a phone, whether or not the logs have it."""
    return {"phone_hash": keyed_hash.of(one_spelling(order.phone))}


def _conversation(text: LastText, now: datetime) -> dict[str, Any]:
    """Return an account's conversation over one of our numbers; while it is live, no other account has the number."""
    return {
        "number": text.number,
        "last_text_at": instant(text.at),
        "last_message_id": text.message_id,
        "replied_at": instant(text.replied_at) if text.replied_at else None,
        "is_live": now < text.last_word_at + LIVE,
    }


def _opt_out(state: OptOut) -> dict[str, Any]:
    return {
        "scope": state.scope,
        "is_out": state.out,
        "since": instant(state.since) if state.since else None,
        "asked_at": instant(state.asked_at) if state.asked and state.asked_at else None,
    }
