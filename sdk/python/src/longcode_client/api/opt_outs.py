"""Who may not be texted, and replies that may be opt-outs.

`make openapi` writes this module from docs/openapi.json.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from longcode_client.api.shared import Means
from longcode_client.calls import Calls, in_path
from longcode_client.items import Items

# How a client asked staff for no more texts, or that staff know of it from a list of another service.
Channel = Literal["phone", "email", "in_person", "letter", "list", "other"]


class ClientWithPhone(TypedDict):
    """A client whose record has the phone of a question."""

    id: str
    first_name: str
    last_name: str


class HistoryEntry(TypedDict):
    """One event of a phone's history.

    An event that `asks` is a possible opt-out: staff decide, and their answer is an event of its own. What
    staff recorded may have the `channel` by which the client asked, and on which day.
    """

    at: str
    out: bool
    asks: bool
    means: Means
    words: str
    number: str | None
    by: str | None
    channel: Channel | None
    asked_on: str | None


class OptOutForm(TypedDict):
    """An opt-out that staff record: how they learned of it, by which channel and on which day, and who records it."""

    opted_out: bool
    how: str
    by: NotRequired[str | None]
    channel: NotRequired[Channel | None]
    asked_on: NotRequired[str | None]


class OptOutState(TypedDict):
    """Whether a phone is opted out of this account's texts, and the events that concern this account."""

    phone: str
    opted_out: bool
    history: list[HistoryEntry]


class QuestionAnswer(TypedDict):
    """Whether the client opted out. With `message_id`, only if the question is about this message."""

    opted_out: bool
    message_id: NotRequired[str | None]
    by: NotRequired[str | None]


class ShownQuestion(TypedDict):
    """A reply that may be an opt-out, in its exact words. The account's texts to the phone wait for the answer."""

    phone: str
    message_id: str
    words: str
    asked_at: str
    number: str | None
    clients: list[ClientWithPhone]


class OptOutsApi(Calls):
    """Who may not be texted, and replies that may be opt-outs."""

    def show_opt_out(self, phone: str) -> OptOutState:
        """Show whether a phone is opted out.

        Only of a client, or of a phone that the studio has texted.
        """
        answer: OptOutState = self._call("GET", f"/optouts/{in_path(phone)}", repeatable=True).json()
        return answer

    def record_opt_out(self, phone: str, body: OptOutForm) -> OptOutState:
        """Record an opt-out that staff learned of.

        Only the client can end it.
        """
        answer: OptOutState = self._call("PUT", f"/optouts/{in_path(phone)}", body=body, repeatable=True).json()
        return answer

    def list_questions(self, *, limit: int | None = None, cursor: str | None = None) -> Items[ShownQuestion]:
        """List the questions that staff have not answered.

        Replies that may be opt-outs, oldest first.
        """
        return self._items("/questions", {"limit": limit}, "cursor", cursor)

    def answer_question(self, phone: str, body: QuestionAnswer) -> OptOutState:
        """Answer whether a reply was an opt-out from this studio's texts.

        If it was not, texts that waited are sent.
        """
        answer: OptOutState = self._call("PUT", f"/questions/{in_path(phone)}", body=body, repeatable=True).json()
        return answer
