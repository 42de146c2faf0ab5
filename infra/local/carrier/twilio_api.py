"""Twilio's Messages API: send, list, fetch, cancel, redact and delete a text, and list its pictures.

https://www.twilio.com/docs/messaging/api/message-resource
"""

import base64
import hmac
from collections.abc import Callable, Mapping
from email.utils import format_datetime
from pathlib import PurePath
from typing import TypeVar
from urllib.parse import parse_qsl

from infra.local.carrier import listing, protocol
from infra.local.carrier.carrier import Carrier
from infra.local.carrier.protocol import Refusal, refusal
from infra.local.carrier.routes import Request, Response, Route, in_json, on
from infra.local.carrier.texts import Text

ROUTES: list[Route] = []

_ACCOUNT = rf"/{protocol.API_VERSION}/Accounts/([^/]+)"
_MESSAGES = rf"{_ACCOUNT}/Messages\.json"
_MESSAGE = rf"{_ACCOUNT}/Messages/[SM]M[0-9a-f]{{32}}\.json"

_F = TypeVar("_F", bound=Callable[[Carrier, Request], Response | None])


def resource(methods: str, path: str, routes: list[Route]) -> Callable[[_F], _F]:
    """Return a decorator that adds a function to routes, for requests with the account's token only."""

    def add(function: _F) -> _F:
        def authorized(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
            return _unauthorized(carrier, request, account_sid) or function(carrier, request)

        for method in methods.split():
            on(method, path, routes)(authorized)
        return function

    return add


def _resource(methods: str, path: str) -> Callable[[_F], _F]:
    return resource(methods, path, ROUTES)


@_resource("POST", _MESSAGES)
def _send(carrier: Carrier, request: Request) -> Response | None:
    result = carrier.send(_form(request))
    if isinstance(result, Refusal):
        return _refused(result)
    return None if result.answer_dropped else in_json(201, _message(carrier, result.text))


@_resource("GET", _MESSAGES)
def _list(carrier: Carrier, request: Request) -> Response:
    try:
        page = listing.page(request.path, request.query, carrier.network.texts())
    except ValueError as error:
        return _refused(refusal(20001, message=f"Invalid parameter: {error}"))
    return in_json(200, {"messages": [_message(carrier, text) for text in page.texts], **page.fields})


@_resource("GET", _MESSAGE)
def _fetch(carrier: Carrier, request: Request) -> Response:
    text = carrier.network.text(_sid(request))
    return in_json(200, _message(carrier, text)) if text else not_found(carrier, request)


@_resource("POST", _MESSAGE)
def _update(carrier: Carrier, request: Request) -> Response:
    """Redact a text (an empty `Body`) or cancel it, but not both: https://www.twilio.com/docs/api/errors/30400."""
    form, sid = _form(request), _sid(request)
    if form == {"Status": "canceled"}:
        result = carrier.cancel(sid)
    else:
        result = carrier.network.redact(sid) if form == {"Body": ""} else refusal(30400)
    if isinstance(result, Refusal):
        return _refused_change(carrier, request, result)
    return in_json(200, _message(carrier, result))


@_resource("DELETE", _MESSAGE)
def _delete(carrier: Carrier, request: Request) -> Response:
    result = carrier.network.delete(_sid(request))
    return _refused_change(carrier, request, result) if isinstance(result, Refusal) else Response(204)


@_resource("GET", rf"{_ACCOUNT}/Messages/[SM]M[0-9a-f]{{32}}/Media\.json")
def _pictures(carrier: Carrier, request: Request) -> Response:
    folder = PurePath(request.path).with_suffix("")
    text = carrier.network.text(folder.parent.name)
    if text is None:
        return not_found(carrier, request)
    sids = [f"ME{text.sid[2:-1]}{index:x}" for index in range(len(text.media))]
    media = [{"sid": sid, "parent_sid": text.sid, "uri": f"{folder}/{sid}.json"} for sid in sids]
    return in_json(200, {"media_list": media, "uri": request.path, "next_page_uri": None})


@_resource("PUT DELETE", _MESSAGES)
@_resource("PUT", _MESSAGE)
def _not_allowed(_carrier: Carrier, _request: Request) -> Response:
    return _refused(refusal(20004))


@_resource("GET POST PUT DELETE", rf"(?:{_ACCOUNT}/|/{protocol.API_VERSION}/).*")
def not_found(_carrier: Carrier, request: Request) -> Response:
    """Return Twilio's response for something that is not there."""
    return _refused(refusal(20404, message=f"The requested resource {request.path} was not found"))


def _refused_change(carrier: Carrier, request: Request, error: Refusal) -> Response:
    return not_found(carrier, request) if error.code == 20404 else _refused(error)


def _unauthorized(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
    """Refuse a request without the account's token, or for another account."""
    expected = base64.b64encode(f"{carrier.account_sid}:{carrier.auth_token}".encode()).decode()
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
        return _refused(refusal(20003), {"WWW-Authenticate": 'Basic realm="Twilio API"'})
    return None if account_sid in ("", carrier.account_sid) else not_found(carrier, request)


def _form(request: Request) -> dict[str, str]:
    return dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))


def _sid(request: Request) -> str:
    return PurePath(request.path).stem


def _refused(error: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    return in_json(error.status, error.as_json(), headers)


def _message(carrier: Carrier, text: Text) -> dict[str, object]:
    uri = f"/{protocol.API_VERSION}/Accounts/{carrier.account_sid}/Messages/{text.sid}"
    return {
        "account_sid": carrier.account_sid,
        "api_version": protocol.API_VERSION,
        "body": "" if text.redacted else text.body,
        "date_created": format_datetime(text.at),
        "date_sent": text.sent_at and format_datetime(text.sent_at),
        "date_updated": format_datetime(text.updated_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": protocol.error_message(text.error_code) if text.error_code else None,
        "from": text.shown_origin,
        "messaging_service_sid": text.service,
        "num_media": str(len(text.media)),
        "num_segments": str(text.shown_segments),
        "price": text.price,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }
