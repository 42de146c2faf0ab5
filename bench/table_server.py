"""A table in memory that says how long DynamoDB takes for the reads that it answers.

The emulators look through all items of a list at each query, so with many items their time would be measured. A call
takes 5 ms here, and 42 ms more for each megabyte that it reads: a partition of DynamoDB gives 3,000 read units a
second, which are 24 MB; a consistent read takes twice that.
"""

import re
import time
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any
from urllib.request import Request, urlopen

import msgspec

from bench.meter import size
from longcode.table.keys import INDEXES
from tests.support.emulated_aws import Wire
from tests.support.local_aws import read_template

_CALL_SECONDS, _SECONDS_PER_BYTE = 0.005, 0.042 / 1024**2
_SLOWED = 4  # so that calls at the same time are seen as such, even if a busy machine makes one later than the other
_MOST_BYTES = 1024**2
_CALLS = "Bench.Calls"
Place = tuple[str, str, str]
"""The sort key in an index, and the keys of the item; in the table itself the first is empty."""


class Table:
    """Items by key, and the places of those in each index in order."""

    def __init__(self, items: Iterable[Wire]) -> None:
        described = read_template()["Resources"]["Table"]["Properties"]["GlobalSecondaryIndexes"]
        self._shown = {
            index["IndexName"]: {"pk", "sk", *INDEXES[index["IndexName"]]}
            | set(index["Projection"].get("NonKeyAttributes", []))
            for index in described
        }
        self._items: dict[tuple[str, str], Wire] = {}
        self._entries: dict[str | None, dict[tuple[str, str], tuple[Wire, int]]] = defaultdict(dict)
        self._lists: dict[tuple[str | None, str], list[Place]] = defaultdict(list)
        for item in items:
            self._add(item)

    def answer(self, operation: str, asked: Wire) -> tuple[Wire, float]:
        """Return the answer to a call, and the seconds that DynamoDB takes for it."""
        match operation:
            case "GetItem":
                item = self._items.get(_key(asked["Key"]))
                return {"Item": item} if item else {}, _seconds(size(item or {}), asked)
            case "BatchGetItem":
                [(name, chunk)] = asked["RequestItems"].items()
                found = [self._entries[None][key] for key in map(_key, chunk["Keys"]) if key in self._items]
                shown = [_projected(item, chunk) for item, _ in found]
                return {"Responses": {name: shown}}, _seconds(sum(length for _, length in found), chunk)
            case "Query":
                return self._query(asked)
            case "PutItem":  # its condition is taken as met: one process writes here
                self._put(asked["Item"])
                return {}, _CALL_SECONDS
            case "UpdateItem":  # of the count of calls, which no page reads: it is met, and not kept
                return {}, _CALL_SECONDS
        raise ValueError(f"{operation} is not answered here")

    def _put(self, item: Wire) -> None:
        key = _key(item)
        if key not in self._items:
            self._add(item)
        elif any(partition in item for partition, _ in INDEXES.values()):
            raise ValueError("an item with a place in an index is written once here")
        else:
            self._items[key] = item
            self._entries[None][key] = item, size(item)

    def _add(self, item: Wire) -> None:
        key = _key(item)
        self._items[key] = item
        self._entries[None][key] = item, size(item)
        insort(self._lists[None, key[0]], ("", *key))
        for name, (partition, sort) in INDEXES.items():
            if partition in item and sort in item:
                entry = {shown: item[shown] for shown in self._shown[name] if shown in item}
                self._entries[name][key] = entry, size(entry)
                insort(self._lists[name, item[partition]["S"]], (item[sort]["S"], *key))

    def _query(self, asked: Wire) -> tuple[Wire, float]:
        index: str | None = asked.get("IndexName")
        values = {name: value["S"] for name, value in asked["ExpressionAttributeValues"].items() if "S" in value}
        places = self._lists[index, values[":partition" if index else ":pk"]]
        first, beyond = _bounds(places, index, values)
        chosen = places[first:beyond]
        is_forward = asked.get("ScanIndexForward", True)
        start = asked.get("ExclusiveStartKey")
        if start:
            last = (start[INDEXES[index][1]]["S"] if index else "", *_key(start))
            chosen = chosen[bisect_right(chosen, last) :] if is_forward else chosen[: bisect_left(chosen, last)]
        if not is_forward:
            chosen = chosen[::-1]
        matches = _filter(asked)
        found: list[Wire] = []
        read = looked = 0
        entries = self._entries[index]
        for _, pk, sk in chosen[: asked.get("Limit")]:
            entry, length = entries[pk, sk]
            if read + length > _MOST_BYTES:
                break
            read, looked = read + length, looked + 1
            if matches(entry):
                found.append(_projected(entry, asked))
        answer: Wire = {"Count": len(found), "ScannedCount": looked}
        if asked.get("Select") != "COUNT":
            answer["Items"] = found
        if looked < len(chosen) or looked == asked.get("Limit"):
            _, pk, sk = chosen[looked - 1]
            names = ("pk", "sk", *INDEXES[index]) if index else ("pk", "sk")
            answer["LastEvaluatedKey"] = {name: self._items[pk, sk][name] for name in names}
        return answer, _seconds(read, asked)


