"""Twilio: sends and lists texts, and verifies and reads the receipts and replies that it posts (docs/facts.md)."""

import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import make_headers

from longcode.carriers import refusals
from longcode.carriers.carrier import (
    CarrierText,
    Inbound,
    Receipt,
    ReceivedText,
    ReceivedTexts,
    RefusalReason,
    Refused,
    SendResult,
    Sent,
    SentText,
    Text,
    Uncertain,
)
from longcode.carriers.idle import IdleConnections
from longcode.message import MessageState

NAME = "twilio"
API_BASE = "https://api.twilio.com"
TIMEOUT_SECONDS = 10.0
CONNECT_SECONDS = 3.0
LOOK_UP_SECONDS = 5.0
CONNECTIONS = 10  # the ten texts of a batch are sent at the same time
LONGEST_VALID_SECONDS = 36_000
MOST_MEDIA = 10
_MOST_IN_GROUP = 30
# One word in any case: Twilio compares no longer message with its default keywords (support page 223134027, and
# https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out).
_ANSWERED_WORDS = set("stop stopall unsubscribe cancel end quit revoke optout start unstop yes help info".split())  # noqa: SIM905

WRONG_CREDENTIALS = ("401", "20003")
"""The codes of a request whose auth token Twilio does not accept."""

# Without these connection overrides, Twilio does not repeat a status callback that fails (docs/facts.md).
_CALL_AGAIN = "#rc=3&rp=all"
_HTTPS_PORT = ":443"
_PAGE_SIZE = 1000
_MOST_PAGES = 10

# The other statuses (accepted, scheduled, queued, sending) report no more than the response of the send call.
STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.UNDELIVERED,
    "partially_delivered": MessageState.UNDELIVERED,  # the client did not receive all of it: staff should know
}


