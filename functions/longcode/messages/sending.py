"""What accepting and sending texts must read, each in one call to the table."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from longcode.accounts.account import STATUS_REFUSALS, TEXTS_AN_HOUR, Account
from longcode.broadcasts.broadcast import BroadcastState
from longcode.clients import store as clients
from longcode.clients.client import Client
from longcode.jobs import Send
from longcode.message import Message, MessageKind
from longcode.messages.checks import SendChecks
from longcode.numbers.routing import LastText
from longcode.optouts import store as optouts
from longcode.table import keys, store
from longcode.table.writes import Attributes, read
from longcode.template import Template


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestFacts:
    """What a request names, as far as it exists; `earlier` is the text that the same request made before.

    `last_put` is the client last written with the phone.
    """

    account: Account | None
    client: Client | None
    template: Template | None
    earlier: Message | None
    phone: str | None
    blocked: bool
    asked: bool
    clients_with_phone: dict[str, bool]
    last_put: str | None


def look_up(
    account: str, *, client_id: str | None, template: str | None, phone: str | None, request_id: str
) -> RequestFacts:
    """Read all that a request names, strongly."""
    gates = {(account, phone): optouts.gates(account, phone)} if phone else {}
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
    items = store.get_many([*wanted.values(), *(key for of_pair in gates.values() for key in of_pair)])
    found = {name: items.get(key) for name, key in wanted.items()}
    studio = read(Account, found["account"]) if found["account"] else None
    left_at = studio.number_since if studio else None
    standing = optouts.pair_blocks_in(gates, items, dict.fromkeys(gates, left_at))
    return RequestFacts(
        account=studio,
        client=read(Client, one) if (one := found.get("client")) else None,
        template=read(Template, one) if (one := found.get("template")) else None,
        earlier=read(Message, found["earlier"]) if found["earlier"] else None,
        phone=phone,
        blocked=bool(standing.blocked),
        asked=bool(standing.asked),
        clients_with_phone=clients.having_phone(found.get("clients")),
        last_put=clients.last_put(found.get("clients")),
    )


def message_items(jobs: Iterable[Send]) -> dict[Send, Attributes]:
    """Return the items of a batch's messages, without those that are not there."""
    wanted = {job: keys.message(job.account, job.message_id) for job in jobs}
    items = store.get_many(wanted.values())
    return {job: items[key] for job, key in wanted.items() if key in items}


def checks(messages: Sequence[Message]) -> SendChecks:
    """Read what may keep texts from being sent, strongly and in one call."""
    # The service's own answers may go to a phone that has opted out.
    asked = [one for one in messages if one.kind is not MessageKind.SERVICE]
    gates = {(one.account, one.phone): optouts.gates(one.account, one.phone) for one in asked}
    last_texts = {
        (one.account, one.phone, one.number): keys.route(one.phone, one.number, one.account) for one in asked
    }
    accounts = {one.account: keys.account(one.account) for one in asked}
    broadcasts = {
        (one.account, one.broadcast): keys.broadcast(one.account, one.broadcast) for one in messages if one.broadcast
    }
    every = [key for of_pair in gates.values() for key in of_pair]
    found = store.get_many([*every, *last_texts.values(), *accounts.values(), *broadcasts.values()])
    there = {name: found.get(key, {}) for name, key in broadcasts.items()}
    studios = {name: found.get(key, {}) for name, key in accounts.items()}
    on_shared = {(one.account, one.phone) for one in asked if one.number != studios[one.account].get("number")}
    left_at = {pair: None if pair in on_shared else _left_at(studios[pair[0]]) for pair in gates}
    standing = optouts.pair_blocks_in(gates, found, left_at)
    return SendChecks(
        opted_out=standing.blocked,
        unanswered=standing.asked,
        cancelled={name for name, item in there.items() if item.get("state") == BroadcastState.CANCELLED},
        paused={name for name, item in there.items() if item.get("paused")},
        silent={name: code for name, item in studios.items() if (code := STATUS_REFUSALS.get(item.get("standing")))},
        most_an_hour={name: item.get("texts_an_hour", TEXTS_AN_HOUR) for name, item in studios.items()},
        last_texts={name: read(LastText, found[key]) for name, key in last_texts.items() if key in found},
    )


def _left_at(studio: Attributes) -> datetime | None:
    return datetime.fromisoformat(studio["number_since"]) if "number_since" in studio else None
