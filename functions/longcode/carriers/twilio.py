"""Twilio: hands texts over, and reads the signatures, receipts and replies that it sends back (docs/facts.md)."""

import hmac
import time
from base64 import b64encode
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from threading import Lock
from typing import Any
from urllib.parse import quote, urlencode

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import ConnectTimeoutError, HTTPError, NewConnectionError
from urllib3.util import make_headers

from longcode.carriers.carrier import (
    Answer,
    Arrivals,
    Arrived,
    CarrierText,
    Inbound,
    Receipt,
    RefusalReason,
    Refused,
    Sent,
    Text,
    Uncertain,
)
from longcode.message import MessageState

NAME = "twilio"
API_BASE = "https://api.twilio.com"
TIMEOUT_SECONDS = 10.0
CONNECT_SECONDS = 3.0
LOOK_UP_SECONDS = 5.0
CONNECTIONS = 10  # a batch of ten texts is handed over at once
IDLE_SECONDS = 30.0
LONGEST_VALID_SECONDS = 36_000
MOST_MEDIA = 10
_MOST_LISTED = 1000
_MOST_PAGES = 10

# Twilio's own codes have five digits; an answer or code without a line here goes by its HTTP status, if any.
REFUSAL_REASONS = {
    "429": RefusalReason.TRY_AGAIN,
    "20429": RefusalReason.TRY_AGAIN,
    "21611": RefusalReason.TRY_AGAIN,
    "30001": RefusalReason.TRY_AGAIN,
    "21211": RefusalReason.BAD_NUMBER,
    "21612": RefusalReason.BAD_NUMBER,
    "30004": RefusalReason.BAD_NUMBER,
    "30005": RefusalReason.BAD_NUMBER,
    "21610": RefusalReason.OPTED_OUT,
    "21614": RefusalReason.NOT_MOBILE,
    "21635": RefusalReason.NOT_MOBILE,
    "30006": RefusalReason.NOT_MOBILE,
    "21617": RefusalReason.INVALID,
    "401": RefusalReason.PARKED,
    "403": RefusalReason.PARKED,
    "30002": RefusalReason.PARKED,
    "30034": RefusalReason.PARKED,
    "30003": RefusalReason.TRY_ONCE_LATER,
    "30007": RefusalReason.FILTERED,
    "30008": RefusalReason.UNKNOWN,
}

# What is not here (accepted, scheduled, queued, sending) says no more than the answer to the send did.
STATES = {
    "sent": MessageState.SENT,
    "delivered": MessageState.DELIVERED,
    "read": MessageState.DELIVERED,
    "undelivered": MessageState.UNDELIVERED,
    "failed": MessageState.UNDELIVERED,
    "canceled": MessageState.UNDELIVERED,
    "partially_delivered": MessageState.UNDELIVERED,  # the client has not got the whole text: someone should know
}


def signature(auth_token: str, url: str, form: list[tuple[str, str]]) -> str:
    """Sign a webhook as Twilio does: values of one name are sorted too, and a pair sent twice counts once."""
    signed = url + "".join(name + value for name, value in sorted(set(form)))
    return b64encode(hmac.digest(auth_token.encode(), signed.encode(errors="surrogatepass"), "sha1")).decode()


def verify(auth_token: str, url: str, form: list[tuple[str, str]], header: str | None) -> bool:
    """Tell whether Twilio signed this; `url` is built from configuration, `form` keeps its blank values."""
    if not auth_token or header is None:
        return False
    expected = signature(auth_token, url, form)
    # As bytes, because compare_digest raises for text beyond ASCII.
    return hmac.compare_digest(expected.encode(), header.encode(errors="surrogatepass"))


def receipt_url(callback_base: str, reference: str) -> str:
    """Where receipts for this text go: no query string, and signed exactly as spelled here."""
    return f"{callback_base.rstrip('/')}/carriers/twilio/receipts/{quote(reference, safe='')}"


