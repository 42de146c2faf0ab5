"""Requests, responses and routes."""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from infra.local.carrier.carrier import Carrier


@dataclass(frozen=True, slots=True)
class Request:
    """An HTTP request; names of `headers` match in any case."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response."""

    status: int
    body: bytes = b""
    content_type: str = "application/json"
    headers: Mapping[str, str] = field(default_factory=dict)


class BadRequest(Exception):
    """A control request that is wrong, with a sentence for a person."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


# A route returns None to close the connection without a response. Its third argument is the group of its path.
RouteFunction = Callable[[Carrier, Request, str], Response | None]


@dataclass(frozen=True, slots=True)
class Route:
    """A method, a path and their function."""

    method: str
    path: re.Pattern[str]
    function: RouteFunction


def on(method: str, path: str, routes: list[Route]) -> Callable[[RouteFunction], RouteFunction]:
    """Return a decorator that adds a function to the routes."""

    def add(function: RouteFunction) -> RouteFunction:
        routes.append(Route(method, re.compile(path), function))
        return function

    return add


def respond(carrier: Carrier, request: Request, routes: Iterable[Route]) -> Response | None:
    """Return the response of a request's route."""
    try:
        for route in routes:
            if route.method == request.method and (match := route.path.fullmatch(request.path)):
                return route.function(carrier, request, "".join(match.groups("")))
        raise BadRequest(404, f"no route for {request.method} {request.path}")
    except BadRequest as error:
        return in_json(error.status, {"error": str(error)})


def in_json(status: int, document: object, headers: Mapping[str, str] | None = None) -> Response:
    """Return a response with a JSON document."""
    return Response(status, json.dumps(document).encode(), "application/json", headers or {})


def whole_number(request: Request, name: str) -> int | None:
    """Return a whole number of the query, or None if it is missing."""
    value = request.query.get(name)
    if value is None:
        return None
    if not re.fullmatch(r"[0-9]{1,9}", value):
        raise BadRequest(422, f"{name}: must be a whole number")
    return int(value)
