"""The text to the phone of a join page's form, and the YES to it, by which the client's record allows texts."""

from datetime import datetime

from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, check_may_send
from longcode.aws.telemetry import logger
from longcode.clients import join_pages
from longcode.clients import store as client_store
from longcode.clients.client import Client, Phone, with_writer
from longcode.clients.join_pages import JoinRequest
from longcode.clients.permission import Consent, ConsentMeans, Via, Writer
from longcode.errors import BoundReached, RequestError
from longcode.jobs import AskToJoin, HandleKeyword
from longcode.message import MessageKind
from longcode.messages import accept, compose, replies
from longcode.messages import store as messages
from longcode.numbers import choose
from longcode.numbers import store as numbers
from longcode.optouts import store as optouts
from longcode.plans.bounds import Bounded
from longcode.plans.room import Room

BY = "Join page"
"""Who wrote the texts, as the hub shows it."""

_LONGEST_STUDIO = 40  # characters of a studio's name, so that the text counts for one
_WRITER = Writer(via=Via.JOIN_PAGE)


def text(job: AskToJoin, now: datetime) -> None:
    """Text the phone of a form, unless it is opted out, had enough such texts, or the account sends none now."""
    account = accounts.get_or_raise(job.account)
    blocks = optouts.pair_blocks([(account.id, job.phone)], account.number_since)
    if blocks.blocked or blocks.asked or not join_pages.count_text(account.id, job.phone, now):
        logger.info("no text for a form of the join page", extra={"account": account.id})
        return
    request = JoinRequest(
        account=account.id,
        phone=job.phone,
        id=compose.request_id(account.id, f"join {job.phone} {job.key}"),
        name=job.name,
        at=job.at,
        code=job.code,
        version=job.version,
    )
    join_pages.put_request(request)
    try:
        _send(account, request, now)
    except messages.AlreadyAccepted:
        logger.info("the form was sent twice", extra={"account": account.id})
    except RequestError as refusal:
        logger.warning("no text for a form of the join page: %s", refusal.code, extra={"account": account.id})


def text_to_confirm(account: Account) -> str:
    """Return the text that asks a client to confirm the form."""
    studio = account.name.strip()[:_LONGEST_STUDIO].strip()
    return f"Reply YES to get texts from {studio}. Msg & data rates may apply. Reply STOP to get none, HELP for help."


def waiting(job: HandleKeyword, now: datetime) -> JoinRequest | None:
    """Return the form of a join page that a YES confirms, or None.

    A YES to another question of the studio confirms none: the text of the form is the last one that came before it.
    """
    request = join_pages.request_of(job.account, job.phone, now) if job.account else None
    is_answered = request is not None and request.at <= job.at and _last_text_before(job) == request.text_id
    return request if request and is_answered and not _has_stopped_since(request, now) else None


def confirm(request: JoinRequest, words: str, now: datetime) -> bool:
    """Allow texts to the phone of a form, on the records that have it or on a new one; return whether that was done.

    A record that did not allow texts allows them to this phone only: the SMS boxes of its other numbers are unticked,
    because only whoever has this phone has agreed. Nothing is done for an opted-out phone, or without room for a
    client. It may be repeated.
    """
    account = accounts.get(request.account)
    if account is None or optouts.blocked([(account.id, request.phone)], account.number_since):
        return False
    consent = Consent(
        means=ConsentMeans.WEB_FORM, source=f"/join/{request.code}", words_version=request.version, words=words
    )
    for client_id in client_store.with_phone(account.id, request.phone):
        client_store.change(account.id, client_id, lambda old: _allowing(old, request, consent, now), consent=consent)
    try:
        if not client_store.with_phone(account.id, request.phone):
            _create(account, request, consent, now)
    except BoundReached:
        logger.warning("no room for a client of the join page", extra={"account": account.id})
        return False
    return True


def link_messages(request: JoinRequest, reply_id: str) -> None:
    """Link the text of a form and the YES to it to the client; a YES that is not written yet is linked later."""
    for message in messages.get_many([(request.account, request.text_id), (request.account, reply_id)]):
        replies.link_to_client(message)


def _has_stopped_since(request: JoinRequest, now: datetime) -> bool:
    """Return whether the phone has opted out since the form, even if it has started again."""
    events = optouts.phone_history(request.phone, now)
    return any(event.out and not event.asks and event.at >= request.at for event in events)


def _last_text_before(job: HandleKeyword) -> str | None:
    """Return the id of the account's last text to the phone before it replied, None if that is not known."""
    last = next((one for one in numbers.last_texts_to(job.phone, job.number) if one.account == job.account), None)
    sent = {**last.lately, last.message_id: last.at.timestamp()} if last else {}
    before = {message_id: at for message_id, at in sent.items() if at <= job.at.timestamp()}
    return max(before, key=lambda message_id: before[message_id], default=None)


def _allowing(old: Client | None, request: JoinRequest, consent: Consent, now: datetime) -> Client | None:
    if old is None:
        return None
    phones = old.phones
    if not old.allow_text_marketing:
        phones = tuple(replace(phone, sms=phone.number == request.phone) for phone in phones)
    allowing = replace(old, phones=phones, allow_text_marketing=True, made_by_text=False, updated_at=now)
    return with_writer(old, allowing, _WRITER, consent)


def _create(account: Account, request: JoinRequest, consent: Consent, now: datetime) -> None:
    first, _, last = request.name.partition(" ")
    new = Client(
        account=account.id,
        id=f"join-{request.id}",
        updated_at=now,
        first_name=first,
        last_name=last,
        phones=(Phone(number=request.phone, entered=request.phone),),
        allow_text_marketing=True,
    )
    room = Room(account.id, account.plan_changes, Bounded.CLIENTS, now)
    client_store.change(
        account.id, new.id, lambda old: with_writer(old, new, _WRITER, consent), room.take, consent=consent
    )


def _send(account: Account, request: JoinRequest, now: datetime) -> None:
    check_may_send(account)
    words = accept.final_texts(text_to_confirm(account), account, [request.phone], now, field="body", introduce=False)
    draft = compose.draft(
        account=account.id,
        message_id=request.text_id,
        kind=MessageKind.INDIVIDUAL,
        phone=request.phone,
        body=words[request.phone],
        now=now,
    )
    accept.write(account, choose.with_own_number(account, [replace(draft, by=BY)]), now)
