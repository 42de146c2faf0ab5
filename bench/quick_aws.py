"""A DynamoDB and an SQS in dictionaries: as little of them as the benchmarks need, and no slower as they fill.

moto goes through a whole partition for every query, and an emulator is a process that other work slows.
Here botocore makes each request and reads each answer as ever, and the answer comes out of a sorted list:
`Quick.seconds` is the CPU time that this takes, to be taken off. Write units are worked out from each item before and
after, by the rules of `bench/meter.py`.
"""

import json
import re
import time
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from botocore.awsrequest import AWSResponse

from bench.item_sizes import Wire
from bench.meter import write_units
from bench.quick_index import Lists
from longcode.aws.clients import client
from tests.local_aws import load_plans, read_template

_MEGABYTE = 1_000_000
_COMPARED = re.compile(r"(#\w+) (=|<=|<|>) (:\w+)")
_EXISTS = re.compile(r"attribute_(not_)?exists\((#\w+)\)")
_BETWEEN = re.compile(r"(#\w+) BETWEEN (:\w+) AND (:\w+)")
_AMONG = re.compile(r"(#\w+) IN \(([^)]*)\)")
_ERROR = "com.amazonaws.dynamodb.v20120810#"
_OPERATORS = {"=": "==", "<=": "<=", "<": "<", ">": ">"}


class Failed(Exception):
    """A condition does not hold."""


