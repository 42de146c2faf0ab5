"""The steps of the story about replies: two studios that share a client, each over a number of its own."""

from infra.local.sending_story import SendingStory
from infra.local.visitors import Studio

_CARMEN = "+12125550103"


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
