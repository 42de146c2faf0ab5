"""The seconds of the order that answers "my client did not get the text", among 10,000 accounts and 100,000 texts.

All these texts are of the one account that knows the phone, which is the worst case for a search by phone: the index
of an account's messages is passed over, and other accounts' texts are not. A search by a message's id asks each
account for it. It is the CPU of the function, and the time that DynamoDB takes by the model of `table_server.py`.
Decision 110 has the sums for a million texts.
"""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from admin import invoke
from bench.rig import Figure, quiet
from bench.table_server import Served, serving
from longcode.accounts.account import Account
from longcode.jobs import Product
from longcode.message import MessageKind
from longcode.messages import compose
from longcode.messages import store as messages
from longcode.months import instant
from longcode.numbers.conversations import Conversations
from longcode.numbers.routing import last_text_of
from longcode.plans.plans import PlanChange
from longcode.table import keyed_hash, keys
from longcode.table.writes import attributes, wire_item
from tests.support.emulated_aws import Wire, environment
from tests.support.local_aws import load_plans

_BAR = 5.0
_ACCOUNTS, _TEXTS, _TIMES = 10_000, 100_000, 3
_NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
_BEGUN = _NOW - timedelta(days=365)
_LARGE, _PHONE, _NUMBER = "10009999", "+12125550123", "+15555550100"


def measure() -> Iterator[Figure]:
    """Time each search."""
    with (
        serving([*_accounts(), *_texts()]) as table,
        environment(AWS_ENDPOINT_URL=table.url, AWS_REGION="us-east-1", LAMBDA_TASK_ROOT="/"),
    ):
        load_plans()
        keyed_hash.of(_PHONE)
        searches: dict[str, dict[str, Any]] = {
            "phone": {"do": "texts.find", "what": _PHONE},
            "message_id": {"do": "texts.find", "what": "wanted-0"},
            "show": {"do": "texts.show", "id": "wanted-0"},
            "phones_show": {"do": "phones.show", "phone": _PHONE},
        }
        for name, order in searches.items():
            yield Figure(f"find_text_seconds_{name}", round(_seconds(order, table), 2), "s", _BAR)


def _seconds(order: dict[str, Any], table: Served) -> float:
    """Return the least seconds of an order."""
    runs = []
    for _ in range(_TIMES):
        table.seconds()
        began = time.process_time()
        with quiet():
            answer = invoke.act(order, _NOW)
        cpu = time.process_time() - began
        if "wanted-0" not in str(answer):
            raise RuntimeError(f"{order} was answered with {answer}")
        runs.append(cpu + table.seconds())
    return min(runs)


def _accounts() -> Iterator[Wire]:
    for index in range(_ACCOUNTS):
        account = Account(
            id=f"1{index:07}",
            name="Foxglove",
            email="ann@foxglove.example",
            product=Product.SPECTRA,
            edition="standard",
            created_at=_BEGUN,
            plan_changes=(PlanChange(_BEGUN, "medium"),),
        )
        yield wire_item(keys.account(account.id), {"type": "account", **attributes(account)})
        yield wire_item(keys.registered(account.id), {"type": "registered", "account": account.id})


def _texts() -> Iterator[Wire]:
    """Yield the texts of the large account in the order of time, of which the phone got one, and its conversation."""
    wanted = compose.draft(
        account=_LARGE,
        message_id="wanted-0",
        kind=MessageKind.INDIVIDUAL,
        phone=_PHONE,
        number=_NUMBER,
        body="Hello, your proofs are ready. Please look through the gallery by Friday.",
        now=_NOW - timedelta(days=180),
    )
    conversations = Conversations(phone=_PHONE, texts=(last_text_of(wanted, wanted.created_at),), version=1)
    yield wire_item(keys.sticky_senders(_PHONE), {"type": "lines", **attributes(conversations)})
    item = wire_item(keys.message(_LARGE, wanted.id), messages.item(wanted))
    yield item
    for index in range(_TEXTS):
        at, message_id = _BEGUN + timedelta(seconds=315 * index), f"{index:024x}-0"
        yield item | {
            "sk": {"S": keys.message(_LARGE, message_id).sk},
            "id": {"S": message_id},
            "phone": {"S": f"+1312{5550000 + index % 1000:07}"},
            "created_at": {"S": instant(at)},
            "folder_at": {"S": keys.folder_place(at, message_id)},
        }
