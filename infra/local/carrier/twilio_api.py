"""The parts of Twilio's API that the service uses: send a text, list texts, fetch a text, list its pictures."""

import base64
import hmac
from collections.abc import Mapping
from email.utils import format_datetime
from pathlib import PurePath
from urllib.parse import parse_qsl, urlencode

from infra.local.carrier import protocol
from infra.local.carrier.carrier import Carrier
from infra.local.carrier.protocol import Refusal, refusal
from infra.local.carrier.routes import Request, Response, Route, in_json, on, whole_number
from infra.local.carrier.texts import Text

ROUTES: list[Route] = []

_ACCOUNT = rf"/{protocol.API_VERSION}/Accounts/([^/]+)"


@on("POST", rf"{_ACCOUNT}/Messages\.json", ROUTES)
def _send(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
    if refused := _unauthorized(carrier, request, account_sid):
        return refused
    form = dict(parse_qsl(request.body.decode(errors="replace"), keep_blank_values=True))
    result = carrier.send(form)
    if isinstance(result, Refusal):
        return _refused(result)
    return None if result.answer_dropped else in_json(201, _message(carrier, result.text))


@on("GET", rf"{_ACCOUNT}/Messages\.json", ROUTES)
def _list(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
    if refused := _unauthorized(carrier, request, account_sid):
        return refused
    texts = [
        text
        for text in carrier.network.texts(request.query.get("To"), request.query.get("From"))
        if _sent_when(text, request.query)
    ]
    size = min(max(whole_number(request, "PageSize") or 50, 1), 1000)
    page = whole_number(request, "Page") or 0
    start = page * size
    shown = texts[start : start + size]

    def uri(number: int) -> str:
        query = {**request.query, "PageSize": size, "Page": number}
        return f"{request.path}?{urlencode(query)}"

    return in_json(
        200,
        {
            "end": start + max(len(shown) - 1, 0),
            "first_page_uri": uri(0),
            "messages": [_message(carrier, text) for text in shown],
            "next_page_uri": uri(page + 1) if start + size < len(texts) else None,
            "page": page,
            "page_size": size,
            "previous_page_uri": uri(page - 1) if page else None,
            "start": start,
            "uri": uri(page),
        },
    )


def _sent_when(text: Text, query: Mapping[str, str]) -> bool:
    """Return whether a text's day (UTC) matches `DateSent=`, `DateSent>=` and `DateSent<=`.

    A text that is not sent yet has no such day (https://www.twilio.com/docs/messaging/api/message-resource).
    """
    day = "" if text.status == "queued" else text.updated_at.date().isoformat()
    on, since, until = query.get("DateSent", day), query.get("DateSent>", ""), query.get("DateSent<", day)
    return on == day and since <= day <= until


@on("GET", rf"{_ACCOUNT}/Messages/[SM]M[0-9a-f]{{32}}\.json", ROUTES)
def _fetch(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
    if refused := _unauthorized(carrier, request, account_sid):
        return refused
    text = carrier.network.text(PurePath(request.path).stem)
    return in_json(200, _message(carrier, text)) if text else _refused(refusal(20404))


@on("GET", rf"{_ACCOUNT}/Messages/[SM]M[0-9a-f]{{32}}/Media\.json", ROUTES)
def _pictures(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
    if refused := _unauthorized(carrier, request, account_sid):
        return refused
    folder = PurePath(request.path).with_suffix("")
    text = carrier.network.text(folder.parent.name)
    if text is None:
        return _refused(refusal(20404))
    sids = [f"ME{text.sid[2:-1]}{index:x}" for index in range(len(text.media))]
    media = [{"sid": sid, "parent_sid": text.sid, "uri": f"{folder}/{sid}.json"} for sid in sids]
    return in_json(200, {"media_list": media, "uri": request.path, "next_page_uri": None})


@on("GET", rf"/{protocol.API_VERSION}/(.*)", ROUTES)
def _not_found(_carrier: Carrier, _request: Request, _: str) -> Response:
    return _refused(refusal(20404))


def _unauthorized(carrier: Carrier, request: Request, account_sid: str) -> Response | None:
    """Refuse a request without the account's token, or for another account."""
    expected = base64.b64encode(f"{carrier.account_sid}:{carrier.auth_token}".encode()).decode()
    given = request.headers.get("Authorization", "")
    if not hmac.compare_digest(given.encode(), f"Basic {expected}".encode()):
        return _refused(refusal(20003), {"WWW-Authenticate": 'Basic realm="Twilio API"'})
    return None if account_sid == carrier.account_sid else _refused(refusal(20404))


def _refused(error: Refusal, headers: Mapping[str, str] | None = None) -> Response:
    return in_json(error.status, error.as_json(), headers)


def _message(carrier: Carrier, text: Text) -> dict[str, object]:
    uri = f"/{protocol.API_VERSION}/Accounts/{carrier.account_sid}/Messages/{text.sid}"
    return {
        "account_sid": carrier.account_sid,
        "api_version": protocol.API_VERSION,
        "body": text.body,
        "date_created": format_datetime(text.at),
        "date_sent": None if text.status == "queued" else format_datetime(text.updated_at),
        "date_updated": format_datetime(text.updated_at),
        "direction": text.direction,
        "error_code": text.error_code,
        "error_message": protocol.error_message(text.error_code) if text.error_code else None,
        "from": text.origin,
        "messaging_service_sid": None,
        "num_media": str(len(text.media)),
        "num_segments": str(text.segments),
        "price": None,
        "price_unit": "USD",
        "sid": text.sid,
        "status": text.status,
        "subresource_uris": {"media": f"{uri}/Media.json"},
        "to": text.to,
        "uri": f"{uri}.json",
    }
