"""STOP, START and HELP at the carrier: what Twilio reads as a keyword, answers by itself, and blocks.

https://help.twilio.com/articles/223134027, https://www.twilio.com/docs/messaging/tutorials/advanced-opt-out
"""

from enum import StrEnum


class Keyword(StrEnum):
    """What a keyword means; the values are those of `OptOutType`."""

    STOP = "STOP"
    START = "START"
    HELP = "HELP"


class Handling(StrEnum):
    """Who handles keywords.

    `webhook`: the service alone; Twilio's own handling is turned off. `default`: Twilio answers and blocks, and the
    webhook does not say so. `advanced` (Advanced Opt-Out): the same, but the webhook of a number in a Messaging
    Service has an `OptOutType`.
    """

    WEBHOOK = "webhook"
    DEFAULT = "default"
    ADVANCED = "advanced"


_WORDS = {
    Keyword.STOP: "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT REVOKE OPTOUT",
    Keyword.START: "START YES UNSTOP",
    Keyword.HELP: "HELP INFO",
}
_KEYWORDS = {word: keyword for keyword, words in _WORDS.items() for word in words.split()}

ANSWERS = {
    Keyword.STOP: "You have successfully been unsubscribed. You will not receive any more messages from this number."
    " Reply START to resubscribe.",
    Keyword.START: "You have successfully been re-subscribed to messages from this number. Reply HELP for help."
    " Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
    Keyword.HELP: "Reply STOP to unsubscribe. Msg&Data Rates May Apply.",
}


def read(body: str) -> Keyword | None:
    """Return the keyword that a text consists of, in any case; None if it has other words too."""
    return _KEYWORDS.get(body.strip().upper())


class Blocks:
    """Phones that said STOP to a sender, which is a number or a Messaging Service with all its numbers.

    Not thread-safe: the network uses it within its lock.
    """

    def __init__(self) -> None:
        self._blocked: dict[str, set[str]] = {}

    def apply(self, keyword: Keyword, sender: str, phone: str) -> bool:
        """Block or unblock a pair; return whether Twilio answers.

        It always answers HELP, and STOP and START when they change something.
        """
        senders = self._blocked.setdefault(phone, set())
        if keyword is Keyword.HELP:
            return True
        if (sender in senders) == (keyword is Keyword.STOP):
            return False
        (senders.add if keyword is Keyword.STOP else senders.remove)(sender)
        return True

    def of(self, phone: str) -> frozenset[str]:
        """Return the senders that a phone blocks."""
        return frozenset(self._blocked.get(phone, ()))

    def clear(self) -> None:
        self._blocked.clear()
