"""What may be asked of POST /messages and its preview, and the check that both make."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from pydantic import Field, model_validator

from longcode import numbers, outgoing, recipients, template
from longcode.account import Account, check_may_send, countries
from longcode.aws import web
from longcode.aws.settings import settings
from longcode.client import Client, merge_values, of_number
from longcode.errors import BadPhone, NotFound, RequestError
from longcode.table import accounts, clients, opt_outs, sending
from send import spelling


class NewMessage(web.Body):
    """One text to all ticked phones of a client, to one of them, or to a number."""

    client_id: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    to: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    body: Annotated[str | None, Field(max_length=20_000)] = None
    template: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    values: Annotated[dict[str, Annotated[str, Field(max_length=200)]], Field(max_length=20)] = {}
    send_at: web.Instant | None = None

    @model_validator(mode="after")
    def has_a_text_and_somebody_to_send_it_to(self) -> "NewMessage":
        """Refuse a text to nobody, one without words, and two in one."""
        if self.client_id is None and self.to is None:
            raise ValueError("say client_id or to")
        if (self.body is None) == (self.template is None):
            raise ValueError("say either body or template")
        return self


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A request that may be sent: to whom, and what it says to each phone; `new_client` comes into being with it."""

    account: Account
    template: template.Template | None
    texts: Mapping[str, str]
    to: recipients.Recipients
    send_at: datetime | None
    new_client: Client | None


def look_up(account_id: str, form: NewMessage, request_id: str) -> sending.Known:
    """Read what a request names. Only a number in its domestic form takes a call more, for the country code."""
    return sending.look_up(
        account_id,
        client_id=form.client_id,
        template=form.template,
        phone=_number(account_id, form.to) if form.to else None,
        request_id=request_id,
    )


def check(form: NewMessage, known: sending.Known, now: datetime, *, create: bool) -> Checked:
    """Check a request against what it names; raises why it may not be sent.

    With `create`, a number that is nobody's becomes a client's, if the account wants that.
    """
    if known.account is None:
        raise NotFound("There is no such account.")
    check_may_send(known.account)
    if known.phone in numbers.ours(known.account, settings().shared_numbers):
        raise BadPhone("This is a number that texts come from.", field="to")
    send_at = outgoing.check_time(form.send_at, now)
    to = _recipients(form, known, known.account)
    words = _words(form, known, known.account, to)
    texts = spelling.texts(words, known.account, to.phones, now, field="template" if form.template else "body")
    new = _new_client(form, known, known.account, now) if create else None
    if new:
        to = replace(to, client_id=new.id)
    return Checked(
        account=known.account, template=known.template, texts=texts, to=to, send_at=send_at, new_client=new
    )


def _number(account_id: str, entered: str) -> str:
    # A text to a client's phones, which are known already, does not wait for 40 ms of imports at start-up.
    from longcode.phone import to_e164  # noqa: PLC0415

    known = entered.lstrip().startswith("+")
    account = None if known else accounts.get(account_id)
    try:
        number = to_e164(entered, account.country_code if account else "1")
    except RequestError as error:
        error.field = "to"
        raise
    return number


def _recipients(form: NewMessage, known: sending.Known, account: Account) -> recipients.Recipients:
    if form.client_id is None and known.phone:
        to = recipients.of_number(
            known.phone, known.clients_with_phone, blocked=known.blocked, countries=countries(account)
        )
        return recipients.holding(to, {known.phone} if known.asked else set())
    if known.client is None:
        raise NotFound(f"There is no client {form.client_id!r}.", field="client_id")
    pairs = [(account.id, phone) for phone in known.client.heard_stop]
    heard = opt_outs.standing(pairs, account.number_since)
    blocked = {phone for _, phone in heard.blocked}
    to = recipients.of_client(known.client, known.phone, blocked, countries(account))
    return recipients.holding(to, {phone for _, phone in heard.asked})


def _new_client(form: NewMessage, known: sending.Known, account: Account, now: datetime) -> Client | None:
    if not account.create_clients or form.client_id or form.to is None or known.clients_with_phone:
        return None
    return of_number(account.id, known.phone, form.to, now) if known.phone else None


def _words(form: NewMessage, known: sending.Known, account: Account, to: recipients.Recipients) -> str:
    if form.template is not None and known.template is None:
        raise NotFound(f"There is no template {form.template!r}.", field="template")
    template.check_values(form.values)
    body = known.template.body if known.template else form.body or ""
    client = known.client
    if client is None and to.client_id and template.fields(body):
        client = clients.get(account.id, to.client_id)
    return template.render(body, merge_values(account, client) | form.values)
