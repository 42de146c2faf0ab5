"""Requests, answers, and the way from one to the other."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from infra.local.carrier.carrier import Carrier


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; `headers` are read without regard to case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadRequest(Exception):
    """A control request that makes no sense, with a sentence for the person who wrote it."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


# A route answers None to close the connection without a word; its third argument is the group of its path.
Answering = Callable[[Carrier, Request, str], Answer | None]


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, and what answers them."""

    method: str
    path: re.Pattern[str]
    answer: Answering


def on(method: str, path: str, routes: list[Route]) -> Callable[[Answering], Answering]:
    """Add a function to the routes."""

    def add(function: Answering) -> Answering:
        routes.append(Route(method, re.compile(path), function))
        return function

    return add


def answer_to(carrier: Carrier, request: Request, routes: Iterable[Route]) -> Answer | None:
    """Find the route of a request and follow it."""
    try:
        for route in routes:
            if route.method == request.method and (match := route.path.fullmatch(request.path)):
                return route.answer(carrier, request, "".join(match.groups("")))
        raise BadRequest(404, f"nothing here answers {request.method} {request.path}")
    except BadRequest as bad:
        return in_json(bad.status, {"error": str(bad)})


def in_json(status: int, document: object, headers: Mapping[str, str] | None = None) -> Answer:
    """Answer with a JSON document."""
    return Answer(status, json.dumps(document).encode(), "application/json", headers or {})


def whole_number(request: Request, name: str) -> int | None:
    """Read a whole number of the query, if it is there."""
    given = request.query.get(name)
    if given is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", given):
        raise BadRequest(422, f"{name}: a whole number, please")
    return int(given)
