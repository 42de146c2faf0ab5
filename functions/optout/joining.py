"""A form of a join page: the client is asked by text to confirm it with YES."""

from datetime import datetime

from msgspec.structs import replace

from longcode.accounts.account import Account, check_may_send
from longcode.aws.telemetry import logger
from longcode.clients import join_pages
from longcode.clients.join_pages import JoinPage, JoinRequest
from longcode.clients.words import one_line
from longcode.errors import LimitReached, RequestError
from longcode.message import MessageKind
from longcode.messages import accept, compose
from longcode.messages import store as messages
from longcode.numbers import choose
from longcode.optouts import store as optouts
from longcode.phone import to_stored

LONGEST_NAME = 60
LONGEST_NUMBER = 40
_LONGEST_STUDIO = 40  # characters of a studio's name, so that the text counts for one
_FEWEST_A_DAY = 10
BY = "Join page"
"""Who wrote the texts, as the hub shows it."""


def ask(account: Account, page: JoinPage, typed: dict[str, str], now: datetime, *, source: str, key: str) -> None:
    """Take a form, and text its phone once to ask for YES.

    Raise `RequestError` for a bad name or number, and for too many forms. Nothing that is raised or returned depends
    on what is known of the phone: one that is opted out, or had enough texts, just gets none.
    """
    name = one_line(typed.get("name", ""))
    if not name or len(name) > LONGEST_NAME or "{" in name or "}" in name:
        raise RequestError(f"Write your name, with at most {LONGEST_NAME} characters.", field="name")
    phone = _phone(account, typed.get("phone", ""), now)
    check_may_send(account)
    join_pages.count_form(account.id, source, now, most_a_day(account, now))
    blocks = optouts.pair_blocks([(account.id, phone)], account.number_since)
    if blocks.blocked or blocks.asked or not join_pages.count_text(account.id, phone, now):
        logger.info("no text for a form of the join page", extra={"account": account.id})
        return
    request = JoinRequest(
        account=account.id,
        phone=phone,
        id=compose.request_id(account.id, f"join {phone} {key}"),
        name=name,
        at=now,
        code=page.code,
        version=page.version,
    )
    join_pages.put_request(request)
    _text(account, request, now)


def most_a_day(account: Account, now: datetime) -> int:
    """Return how many forms a page takes in a day: a tenth of the plan, so that strangers do not use up the plan."""
    return max(_FEWEST_A_DAY, min(join_pages.MOST_A_DAY, accept.plan_at(account, now).included_units // 10))


def text_to_confirm(account: Account) -> str:
    """Return the text that asks a client to confirm the form."""
    studio = account.name.strip()[:_LONGEST_STUDIO].strip()
    return f"Reply YES to get texts from {studio}. Msg & data rates may apply. Reply STOP to get none, HELP for help."


def _phone(account: Account, typed: str, now: datetime) -> str:
    try:
        phone = to_stored(typed.strip()[:LONGEST_NUMBER], account.country_code)
        ours = choose.ours_among(account, [phone], now)
        if refusal := compose.number_refusal(phone, False, choose.destinations_of(account, ours), "phone"):
            raise RequestError("This number gets no texts from us. Use a mobile number of this country.")
    except RequestError as refusal:
        refusal.field = "phone"
        raise
    return phone


def _text(account: Account, request: JoinRequest, now: datetime) -> None:
    words = accept.final_texts(text_to_confirm(account), account, [request.phone], now, field="body", introduce=False)
    draft = compose.draft(
        account=account.id,
        message_id=request.text_id,
        kind=MessageKind.INDIVIDUAL,
        phone=request.phone,
        body=words[request.phone],
        now=now,
    )
    try:
        accept.write(account, choose.with_own_number(account, [replace(draft, by=BY)]), now)
    except messages.AlreadyAccepted:
        logger.info("the form was sent twice", extra={"account": account.id})
    except LimitReached as refusal:
        logger.warning("no text for a form of the join page: %s", refusal.code, extra={"account": account.id})
