"""Find texts of all accounts by an id of ours or of the carrier's, a phone or a time: by keys, never by reading all.

The number of calls depends on how many accounts there are and know a phone, not on how many texts (decision 110).
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

from admin.order import AccountId, Cursor, ReadingOrder, account_or_raise
from admin.texts import left_out, why
from admin.texts.stops import stops
from admin.texts.why import Known
from longcode.accounts import store as accounts
from longcode.accounts.account import SERVICE, Account
from longcode.aws.at_once import at_once
from longcode.aws.settings import settings
from longcode.carriers.carrier import Register
from longcode.carriers.choose import look_up_carrier
from longcode.clients import store as clients
from longcode.errors import BadPhone, NotFound, RequestError
from longcode.message import Instant, Message
from longcode.messages import folders, replies
from longcode.messages import store as messages
from longcode.months import instant
from longcode.numbers import store as numbers
from longcode.phone import to_stored
from longcode.table import slices

OpenCarrier = Callable[[], Register | None]
"""Opens the carrier, which needs its secret; None until the secret has its account."""

CARRIERS = ("twilio", "aws")
_OF_TWILIO = re.compile(r"[SM]M[0-9a-f]{32}")
_PHONE = re.compile(r"[\s+()./\-\u2010-\u2015\d]*")
_MOST_ACCOUNTS = 20
_MOST_CALLS, _FEWEST_CALLS = 40, 8  # that pass over entries: for one account, and for each of many
_A_PAGE = 100  # accounts, where all are searched
_CLOCKS_DIFFER = timedelta(minutes=5)


class FindTexts(ReadingOrder, frozen=True, kw_only=True, tag="texts.find"):
    """Find texts by `what`: a message's id, a carrier's id, a phone in any spelling, or without it: any.

    `since` and `until` bound when a text to a phone, or of an account, was accepted. Without `what` and `account`,
    a page of the accounts `after` one is searched.
    """

    what: Annotated[str, Meta(max_length=200)] = ""
    account: AccountId | None = None
    since: Instant | None = None
    until: Instant | None = None
    limit: Annotated[int, Meta(ge=1, le=100)] = 20
    after: Cursor | None = None


class FoundTexts(Struct, frozen=True, kw_only=True):
    """The texts that were found, newest first. `looked_back_to`: older ones may be missing.

    `accounts` know the phone; `left_out` is how many more do, whose texts were not looked at. `next_after` is where
    the next page of accounts begins.
    """

    texts: list[Message] = []
    phone: str | None = None
    accounts: list[Account] = []
    left_out: int = 0
    looked_back_to: datetime | None = None
    is_unattributed: bool = False
    next_after: str | None = None


def find(order: FindTexts, now: datetime) -> dict[str, Any]:
    """Return the texts that were found, each with what became of it.

    For a phone also those that it did not get because none was made, and what would stop a text now.
    """
    return find_with(order, look_up_carrier, now)


def find_with(order: FindTexts, carrier: OpenCarrier, now: datetime) -> dict[str, Any]:
    """Do the order; `carrier` is opened and asked only about an id of its own that no reply has."""
    if order.account:
        account_or_raise(order.account)
    found = _find(order, carrier)
    names = {account.id: account for account in found.accounts}
    missing = {text.account for text in found.texts} - set(names)
    names |= {account.id: account for account in (accounts.get_many(missing) if missing else [])}
    stopped = stops(found.phone, found.accounts, now) if found.phone else {}
    return {
        "items": [shown(text, Known(account=names.get(text.account)), now) for text in found.texts],
        "left_out": left_out.of_phone(found.phone, found.accounts, now, since=order.since, until=order.until)
        if found.phone
        else [],
        "phone": found.phone,
        "accounts": [
            {"account": account.id, "account_name": account.name, "stopped": _why_stopped(stopped.get(account.id))}
            for account in found.accounts
        ],
        "accounts_left_out": found.left_out,
        "looked_back_to": instant(found.looked_back_to) if found.looked_back_to else None,
        "is_unattributed": found.is_unattributed,
        "next_cursor": found.next_after,
    }


def shown(text: Message, known: Known, now: datetime) -> dict[str, Any]:
    """Return a text in a list, with what became of it."""
    said = why.of(text, known, now)
    return {
        "account": text.account,
        "account_name": known.account.name if known.account else None,
        "message_id": text.id,
        "direction": text.direction,
        "kind": text.kind,
        "state": text.state,
        "at": instant(text.created_at),
        "phone": text.phone,
        "number": text.number,
        "body": text.body,
        "why": said.why,
        "help": said.help,
    }


def by_id(what: str, account: str | None, carrier: OpenCarrier) -> FoundTexts:
    """Return the texts with an id of ours or of a carrier's: one, if it exists."""
    found = _by_our_id(what, account) or _reply(what) or _at_carrier(what, account, carrier)
    if account and any(text.account != account for text in found.texts):
        raise NotFound(f"Another account has this text than {account}.", field="account")
    return found


