"""Why a text did not go, or what it waits for and until when, as a sentence for the operator, and what would help."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from longcode import windows
from longcode.accounts.account import SERVICE, Account, send_refusal
from longcode.broadcasts.broadcast import Broadcast
from longcode.carriers.carrier import RefusalReason
from longcode.carriers.refusals import meaning_of_error
from longcode.message import Direction, HoldReason, Message, MessageState
from longcode.messages.lookup import UNCERTAIN
from longcode.months import utc
from longcode.numbers.routing import AttributionRule

_LATE = timedelta(minutes=5)  # after its time, a text that has not moved shows that a worker does not run
_RECEIPTS_COME = timedelta(hours=1)
_HISTORY = "`longcode phones show` has the history of its consent."
_ONLY_THE_CLIENT = f"Only the client can start again, by texting START to the number. {_HISTORY}"
_RELEASE = "Remove the cause at the carrier, then `longcode parked release`. Until then no text goes from there."
_MOBILE = "The studio needs a mobile number of the client."
_SEND_AGAIN = "The studio can send it again, if it is still of use."
_LOGS = "`longcode logs text` has what the service wrote about it."


class Why(Struct, frozen=True):
    """What became of a text, in a sentence, and what would help; "" if nothing has to be done."""

    why: str
    help: str = ""


class Known(Struct, frozen=True, kw_only=True):
    """What is known besides the text: None is not read, or absent.

    `number_parked` is the code for which the carrier gave back texts of the text's number.
    """

    account: Account | None = None
    broadcast: Broadcast | None = None
    number_parked: str | None = None
    segments_a_second: float | None = None


_REFUSED: Mapping[str, Why] = {
    "opted_out": Why("The client had opted out.", _ONLY_THE_CLIENT),
    "too_many_to_phone": Why(
        "The phone had as many texts of this account within the hour as it may get.",
        "The studio can send it again an hour later.",
    ),
    "no_shared_number": Why(
        "No shared number was free for the phone: other studios talk with it over each of them, or it had as many"
        " texts within the hour as it may get from all studios.",
        "Give the studio a number of its own (`longcode numbers assign`), or add a shared number.",
    ),
    "country_not_allowed": Why(
        "The account does not text the country of the phone.",
        "An approved studio adds the country itself, if the parameter AllowedCountries has it.",
    ),
    "number_type_not_allowed": Why(
        "The phone has a number of a kind that gets no texts, such as a premium or a toll-free number.",
        _MOBILE,
    ),
    "our_own_number": Why(
        "The phone is one of the numbers that texts are sent from.", "The studio needs the client's own number."
    ),
    "account_suspended": Why(
        "The account was suspended when the text was due.",
        "`longcode accounts restore` lets the account send again; then the studio sends the text again.",
    ),
    "account_closed": Why(
        "The account was closed when the text was due.", "`longcode accounts reopen` opens the account again."
    ),
}

_HELD: Mapping[HoldReason, Why] = {
    HoldReason.QUIET_HOURS: Why(
        "quiet hours have begun where the client is", "The text goes by itself when they end."
    ),
    HoldReason.PARKED: Why("the carrier refuses texts for a reason on our side", _RELEASE),
    HoldReason.PAUSED: Why("its broadcast is paused", "The studio resumes the broadcast in the hub, or cancels it."),
    HoldReason.ASKED: Why(
        "a reply of the client may mean “stop”, and the studio has not answered whether it does",
        "The studio answers the question in the hub, on the page Opt-outs.",
    ),
    HoldReason.CEILING: Why(
        "the account, or the whole service, has sent as many units today as it may",
        "`longcode accounts set-ceiling` raises the ceiling of an account. Held texts are checked every hour.",
    ),
}

_HELPS: Mapping[RefusalReason, str] = {
    RefusalReason.TRY_AGAIN: _SEND_AGAIN,
    RefusalReason.TRY_LATER: "The studio can send it again tomorrow: the carrier has a limit for each day.",
    RefusalReason.TRY_ONCE_LATER: "The studio can send it again later, or call the client.",
    RefusalReason.BAD_NUMBER: "The studio should ask the client for another number.",
    RefusalReason.NO_SUCH_NUMBER: "The studio should check the number with the client.",
    RefusalReason.NOT_MOBILE: _MOBILE,
    RefusalReason.OPTED_OUT: _ONLY_THE_CLIENT,
    RefusalReason.FILTERED: "The studio should write it in other words, without links and capitals.",
    RefusalReason.BAD_TEXT: "The studio should write it in other words.",
    RefusalReason.PARKED: _RELEASE,
    RefusalReason.INVALID: f"Our own settings or request are at fault. {_LOGS}",
    RefusalReason.UNKNOWN: "The studio can send it again, or call the client.",
}

_RULES: Mapping[str | None, str] = {
    AttributionRule.CARRIER_REFERENCE: "the carrier names the text that it answers",
    AttributionRule.DEDICATED_NUMBER: "the number is the account's own",
    AttributionRule.LAST_TEXTED: "no other account can be meant: only this one talked with the phone over the number",
    AttributionRule.OPERATOR: "the operator gave it to the account",
}


def of(text: Message, known: Known, now: datetime) -> Why:
    """Return what became of a text, or what it waits for."""
    if text.direction is Direction.IN:
        return _of_reply(text)
    match text.state:
        case MessageState.DELIVERED:
            return Why(f"It was delivered{_on(text.finished_at)}.")
        case MessageState.SENT:
            return _sent(text, now)
        case MessageState.UNDELIVERED:
            return _given_up("The carrier took it and did not deliver it", text)
        case MessageState.FAILED if text.error == UNCERTAIN:
            return Why(
                "The carrier did not say whether it took the text, so it may have arrived. It is not charged.",
                "The studio should ask the client before it sends the text again.",
            )
        case MessageState.FAILED:
            return _given_up("The carrier refused it", text)
        case MessageState.REFUSED:
            return refused(text.error, known.account)
        case MessageState.EXPIRED:
            return _expired(text)
        case MessageState.CANCELLED:
            return _cancelled(text, known)
        case MessageState.UNCERTAIN:
            return Why(
                "The carrier did not say whether it took the text. It is not sent again meanwhile; a receipt or a"
                f" look-up at the carrier decides{_by(text.deadline)}.",
                "Nothing has to be done before that.",
            )
        case MessageState.SENDING:
            return Why(f"A worker is handing it to the carrier{_on(text.claimed_at, 'since')}.", _late(text, now))
        case _:
            return _waiting(text, known, now)


def refused(code: str | None, account: Account | None) -> Why:
    """Return why a text is refused with a code, with the reason of the account's suspension if it still is."""
    found = _REFUSED.get(code or "", Why(f"It was refused with the code {code}.", _LOGS))
    standing = send_refusal(account) if account and code == "account_suspended" else None
    return Why(f"{found.why} {standing.detail}", found.help) if standing else found


