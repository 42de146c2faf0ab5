"""A studio texts: one client, all of them, past a silent carrier, into a quiet night, before a session that moves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.local.story.stage import Stage
from infra.local.visitors import Studio, eventually

_ALICE = "+12125550101"
_LANDLINE, _CARRIER_SAYS_LANDLINE = "+12125550118", 30006
_NIGHT_OWL, _SITTER, _SILENT = "+12125550151", "+12125550152", "+12125550153"
_LETTER = (
    "Dear Alice, your proofs from Saturday are ready and we love them. Please look through the gallery, "
    "mark your favourites with a heart and tell us by Friday which ones you would like printed. "
    "We keep the gallery open for thirty days; after that we archive it. See you soon in the studio, Foxglove."
)


def send_a_long_text(stage: Stage, fox: Studio) -> None:
    """Send 300 characters to one client."""
    stage.title("Foxglove texts Alice 300 characters")
    answer = stage.send(fox, {"client_id": "1001", "body": _LETTER[:300]})
    message = answer["messages"][0]
    stage.check(message["units"] == 2, "300 characters are 2 units")
    stage.arrives(_ALICE, _LETTER[:300])
    stage.check(fox.ask("GET", "/usage").json["current"]["used"]["units_sent"] == 2, "usage says 2 units")


def text_everyone(stage: Stage, fox: Studio) -> None:
    """Send all clients a broadcast of a template, tried dry before."""
    stage.title("Foxglove tries a broadcast dry, and then sends it to all its clients")
    body = "Hi {{client.first_name|there}}, two spring slots are left at {{studio.name}}. Want one?"
    fox.ask("PUT", "/templates/spring", {"subject": "Spring slots", "body": body})
    refused = fox.ask("PUT", "/templates/bad", {"body": "Hi {{client.nickname}}"})
    stage.check(refused.json["code"] == "bad_template", "a field that does not exist is refused")
    stage.phones.fail(_LANDLINE, _CARRIER_SAYS_LANDLINE)
    # Whatever the hour is, in this story it is day for these clients.
    fox.ask("PATCH", "/account", {"quiet_hours": False})
    order = {"audience": {"all": True}, "template": "spring"}
    dry = fox.ask("POST", "/broadcasts?limit=200", {**order, "dry_run": True}).json
    stage.show("POST /broadcasts", {**order, "dry_run": True}, dry["totals"])
    for one in dry["items"]:
        if not one["would_be_sent"]:
            stage.say(f"   client {one['client_id']} would get none: {one['reason']}")
    stage.check(dry["totals"]["texts"] == 38, "38 texts would go: one to each ticked number of those who allow it")
    stage.check(_texts_of(stage, dry) == [], "and none has")
    sent = _broadcast(stage, fox, order)
    going = _recipients(fox, sent["id"])
    texts = {one["phone"]: one["text"] for one in dry["items"] if one["would_be_sent"]}
    stage.check({one["phone"] for one in going if one["message_id"]} == set(texts), "the same 38 are on their way")
    three = sorted(one["phone"] for one in going if one["client_id"] == "1012")
    stage.check(three == ["+12125550112", "+12125550114"], "of three phones the two ticked ones")
    for phone, text in texts.items():
        stage.arrives(phone, text, quiet=True)
    stage.say(f"   {len(texts)} phones have it, such as: {next(iter(texts.values()))}")
    progress = _progress(fox, sent["id"], {"delivered": 37, "undelivered": 1})
    stage.show(f"GET /broadcasts/{sent['id']}", None, {"progress": progress})
    stage.check(True, "37 are delivered, and the landline's text is not")
    fox.ask("PATCH", "/account", {"quiet_hours": True})


def carrier_drops_its_answer(stage: Stage, fox: Studio) -> None:
    """Have the carrier deliver a text and hang up before it says so."""
    stage.title("The carrier takes a text and hangs up without an answer")
    _new_client(stage, fox, "c-silent", "Sasha", _SILENT)
    stage.phones.drop_answer(_SILENT)
    sent = stage.send(fox, {"client_id": "c-silent", "body": "Your album is here."})
    stage.arrives(_SILENT, "Your album is here.")
    ended = stage.settled(fox, sent["messages"][0]["id"], "delivered")
    stage.check(ended["charged_units"] == 1, "its receipt tells what the answer did not, and one unit is charged")
    stage.sweep(datetime.now(UTC) + timedelta(minutes=20))
    stage.check(len(stage.texts_on(_SILENT, "Your album is here.")) == 1, "and nobody sends it again, ever")


def wait_for_the_morning(stage: Stage, fox: Studio) -> None:
    """Broadcast to a client whose clock says one at night, and let the morning come."""
    stage.title("A broadcast meets a client's night")
    _new_client(stage, fox, "c-owl", "Olive", _NIGHT_OWL, tags=["owls"], time_zone=_zone_where_it_is(1))
    words = "Two spring slots are left."
    sent = _broadcast(stage, fox, {"audience": {"tags": ["owls"]}, "body": words})
    [held] = [one for one in _recipients(fox, sent["id"]) if one["message_id"]]
    text = fox.ask("GET", f"/messages/{held['message_id']}").json
    stage.show(f"GET /messages/{text['id']}", None, {name: text[name] for name in ("state", "held", "valid_until")})
    stage.check((text["state"], text["held"]) == ("scheduled", "quiet_hours"), "her text waits for eight o'clock")
    stage.sweep(datetime.now(UTC) + timedelta(hours=6))
    stage.check(stage.texts_on(_NIGHT_OWL, words) == [], "after seven it still does")
    stage.sweep(datetime.now(UTC) + timedelta(hours=7, minutes=1))
    stage.arrives(_NIGHT_OWL, words)


def move_a_session(stage: Stage, fox: Studio) -> None:
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
    _tell_of_session(stage, fox, today + timedelta(days=10))
    stage.check(_planned(fox) == [str(today + timedelta(days=9))], "the reminder is planned for the day before")
    _tell_of_session(stage, fox, today + timedelta(days=20))
    stage.check(_planned(fox) == [str(today + timedelta(days=19))], "moved by ten days, so is its reminder")
    tomorrow = today + timedelta(days=1)
    _tell_of_session(stage, fox, tomorrow)
    stage.arrives(_SITTER, f"Hi Sid, see you on {tomorrow:%A, %B} {tomorrow.day}!")
    stage.check(_planned(fox) == [], "moved to tomorrow it goes at once, and nothing more is planned")


def _tell_of_session(stage: Stage, fox: Studio, day: date) -> None:
    """Tell that the session is confirmed, on that day."""
    event = {"kind": "session", "id": "s-1", "client_id": "c-sitter", "status": "confirmed"}
    answer = fox.ask("POST", "/events", {**event, "session_date": str(day)})
    stage.show("POST /events", {"session_date": str(day)}, answer.json["planned"])


def _planned(studio: Studio) -> list[str]:
    """List the local days on which reminders will go."""
    upcoming = studio.ask("GET", "/upcoming").json["items"]
    return [one["fires_at"][:10] for one in upcoming if one["will_go"]]


def _new_client(stage: Stage, fox: Studio, client_id: str, name: str, phone: str, **record: Any) -> None:
    """Write a client of Foxglove's, who allows texts."""
    fields = {"first_name": name, "allow_text_marketing": True, "phones": [{"number": phone}], **record}
    answer = fox.ask("PUT", f"/clients/{client_id}", fields)
    stage.check(answer.status in (200, 201), f"{name} is a client", quiet=True)