def _bounds(places: list[Place], index: str | None, values: dict[str, str]) -> tuple[int, int]:
    """Return where the places that meet the condition on the sort key begin and end."""
    if index is None:
        prefix = values[":sk"]
        pk = values[":pk"]
        if ":until" in values:
            return bisect_left(places, ("", pk, prefix)), bisect_right(places, ("", pk, values[":until"]))
        return bisect_left(places, ("", pk, prefix)), bisect_left(places, ("", pk, f"{prefix}\U0010ffff"))
    if ":after" in values:
        return bisect_left(places, (values[":after"],)), bisect_left(places, (f"{values[':before']}\0",))
    return 0, bisect_left(places, (values[":before"],))


def _filter(asked: Wire) -> Callable[[Wire], bool]:
    """Return the function that a filter expression describes."""
    if "FilterExpression" not in asked:
        return lambda _: True
    text = re.sub(r"(#\w+) BETWEEN (:\w+) AND (:\w+)", r'(\2 <= (\1 or "") <= \3)', asked["FilterExpression"])
    text = re.sub(r" IN \(([^)]*)\)", r" in {\1}", text)
    for expression, python in (("<>", "!="), (" = ", " == "), (" AND ", " and "), (" OR ", " or "), ("NOT ", "not ")):
        text = text.replace(expression, python)
    text = re.sub(r"#\w+", lambda name: f"of(item, {asked['ExpressionAttributeNames'][name[0]]!r})", text)
    text = re.sub(r":\w+", lambda value: repr(_plain(asked["ExpressionAttributeValues"][value[0]])), text)
    known = {
        "of": lambda item, name: _plain(item[name]) if name in item else None,
        "begins_with": lambda whole, part: whole is not None and whole.startswith(part),
        "contains": lambda whole, part: whole is not None and part in whole,
        "attribute_not_exists": lambda value: value is None,
        "attribute_exists": lambda value: value is not None,
    }
    function: Callable[[Wire], bool] = eval(f"lambda item: {text}", known)
    return function


def _plain(value: Wire) -> Any:
    ((kind, plain),) = value.items()
    return [_plain(one) for one in plain] if kind == "L" else plain


def _projected(item: Wire, asked: Wire) -> Wire:
    if "ProjectionExpression" not in asked:
        return item
    names = [asked["ExpressionAttributeNames"][name] for name in asked["ProjectionExpression"].split(", ")]
    return {name: item[name] for name in names if name in item}


def _key(wire: Wire) -> tuple[str, str]:
    return wire["pk"]["S"], wire["sk"]["S"]


def _seconds(read: int, asked: Wire) -> float:
    return _CALL_SECONDS + read * _SECONDS_PER_BYTE * (2 if asked.get("ConsistentRead") else 1)


@dataclass(frozen=True)
class Served:
    """A table that is served at an address."""

    url: str

    def seconds(self) -> float:
        """Return how long the calls since the last question take: the longest chain in which each follows another."""
        asked = Request(self.url, b"{}", {"X-Amz-Target": _CALLS})
        with urlopen(asked) as answer:
            calls = sorted(msgspec.json.decode(answer.read(), type=list[tuple[float, float, float]]))
        chains: list[tuple[float, float]] = []  # when each call ended, and the seconds of the longest chain up to it
        for began, ended, seconds in calls:
            chains.append((ended, seconds + max((before for end, before in chains if end <= began), default=0)))
        return max((seconds for _, seconds in chains), default=0)


@contextmanager
def serving(items: list[Wire]) -> Iterator[Served]:
    """Serve a table with these items, in a process of its own, until the block ends."""
    context = get_context("fork")
    here, there = context.Pipe()
    process = context.Process(target=_serve, args=(items, there), daemon=True)
    process.start()
    try:
        yield Served(f"http://127.0.0.1:{here.recv()}")
    finally:
        process.terminate()
        process.join()


def _serve(items: list[Wire], parent: Connection) -> None:
    table = Table(items)
    calls: list[tuple[float, float, float]] = []  # when each began and ended, and the seconds that DynamoDB takes

    def answer(target: str, asked: Wire) -> bytes:
        if target == _CALLS:
            made, calls[:] = msgspec.json.encode(calls), []
            return made
        began = time.perf_counter()
        answered, seconds = table.answer(target.partition(".")[2], asked)
        content = msgspec.json.encode(answered)
        time.sleep(max(0, began + seconds * _SLOWED - time.perf_counter()))
        calls.append((began, time.perf_counter(), seconds))
        return content

    class Handler(BaseHTTPRequestHandler):
        """Answers a call when DynamoDB would."""

        protocol_version, disable_nagle_algorithm, wbufsize = "HTTP/1.1", True, -1

        def do_POST(self) -> None:
            body = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
            content = answer(self.headers["X-Amz-Target"], body)
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    parent.send(server.server_port)
    server.serve_forever()
