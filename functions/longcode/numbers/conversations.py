"""The conversations of all accounts with one phone over the shared numbers, and who gets which number.

Two accounts never share a number towards a phone while either conversation is live (decision 63).
"""

from collections.abc import Callable, Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from longcode.numbers.routing import NOTED_EVERY, REACH, EarlierText, LastText, after_text

LIVE = timedelta(days=30) + NOTED_EVERY
"""How long after its last noted word, a text or a reply, an account has its number to itself for the phone."""

MOST_AN_HOUR = 40
"""How many texts all accounts together may send to a phone over the shared numbers in an hour."""

EVEN_THEN = 5
"""How many texts an hour an account may send beyond that to a phone with which it has talked for over an hour.

Other accounts, which may be one person's, could otherwise stop its conversation by texts of their own.
"""

_HOUR_SECONDS = 3600
_KEPT = 20  # conversations of a phone that are remembered besides those within reach
_RECEIPTS_COME_WITHIN = timedelta(days=4)  # a text's longest validity, and the latest receipt after that
_MOST_WITHOUT_RECEIPT = 20  # earlier texts of a conversation that are remembered


class Conversations(Struct, frozen=True, kw_only=True):
    """The last texts to a phone over the shared numbers: one for each account and number, as stored in one item.

    `blocked` are the numbers that the carrier blocks for the phone, `opted_in_over` the one to which it texted START
    after that. `numbers` has the sticky sender of each account, as releases stored it that kept no last texts here.
    """

    phone: str
    texts: tuple[LastText, ...] = ()
    blocked: frozenset[str] = frozenset()
    opted_in_over: str | None = None
    numbers: dict[str, str] = {}
    version: int = 0

    def of(self, account: str) -> list[LastText]:
        """Return an account's conversations with the phone, the newest first."""
        return sorted((text for text in self.texts if text.account == account), key=_last_word_at, reverse=True)

    def over(self, number: str) -> list[LastText]:
        """Return each account's conversation over a number."""
        return [text for text in self.texts if text.number == number]

    def usable(self, shared: Sequence[str]) -> Sequence[str]:
        """Return the shared numbers that the carrier does not block for the phone; all of them if it blocks each."""
        return [number for number in shared if number not in self.blocked] or shared

    def sticky_sender(self, account: str, shared: Sequence[str]) -> str | None:
        """Return the number over which the account talks with the phone; None if it must get one."""
        usable = self.usable(shared)
        known = [text.number for text in self.of(account)] or [self.numbers.get(account, "")]
        return next((number for number in known if number in usable), None)


class TextRefusal(StrEnum):
    """Why a text may not go to its phone now. NO_SHARED_NUMBER also stands for the hourly limit of all accounts."""

    TOO_MANY_TO_PHONE = "too_many_to_phone"
    NO_SHARED_NUMBER = "no_shared_number"


class NumberChoice(Struct, frozen=True, kw_only=True):
    """What a number is chosen from: the shared ones, those of them that are parked, and the secret rank of each."""

    shared: Sequence[str]
    parked: Collection[str] = ()
    rank: Callable[[str], str]


def free_number(known: Conversations, account: str, choice: NumberChoice, now: datetime) -> str | None:
    """Return the number over which an account texts the phone, or None if others talk with it over each number.

    An account keeps its sticky sender unless another has the number by now. Otherwise it gets the number to which the
    phone texted START, or else the one over which a reply can be for the fewest other accounts; `rank` decides
    between equals, so that the number tells nothing about other accounts. Parked numbers are the last choice.
    """
    free = [number for number in known.usable(choice.shared) if not _is_taken(known, number, account, now)]
    sticky = known.sticky_sender(account, choice.shared)
    for preferred in (sticky, known.opted_in_over):
        if preferred in free:
            return preferred
    free = [number for number in free if number not in choice.parked] or free
    others = {number: _count_others(known, number, account, now) for number in free}
    equal = [number for number in free if others[number] == min(others.values())]
    return min(equal, key=choice.rank) if len(equal) > 1 else next(iter(equal), None)


def _is_taken(known: Conversations, number: str, account: str, now: datetime) -> bool:
    return any(text.account != account and now < text.last_word_at + LIVE for text in known.over(number))


def _count_others(known: Conversations, number: str, account: str, now: datetime) -> int:
    """Return for how many other accounts a reply over a number could be."""
    within_reach = {text.account for text in known.over(number) if now < text.last_word_at + REACH}
    earlier = {name for name, sticky in known.numbers.items() if sticky == number}
    return len((within_reach | earlier) - {account})