def held(reason: HoldReason, error: str | None = None) -> Why:
    """Return why a text is held, as a part of a sentence; `error` is the carrier's of one that is parked."""
    found = _HELD[reason]
    if reason is HoldReason.PARKED and error:
        return Why(_meaning(error), found.help)
    return found


def left_out(code: str | None, detail: str | None) -> Why:
    """Return why no text was made for a phone; `detail` is what its studio is told."""
    known = _REFUSED.get(code or "")
    return Why(detail or (known.why if known else f"The code is {code}."), known.help if known else "")


def at(moment: datetime) -> str:
    """Return an instant as the operator reads it: in UTC, to the minute."""
    return f"{utc(moment):%Y-%m-%d %H:%M} UTC"


def _sent(text: Message, now: datetime) -> Why:
    said = f"The carrier has it{_on(text.sent_at, 'since')} and has not reported whether it was delivered."
    if text.sent_at and now > text.sent_at + _RECEIPTS_COME:
        return Why(said, "Some phone companies report nothing. Look at the text at the carrier, by its carrier's id.")
    return Why(said, "Most reports come within minutes.")


def _given_up(begin: str, text: Message) -> Why:
    return Why(f"{begin}: {_meaning(text.error)}.", _HELPS[meaning_of_error(text.error).reason])