def _by_our_id(what: str, account: str | None) -> FoundTexts | None:
    """Return the text with an id of ours. Without an account, each is asked for it, a hundred in a call."""
    named, dot, message_id = what.partition(".")  # as the carrier has it, and returns it in receipts
    wanted = [(named, message_id)] if dot else [(account, what)] if account else []
    if not wanted and not _OF_TWILIO.fullmatch(what):
        wanted = [(one, what) for one in (SERVICE, *accounts.all_ids())]
    texts = messages.get_many(wanted) if wanted else []
    return FoundTexts(texts=texts) if texts else None


def _find(order: FindTexts, carrier: OpenCarrier) -> FoundTexts:
    what = order.what.strip()
    if what and not _PHONE.fullmatch(what):
        return by_id(what, order.account, carrier)  # and not by a time
    if what:
        country_code = account_or_raise(order.account).country_code if order.account else "1"
        return _by_phone(read_phone(what, country_code, "what"), order)
    if order.account:
        return _newest([account_or_raise(order.account)], order, None)
    if order.since is None:
        raise RequestError("Give an id, a phone, an account, or from when on.", field="what")
    return _of_page(order)


def _of_page(order: FindTexts) -> FoundTexts:
    """Return the newest texts of a page of accounts in a span of time: one query for each list of an account."""
    ids = list(islice(accounts.all_ids(order.after), _A_PAGE + 1))
    page = ids[:_A_PAGE]
    found = _newest(accounts.get_many(page), order, None)
    return msgspec.structs.replace(found, accounts=[], next_after=page[-1] if len(ids) > _A_PAGE else None)


def read_phone(entered: str, country_code: str, field: str) -> str:
    """Return a phone in the spelling that is stored; raise `BadPhone` for the order's field."""
    try:
        return to_stored(entered, country_code)
    except BadPhone as error:
        error.field = field
        raise


def _reply(carrier_id: str) -> FoundTexts | None:
    """Return the reply that has a carrier's id, or that it is unattributed."""
    owners = [replies.owner(carrier, carrier_id) for carrier in CARRIERS]
    texts = messages.get_many(owner for owner in owners if owner)
    if texts:
        return FoundTexts(texts=texts)
    is_kept = any(carrier_id in replies.already_received(carrier, [carrier_id]) for carrier in CARRIERS)
    return FoundTexts(is_unattributed=True) if is_kept else None


def _at_carrier(carrier_id: str, account: str | None, carrier: OpenCarrier) -> FoundTexts:
    """Return our text with a carrier's id: the carrier says to which phone it went, whose texts are read."""
    opened = carrier()
    sent = opened.sent(carrier_id) if opened else None
    if sent is None:
        raise NotFound(_not_found(carrier_id, account), field="what")
    until = sent.text.created_at + _CLOCKS_DIFFER  # we had accepted it before
    by_phone = _by_phone(sent.phone, FindTexts(account=account, until=until, limit=100))
    texts = [text for text in by_phone.texts if carrier_id in (text.carrier_id, *text.returned)]
    if texts:
        return FoundTexts(texts=texts)
    raise NotFound(
        "The carrier has this text, and no account has it: an account that never reached the phone and has no client"
        " with it is looked at only if it is named. Give the account.",
        field="what",
    )


