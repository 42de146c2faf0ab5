"""The checks before a text is sent: opt-outs and possible ones, the account's status, the broadcast's state."""

from msgspec import Struct

from longcode.message import HoldReason, Message
from longcode.numbers.conversations import Conversations
from longcode.numbers.routing import LastText
from longcode.usage.habit import Activity


class SendChecks(Struct, frozen=True, kw_only=True):
    """The facts that decide whether texts are refused, cancelled or held.

    Phones and broadcasts are named together with their account.
    """

    opted_out: set[tuple[str, str]]
    unanswered: set[tuple[str, str]]  # staff have yet to answer whether the recipient opted out
    cancelled: set[tuple[str, str | None]]
    paused: set[tuple[str, str | None]]
    not_texted: dict[tuple[str, str], str]  # phones that get no texts, with the code of the reason
    may_not_send: dict[str, str]  # accounts that may not send, with the code of the reason
    own_numbers: dict[str, str]  # by account
    most_an_hour: dict[str, int]  # how many texts an account may send to one phone in an hour
    last_texts: dict[tuple[str, str, str], LastText]  # over dedicated numbers, by account, phone and number
    conversations: dict[str, Conversations]  # over the shared numbers, by phone
    abroad: set[tuple[str, str]]  # phones in another country than the account
    sent_today: dict[str, Activity]  # by account
    ceilings: dict[str, int]  # how many units an account may send in a day at most, by account
    filled_hours: set[str]  # accounts that have noted lately that a phone has an hour's texts
    parked: set[str]  # our numbers from which the carrier delivers nothing until the operator acts

    def stops(self, message: Message) -> bool:
        """Return whether anything keeps the text from being sent."""
        return bool(self.refusal(message) or self.is_cancelled(message) or self.held(message))

    def refusal(self, message: Message) -> str | None:
        """Return the code of the reason to refuse the text, or None.

        While an account may not send, its single texts are refused, and its broadcasts' texts are held.
        """
        if (message.account, message.phone) in self.opted_out:
            return "opted_out"
        if code := self.not_texted.get((message.account, message.phone)):
            return code
        return None if message.broadcast else self.may_not_send.get(message.account)

    def is_cancelled(self, message: Message) -> bool:
        """Return whether the text belongs to a cancelled broadcast."""
        return (message.account, message.broadcast) in self.cancelled

    def held(self, message: Message) -> HoldReason | None:
        """Return why the text has to wait, or None."""
        if (message.account, message.broadcast) in self.paused or self.pauses_broadcast(message):
            return HoldReason.PAUSED
        if message.number in self.parked:
            return HoldReason.PARKED
        if (message.account, message.phone) in self.unanswered:
            return HoldReason.ASKED
        return HoldReason.CEILING if self.is_at_ceiling(message.account) else None

    def is_at_ceiling(self, account: str) -> bool:
        """Return whether an account has sent as many units today as it may. The service itself has no ceiling."""
        return account in self.ceilings and self.sent_today[account].units_handed_over >= self.ceilings[account]

    def pauses_broadcast(self, message: Message) -> bool:
        """Return whether the text's broadcast must be paused because its account may not send."""
        return message.broadcast is not None and message.account in self.may_not_send
