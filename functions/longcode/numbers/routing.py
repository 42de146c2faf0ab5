"""The rules of our numbers: which number an account texts a phone from, and which account a reply belongs to."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from longcode.message import Message

NOTED_EVERY = timedelta(days=1)
"""How often the replies of a conversation are noted: its last word may be this much later than the noted one."""

REACH = timedelta(days=60) + NOTED_EVERY
"""How long after its last noted word a conversation can still be meant by a reply."""

CLOCKS_DIFFER = timedelta(minutes=1)
"""The most that the carrier's clock and ours differ."""

_HOUR_SECONDS = 3600


class EarlierText(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A text of a conversation before its last one. One that an older release did not keep has an empty id."""

    message_id: str
    at: datetime
    client_id: str | None = None


class LastText(Struct, frozen=True, kw_only=True):
    """An account's last text to a phone from one of our numbers.

    `lately` has its texts of the last hour: by message id, the epoch seconds at which the text was sent. For a shared
    number, `since` is the time of its first text to the phone, `replied_at` that of the phone's last reply, and
    `earlier` has the texts before the last one that may have reached the phone, oldest first; None in an item that an
    older release wrote.
    """

    account: str
    phone: str
    number: str
    message_id: str
    at: datetime
    client_id: str | None = None
    lately: dict[str, int] = {}
    since: datetime | None = None
    replied_at: datetime | None = None
    earlier: tuple[EarlierText, ...] | None = None

    @property
    def last_word_at(self) -> datetime:
        """Return the time of the last text or reply that is known."""
        return max(self.at, self.replied_at or self.at)


def last_text_of(text: Message, at: datetime) -> LastText:
    """Return a text as its account's last one to the phone, sent at `at`."""
    return LastText(
        account=text.account,
        phone=text.phone,
        number=text.number,
        message_id=text.id,
        client_id=text.client_id,
        at=at,
    )


class AttributionRule(StrEnum):
    """The rule that attributed a reply."""

    CARRIER_REFERENCE = "carrier_reference"
    DEDICATED_NUMBER = "dedicated_number"
    LAST_TEXTED = "last_texted"
    OPERATOR = "operator"


class Attribution(Struct, frozen=True, kw_only=True):
    """The account that a reply belongs to, the rule that decided, and the other accounts that it may be for.

    `answers` is the id of the text that the reply answers, `client_id` the client of that text.
    """

    rule: AttributionRule
    account: str
    answers: str | None
    client_id: str | None
    candidates: tuple[str, ...]


class Unclear(Struct, frozen=True):
    """The accounts that a reply may be for, where nothing makes one of them certain: a person decides."""

    candidates: tuple[str, ...]


def our_numbers(own: str | None, shared: Sequence[str]) -> tuple[str, ...]:
    """Return the numbers that an account must not text: the shared ones and its own, whose texts would come back."""
    return (*shared, own) if own else tuple(shared)


def after_text(before: LastText | None, text: LastText, most_an_hour: int) -> LastText | None:
    """Return `text` with the account's texts of the last hour, or None if these would be more than `most_an_hour`.

    A text that is tried again is counted once.
    """
    lately = _within_hour([before] if before else [], text.at)
    if text.message_id not in lately and len(lately) >= most_an_hour:
        return None
    return replace(text, lately=lately | {text.message_id: int(text.at.timestamp())})


def hour_frees_at(texts: Iterable[LastText], at: datetime, most_an_hour: int) -> datetime | None:
    """Return when an account with these last texts to a phone may send the next one; None if it may already."""
    sent_at = sorted(_within_hour(texts, at).values())
    if len(sent_at) < most_an_hour:
        return None
    return datetime.fromtimestamp(sent_at[-most_an_hour] + _HOUR_SECONDS, UTC)


def _within_hour(texts: Iterable[LastText], at: datetime) -> dict[str, int]:
    now = int(at.timestamp())
    every = [sent for text in texts for sent in text.lately.items()]
    return {message_id: sent_at for message_id, sent_at in every if abs(now - sent_at) < _HOUR_SECONDS}


def meant_by(texts: Iterable[LastText], received_at: datetime) -> list[LastText]:
    """Return the last texts that a reply may answer, the newest first, among those over the number it was sent to.

    Those are the ones within reach that were sent before the reply was received. If there are none, they are all
    whose conversation may have begun before that.
    """
    newest_first = sorted(texts, key=lambda text: (text.last_word_at, text.account), reverse=True)
    earlier = [text for text in newest_first if (text.since or text.at) <= received_at + CLOCKS_DIFFER] or [
        text for text in newest_first if text.since is None
    ]
    return [text for text in earlier if received_at < text.last_word_at + REACH] or earlier


def attribute(
    texts: Iterable[LastText],
    received_at: datetime,
    *,
    answered: LastText | None = None,
    owner: str | None = None,
) -> Attribution | Unclear | None:
    """Return the account that a reply belongs to, `Unclear` if it may be for several, None if for none.

    `texts` are the last texts of each account to the phone, from the number that it replied to. `answered` is the
    text that the reply answers according to the carrier, `owner` the account that the number is dedicated to.
    The reply is for the only account that it can be for: that is `owner`, unless another account texted the phone
    when the number was shared or its own. `answered` chooses a text of that account, not between accounts, because it
    may be no more than the newest text to the phone.
    """
    known = list(texts)
    meant = meant_by(known, received_at)
    if owner:
        meant = [text for text in meant if received_at < text.last_word_at + REACH]
    named = [
        *([owner] if owner else []),
        *(text.account for text in meant),
        *([answered.account] if answered else []),
    ]
    accounts = tuple(dict.fromkeys(named))
    if len(accounts) > 1:
        return Unclear(accounts)
    if answered:
        return _attribution(AttributionRule.CARRIER_REFERENCE, answered.account, answered, known, owner)
    if owner:
        owners_text = next((_as_of(text, received_at) for text in known if text.account == owner), None)
        return _attribution(AttributionRule.DEDICATED_NUMBER, owner, owners_text, known, owner)
    if not meant:
        return None
    answers = _as_of(meant[0], received_at)
    return _attribution(AttributionRule.LAST_TEXTED, answers.account, answers, known, owner)


def _attribution(
    rule: AttributionRule, account: str, answers: LastText | None, known: Iterable[LastText], owner: str | None
) -> Attribution:
    newest_first = sorted(known, key=lambda text: (text.last_word_at, text.account), reverse=True)
    others = dict.fromkeys([owner, *(text.account for text in newest_first)])
    return Attribution(
        rule=rule,
        account=account,
        answers=answers.message_id if answers else None,
        client_id=answers.client_id if answers else None,
        candidates=tuple(other for other in others if other and other != account),
    )


def _as_of(last: LastText, at: datetime) -> LastText:
    """Return the last text as of an instant, as far as `lately` reaches back; its client is then not known."""
    before = {message_id: epoch for message_id, epoch in last.lately.items() if epoch <= at.timestamp()}
    if last.at <= at or not before:
        return last
    message_id = max(before, key=lambda message_id: (before[message_id], message_id))
    sent_at = datetime.fromtimestamp(before[message_id], UTC)
    return replace(last, message_id=message_id, at=sent_at, client_id=None)


def client_of_reply(texted: str | None, with_phone: Mapping[str, bool]) -> str | None:
    """Return the client that a reply belongs to: the one who was texted, or the only one with the phone, or None."""
    if texted in with_phone:
        return texted
    return next(iter(with_phone)) if len(with_phone) == 1 else None