def with_text(
    known: Conversations, text: LastText, most_an_hour: int, choice: NumberChoice
) -> tuple[Conversations, str] | TextRefusal:
    """Return the conversations with a text that is about to be sent, and the number that it gets.

    `most_an_hour` is the account's limit to one phone. A text that is tried again is counted once.
    """
    number = free_number(known, text.account, choice, text.at)
    if number is None or _is_crowded(known, text):
        return TextRefusal.NO_SHARED_NUMBER
    own = known.of(text.account)
    lately = {message_id: at for other in own for message_id, at in other.lately.items()}
    after = after_text(replace(text, lately=lately), replace(text, number=number), most_an_hour)
    if after is None:
        return TextRefusal.TOO_MANY_TO_PHONE
    same = next((other for other in own if other.number == number), None)
    began, replied_at = (same.since or same.at, same.replied_at) if same else (text.at, None)
    earlier = _kept([one for one in _texts_of(same) if one.message_id != text.message_id] if same else [], text.at)
    others = [other for other in known.texts if (other.account, other.number) != (text.account, number)]
    texts = _pruned([replace(after, since=began, replied_at=replied_at, earlier=earlier), *others], text.at)
    return replace(known, texts=texts), number


def _is_crowded(known: Conversations, text: LastText) -> bool:
    """Return whether all accounts together have sent as many texts to the phone in the last hour as they may."""
    now = text.at.timestamp()
    others = {
        (one.account, name)
        for one in known.texts
        for name, at in one.lately.items()
        if abs(now - at) < _HOUR_SECONDS and (one.account, name) != (text.account, text.message_id)
    }
    began = min((one.since or one.at for one in known.of(text.account)), default=text.at)
    own = sum(account == text.account for account, _ in others)
    is_standing = began.timestamp() <= now - _HOUR_SECONDS and own < EVEN_THEN
    return len(others) >= MOST_AN_HOUR and not is_standing


def with_reply(known: Conversations, account: str, number: str, at: datetime) -> Conversations:
    """Return the conversations with a reply to an account, which keeps the conversation live."""
    return replace(
        known,
        texts=tuple(
            replace(text, replied_at=at)
            if (text.account, text.number) == (account, number) and text.last_word_at < at
            else text
            for text in known.texts
        ),
    )


def with_gone_text(known: Conversations, text: LastText) -> Conversations:
    """Return the conversations with a text that the carrier has, and that may not be among them."""
    same = next((one for one in known.of(text.account) if one.number == text.number), None)
    if same is None:
        return replace(known, texts=(*known.texts, replace(text, since=text.at, earlier=())))
    gone = EarlierText(message_id=text.message_id, at=text.at, client_id=text.client_id)
    others = [one for one in _texts_of(same) if one.message_id != text.message_id]
    return replace(known, texts=tuple(_of_texts(one, [*others, gone]) if one is same else one for one in known.texts))


def without_text(known: Conversations, account: str, message_id: str) -> Conversations:
    """Return the conversations without a text that did not reach its phone.

    The text before it is the last one again. A conversation in which no other text may have reached the phone ends,
    unless the phone has replied: then it stays as it is.
    """
    texts: list[LastText] = []
    for one in known.texts:
        others = [text for text in _texts_of(one) if text.message_id != message_id]
        if one.account != account or one.replied_at or len(others) == len(_texts_of(one)):
            texts.append(one)
        elif others:
            texts.append(_of_texts(one, others))
    return replace(known, texts=tuple(texts))


def _texts_of(one: LastText) -> list[EarlierText]:
    """Return the texts of a conversation that may have reached the phone, oldest first."""
    earlier = one.earlier or ()
    if one.earlier is None and one.since and one.since < one.at:
        earlier = (EarlierText(message_id="", at=one.since),)
    return [*earlier, EarlierText(message_id=one.message_id, at=one.at, client_id=one.client_id)]


def _of_texts(one: LastText, texts: Sequence[EarlierText]) -> LastText:
    """Return a conversation as one of these texts."""
    *earlier, last = sorted(texts, key=lambda text: text.at)
    changes = {"message_id": last.message_id, "at": last.at, "client_id": last.client_id}
    return replace(one, earlier=_kept(earlier, last.at), **changes)


def _kept(earlier: Sequence[EarlierText], now: datetime) -> tuple[EarlierText, ...]:
    """Return the texts that are remembered: those for which a receipt can still come, and the newest before these.

    A text that failed has been removed, so this newest one has reached its phone, as far as anybody knows.
    """
    settled = [text for text in earlier if text.at + _RECEIPTS_COME_WITHIN <= now]
    others = [text for text in earlier if now < text.at + _RECEIPTS_COME_WITHIN]
    return (*settled[-1:], *others[-_MOST_WITHOUT_RECEIPT:])


def _last_word_at(text: LastText) -> datetime:
    return text.last_word_at


def _pruned(texts: Sequence[LastText], now: datetime) -> tuple[LastText, ...]:
    newest_first = sorted(texts, key=_last_word_at, reverse=True)
    return tuple(text for index, text in enumerate(newest_first) if index < _KEPT or now < text.last_word_at + REACH)
