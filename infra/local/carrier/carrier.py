"""The simulated carrier: it accepts texts, delivers them to phones, and posts receipts and replies to the service."""

import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

from infra.local.carrier import protocol
from infra.local.carrier.keywords import Keyword
from infra.local.carrier.network import Network
from infra.local.carrier.posting import DelayedTasks, Form, may_call, post
from infra.local.carrier.protocol import Refusal, refusal
from infra.local.carrier.texts import Accepted, Step, Text

_HTTP_RETRIEVAL_FAILURE = 11200


class Carrier:
    """One account at the carrier. `receipt_seconds` is the time between two statuses of a text."""

    def __init__(
        self,
        account_sid: str,
        auth_token: str,
        inbound_url: str | None = None,
        receipt_seconds: float = 0.2,
        keep: int = 10_000,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.account_sid = account_sid
        self.auth_token = auth_token
        self.inbound_url = inbound_url
        self.fallback_url: str | None = None
        self.receipt_seconds = receipt_seconds
        self.clock = clock
        self.network = Network(keep)
        self.tasks = DelayedTasks(most=2 * keep)
        self._closed = threading.Event()

    def send(self, form: Mapping[str, str]) -> Accepted | Refusal:
        """Accept a text and schedule its receipts, or refuse it because of its form or a fault."""
        callback = form.get("StatusCallback")
        if callback and not may_call(callback):
            return refusal(21609)
        if seconds := self.network.delay(form.get("To", "")):
            self._closed.wait(seconds)
        if self.tasks.full:
            return refusal(21611, 429)
        result = self.network.accept(form, self.clock())
        if isinstance(result, Accepted):
            self._schedule(result.text, callback, result.steps, self.receipt_seconds + result.late_seconds)
        return result

    def _schedule(self, text: Text, callback: str | None, steps: tuple[Step, ...], seconds: float) -> None:
        """Schedule the steps one after another: receipts are in order, unless a fault has reversed them."""
        if not steps:
            return

        def step() -> None:
            current = self.network.advance(text.sid, steps[0], self.clock()) or text
            if current.status == "canceled" and steps[0].status != "canceled":
                return
            for _ in range(steps[0].copies if callback else 0):
                response = post(callback or "", self._receipt(current, steps[0]), self.auth_token)
                self.network.record_receipt_response(text.sid, steps[0].status, response)
            self._schedule(text, callback, steps[1:], self.receipt_seconds)

        self.tasks.later(seconds, step)

    def cancel(self, sid: str) -> Text | Refusal:
        """Cancel a scheduled text, and post its receipt."""
        result = self.network.cancel(sid, self.clock())
        if isinstance(result, Text):
            self._schedule(result, result.callback, (Step(result.status, None, 1),), 0)
        return result

    def reply(
        self, phone: str, number: str, body: str, media: tuple[str, ...] = (), opt_out_type: Keyword | None = None
    ) -> Text:
        """Send a text from a phone to the service: a webhook, and another to the fallback URL if that fails."""
        text = Text.inbound(
            phone=phone,
            number=number,
            body=body,
            media=media,
            opt_out_type=opt_out_type or self.network.opt_out_type(number, body),
            now=self.clock(),
        )
        copies = self.network.reply(text)
        url = self.inbound_url or ""

        def post_webhook() -> None:
            for _ in range(copies):
                response = post(url, self._inbound(text), self.auth_token)
                if self.fallback_url and not response.startswith("2"):
                    failure = [("ErrorCode", str(_HTTP_RETRIEVAL_FAILURE)), ("ErrorUrl", url)]
                    response = post(self.fallback_url, [*self._inbound(text), *failure], self.auth_token)
                self.network.record_webhook_response(text.sid, response)

        self.tasks.later(0, post_webhook)
        return text

    def close(self) -> None:
        """End all waiting calls and drop all scheduled tasks."""
        self._closed.set()
        self.network.close()
        self.tasks.close()

    def _receipt(self, text: Text, step: Step) -> Form:
        form = [
            ("AccountSid", self.account_sid),
            ("ApiVersion", protocol.API_VERSION),
            ("From", text.origin),
            ("MessageSid", text.sid),
            ("MessageStatus", step.status),
            ("SmsSid", text.sid),
            ("SmsStatus", step.status),
            ("To", text.to),
        ]
        if text.service:
            form.append(("MessagingServiceSid", text.service))
        if step.status in ("delivered", "undelivered"):
            form.append(("RawDlrDoneDate", text.updated_at.strftime("%y%m%d%H%M")))
        return [*form, ("ErrorCode", str(step.code))] if step.code else form

    def _inbound(self, text: Text) -> Form:
        form = [
            ("AccountSid", self.account_sid),
            ("ApiVersion", protocol.API_VERSION),
            ("Body", text.body),
            ("From", text.origin),
            ("MessageSid", text.sid),
            ("NumMedia", str(len(text.media))),
            ("NumSegments", str(text.segments)),
            ("SmsMessageSid", text.sid),
            ("SmsSid", text.sid),
            ("SmsStatus", "received"),
            ("To", text.to),
        ]
        if service := self.network.service_of(text.number):
            form.append(("MessagingServiceSid", service))
        form += [(f"MediaUrl{index}", url) for index, url in enumerate(text.media)]
        return [*form, ("OptOutType", text.opt_out_type)] if text.opt_out_type else form
