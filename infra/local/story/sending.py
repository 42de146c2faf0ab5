"""Sending: a long text, a broadcast, an uncertain text, quiet hours, a reminder that moves with its session."""

import csv
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.local.participants import StudioSoftware, eventually
from infra.local.story.stage import Stage

_ALICE = "+12125550101"
_LANDLINE, _CARRIER_SAYS_LANDLINE = "+12125550118", 30006
_NIGHT_OWL, _SITTER, _SILENT = "+12125550151", "+12125550152", "+12125550153"
_LETTER = (
    "Dear Alice, your proofs from Saturday are ready and we love them. Please look through the gallery, "
    "mark your favourites with a heart and tell us by Friday which ones you would like printed. "
    "We keep the gallery open for thirty days; after that we archive it. See you soon in the studio, Foxglove."
)


def send_a_long_text(stage: Stage, fox: StudioSoftware) -> None:
    """Send 300 characters to one client."""
    stage.title("Foxglove texts Alice 300 characters")
    answer = stage.send(fox, {"client_id": "1001", "body": _LETTER[:300]})
    message = answer["messages"][0]
    stage.check(message["units"] == 2, "300 characters are 2 units")
    stage.arrives(_ALICE, _LETTER[:300])
    stage.check(fox.ask("GET", "/usage").json["current"]["used"]["units_sent"] == 2, "the usage is 2 units")


def text_everyone(stage: Stage, fox: StudioSoftware) -> None:
    """Send all clients a broadcast of a template, after a dry run."""
    stage.title("Foxglove tries a broadcast in a dry run, and then sends it to all clients")
    body = "Hi {{client.first_name|there}}, two spring slots are left at {{studio.name}}. Want one?"
    fox.ask("PUT", "/templates/spring", {"subject": "Spring slots", "body": body})
    refused = fox.ask("PUT", "/templates/bad", {"body": "Hi {{client.nickname}}"})
    stage.check(refused.json["code"] == "bad_template", "a field that does not exist is refused")
    stage.phones.fail(_LANDLINE, _CARRIER_SAYS_LANDLINE)
    # No quiet hours, so that the texts are sent at any time of day.
    fox.ask("PATCH", "/account", {"quiet_hours": False})
    form = {"audience": {"all": True}, "template": "spring"}
    dry = fox.ask("POST", "/broadcasts?limit=200", {**form, "dry_run": True}).json
    stage.show("POST /broadcasts", {**form, "dry_run": True}, dry["totals"])
    for item in dry["items"]:
        if not item["would_be_sent"]:
            stage.say(f"   client {item['client_id']} would get none: {item['reason']}")
    stage.check(
        dry["totals"]["texts"] == 38, "38 texts would be sent: one to each ticked number of the clients who allow it"
    )
    stage.check(_texts_of(stage, dry) == [], "and none was sent")
    sent = _broadcast(stage, fox, form)
    recipients = _recipients(fox, sent["id"])
    texts = {item["phone"]: item["text"] for item in dry["items"] if item["would_be_sent"]}
    sent_to = {recipient["phone"] for recipient in recipients if recipient["message_id"]}
    stage.check(sent_to == set(texts), "the same 38 are sent")
    phones = sorted(recipient["phone"] for recipient in recipients if recipient["client_id"] == "1012")
    stage.check(
        phones == ["+12125550112", "+12125550114"], "a client with three phones gets it on the two ticked ones"
    )
    for phone, text in texts.items():
        stage.arrives(phone, text, quiet=True)
    stage.say(f"   {len(texts)} phones have it, such as: {next(iter(texts.values()))}")
    progress = _progress(fox, sent["id"], {"delivered": 37, "undelivered": 1})
    stage.show(f"GET /broadcasts/{sent['id']}", None, {"progress": progress})
    stage.check(True, "37 are delivered, and the landline's text is not")
    reasons = eventually(lambda: _credits(fox), "the credit")
    stage.check(
        reasons[-1] == "the phone is a landline (twilio:30006)",
        "which is credited, and in the list of the month's texts with its reason",
    )
    fox.ask("PATCH", "/account", {"quiet_hours": True})


def _credits(studio: StudioSoftware) -> list[str]:
    """Return why texts of the current month were not charged."""
    month = studio.ask("GET", "/usage").json["current"]["month"]
    sheet = studio.ask("GET", f"/usage/{month}/texts", None, Accept="text/csv").text
    return [row["not_charged"] for row in csv.DictReader(sheet.splitlines()) if row["not_charged"]]


def resolve_an_uncertain_text(stage: Stage, fox: StudioSoftware) -> None:
    """Let the carrier deliver a text, but close the connection before its response."""
    stage.title("The carrier accepts a text, but closes the connection without a response")
    _new_client(stage, fox, "c-silent", "Sasha", _SILENT)
    stage.phones.drop_answer(_SILENT)
    sent = stage.send(fox, {"client_id": "c-silent", "body": "Your album is here."})
    stage.arrives(_SILENT, "Your album is here.")
    message = stage.settled(fox, sent["messages"][0]["id"], "delivered")
    stage.check(message["charged_units"] == 1, "its receipt resolves it, and one unit is charged")
    stage.sweep(datetime.now(UTC) + timedelta(minutes=20))
    stage.check(len(stage.texts_on(_SILENT, "Your album is here.")) == 1, "and it is not sent again")


