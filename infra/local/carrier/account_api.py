"""Twilio's account, its numbers and its Messaging Services, as its API shows them; the control API changes them.

https://www.twilio.com/docs/iam/api/account, /docs/phone-numbers/api/incomingphonenumber-resource,
/docs/messaging/api/service-resource, /phonenumber-resource and /usapptoperson-resource
"""

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any

from infra.local.carrier import protocol
from infra.local.carrier.carrier import Carrier
from infra.local.carrier.routes import Request, Response, Route, in_json
from infra.local.carrier.services import Service
from infra.local.carrier.twilio_api import not_found, resource

ROUTES: list[Route] = []

_ACCOUNT = rf"/{protocol.API_VERSION}/Accounts/([^/.]+)"
_SERVICE = r"/v1/Services/MG[0-9a-f]{32}"
_PAGE_SIZE = 50


@resource("GET", rf"{_ACCOUNT}\.json", ROUTES)
def _account(carrier: Carrier, request: Request) -> Response:
    return in_json(
        200,
        {
            "sid": carrier.account_sid,
            "status": "active",
            "type": "Full",
            "friendly_name": "Local",
            "uri": request.path,
        },
    )


@resource("GET", rf"{_ACCOUNT}/IncomingPhoneNumbers\.json", ROUTES)
def _numbers(carrier: Carrier, request: Request) -> Response:
    wanted = request.query.get("PhoneNumber")
    found = [number for number in carrier.network.owned() if wanted in (None, number)]
    shown, page, is_last = _page(found, request)
    following = None if is_last else f"{request.path}?PageSize={_size(request)}&Page={page + 1}"
    numbers = [_number(carrier, number) for number in shown]
    return in_json(200, {"incoming_phone_numbers": numbers, "page": page, "next_page_uri": following})


@resource("GET", "/v1/Services", ROUTES)
def _services(carrier: Carrier, request: Request) -> Response:
    return _listed(request, "services", [_service(carrier, sid) for sid in carrier.network.services()])


@resource("GET", _SERVICE, ROUTES)
def _one_service(carrier: Carrier, request: Request) -> Response:
    sid = PurePath(request.path).name
    return in_json(200, _service(carrier, sid)) if carrier.network.service(sid) else not_found(carrier, request)


@resource("GET", rf"{_SERVICE}/PhoneNumbers", ROUTES)
def _numbers_of_service(carrier: Carrier, request: Request) -> Response:
    service = _asked(carrier, request)
    if service is None:
        return not_found(carrier, request)
    numbers = [{"sid": _sid("PN", number), "phone_number": number} for number in service.numbers]
    return _listed(request, "phone_numbers", numbers)


@resource("GET", rf"{_SERVICE}/Compliance/Usa2p", ROUTES)
def _campaigns(carrier: Carrier, request: Request) -> Response:
    service = _asked(carrier, request)
    if service is None:
        return not_found(carrier, request)
    sid = PurePath(request.path).parts[3]
    campaign: dict[str, object] = {
        "sid": _sid("QE", sid),
        "messaging_service_sid": sid,
        "campaign_status": service.campaign,
        "errors": [],
    }
    return _listed(request, "compliance", [campaign] if service.campaign else [])


def _asked(carrier: Carrier, request: Request) -> Service | None:
    return carrier.network.service(PurePath(request.path).parts[3])


def _listed(request: Request, key: str, found: Sequence[Mapping[str, object]]) -> Response:
    """Return a page as Twilio's newer APIs have it, with absolute addresses in `meta`."""
    shown, page, is_last = _page(found, request)
    base = f"http://{request.headers['Host']}{request.path}?PageSize={_size(request)}"
    following = None if is_last else f"{base}&Page={page + 1}"
    meta = {
        "key": key,
        "page": page,
        "page_size": _size(request),
        "next_page_url": following,
        "url": f"{base}&Page={page}",
    }
    return in_json(200, {key: shown, "meta": meta})


def _page(found: Sequence[Any], request: Request) -> tuple[Sequence[Any], int, bool]:
    size, page = _size(request), int(request.query.get("Page", 0))
    return found[page * size : (page + 1) * size], page, (page + 1) * size >= len(found)


def _size(request: Request) -> int:
    return min(max(int(request.query.get("PageSize", _PAGE_SIZE)), 1), 1000)


def _number(carrier: Carrier, number: str) -> dict[str, object]:
    return {
        "sid": _sid("PN", number),
        "account_sid": carrier.account_sid,
        "phone_number": number,
        "capabilities": {"voice": True, "sms": True, "mms": True},
        "sms_application_sid": "",
        "sms_url": carrier.inbound_url or "",
        "sms_method": "POST",
        "sms_fallback_url": carrier.fallback_url or "",
        "sms_fallback_method": "POST",
    }


def _service(carrier: Carrier, sid: str) -> dict[str, object]:
    """Return a service as Twilio makes it: what its numbers receive goes to their own addresses."""
    service = carrier.network.service(sid)
    return {
        "sid": sid,
        "account_sid": carrier.account_sid,
        "inbound_request_url": None,
        "inbound_method": "POST",
        "fallback_url": None,
        "fallback_method": "POST",
        "use_inbound_webhook_on_number": True,
        "sticky_sender": bool(service and service.sticky),
        "us_app_to_person_registered": bool(service and service.campaign == "VERIFIED"),
    }


def _sid(prefix: str, name: str) -> str:
    return prefix + hashlib.md5(name.encode(), usedforsecurity=False).hexdigest()
