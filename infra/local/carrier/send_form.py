"""The form of a send: what Twilio refuses in it, and the times that it sets.

https://www.twilio.com/docs/messaging/api/message-resource#create-a-message
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from infra.local.carrier.protocol import MAX_BODY_CHARACTERS, Refusal, is_possible, refusal

LONGEST_VALID_SECONDS = 36_000
SOONEST_SCHEDULED, LATEST_SCHEDULED = timedelta(seconds=300), timedelta(days=35)
SERVICE_SID = re.compile("MG[0-9a-f]{32}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A text to be sent from a number, from a Messaging Service, or from one of a service's numbers.

    A text that waits in the queue for `valid_seconds` fails.
    """

    to: str
    origin: str | None
    service: str | None
    body: str
    callback: str | None
    valid_seconds: int
    send_at: datetime | None


def read(form: Mapping[str, str], now: datetime) -> Send | Refusal:
    """Read a form, or return its refusal."""
    if refused := _objection_to(form):
        return refused
    valid = form.get("ValidityPeriod", str(LONGEST_VALID_SECONDS))
    if not re.fullmatch("[0-9]{1,9}", valid) or not 1 <= int(valid) <= LONGEST_VALID_SECONDS:
        return refusal(21624)
    send_at = _send_at(form, now) if form.get("ScheduleType") == "fixed" else None
    if isinstance(send_at, Refusal):
        return send_at
    return Send(
        to=form["To"],
        origin=form.get("From") or None,
        service=form.get("MessagingServiceSid") or None,
        body=form["Body"],
        callback=form.get("StatusCallback") or None,
        valid_seconds=int(valid),
        send_at=send_at,
    )


def _objection_to(form: Mapping[str, str]) -> Refusal | None:
    to, origin, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
    service = form.get("MessagingServiceSid", "")
    if not to:
        return refusal(21604)
    if not is_possible(to):
        return refusal(21211, message=f"The 'To' number {to} is not a valid phone number.")
    if not origin and not service:
        return refusal(21603)
    if service and not SERVICE_SID.fullmatch(service):
        return refusal(21705)
    if origin and not is_possible(origin):
        return refusal(21212)
    if to == origin:
        return refusal(21266)
    if not body:
        return refusal(21602)
    if len(body) > MAX_BODY_CHARACTERS:
        return refusal(21617)
    return None


def _send_at(form: Mapping[str, str], now: datetime) -> datetime | Refusal:
    """Read when a scheduled text is to be sent."""
    if not form.get("SendAt"):
        return refusal(35111)
    if not form.get("MessagingServiceSid"):
        return refusal(35118)
    try:
        at = datetime.fromisoformat(form["SendAt"])
    except ValueError:
        return refusal(35114)
    at = at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return at if SOONEST_SCHEDULED <= at - now <= LATEST_SCHEDULED else refusal(35114)
