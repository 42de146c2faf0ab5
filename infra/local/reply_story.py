"""The steps of the story about replies: two studios that share a client, and a reply that only people understand."""

from datetime import UTC, datetime, timedelta

from infra.local.sending_story import SendingStory
from infra.local.visitors import Studio, eventually

_ALICE, _CARMEN = "+12125550101", "+12125550103"


class ReplyStory(SendingStory):
    """What becomes of what clients answer."""

    wattle: Studio

    def late_reply_goes_to_the_studio_that_is_meant(self) -> None:
        """Reply late, in the thread of the studio that did not text last."""
        self.title("Carmen answers Foxglove late, in the thread that Foxglove's texts are in")
        asked = self.send(self.fox, {"client_id": "1003", "body": "Carmen, shall we print the large one?"})
        self.arrives(_CARMEN, "Carmen, shall we print the large one?")
        told = self.send(self.wattle, {"client_id": "w-1", "body": "Friday at ten, Carmen."})
        self.arrives(_CARMEN, "Friday at ten, Carmen.")
        foxs, wattles = (one["messages"][0]["number"] for one in (asked, told))
        self.check(foxs != wattles, "two studios talk with her over two numbers")
        self.phones.reply(_CARMEN, foxs, "The large one, please")
        reply = self.reply_of(self.fox, "The large one, please")
        self.check(
            reply["client_id"] == "1003", "it goes to Foxglove, linked to its Carmen, though Wattle texted last"
        )
        self.check("The large one, please" not in self.polled(self.wattle), "and not to Wattle")

    def staff_answer_a_near_miss(self) -> None:
        """Ask for no more texts without a word that opts out, and have the studio's staff decide."""
        self.title("Alice may want no more texts: Foxglove's staff decide")
        words = "please stop texting me about the prints, I have ordered them"
        self.replies(_ALICE, words)
        [question] = eventually(lambda: self.fox.ask("GET", "/questions").json["items"], "the question")
        self.show("GET /questions", None, {name: question[name] for name in ("phone", "words")})
        self.check((question["phone"], question["words"]) == (_ALICE, words), "they are asked, with her exact words")
        self.check(self.wattle.ask("GET", "/questions").json["items"] == [], "and Wattle's staff are not")
        sent = self.send(self.fox, {"client_id": "1001", "body": "Your prints are here."})
        held = self.settled(self.fox, sent["messages"][0]["id"], "queued")
        self.check(held["held"] == "asked", "a text to her waits meanwhile")
        answer = self.fox.ask("PUT", f"/questions/{_ALICE}", {"opted_out": False, "by": "Robin"})
        self.show(f"PUT /questions/{_ALICE}", {"opted_out": False, "by": "Robin"}, answer.json["history"][-1])
        self.check(not answer.json["opted_out"], "Robin says in one call that she meant the prints, not all texts")
        self.sweep(datetime.now(UTC) + timedelta(minutes=1))
        self.arrives(_ALICE, "Your prints are here.")