class Twilio:
    """Hands texts to Twilio, or to whoever speaks its protocol at `api_base`."""

    name = NAME

    def __init__(
        self,
        *,
        account_sid: str,
        auth_token: str,
        callback_base: str,
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
        self._pool = pool or PoolManager(maxsize=CONNECTIONS)
        self._timeout = Timeout(connect=min(CONNECT_SECONDS, timeout_seconds), total=timeout_seconds)
        self._look_up_timeout = Timeout(total=min(LOOK_UP_SECONDS, timeout_seconds))
        self._clock = clock
        self._used_at = clock()
        self._lock = Lock()

    def send(self, text: Text) -> Answer:
        """Hand a text over, once: neither a retry nor a redirect could be told from a second text."""
        form = {
            "To": text.to,
            "From": text.origin,
            "Body": text.body,
            "StatusCallback": receipt_url(self._callback_base, text.reference),
            "ValidityPeriod": min(max(text.valid_seconds, 1), LONGEST_VALID_SECONDS),
        }
        self._drop_stale_connections()
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
        except HTTPError as problem:
            return Uncertain(type(problem).__name__)
        return _answer(response)

    def find(self, to: str, origin: str, since: datetime) -> list[CarrierText] | None:
        """List the newest texts to a phone, at least those since an instant; None when it cannot be told.

        Not by DateSent: a text that Twilio has and has not sent yet has no such date.
        """
        asked = {"To": to, "From": origin, "PageSize": _MOST_LISTED}
        told = self._look_up(f"{self._url}?{urlencode(asked)}")
        return _listed(told, since) if told else None

    def received(self, number: str, since: datetime) -> Arrivals:
        """List the texts that came to a number, newest first, page by page until one is older than `since`."""
        asked = {"To": number, "DateSent>": since.astimezone(UTC).date().isoformat(), "PageSize": _MOST_LISTED}
        url: str | None = f"{self._url}?{urlencode(asked)}"
        texts: list[Arrived] = []
        readable = True
        for _ in range(_MOST_PAGES):
            told = self._look_up(url) if url else None
            page = _arrived(told)
            texts += page.texts
            readable &= page.whole
            more = (told or {}).get("next_page_uri")
            if not page.whole or not more or any(text.at < since for text in page.texts):
                break
            url = f"{self._base}{more}"
        else:
            readable = False
        return Arrivals(texts=[text for text in texts if text.at >= since], whole=readable)

    def pictures(self, carrier_id: str) -> list[str] | None:
        """Tell the addresses of a text's pictures, as its webhook does; None when they cannot be told."""
        told = self._look_up(f"{self._url.removesuffix('.json')}/{quote(carrier_id, safe='')}/Media.json") or {}
        listed = told.get("media_list")
        if not isinstance(listed, list):
            return None
        uris = (str(one.get("uri", "")) for one in listed if isinstance(one, dict))
        return [f"{self._base}{uri.removesuffix('.json')}" for uri in uris if uri.startswith("/")][:MOST_MEDIA]

    def _look_up(self, url: str) -> dict[str, Any] | None:
        self._drop_stale_connections()
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
        return _told(response) if response.status == HTTPStatus.OK else None

    def _drop_stale_connections(self) -> None:
        # While Lambda is frozen Twilio hangs up unseen, and a text on such a connection would end uncertain.
        # A call still under way has its connection out of the pool and keeps it.
        with self._lock:
            now = self._clock()
            if now - self._used_at > IDLE_SECONDS:
                self._pool.clear()
            self._used_at = now


def _answer(response: BaseHTTPResponse) -> Answer:
    told = _told(response)
    match response.status // 100, told.get("sid"), told.get("code"):
        case 2, str(sid), _ if sid:
            return Sent(sid)
        case 4, _, code if response.status != HTTPStatus.REQUEST_TIMEOUT:
            code, status = str(code or response.status), str(response.status)
            return Refused(REFUSAL_REASONS.get(code) or REFUSAL_REASONS.get(status, RefusalReason.INVALID), code)
        case _:
            return Uncertain(f"http {response.status}")


def _told(response: BaseHTTPResponse) -> dict[str, Any]:
    try:
        told = response.json()
    except (ValueError, RecursionError):
        return {}
    return told if isinstance(told, dict) else {}


def _listed(told: dict[str, Any], since: datetime) -> list[CarrierText] | None:
    """Read a list of texts, newest first; None when it goes on too early, or when a line of it cannot be read.

    That line might be the one.
    """
    texts = told.get("messages")
    if not isinstance(texts, list):
        return None
    try:
        listed = [_one_listed(text) for text in texts if str(text["direction"]).startswith("outbound")]
    except (KeyError, TypeError, ValueError):
        return None
    is_whole = not told.get("next_page_uri") or any(one.created_at < since for one in listed)
    return listed if is_whole else None


def _one_listed(text: dict[str, Any]) -> CarrierText:
    state = STATES.get(text["status"], MessageState.SENT)
    code = text.get("error_code") or text["status"] if state is MessageState.UNDELIVERED else None
    return CarrierText(
        carrier_id=str(text["sid"]),
        body=str(text["body"]),
        created_at=parsedate_to_datetime(text["date_created"]).astimezone(UTC),
        state=state,
        code=code and str(code),
    )


def _arrived(told: dict[str, Any] | None) -> Arrivals:
    """Read a page of texts that came; one that cannot be read is left out, and the page is not whole."""
    listed = (told or {}).get("messages")
    if not isinstance(listed, list):
        return Arrivals(texts=[], whole=False)
    texts: list[Arrived] = []
    whole = True
    for text in listed:
        try:
            texts += [_one_arrived(text)] if text["direction"] == "inbound" else []
        except (KeyError, TypeError, ValueError):
            whole = False
    return Arrivals(texts=texts, whole=whole)


def _one_arrived(text: dict[str, Any]) -> Arrived:
    pictures = int(text.get("num_media") or 0)
    form = {"MessageSid": text["sid"], "From": text["from"], "To": text["to"], "Body": text.get("body") or ""}
    if not all(isinstance(value, str) for value in form.values()):
        raise ValueError("no text")
    at = parsedate_to_datetime(text["date_created"]).astimezone(UTC)
    return Arrived(carrier_id=text["sid"], form={**form, "NumMedia": str(pictures)}, at=at, pictures=pictures)


def read_receipt(reference: str, form: Mapping[str, str]) -> Receipt | None:
    """Read a status callback; None when it tells nothing new."""
    status = form.get("MessageStatus", "")
    state = STATES.get(status)
    if state is None:
        return None
    carrier_id = form.get("MessageSid") or None
    if state is not MessageState.UNDELIVERED:
        return Receipt(carrier=NAME, reference=reference, carrier_id=carrier_id, state=state)
    code = form.get("ErrorCode") or status
    reason = REFUSAL_REASONS.get(code, RefusalReason.UNKNOWN)
    return Receipt(carrier=NAME, reference=reference, carrier_id=carrier_id, state=state, code=code, reason=reason)


def read_inbound(form: Mapping[str, str]) -> Inbound:
    """Read a reply; ValueError when it does not say which text, from whom or to whom."""
    missing = [name for name in ("MessageSid", "From", "To") if not form.get(name, "").strip()]
    if missing:
        raise ValueError(f"a text from Twilio without {', '.join(missing)}")
    # NumMedia is not asked: the addresses themselves say how many there are.
    media = (form.get(f"MediaUrl{number}", "") for number in range(MOST_MEDIA))
    return Inbound(
        carrier=Twilio.name,
        carrier_id=form["MessageSid"],
        phone=form["From"],
        number=form["To"],
        body=form.get("Body", ""),
        media=tuple(url for url in media if url),
        answered=bool(form.get("OptOutType")),
    )
