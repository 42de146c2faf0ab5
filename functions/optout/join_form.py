"""The form of a join page: checks it, and asks the client by text to confirm it with YES."""

from datetime import datetime

from longcode.accounts.account import Account, check_may_send
from longcode.aws import queues
from longcode.clients import join_pages
from longcode.clients.join_pages import JoinPage
from longcode.clients.words import one_line
from longcode.errors import RequestError
from longcode.jobs import AskToJoin
from longcode.messages import accept, compose
from longcode.numbers import choose
from longcode.phone import to_stored

LONGEST_NAME = 60
LONGEST_NUMBER = 40
_FEWEST_A_DAY = 10


def ask(account: Account, page: JoinPage, typed: dict[str, str], now: datetime, *, source: str, key: str) -> None:
    """Take a form, and have its phone asked for YES by a text, once for a `key`.

    Raise `RequestError` for a bad name or number, and for too many forms. Nothing of it, nor the time that it takes,
    depends on what is known of the phone: whether it gets a text is decided by the worker.
    """
    name = one_line(typed.get("name", ""))
    if not name or len(name) > LONGEST_NAME or "{" in name or "}" in name:
        raise RequestError(f"Write your name, with at most {LONGEST_NAME} characters.", field="name")
    phone = _phone(account, typed.get("phone", ""), now)
    check_may_send(account)
    join_pages.count_form(account.id, source, now, most_a_day(account, now))
    queues.send(
        AskToJoin(account=account.id, phone=phone, name=name, key=key, code=page.code, version=page.version, at=now)
    )


def most_a_day(account: Account, now: datetime) -> int:
    """Return how many forms a page takes in a day: a tenth of the plan, so that strangers do not use up the plan."""
    return max(_FEWEST_A_DAY, min(join_pages.MOST_A_DAY, accept.plan_at(account, now).included_units // 10))


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
