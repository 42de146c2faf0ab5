"""Twilio's side of the deployment: whether our numbers are there, and send what they receive to us.

https://www.twilio.com/docs/phone-numbers/api/incomingphonenumber-resource,
https://www.twilio.com/docs/messaging/api/service-resource and
https://www.twilio.com/docs/messaging/api/usapptoperson-resource
"""

from collections.abc import Collection, Iterator
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

from msgspec import Struct
from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError
from urllib3.util import make_headers

from longcode.carriers.twilio import API_BASE

_SECONDS = 5.0
_PAGE_SIZE, _MOST_PAGES = 1000, 10
_VERIFIED = "VERIFIED"


class NoAnswer(Exception):
    """Twilio did not answer a question, or answered what cannot be read. Its text says which, for the operator."""


class AccountFault(Struct, frozen=True, kw_only=True):
    """Something that is wrong at the carrier, and how to set it right."""

    what: str
    cure: str


class WantedAccount(Struct, frozen=True, kw_only=True):
    """How things should be at Twilio. `service` is the Messaging Service of the shared numbers, if there is one."""

    shared: tuple[str, ...]
    dedicated: tuple[str, ...]
    service: str
    webhook: str
    fallback: str
    texts_us: bool


class NumberWebhook(Struct, frozen=True, kw_only=True):
    """Where Twilio posts what a number receives; `at` says where that is set."""

    at: str
    url: str
    method: str
    fallback: str
    fallback_method: str


class Service(Struct, frozen=True, kw_only=True):
    """A Messaging Service and its numbers. Without a webhook, each number has its own."""

    numbers: frozenset[str]
    webhook: NumberWebhook | None
    campaigns: tuple[str, ...] | None = None


class AtTwilio(Struct, frozen=True, kw_only=True):
    """How things are at Twilio: the account, its numbers that can text, and those Messaging Services that matter."""

    status: str
    is_trial: bool
    numbers: dict[str, NumberWebhook]
    mute: frozenset[str]
    services: dict[str, Service]


