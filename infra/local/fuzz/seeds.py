"""What the fuzzed studio has before the run: something of each kind that a path can name.

Ids are those of the document's examples where a studio chooses them.
"""

import json
from datetime import UTC, datetime, timedelta
from secrets import randbelow, token_hex
from typing import Any

from infra.local.participants import Phones, StudioSoftware, eventually
from infra.local.stack import Stack
from infra.local.studio import sign_up

_FORM = {"product": "spectra", "edition": "professional", "plan": "large"}
_ANN, _BO = (f"+1212{randbelow(700) + 200}{randbelow(10_000):04}" for _ in range(2))  # other runs have others
_NOBODY = "https://localhost:1025/longcode"  # refuses every connection


def new_studio(stack: Stack, name: str) -> StudioSoftware:
    """Sign a studio up; return its software, which calls the API with a key."""
    form = {**_FORM, "studio_name": f"{name} Studio", "email": f"{name.lower()}-{token_hex(4)}@studio.example"}
    owner = sign_up(stack, form)
    with_password = StudioSoftware(stack.api_url, name, owner.account, owner.password)
    key = _done(with_password, "POST", "/account/keys", {"name": "fuzz", "scope": "all"})["key"]
    return StudioSoftware(stack.api_url, name, owner.account, key)


def write_seeds(stack: Stack, studio: StudioSoftware) -> dict[str, list[str]]:
    """Write something of each kind; return the values of each path parameter, and of some query parameters."""
    settings = {"quiet_hours": False, "texts_an_hour": 20, "delivery": "webhook", "webhook_url": _NOBODY}
    _done(studio, "PATCH", "/account", settings)
    _done(studio, "PUT", "/templates/proofs-ready", {"subject": "Spring", "body": "Hi {{client.first_name|there}}"})
    for client_id, phone in (("c-1042", _ANN), ("c-1043", _BO)):
        record = {
            "first_name": "Ann",
            "allow_text_marketing": True,
            "phones": [{"number": phone}],
            "tags": ["spring"],
        }
        _done(studio, "PUT", f"/clients/{client_id}", record)
    _done(studio, "PUT", "/clients/c-1044", {"first_name": "Cy", "allow_text_marketing": True})
    _write_triggers(studio)
    sent = _done(studio, "POST", "/messages", {"client_id": "c-1042", "body": "Hello"})["messages"][0]["id"]
    later = (datetime.now(UTC) + timedelta(days=3)).isoformat()
    planned = _done(studio, "POST", "/messages", {"client_id": "c-1043", "body": "Hello", "send_at": later})
    broadcast = _done(
        studio, "POST", "/broadcasts", {"audience": {"tags": ["spring"]}, "body": "Hi", "send_at": later}
    )
    reply = _reply(stack, studio)
    _done(studio, "PUT", "/questions/" + _ANN, {"opted_out": False, "by": "Kim"})
    _close_month(stack, studio)
    _ask_again(stack, studio)
    deliveries = eventually(lambda: _done(studio, "GET", "/webhooks/deliveries?state=pending")["items"], "a delivery")
    month = _done(studio, "GET", "/usage")["current"]["month"]
    return {
        "client_id": ["c-1042", "c-1043", "c-1044"],
        "message_id": [sent, planned["messages"][0]["id"], reply],
        "broadcast_id": [broadcast["id"]],
        "call_id": [call["id"] for call in _done(studio, "GET", "/calls")["items"]],
        "key_id": [_done(studio, "POST", "/account/keys", {"name": "other", "scope": "read"})["id"]],
        "delivery_id": [delivery["id"] for delivery in deliveries],
        "name": ["proofs-ready", "reminder", "ready"],
        "month": [month],
        "phone": [_ANN, _BO],
    }


def _write_triggers(studio: StudioSoftware) -> None:
    """Write a trigger for later and one for at once, and an event for each; the second one makes a call task."""
    timing = {"days": -1, "of": "session_date", "at": "10:00"}
    later = {
        "watches": "session",
        "statuses": ["confirmed"],
        "timing": timing,
        "body": "See you on {{session.date}}!",
    }
    at_once = {"watches": "task", "statuses": ["done"], "body": "It is ready.", "sms_else_call": True}
    _done(studio, "PUT", "/triggers/reminder", later)
    _done(studio, "PUT", "/triggers/ready", at_once)
    session = {"kind": "session", "id": "s-1", "client_id": "c-1042", "status": "confirmed"}
    day = (datetime.now(UTC) + timedelta(days=20)).date().isoformat()
    _done(studio, "POST", "/events", {**session, "session_date": day})
    _done(studio, "POST", "/events", {"kind": "task", "id": "t-1", "client_id": "c-1044", "status": "done"})
    eventually(lambda: _done(studio, "GET", "/calls")["items"], "a call task")


def _reply(stack: Stack, studio: StudioSoftware) -> str:
    """Let Ann ask for no more texts, without a keyword; return the id of her reply."""
    phones = Phones(stack.carrier_url)
    number = eventually(lambda: phones.texted_from(_ANN), "a text")[-1]
    phones.reply(_ANN, number, "please stop texting me about the prints")
    return str(eventually(lambda: _done(studio, "GET", "/messages?folder=inbox")["items"], "the reply")[0]["id"])


def _ask_again(stack: Stack, studio: StudioSoftware) -> None:
    phones = Phones(stack.carrier_url)
    phones.reply(_ANN, phones.texted_from(_ANN)[-1], "please stop texting me about the album")
    eventually(lambda: _done(studio, "GET", "/questions")["items"], "a possible opt-out")


def _close_month(stack: Stack, studio: StudioSoftware) -> None:
    """Close the current month, so that it has an invoice."""
    month = _done(studio, "GET", "/usage")["current"]["month"]
    year, number = int(month[:4]), int(month[5:])
    first = datetime(year + number // 12, number % 12 + 1, 1, 9, tzinfo=UTC)
    stack.invoke(stack.close_month_function, {"time": first.isoformat()})
    eventually(lambda: studio.ask("GET", f"/invoices/{month}").status == 200, "the invoice")


def _done(studio: StudioSoftware, method: str, path: str, body: object = None) -> Any:
    """Call the API; return the body of a successful answer."""
    answer = studio.ask(method, path, body)
    if answer.status >= 300:
        raise AssertionError(f"{method} {path} {json.dumps(body)}: {answer.status} {answer.text}")
    return answer.json
