"""The control API and its page: read phones, reply from them, and set faults."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, TypeVar

from msgspec import Meta, Struct
from msgspec.json import decode

from infra.local.carrier import protocol
from infra.local.carrier.carrier import Carrier
from infra.local.carrier.faults import EVERYONE, FaultSet
from infra.local.carrier.keywords import Handling, Keyword
from infra.local.carrier.posting import may_call
from infra.local.carrier.routes import BadRequest, Request, Response, Route, in_json, on, whole_number
from infra.local.carrier.send_form import SERVICE_SID
from infra.local.carrier.services import Service
from infra.local.carrier.texts import Phone, Text

ROUTES: list[Route] = []

LONGEST_WAIT_SECONDS = 25.0

_PAGE = {"/": "phones.html", "/phones.css": "phones.css", "/phones.js": "phones.js"}
_TYPES = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
_PAGE_POLICY = "default-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"


class Reply(Struct, frozen=True, forbid_unknown_fields=True):
    """A reply from a phone; without `to`, it is sent to the number that last texted this phone."""

    to: str | None = None
    body: Annotated[str, Meta(max_length=protocol.MAX_BODY_CHARACTERS)] = ""
    media: Annotated[tuple[str, ...], Meta(max_length=10)] = ()
    opt_out_type: Keyword | None = None


class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    """Settings of the account; a missing one stays as it is."""

    inbound_url: str | None = None
    fallback_url: str | None = None
    receipt_seconds: Annotated[float, Meta(ge=0, le=60)] | None = None
    account_numbers: tuple[str, ...] | None = None  # only these may send texts
    known_numbers: tuple[str, ...] | None = None  # the account has these and all that it has texted from
    keywords: Handling | None = None
    early_receipts: bool | None = None  # post the statuses "queued" and "sending" too


Body = TypeVar("Body", bound=Struct)


@on("GET", "/phones", ROUTES)
def _phones(carrier: Carrier, request: Request, _: str) -> Response:
    network = carrier.network
    version = network.version
    phones = network.phones(whole_number(request, "limit"), whole_number(request, "last"))
    return in_json(
        200,
        {
            "version": version,
            "inbound_url": carrier.inbound_url,
            "numbers": network.numbers(),
            "faults": network.faults(),
            "phones": [_phone(phone) for phone in phones],
        },
    )


@on("DELETE", "/phones", ROUTES)
def _forget(carrier: Carrier, _request: Request, _: str) -> Response:
    carrier.network.forget()
    return Response(204)


@on("GET", "/phones/([^/]+)", ROUTES)
def _one_phone(carrier: Carrier, request: Request, number: str) -> Response:
    return in_json(200, _phone(carrier.network.phone(_checked_number(number), whole_number(request, "last"))))


@on("POST", "/phones/([^/]+)/replies", ROUTES)
def _reply(carrier: Carrier, request: Request, phone: str) -> Response:
    reply = _body(request, Reply)
    if not reply.body and not reply.media:
        raise BadRequest(422, "a reply needs a body or media")
    if carrier.inbound_url is None:
        raise BadRequest(409, 'inbound_url: not known yet; POST /settings {"inbound_url": …} first')
    _checked_number(phone)
    number = _checked_number(reply.to) if reply.to else _last_number(carrier, phone)
    text = carrier.reply(phone, number, reply.body, reply.media, reply.opt_out_type)
    return in_json(202, _text(text))


@on("GET", "/changes", ROUTES)
def _changes(carrier: Carrier, request: Request, _: str) -> Response:
    wait = min(float(whole_number(request, "wait") or 0), LONGEST_WAIT_SECONDS)
    return in_json(200, {"version": carrier.network.wait(whole_number(request, "after"), wait)})


@on("GET", "/faults", ROUTES)
def _list_faults(carrier: Carrier, _request: Request, _: str) -> Response:
    return in_json(200, carrier.network.faults())


@on("PUT", "/faults/([^/]+)", ROUTES)
def _put_faults(carrier: Carrier, request: Request, who: str) -> Response:
    faults = _body(request, FaultSet)
    is_campaign = SERVICE_SID.fullmatch(_checked_target(who))
    if is_campaign and faults.is_of_phone:
        raise BadRequest(422, f"{who}: a campaign has only campaign_rate and campaign_cap")
    if faults.is_of_campaign and not is_campaign and who != EVERYONE:
        raise BadRequest(422, f"{who}: campaign_rate and campaign_cap are of a Messaging Service or of all")
    carrier.network.put_faults(who, faults)
    return in_json(200, carrier.network.faults())


@on("DELETE", "/faults(?:/([^/]+))?", ROUTES)
def _clear_faults(carrier: Carrier, _request: Request, who: str) -> Response:
    carrier.network.clear_faults(_checked_target(who) if who else None)
    return Response(204)


@on("GET", "/services", ROUTES)
def _services(carrier: Carrier, _request: Request, _: str) -> Response:
    return in_json(200, carrier.network.services())


@on("PUT", "/services/([^/]+)", ROUTES)
def _put_service(carrier: Carrier, request: Request, sid: str) -> Response:
    if not SERVICE_SID.fullmatch(sid):
        raise BadRequest(422, f"{sid}: not the SID of a Messaging Service, which is MG and 32 hexadecimal digits")
    service = _body(request, Service)
    for number in service.numbers:
        _checked_number(number)
    if taken := carrier.network.put_service(sid, service):
        raise BadRequest(422, f"{taken}: in another Messaging Service")
    return in_json(200, carrier.network.services())


@on("DELETE", "/services/([^/]+)", ROUTES)
def _remove_service(carrier: Carrier, _request: Request, sid: str) -> Response:
    carrier.network.remove_service(sid)
    return Response(204)


@on("GET", "/settings", ROUTES)
def _settings(carrier: Carrier, _request: Request, _: str) -> Response:
    return in_json(200, _settings_of(carrier))


@on("POST", "/settings", ROUTES)
def _set(carrier: Carrier, request: Request, _: str) -> Response:
    settings = _body(request, Settings)
    for name in ("inbound_url", "fallback_url"):
        url = getattr(settings, name)
        if url is not None and not may_call(url):
            raise BadRequest(422, f"{name}: only http URLs on this machine are allowed")
        if url is not None:
            setattr(carrier, name, url)
    if settings.receipt_seconds is not None:
        carrier.receipt_seconds = settings.receipt_seconds
    if settings.account_numbers is not None:
        carrier.network.account_numbers = frozenset(map(_checked_number, settings.account_numbers))
    if settings.known_numbers is not None:
        carrier.network.known_numbers = frozenset(map(_checked_number, settings.known_numbers))
    if settings.keywords is not None:
        carrier.network.keyword_handling = settings.keywords
    if settings.early_receipts is not None:
        carrier.network.early_receipts = settings.early_receipts
    return in_json(200, _settings_of(carrier))


@on("GET", "/health", ROUTES)
def _health(carrier: Carrier, _request: Request, _: str) -> Response:
    return in_json(200, {"status": "ok", "texts": carrier.network.size, "pending": carrier.tasks.pending})


@on("GET", r"(/|/phones\.css|/phones\.js)", ROUTES)
def _page(_carrier: Carrier, _request: Request, path: str) -> Response:
    file = Path(__file__).with_name(_PAGE[path])
    return Response(
        200,
        file.read_bytes(),
        f"{_TYPES[file.suffix]}; charset=utf-8",
        {"Content-Security-Policy": _PAGE_POLICY, "Referrer-Policy": "no-referrer"},
    )


def _body(request: Request, model: type[Body]) -> Body:
    if request.headers.get("Content-Type", "").partition(";")[0].strip() != "application/json":
        raise BadRequest(415, "the body must be JSON, with Content-Type: application/json")
    try:
        return decode(request.body, type=model)
    except ValueError as error:  # msgspec's errors, and bytes that are not UTF-8
        raise BadRequest(422, str(error)) from error


def _checked_number(number: str) -> str:
    if not protocol.is_possible(number):
        raise BadRequest(422, f"{number}: not a number in E.164, such as +12135550123")
    return number


def _checked_target(who: str) -> str:
    return who if who == EVERYONE or SERVICE_SID.fullmatch(who) else _checked_number(who)


def _last_number(carrier: Carrier, phone: str) -> str:
    conversation = carrier.network.phone(phone, last=1).conversation
    numbers = [text.number for text in conversation] or carrier.network.numbers()
    if len(numbers) != 1:
        raise BadRequest(422, "to: needed, because no text was sent to this phone yet")
    return numbers[0]


def _phone(phone: Phone) -> dict[str, object]:
    return {
        "number": phone.number,
        "conversation": [_text(text) for text in phone.conversation],
        "refusals": [
            {
                "at": _instant(refused.at),
                "from": refused.number,
                "body": refused.body,
                "code": refused.code,
                "message": protocol.error_message(refused.code),
            }
            for refused in phone.refusals
        ],
        "blocks": sorted(phone.blocks),
    }


def _settings_of(carrier: Carrier) -> dict[str, object]:
    network = carrier.network
    return {
        "inbound_url": carrier.inbound_url,
        "receipt_seconds": carrier.receipt_seconds,
        "account_numbers": network.account_numbers and sorted(network.account_numbers),
        "keywords": network.keyword_handling,
        "early_receipts": network.early_receipts,
    }


def _text(text: Text) -> dict[str, object]:
    return {
        "sid": text.sid,
        "direction": text.direction,
        "from": text.origin,
        "to": text.to,
        "body": text.body,
        "media": text.media,
        "at": _instant(text.at),
        "status": text.status,
        "error_code": text.error_code,
        "error_message": protocol.error_message(text.error_code) if text.error_code else None,
        "num_segments": text.segments,
        "receipts": [{"status": status, "answer": answer} for status, answer in text.receipts],
        "webhook": text.webhook,
    }


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