class TwilioAccount:
    """Asks Twilio about an account. Each question ends within five seconds, and is asked once."""

    def __init__(
        self, *, account_sid: str, auth_token: str, api_base: str = API_BASE, pool: PoolManager | None = None
    ) -> None:
        self._base = api_base.rstrip("/")
        self._api = f"{self._base}/2010-04-01/Accounts/{quote(account_sid, safe='')}"
        # https://www.twilio.com/docs/messaging/api: a host of its own. On this machine there is one host.
        self._services = f"{self._base.replace('://api.', '://messaging.', 1)}/v1/Services"
        self._headers = make_headers(basic_auth=f"{account_sid}:{auth_token}")
        self._pool = pool or PoolManager()

    def read(self, service: str) -> AtTwilio:
        """Return how things are at Twilio; raise `NoAnswer`. Campaigns are read of one service, if it is given."""
        account = self._ask(f"{self._api}.json")
        numbers = list(self._numbers())
        return AtTwilio(
            status=str(account.get("status")),
            is_trial=account.get("type") == "Trial",
            numbers={one["phone_number"]: _own_webhook(one) for one in numbers},
            mute=frozenset(one["phone_number"] for one in numbers if not one.get("capabilities", {}).get("sms")),
            services=dict(self._of_services(service)),
        )

    def _numbers(self) -> Iterator[dict[str, Any]]:
        url: str | None = f"{self._api}/IncomingPhoneNumbers.json?PageSize={_PAGE_SIZE}"
        for _ in range(_MOST_PAGES):
            page = self._ask(url or "")
            yield from _listed(page, "incoming_phone_numbers")
            url = page.get("next_page_uri")
            if not url:
                return
            url = self._base + url
        raise NoAnswer(f"Twilio lists more than {_PAGE_SIZE * _MOST_PAGES:,} numbers.")

    def _of_services(self, wanted: str) -> Iterator[tuple[str, Service]]:
        """Yield the wanted service, and those that have a webhook in place of their numbers'."""
        for one in self._pages(self._services, "services"):
            webhook = _service_webhook(one)
            if one["sid"] != wanted and webhook is None:
                continue
            url = f"{self._services}/{one['sid']}"
            numbers = frozenset(each["phone_number"] for each in self._pages(f"{url}/PhoneNumbers", "phone_numbers"))
            campaigns = None
            if one["sid"] == wanted:
                found = self._pages(f"{url}/Compliance/Usa2p", "compliance")
                campaigns = tuple(str(each.get("campaign_status")) for each in found)
            yield one["sid"], Service(numbers=numbers, webhook=webhook, campaigns=campaigns)

    def _pages(self, url: str, name: str) -> Iterator[dict[str, Any]]:
        following: str | None = f"{url}?PageSize={_PAGE_SIZE}"
        for _ in range(_MOST_PAGES):
            page = self._ask(following or "")
            yield from _listed(page, name)
            following = (page.get("meta") or {}).get("next_page_url")
            if not following:
                return
            if not str(following).startswith(self._services):  # our token goes to no other host
                raise NoAnswer("Twilio's list continues at another address.")
        raise NoAnswer(f"Twilio lists more than {_PAGE_SIZE * _MOST_PAGES:,} {name}.")

    def _ask(self, url: str) -> dict[str, Any]:
        try:
            response = self._pool.request(
                "GET", url, headers=self._headers, timeout=Timeout(total=_SECONDS), retries=False, redirect=False
            )
            answer = response.json() if response.status == HTTPStatus.OK else None
        except HTTPError as error:
            raise NoAnswer(f"Twilio cannot be reached: {type(error).__name__}.") from error
        except (ValueError, RecursionError) as error:
            raise NoAnswer("Twilio's answer cannot be read.") from error
        if response.status == HTTPStatus.UNAUTHORIZED:
            raise NoAnswer("Twilio does not accept the account_sid and the auth_token of the secret (401).")
        if not isinstance(answer, dict):
            raise NoAnswer(f"Twilio answered with the status {response.status}.")
        return answer


def find_faults(are: AtTwilio, wanted: WantedAccount) -> list[AccountFault]:
    """Return what is wrong at Twilio, the account first, then number by number, then the Messaging Service."""
    faults = list(_of_account(are))
    for number in (*wanted.shared, *wanted.dedicated):
        faults += _of_number(number, are, wanted)
    return [*faults, *(_of_service(are, wanted) if wanted.service else ())]


def _of_account(are: AtTwilio) -> Iterator[AccountFault]:
    if are.status != "active":
        yield AccountFault(
            what=f"The account at Twilio is {are.status}: no text goes, and none arrives.",
            cure="Look in Twilio's console for the reason. Then release the parked texts: longcode parked release",
        )
    if are.is_trial:
        yield AccountFault(
            what="The account at Twilio is a trial: only phones that you have verified there get texts.",
            cure="Upgrade the account in Twilio's console.",
        )


def _of_number(number: str, are: AtTwilio, wanted: WantedAccount) -> Iterator[AccountFault]:
    if number not in are.numbers:
        shared = "take it out of SharedNumbers, and update the stack"
        instead = shared if number in wanted.shared else f"take it back: longcode numbers take-back {number}"
        yield AccountFault(
            what=f"The number {number} does not belong to the account at Twilio.",
            cure=f"Buy or port it there, or {instead}.",
        )
        return
    if number in are.mute:
        yield AccountFault(
            what=f"The number {number} cannot text.", cure="Replace it by a number that has SMS at Twilio."
        )
    services = [service.webhook for service in are.services.values() if number in service.numbers and service.webhook]
    webhook = services[0] if services else are.numbers[number]
    yield from _of_webhook(number, webhook, wanted)