def wait_for_the_morning(stage: Stage, fox: StudioSoftware) -> None:
    """Send a broadcast to a client whose local time is one at night, and wait for the morning."""
    stage.title("A broadcast waits for the end of a client's quiet hours")
    _new_client(stage, fox, "c-owl", "Olive", _NIGHT_OWL, tags=["owls"], time_zone=_zone_where_it_is(1))
    words = "Two spring slots are left."
    sent = _broadcast(stage, fox, {"audience": {"tags": ["owls"]}, "body": words})
    [recipient] = [entry for entry in _recipients(fox, sent["id"]) if entry["message_id"]]
    text = fox.ask("GET", f"/messages/{recipient['message_id']}").json
    stage.show(f"GET /messages/{text['id']}", None, {name: text[name] for name in ("state", "held", "valid_until")})
    stage.check((text["state"], text["held"]) == ("scheduled", "quiet_hours"), "her text waits for eight o'clock")
    stage.sweep(datetime.now(UTC) + timedelta(hours=6))
    stage.check(stage.texts_on(_NIGHT_OWL, words) == [], "it still waits at seven")
    stage.sweep(datetime.now(UTC) + timedelta(hours=7, minutes=1))
    stage.arrives(_NIGHT_OWL, words)


def move_a_session(stage: Stage, fox: StudioSoftware) -> None:
    """Plan a reminder for a session, and move the session."""
    stage.title("A session moves, and its reminder with it")
    _new_client(stage, fox, "c-sitter", "Sid", _SITTER, time_zone=_zone_where_it_is(12))
    reminder = {
        "watches": "session",
        "statuses": ["confirmed"],
        "timing": {"days": -1, "of": "session_date", "at": "00:00"},
        "body": "Hi {{client.first_name}}, see you on {{session.date}}!",
    }
    fox.ask("PUT", "/triggers/reminder", reminder)
    today = _today_in_chicago()
    _report_session(stage, fox, today + timedelta(days=10))
    stage.check(_planned(fox) == [str(today + timedelta(days=9))], "the reminder is planned for the day before")
    _report_session(stage, fox, today + timedelta(days=20))
    stage.check(_planned(fox) == [str(today + timedelta(days=19))], "the reminder moves with the session by ten days")
    tomorrow = today + timedelta(days=1)
    _report_session(stage, fox, tomorrow)
    stage.arrives(_SITTER, f"Hi Sid, see you on {tomorrow:%A, %B} {tomorrow.day}!")
    stage.check(_planned(fox) == [], "moved to tomorrow, it is sent at once, and no reminder is planned any more")


def _report_session(stage: Stage, fox: StudioSoftware, day: date) -> None:
    """Report that the session is confirmed for a day."""
    event = {"kind": "session", "id": "s-1", "client_id": "c-sitter", "status": "confirmed"}
    answer = fox.ask("POST", "/events", {**event, "session_date": str(day)})
    stage.show("POST /events", {"session_date": str(day)}, answer.json["planned"])


def _planned(studio: StudioSoftware) -> list[str]:
    """Return the local days when reminders will be sent."""
    upcoming = studio.ask("GET", "/upcoming").json["items"]
    return [text["fires_at"][:10] for text in upcoming if text["will_go"]]


def _new_client(stage: Stage, fox: StudioSoftware, client_id: str, name: str, phone: str, **record: Any) -> None:
    """Add a client to Foxglove, who allows texts."""
    fields = {"first_name": name, "allow_text_marketing": True, "phones": [{"number": phone}], **record}
    answer = fox.ask("PUT", f"/clients/{client_id}", fields)
    stage.check(answer.status in (200, 201), f"{name} is a client", quiet=True)


def _broadcast(stage: Stage, studio: StudioSoftware, form: dict[str, Any]) -> Any:
    """Create a broadcast, and wait until all its texts are written; return it."""
    answer = studio.ask("POST", "/broadcasts", form, **{"Idempotency-Key": f"{stage.run}-{len(str(form))}"})
    stage.check(answer.status == 202, "the broadcast is accepted")

    def written() -> Any:
        broadcast = studio.ask("GET", f"/broadcasts/{answer.json['id']}").json
        return broadcast if broadcast["state"] in ("waiting", "done") else None

    return eventually(written, "the broadcast's texts to be written")


def _progress(studio: StudioSoftware, broadcast_id: str, expected: dict[str, int]) -> Any:
    """Wait until as many texts of a broadcast as expected are in each state."""

    def found() -> Any:
        progress = studio.ask("GET", f"/broadcasts/{broadcast_id}").json["progress"]
        return progress if {state: number for state, number in progress.items() if number} == expected else None

    return eventually(found, f"the broadcast's progress to be {expected}")


def _recipients(studio: StudioSoftware, broadcast_id: str) -> list[Any]:
    """Return the recipients of a broadcast, and the clients who get no text."""
    return studio.all_items(f"/broadcasts/{broadcast_id}/recipients")


def _texts_of(stage: Stage, dry: Any) -> list[str]:
    """Return the ids of a dry run's texts that a phone has received."""
    received = [stage.texts_on(item["phone"], item["text"]) for item in dry["items"] if item["would_be_sent"]]
    return [sid for sids in received for sid in sids]


def _zone_where_it_is(hour: int) -> str:
    """Return the name of a zone where it is some minutes past that hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # POSIX: zones ahead of Greenwich have a minus


def _today_in_chicago() -> date:
    return datetime.now(ZoneInfo("America/Chicago")).date()