@dataclass
class Quick:
    """What stands in the table and on the queues, and what it cost."""

    items: dict[str, dict[str, Wire]] = field(default_factory=lambda: defaultdict(dict))
    order: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    jobs: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))
    calls: int = 0
    units: int = 0
    seconds: float = 0.0
    indexes: list[Wire] = field(
        default_factory=lambda: read_template()["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
    )
    lists: Lists = field(init=False)
    lock: Lock = field(default_factory=Lock)

    def __post_init__(self) -> None:
        """List what is put."""
        self.lists = Lists(self.indexes)

    def answer(self, request: Any, **_: Any) -> AWSResponse:
        """Answer one request."""
        start = time.thread_time()
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        asked = json.loads(request.body)
        with self.lock:
            self.calls += 1
            try:
                status, told = 200, getattr(self, f"_{_snake(operation)}")(asked)
            except Failed as failed:
                status, told = 400, failed.args[0]
        body = json.dumps(told).encode()
        self.seconds += time.thread_time() - start
        return AWSResponse(request.url, status, {}, _Raw(body))

    def put(self, item: Wire, factor: int = 1) -> None:
        """Write an item."""
        pk, sk = item["pk"]["S"], item["sk"]["S"]
        old = self.items[pk].get(sk, {})
        if not old:
            insort(self.order[pk], sk)
        self.items[pk][sk] = item
        self.lists.move(old, item)
        self.units += write_units(self.indexes, old, item, factor)

    def drop(self, key: Wire, factor: int = 1) -> None:
        """Delete an item, there or not."""
        pk, sk = key["pk"]["S"], key["sk"]["S"]
        if old := self.items[pk].pop(sk, {}):
            del self.order[pk][bisect_left(self.order[pk], sk)]
            self.lists.move(old, {})
        self.units += write_units(self.indexes, old, {}, factor)

    def _get_item(self, asked: Wire) -> Wire:
        found = self._find(asked["Key"])
        return {"Item": found} if found else {}

    def _batch_get_item(self, asked: Wire) -> Wire:
        [(name, keys)] = asked["RequestItems"].items()
        found = [item for key in keys["Keys"] if (item := self._find(key))]
        return {"Responses": {name: found}, "UnprocessedKeys": {}}

    def _batch_write_item(self, asked: Wire) -> Wire:
        for request in next(iter(asked["RequestItems"].values())):
            self.put(request["PutRequest"]["Item"])
        return {"UnprocessedItems": {}}

    def _put_item(self, asked: Wire) -> Wire:
        self._check(asked, self._find(asked["Item"]))
        self.put(asked["Item"])
        return {}

    def _update_item(self, asked: Wire) -> Wire:
        self._check(asked, self._find(asked["Key"]))
        self.put(self._updated(asked))
        return {}

    def _transact_write_items(self, asked: Wire) -> Wire:
        actions = [next(iter(action.items())) for action in asked["TransactItems"]]
        reasons = [self._failure(action, self._find(action.get("Item") or action["Key"])) for _, action in actions]
        if any(reasons):
            told = [reason or {"Code": "None"} for reason in reasons]
            raise Failed({"__type": f"{_ERROR}TransactionCanceledException", "CancellationReasons": told})
        for kind, action in actions:
            if kind == "Delete":
                self.drop(action["Key"], factor=2)
            else:
                self.put(action["Item"] if kind == "Put" else self._updated(action), factor=2)
        return {}

    def _transact_get_items(self, asked: Wire) -> Wire:
        found = [self._find(one["Get"]["Key"]) for one in asked["TransactItems"]]
        return {"Responses": [{"Item": item} if item else {} for item in found]}

    def _query(self, asked: Wire) -> Wire:
        if "IndexName" in asked:
            where = asked.get("FilterExpression")
            return self.lists.query(asked, self.items, lambda entry: not where or _holds(where, entry, asked))
        pk, beginning = (asked["ExpressionAttributeValues"][name]["S"] for name in (":pk", ":sk"))
        order, items = self.order[pk], self.items[pk]
        start = asked["ExclusiveStartKey"]["sk"]["S"] if "ExclusiveStartKey" in asked else None
        at = bisect_right(order, start) if start else bisect_right(order, beginning)
        found: list[Wire] = []
        size, last = 0, None
        while at < len(order) and order[at].startswith(beginning):
            if len(found) == asked.get("Limit") or size > _MEGABYTE:
                last = {"pk": {"S": pk}, "sk": {"S": order[at - 1]}}
                break
            found.append(items[order[at]])
            size += len(str(items[order[at]])) // 2  # the wire says S and N beside every value
            at += 1
        names = asked.get("ExpressionAttributeNames")
        told = [{name: item[name] for name in names.values() if name in item} for item in found] if names else found
        return {"Items": told, "Count": len(told)} | ({"LastEvaluatedKey": last} if last else {})

    def _send_message_batch(self, asked: Wire) -> Wire:
        self.jobs[asked["QueueUrl"].rpartition("/")[2]] += [one["MessageBody"] for one in asked["Entries"]]
        sent = [{"Id": one["Id"], "MessageId": one["Id"], "MD5OfMessageBody": ""} for one in asked["Entries"]]
        return {"Successful": sent, "Failed": []}

    def _find(self, key: Wire) -> Wire:
        return self.items[key["pk"]["S"]].get(key["sk"]["S"], {})

    def _check(self, asked: Wire, item: Wire) -> None:
        if self._failure(asked, item):
            error = {"__type": f"{_ERROR}ConditionalCheckFailedException", "message": "no"}
            raise Failed(error | ({"Item": item} if item else {}))

    def _failure(self, asked: Wire, item: Wire) -> Wire | None:
        condition = asked.get("ConditionExpression")
        if not condition or _holds(condition, item, asked):
            return None
        return {"Code": "ConditionalCheckFailed"} | ({"Item": item} if item else {})

    def _updated(self, asked: Wire) -> Wire:
        item = {**asked["Key"], **self._find(asked["Key"])}
        names, values = asked["ExpressionAttributeNames"], asked.get("ExpressionAttributeValues", {})
        for verb, clauses in re.findall(
            r"(SET|ADD|REMOVE) (.*?)(?= SET | ADD | REMOVE |$)", asked["UpdateExpression"]
        ):
            for place, absent, value in re.findall(r"(#\w+)(?: = (if_not_exists)\(#\w+,)?[ =]*(:\w+)?", clauses):
                name = names[place]
                if verb == "REMOVE":
                    item.pop(name, None)
                elif verb == "SET":
                    item[name] = item.get(name, values[value]) if absent else values[value]
                else:
                    item[name] = {"N": str(int(item.get(name, {"N": "0"})["N"]) + int(values[value]["N"]))}
        return item


@dataclass(frozen=True)
class _Raw:
    content: bytes

    def stream(self) -> Iterator[bytes]:
        """Give the body as urllib3 would."""
        yield self.content


@contextmanager
def quick_aws() -> Iterator[Quick]:
    """Let the functions' clients talk to a new table and new queues."""
    quick = Quick()
    every = [client(service).meta.events for service in ("dynamodb", "sqs")]
    for events in every:
        events.register_first("before-send", quick.answer)
    load_plans()
    quick.calls = quick.units = 0
    quick.seconds = 0.0
    try:
        yield quick
    finally:
        for events in every:
            events.unregister("before-send", quick.answer)


def _holds(condition: str, item: Wire, asked: Wire) -> bool:
    """Work out a condition: comparisons, `IN`, `BETWEEN`, `attribute_exists`, and `AND`, `OR` and `NOT` of them."""
    names, values = asked["ExpressionAttributeNames"], asked.get("ExpressionAttributeValues", {})

    def value(name: str) -> Any:
        return _plain(item.get(names[name]) if name[0] == "#" else values[name])

    def compared(found: re.Match[str]) -> str:
        return f"({value(found[1]) is not None} and {value(found[1])!r} {_OPERATORS[found[2]]} {value(found[3])!r})"

    def between(found: re.Match[str]) -> str:
        held = value(found[1])
        return str(held is not None and value(found[2]) <= held <= value(found[3]))

    def exists(found: re.Match[str]) -> str:
        return str((names[found[2]] in item) is not bool(found[1]))

    def among(found: re.Match[str]) -> str:
        return str(value(found[1]) in [value(one) for one in found[2].split(", ")])

    spelled = _AMONG.sub(among, _COMPARED.sub(compared, _BETWEEN.sub(between, condition)))
    spelled = _EXISTS.sub(exists, spelled).replace("NOT ", "not ")
    return bool(eval(spelled.replace(" AND ", " and ").replace(" OR ", " or ")))


def _plain(wire: Wire | None) -> Any:
    if wire is None:
        return None
    [(kind, held)] = wire.items()
    return int(held) if kind == "N" else held


def _snake(operation: str) -> str:
    return re.sub(r"(?<!^)([A-Z])", r"_\1", operation).lower()