def _not_found(what: str, account: str | None) -> str:
    if settings().carrier != "twilio":
        return f"There is no text {what!r}. AWS cannot be asked for a text by its id: give its phone."
    within = f"Account {account} has no text {what!r}" if account else f"No account has a text {what!r}"
    return f"{within}, and the carrier has none with this id, or did not answer."


def _by_phone(phone: str, order: FindTexts) -> FoundTexts:
    if order.account:
        return _newest([account_or_raise(order.account)], order, phone)
    known = accounts_of(phone)
    by_id = {account.id: account for account in accounts.get_many(known[:_MOST_ACCOUNTS])}
    studios = [by_id[one] for one in known if one in by_id]
    found = _newest(studios, order, phone)
    return msgspec.structs.replace(found, left_out=max(0, len(known) - _MOST_ACCOUNTS))


def accounts_of(phone: str) -> list[str]:
    """Return the accounts that know a phone: those that talked with it, newest first, then those with a client."""
    with_client = (account for account, _ in clients.with_phone_in_all_accounts(phone))
    return list(dict.fromkeys([*numbers.accounts_texting(phone), *with_client]))


def _newest(studios: Sequence[Account], order: FindTexts, phone: str | None) -> FoundTexts:
    """Return the newest messages of some accounts with a phone, or all of one account's.

    The phone's last texts are named by its conversations, also those that the index does not have yet. Our own
    automatic answers are among them.
    """
    calls = max(_FEWEST_CALLS, _MOST_CALLS // max(1, len(studios)))
    begun = [(studio.id, studio.created_at) for studio in studios]
    if phone and begun:
        begun.append((SERVICE, min(at for _, at in begun)))
    pages = at_once(*(partial(_page, *one, order, phone, calls) for one in begun)) if begun else []
    named = messages.get_many(_named(phone, {studio.id for studio in studios})) if phone else []
    within = [text for text in named if _is_within(text, order)]
    by_place = {(text.account, text.id): text for page in pages for text in page.messages}
    by_place |= {(text.account, text.id): text for text in within}
    texts = sorted(by_place.values(), key=lambda text: text.created_at, reverse=True)
    reached = [slices.instant_of(page.next_cursor) for page in pages if page.next_cursor]
    shown_texts = texts[: order.limit]
    if len(texts) > order.limit:
        reached.append(shown_texts[-1].created_at)
    looked_back_to = max(reached, default=None)
    return FoundTexts(texts=shown_texts, phone=phone, accounts=list(studios), looked_back_to=looked_back_to)


def _page(account: str, since: datetime, order: FindTexts, phone: str | None, calls: int) -> folders.FolderPage:
    return folders.page(
        account,
        "all",
        limit=order.limit,
        cursor=folders.cursor_at(order.until) if order.until else None,
        search=folders.Search(phone=phone) if phone else None,
        since=max(since, order.since) if order.since else since,
        earliest=order.since,
        max_calls=calls,
    )


def _named(phone: str, wanted: set[str]) -> Iterable[tuple[str, str]]:
    """Return the texts that a phone's conversations name, with their accounts."""
    for last in numbers.all_last_texts(phone):
        if last.account in wanted:
            ids = [last.message_id, *last.lately, *(text.message_id for text in last.earlier or ())]
            yield from ((last.account, message_id) for message_id in dict.fromkeys(ids) if message_id)


def _is_within(text: Message, order: FindTexts) -> bool:
    is_late_enough = order.since is None or text.created_at >= order.since
    return is_late_enough and (order.until is None or text.created_at <= order.until)


def _why_stopped(stop: why.Why | None) -> dict[str, str] | None:
    return {"why": stop.why, "help": stop.help} if stop else None
