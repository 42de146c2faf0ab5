"""The steps of the story about sending: a silent carrier, a quiet night, a session that moves."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from infra.local.telling import Telling
from infra.local.visitors import Studio, eventually

_NIGHT_OWL, _SITTER, _SILENT = "+12125550151", "+12125550152", "+12125550153"


class SendingStory(Telling):
    """What a text meets on its way."""

    fox: Studio

    def carrier_drops_its_answer(self) -> None:
        """Have the carrier deliver a text and hang up before it says so."""
        self.title("The carrier takes a text and hangs up without an answer")
        self.new_client("c-silent", "Sasha", _SILENT)
        self.phones.drop_answer(_SILENT)
        sent = self.send(self.fox, {"client_id": "c-silent", "body": "Your album is here."})
        self.arrives(_SILENT, "Your album is here.")
        ended = self.settled(self.fox, sent["messages"][0]["id"], "delivered")
        self.check(ended["charged_units"] == 1, "its receipt tells what the answer did not, and one unit is charged")
        self.sweep(datetime.now(UTC) + timedelta(minutes=20))
        self.check(len(self.texts_on(_SILENT, "Your album is here.")) == 1, "and nobody sends it again, ever")

    def wait_for_the_morning(self) -> None:
        """Broadcast to a client whose clock says one at night, and let the morning come."""
        self.title("A broadcast meets a client's night")
        self.new_client("c-owl", "Olive", _NIGHT_OWL, tags=["owls"], time_zone=_zone_where_it_is(1))
        words = "Two spring slots are left."
        sent = self.broadcast(self.fox, {"audience": {"tags": ["owls"]}, "body": words})
        [held] = [one for one in self.recipients(self.fox, sent["id"]) if one["message_id"]]
        text = self.fox.ask("GET", f"/messages/{held['message_id']}").json
        self.show(
            f"GET /messages/{text['id']}", None, {name: text[name] for name in ("state", "held", "valid_until")}
        )
        self.check((text["state"], text["held"]) == ("scheduled", "quiet_hours"), "her text waits for eight o'clock")
        self.sweep(datetime.now(UTC) + timedelta(hours=6))
        self.check(self.texts_on(_NIGHT_OWL, words) == [], "after seven it still does")
        self.sweep(datetime.now(UTC) + timedelta(hours=7, minutes=1))
        self.arrives(_NIGHT_OWL, words)

    def move_a_session(self) -> None:
        """Plan a reminder for a session, and move the session."""
        self.title("A session moves, and its reminder with it")
        self.new_client("c-sitter", "Sid", _SITTER, time_zone=_zone_where_it_is(12))
        reminder = {
            "watches": "session",
            "statuses": ["confirmed"],
            "timing": {"days": -1, "of": "session_date", "at": "00:00"},
            "body": "Hi {{client.first_name}}, see you on {{session.date}}!",
        }
        self.fox.ask("PUT", "/triggers/reminder", reminder)
        today = _today_in_chicago()
        self.tell_of_session(today + timedelta(days=10))
        self.check(self.planned() == [str(today + timedelta(days=9))], "the reminder is planned for the day before")
        self.tell_of_session(today + timedelta(days=20))
        self.check(self.planned() == [str(today + timedelta(days=19))], "moved by ten days, so is its reminder")
        tomorrow = today + timedelta(days=1)
        self.tell_of_session(tomorrow)
        self.arrives(_SITTER, f"Hi Sid, see you on {tomorrow:%A, %B} {tomorrow.day}!")
        self.check(self.planned() == [], "moved to tomorrow it goes at once, and nothing more is planned")

    def tell_of_session(self, day: date) -> None:
        """Tell that the session is confirmed, on that day."""
        event = {"kind": "session", "id": "s-1", "client_id": "c-sitter", "status": "confirmed"}
        answer = self.fox.ask("POST", "/events", {**event, "session_date": str(day)})
        self.show("POST /events", {"session_date": str(day)}, answer.json["planned"])

    def planned(self) -> list[str]:
        """List the local days on which reminders will go."""
        upcoming = self.fox.ask("GET", "/upcoming").json["items"]
        return [one["fires_at"][:10] for one in upcoming if one["will_go"]]

    def new_client(self, client_id: str, name: str, phone: str, **record: Any) -> None:
        """Write a client of Foxglove's, who allows texts."""
        fields = {"first_name": name, "allow_text_marketing": True, "phones": [{"number": phone}], **record}
        answer = self.fox.ask("PUT", f"/clients/{client_id}", fields)
        self.check(answer.status in (200, 201), f"{name} is a client", quiet=True)

    def broadcast(self, studio: Studio, order: dict[str, Any]) -> Any:
        """Order a broadcast, and wait until all its texts are written."""
        answer = studio.ask("POST", "/broadcasts", order, **{"Idempotency-Key": f"{self.run}-{len(str(order))}"})
        self.check(answer.status == 202, "the broadcast is accepted")

        def written() -> Any:
            found = studio.ask("GET", f"/broadcasts/{answer.json['id']}").json
            return found if found["state"] == "done" else None

        return eventually(written, "the broadcast's texts to be written")

    def progress(self, studio: Studio, broadcast_id: str, expected: dict[str, int]) -> Any:
        """Wait until so many texts of a broadcast are in these states."""

        def found() -> Any:
            progress = studio.ask("GET", f"/broadcasts/{broadcast_id}").json["progress"]
            return progress if {state: number for state, number in progress.items() if number} == expected else None

        return eventually(found, f"the broadcast to come to {expected}")

    def recipients(self, studio: Studio, broadcast_id: str) -> list[Any]:
        """List who gets a broadcast, and who does not."""
        return studio.everything(f"/broadcasts/{broadcast_id}/recipients")

    def texts_of(self, dry: Any) -> list[str]:
        """List the texts of a dry run that a phone has received."""
        had = [self.texts_on(one["phone"], one["text"]) for one in dry["items"] if one["would_be_sent"]]
        return [sid for of_phone in had for sid in of_phone]

    def sweep(self, at: datetime) -> None:
        """Have the sweeper look at what is due at a time of our choice."""
        swept = self.stack.invoke(self.stack.sweep_function, {"sweep_at": at.isoformat()})
        self.say(f"   the sweeper at {at:%H:%M} UTC → {swept}")


def _zone_where_it_is(hour: int) -> str:
    """Name a zone whose clock says some minutes past that hour now."""
    ahead = (hour - datetime.now(UTC).hour + 12) % 24 - 12
    return f"Etc/GMT{-ahead:+d}" if ahead else "Etc/GMT"  # POSIX: what is ahead of Greenwich has a minus


def _today_in_chicago() -> date:
    return datetime.now(ZoneInfo("America/Chicago")).date()