def signature(auth_token: str, url: str, form: list[tuple[str, str]]) -> str:
    """Return the signature of a webhook. Values of one name are sorted too, and a repeated pair counts once."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(auth_token.encode(), signed.encode(errors="surrogatepass"), "sha1")).decode()


def verify(auth_token: str, url: str, form: list[tuple[str, str]], header: str | None) -> bool:
    """Return whether Twilio signed a webhook; `url` comes from configuration, `form` includes blank values.

    The URL is accepted with the port 443 and without it, as by Twilio's own libraries: Twilio may sign either.
    """
    if not auth_token or header is None:
        return False
    expected = [signature(auth_token, spelled, form) for spelled in _with_and_without_port(url)]
    # Bytes, because compare_digest raises for a text beyond ASCII.
    return any(hmac.compare_digest(one.encode(), header.encode(errors="surrogatepass")) for one in expected)


def _with_and_without_port(url: str) -> tuple[str, ...]:
    host = urlsplit(url).netloc
    name = host.removesuffix(_HTTPS_PORT)
    if not url.startswith("https://") or (":" in name and host == name):
        return (url,)
    return tuple(url.replace(host, spelled, 1) for spelled in (name, name + _HTTPS_PORT))


def receipt_url(callback_base: str, reference: str) -> str:
    """Return the URL for the receipts of a text, as Twilio signs it: without a query string and a fragment."""
    return f"{callback_base.rstrip('/')}/carriers/twilio/receipts/{quote(reference, safe='')}"


class Twilio:
    """A client of Twilio, or of a server at `api_base` that implements its API.

    `messaging_services` has the id of the Messaging Service of each number that is in one of ours.
    """

    name = NAME

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        callback_base: str,
        messaging_services: Mapping[str, str] | None = None,
        api_base: str = API_BASE,
        pool: PoolManager | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._base = api_base.rstrip("/")
        self._url = f"{self._base}/2010-04-01/Accounts/{quote(account_sid, safe='')}/Messages.json"
        self._headers = make_headers(basic_auth=f"{account_sid}:{auth_token}") | {
            "Content-Type": "application/x-www-form-urlencoded"
        }
        self._callback_base = callback_base
        self._services = messaging_services or {}
        self._pool = pool or PoolManager(maxsize=CONNECTIONS)
        self._timeout = Timeout(connect=min(CONNECT_SECONDS, timeout_seconds), total=timeout_seconds)
        self._look_up_timeout = Timeout(total=min(LOOK_UP_SECONDS, timeout_seconds))
        self._connections = IdleConnections(self._pool.clear, clock)

    def send(self, text: Text) -> SendResult:
        """Send a text, without retries or redirects: each could deliver the text a second time."""
        form = {
            "To": text.to,
            "From": text.origin,
            "Body": text.body,
            "StatusCallback": receipt_url(self._callback_base, text.reference) + _CALL_AGAIN,
            "ValidityPeriod": min(max(text.valid_seconds, 1), LONGEST_VALID_SECONDS),
        }
        if service := self._services.get(text.origin):
            form["MessagingServiceSid"] = service
        self._connections.close_stale()
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=urlencode(form, errors="replace"),
                headers=self._headers,
                timeout=self._timeout,
                retries=False,
                redirect=False,
            )
        except (NewConnectionError, ConnectTimeoutError):
            return Refused(RefusalReason.TRY_AGAIN, "unreachable")  # never connected, so nothing was sent
        except HTTPError as error:
            return Uncertain(type(error).__name__)
        return _result(response)

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        """Return our texts from a number to a phone, at least all since an instant; None without a complete list.

        The list is not filtered by DateSent: a text that Twilio has not sent yet has no such date.
        """
        query = {"To": to, "From": origin, "PageSize": _PAGE_SIZE}
        page = self._look_up(f"{self._url}?{urlencode(query)}")
        return _read_sent(page, since) if page else None

    def sent(self, carrier_id: str) -> SentText | None:
        """Return a text of ours by its SID, with its phone and our number, or None."""
        text = self._look_up(self._url_of(carrier_id, ".json")) or {}
        try:
            is_ours = str(text["direction"]).startswith("outbound")
            return (
                SentText(phone=str(text["to"]), number=str(text["from"]), text=_sent_text(text)) if is_ours else None
            )
        except (KeyError, TypeError, ValueError):
            return None

    def received(self, number: str, since: datetime) -> ReceivedTexts:
        """Return the texts received by a number, newest first, from as many pages as reach back to `since`."""
        query = {"To": number, "DateSent>": since.astimezone(UTC).date().isoformat(), "PageSize": _PAGE_SIZE}
        url = f"{self._url}?{urlencode(query)}"
        texts: list[ReceivedText] = []
        complete = True
        for _ in range(_MOST_PAGES):
            response = self._look_up(url) or {}
            page = _read_received(response)
            texts += page.texts
            complete &= page.complete
            next_uri = response.get("next_page_uri")
            if not page.complete or not next_uri or any(text.at < since for text in page.texts):
                break
            url = f"{self._base}{next_uri}"
        else:
            complete = False
        return ReceivedTexts(texts=[text for text in texts if text.at >= since], complete=complete)

    def pictures(self, carrier_id: str) -> list[str] | None:
        """Return the addresses of a text's pictures, as its webhook has them; None if Twilio does not list them."""
        response = self._look_up(self._url_of(carrier_id, "/Media.json")) or {}
        media = response.get("media_list")
        if not isinstance(media, list):
            return None
        uris = (str(entry.get("uri", "")) for entry in media if isinstance(entry, dict))
        return [f"{self._base}{uri.removesuffix('.json')}" for uri in uris if uri.startswith("/")][:MOST_MEDIA]

    def _url_of(self, carrier_id: str, part: str) -> str:
        return f"{self._url.removesuffix('.json')}/{quote(carrier_id, safe='')}{part}"

    def _look_up(self, url: str) -> dict[str, Any] | None:
        self._connections.close_stale()
        try:
            response = self._pool.request(
                "GET",
                url,
                headers=self._headers,
                timeout=self._look_up_timeout,
                retries=False,
                redirect=False,
            )
        except HTTPError:
            return None
        return _json(response) if response.status == HTTPStatus.OK else None


def _result(response: BaseHTTPResponse) -> SendResult:
    body = _json(response)
    match response.status // 100, body.get("sid"), body.get("code"):
        case 2, str(sid), _ if sid:
            return Sent(sid)
        case 4, _, code if response.status != HTTPStatus.REQUEST_TIMEOUT:
            code, status = str(code or response.status), str(response.status)
            meaning = refusals.TWILIO.get(code) or refusals.TWILIO.get(status)
            return Refused(meaning.reason if meaning else RefusalReason.INVALID, code)
        case _:
            return Uncertain(f"http {response.status}")