def _meaning(error: str | None) -> str:
    """Return what the carrier's code means, and the code: `the phone is a landline (twilio:30006)`."""
    return meaning_of_error(error).words + (f" ({error})" if error else "")


def _expired(text: Message) -> Why:
    begin = f"It was not sent by {at(windows.ends_at(text))}, until when it was worth sending"
    reason = next((hold for hold in HoldReason if hold == text.error), None)
    if reason:
        return Why(f"{begin}: {held(reason).why}.", f"{held(reason).help} {_SEND_AGAIN}")
    if text.error and ":" in text.error:
        return _given_up(begin, text)
    return Why(f"{begin}: it got no turn, or the service did not run.", f"{_SEND_AGAIN} {_LOGS}")


def _cancelled(text: Message, known: Known) -> Why:
    if text.cancelled_by:
        return Why(f"{text.cancelled_by} cancelled it in the hub{_on(text.finished_at)}.")
    if text.broadcast:
        by = known.broadcast.cancelled_by if known.broadcast else None
        return Why(f"Its broadcast was cancelled{f' by {by}' if by else ''}{_on(text.finished_at)}.")
    return Why(f"The studio's software cancelled it{_on(text.finished_at)}.")


def _waiting(text: Message, known: Known, now: datetime) -> Why:
    if text.held:
        found = held(text.held, text.error)
        if text.held is HoldReason.PAUSED and known.account and (refusal := send_refusal(known.account)):
            found = Why(
                f"its broadcast is paused. {refusal.detail}", "`longcode accounts restore`, then the studio resumes."
            )
        timed = text.held in (HoldReason.QUIET_HOURS, HoldReason.CEILING) and text.due_at and text.due_at > now
        until = (
            f" until {at(text.due_at)}" if timed and text.due_at else f", until {at(windows.ends_at(text))} at most"
        )
        return Why(f"It waits{until}: {found.why.rstrip('.')}.", found.help)
    if known.number_parked is not None:
        meaning = _meaning(f"{text.carrier or 'twilio'}:{known.number_parked}")
        return Why(f"It waits: texts from {text.number} are parked, because {meaning}.", _RELEASE)
    if text.state is MessageState.SCHEDULED and text.send_at and text.send_at > now:
        return Why(f"It waits for its time, {at(text.send_at)}, which its sender chose.")
    if _late(text, now):
        return Why(f"It should have gone{_on(text.due_at, 'by')} and has not.", _late(text, now))
    if text.error:
        again = f"The service tries again{_on(text.due_at, 'at')}, until {at(windows.ends_at(text))} at most."
        return Why(f"The carrier has not taken it yet: {_meaning(text.error)}.", again)
    if text.state is MessageState.ACCEPTED:
        return Why(f"It is accepted{_on(text.created_at, 'since')}, and its job is on the queue.")
    pace = f", which sends {known.segments_a_second:g} segments a second" if known.segments_a_second else ""
    return Why(
        f"It waits for its turn on its number{pace}. The next look at it is{_on(text.due_at, 'by')}.",
        "Long texts and broadcasts take their time; a number of the studio's own has a pace of its own.",
    )


def _late(text: Message, now: datetime) -> str:
    """Return what helps for a text that nobody has looked at in time, "" for another."""
    is_late = text.due_at is not None and now > text.due_at + _LATE
    return "The sweeper or a worker does not run: `longcode doctor` says which." if is_late else ""


def _of_reply(reply: Message) -> Why:
    rule = _RULES.get(reply.rule, f"the rule {reply.rule}")
    said = f"It is a reply, received{_on(reply.created_at)}. Account {reply.account} got it, because {rule}."
    others = ", ".join(other for other in reply.candidates if other != SERVICE)
    if not others:
        return Why(said)
    return Why(f"{said} It may also be for {others}.", "`longcode unattributed move` gives it to another account.")


def _on(moment: datetime | None, word: str = "on") -> str:
    return f" {word} {at(moment)}" if moment else ""


def _by(moment: datetime | None) -> str:
    return _on(moment, "by")