def _broadcast(stage: Stage, studio: Studio, order: dict[str, Any]) -> Any:
    """Order a broadcast, and wait until all its texts are written."""
    answer = studio.ask("POST", "/broadcasts", order, **{"Idempotency-Key": f"{stage.run}-{len(str(order))}"})
    stage.check(answer.status == 202, "the broadcast is accepted")

    def written() -> Any:
        found = studio.ask("GET", f"/broadcasts/{answer.json['id']}").json
        return found if found["state"] == "done" else None

    return eventually(written, "the broadcast's texts to be written")


def _progress(studio: Studio, broadcast_id: str, expected: dict[str, int]) -> Any:
    """Wait until so many texts of a broadcast are in these states."""

    def found() -> Any:
        progress = studio.ask("GET", f"/broadcasts/{broadcast_id}").json["progress"]
        return progress if {state: number for state, number in progress.items() if number} == expected else None

    return eventually(found, f"the broadcast to come to {expected}")


def _recipients(studio: Studio, broadcast_id: str) -> list[Any]:
    """List who gets a broadcast, and who does not."""
    return studio.everything(f"/broadcasts/{broadcast_id}/recipients")


def _texts_of(stage: Stage, dry: Any) -> list[str]:
    """List the texts of a dry run that a phone has received."""
    had = [stage.texts_on(one["phone"], one["text"]) for one in dry["items"] if one["would_be_sent"]]
    return [sid for of_phone in had for sid in of_phone]


def _zone_where_it_is(hour: int) -> str:
    """Name a zone whose clock says some minutes past that hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # POSIX: what is ahead of Greenwich has a minus


def _today_in_chicago() -> date:
    return datetime.now(ZoneInfo("America/Chicago")).date()