def _of_webhook(number: str, webhook: NumberWebhook, wanted: WantedAccount) -> Iterator[AccountFault]:
    if (webhook.url, webhook.method) != (wanted.webhook, "POST"):
        yield AccountFault(
            what=f"Twilio hands texts to {number} to {_shown(webhook.url, webhook.method)}, not to us.",
            cure=f"Set {webhook.at} to {wanted.webhook} (POST).",
        )
    if (webhook.fallback, webhook.fallback_method) != (wanted.fallback, "POST"):
        yield AccountFault(
            what=f"If our API fails, Twilio hands texts to {number} to "
            f"{_shown(webhook.fallback, webhook.fallback_method)}.",
            cure=f"Set the fallback of {webhook.at} to {wanted.fallback} (POST).",
        )


def _shown(url: str, method: str) -> str:
    return f"{url} ({method})" if url else "nobody"


def _of_service(are: AtTwilio, wanted: WantedAccount) -> Iterator[AccountFault]:
    service = are.services.get(wanted.service)
    if service is None:
        yield AccountFault(
            what=f"There is no Messaging Service {wanted.service} at Twilio: texts from shared numbers are refused.",
            cure="Correct MessagingServiceSid, and update the stack.",
        )
        return
    for number in _missing(wanted.shared, service.numbers):
        yield AccountFault(
            what=f"The shared number {number} is not in Messaging Service {wanted.service}: its texts are refused.",
            cure="Add it to the service's senders in Twilio's console.",
        )
    if not service.campaigns and wanted.texts_us:
        yield AccountFault(
            what=f"Messaging Service {wanted.service} has no campaign: phone companies in the US block its texts.",
            cure="Register a campaign (10DLC) for it in Twilio's console.",
        )
    elif service.campaigns and _VERIFIED not in service.campaigns:
        yield AccountFault(
            what=f"The campaign of Messaging Service {wanted.service} is {service.campaigns[0]}, not VERIFIED.",
            cure="Look in Twilio's console at what the registration lacks. It can take weeks.",
        )


def _missing(wanted: Collection[str], there: Collection[str]) -> list[str]:
    return [one for one in wanted if one not in there]


def _own_webhook(number: dict[str, Any]) -> NumberWebhook:
    """Return a number's own webhook; an application takes the place of its addresses."""
    at = f"the webhook for incoming messages of {number['phone_number']}"
    if number.get("sms_application_sid"):
        application = f"the application {number['sms_application_sid']}"
        return NumberWebhook(at=at, url=application, method="TwiML", fallback=application, fallback_method="TwiML")
    return NumberWebhook(
        at=at,
        url=str(number.get("sms_url") or ""),
        method=str(number.get("sms_method") or ""),
        fallback=str(number.get("sms_fallback_url") or ""),
        fallback_method=str(number.get("sms_fallback_method") or ""),
    )


def _service_webhook(service: dict[str, Any]) -> NumberWebhook | None:
    """Return the webhook that a service has in place of its numbers'; with an empty one, nothing is received."""
    if service.get("use_inbound_webhook_on_number"):
        return None
    return NumberWebhook(
        at=f"the request URL of the Messaging Service {service['sid']}, or choose 'Defer to sender's webhook' there:",
        url=str(service.get("inbound_request_url") or ""),
        method=str(service.get("inbound_method") or ""),
        fallback=str(service.get("fallback_url") or ""),
        fallback_method=str(service.get("fallback_method") or ""),
    )


def _listed(page: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Return the entries of a page; raise `NoAnswer` for one without a list of them."""
    entries = page.get(name)
    needed = "sid" if name == "services" else "phone_number"
    if not isinstance(entries, list) or not all(
        isinstance(entry, dict) and (name == "compliance" or isinstance(entry.get(needed), str)) for entry in entries
    ):
        raise NoAnswer(f"Twilio's list of {name} cannot be read.")
    return entries