def _json(response: BaseHTTPResponse) -> dict[str, Any]:
    try:
        body = response.json()
    except (ValueError, RecursionError):
        return {}
    return body if isinstance(body, dict) else {}


def _read_sent(page: dict[str, Any], since: datetime) -> list[CarrierText] | None:
    """Return the texts of a page, newest first; None if it does not reach back to `since` or a text is unreadable.

    An unreadable text could be the one that is looked for.
    """
    texts = page.get("messages")
    if not isinstance(texts, list):
        return None
    try:
        ours = [_sent_text(text) for text in texts if str(text["direction"]).startswith("outbound")]
    except (KeyError, TypeError, ValueError):
        return None
    is_complete = not page.get("next_page_uri") or any(text.created_at < since for text in ours)
    return ours if is_complete else None


def _sent_text(text: dict[str, Any]) -> CarrierText:
    state = STATES.get(text["status"], MessageState.SENT)
    code = text.get("error_code") or text["status"] if state is MessageState.UNDELIVERED else None
    return CarrierText(
        carrier_id=str(text["sid"]),
        body=str(text["body"]),
        created_at=parsedate_to_datetime(text["date_created"]).astimezone(UTC),
        state=state,
        code=code and str(code),
    )


def _read_received(page: dict[str, Any]) -> ReceivedTexts:
    """Return the received texts of a page, without unreadable ones, which make the list incomplete."""
    listed = page.get("messages")
    if not isinstance(listed, list):
        return ReceivedTexts(texts=[], complete=False)
    texts: list[ReceivedText] = []
    complete = True
    for text in listed:
        try:
            texts += [_received_text(text)] if text["direction"] == "inbound" else []
        except (KeyError, TypeError, ValueError):
            complete = False
    return ReceivedTexts(texts=texts, complete=complete)


def _received_text(text: dict[str, Any]) -> ReceivedText:
    pictures = int(text.get("num_media") or 0)
    form = {"MessageSid": text["sid"], "From": text["from"], "To": text["to"], "Body": text.get("body") or ""}
    if not all(isinstance(value, str) for value in form.values()):
        raise ValueError("not a text")
    at = parsedate_to_datetime(text["date_created"]).astimezone(UTC)
    return ReceivedText(carrier_id=text["sid"], form={**form, "NumMedia": str(pictures)}, at=at, pictures=pictures)


def read_receipt(reference: str, form: Mapping[str, str]) -> Receipt | None:
    """Return the receipt in a status callback; None for a status that changes nothing."""
    status = form.get("MessageStatus", "")
    state = STATES.get(status)
    if state is None:
        return None
    carrier_id = form.get("MessageSid") or None
    if state is not MessageState.UNDELIVERED:
        return Receipt(carrier=NAME, reference=reference, carrier_id=carrier_id, state=state)
    code = form.get("ErrorCode") or status
    reason = refusals.meaning_of(NAME, code).reason
    return Receipt(carrier=NAME, reference=reference, carrier_id=carrier_id, state=state, code=code, reason=reason)


def read_inbound(form: Mapping[str, str], *, answered_numbers: Collection[str] = ()) -> Inbound:
    """Return the reply in a webhook's form; raise `ValueError` if its id or one of its numbers is missing.

    `answered_numbers` are those on which Twilio answers its default keywords by itself.
    """
    missing = [name for name in ("MessageSid", "From", "To") if not form.get(name, "").strip()]
    if missing:
        raise ValueError(f"a text from Twilio without {', '.join(missing)}")
    word = form.get("Body", "").strip().casefold()
    # NumMedia is not read: the addresses themselves show how many pictures there are.
    media = (form.get(f"MediaUrl{index}", "") for index in range(MOST_MEDIA))
    others = (form.get(f"OtherRecipients{index}", "").strip() for index in range(_MOST_IN_GROUP))
    return Inbound(
        carrier=NAME,
        carrier_id=form["MessageSid"],
        phone=form["From"],
        number=form["To"],
        body=form.get("Body", ""),
        media=tuple(url for url in media if url),
        answered=bool(form.get("OptOutType")) or (form["To"] in answered_numbers and word in _ANSWERED_WORDS),
        other_recipients=tuple(phone for phone in others if phone),
    )
