"""A client's record in requests, in files and in responses."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Annotated, Literal, Self

from longcode.web import fields as web_fields
from longcode.web import resolver as web
from msgspec.structs import asdict
from pydantic import AfterValidator, BeforeValidator, Field, TypeAdapter, ValidationError, model_validator

from longcode.accounts.account import Account
from longcode.clients.client import MOST_IDS, Client, Phone, unreachable_numbers
from longcode.clients.permission import Consent, ConsentMeans, Permission
from longcode.clients.phone_cells import LONGEST_NUMBER, check_one_number
from longcode.clients.spreadsheet import REPLACEMENT_CHARACTER
from longcode.clients.words import is_no_id, one_line
from longcode.errors import RequestError, form_refusal
from longcode.messages import compose
from longcode.numbers import choose as choose_number
from longcode.phone import to_stored

_ID: TypeAdapter[str] = TypeAdapter(web_fields.ClientId)
BAD_ID = "A client's id may only have letters, digits and -._~!$&'()*+,:;=@."


def _visible_line(value: object) -> object:
    if not isinstance(value, str):
        return value
    if REPLACEMENT_CHARACTER in value:
        raise ValueError("has U+FFFD, which stands for a lost character; send the original text in UTF-8")
    return one_line(value)


def _checked_id(client_id: str) -> str:
    if is_no_id(client_id):
        raise ValueError(f"{client_id} stands for a missing id; write the client's id")
    return client_id


def _visible_words(value: object) -> object:
    words = _visible_line(value)
    if words == "":
        raise ValueError("shows nothing; write a word")
    return words


IN_ONE_LINE = BeforeValidator(_visible_line)
"""Takes line breaks, control characters and characters that show nothing out of a text, before its length counts."""

Tag = Annotated[str, Field(min_length=1, max_length=50), BeforeValidator(_visible_words)]


_LATEST_ZONE = timedelta(hours=14)  # how far the day is ahead of UTC where it begins first
_TAG: TypeAdapter[str] = TypeAdapter(Tag)
MOST_TAGS = 50


class PhoneForm(web.Body):
    """A phone number as it was typed, and whether its SMS box is ticked."""

    number: Annotated[str, Field(max_length=LONGEST_NUMBER)]
    sms: bool = True
    label: Annotated[str | None, Field(max_length=40)] = None


class ConsentForm(web.Body):
    """How a client agreed to texts: by which means, on which day, and who heard of it."""

    means: ConsentMeans
    given_on: date | None = None
    taken_by: Annotated[str, Field(min_length=1, max_length=100), IN_ONE_LINE] | None = None


class ClientForm(web.Body):
    """A client's record. Without `consent`, a client who newly allows texts is kept as `unknown`."""

    first_name: Annotated[str, Field(max_length=100), IN_ONE_LINE] = ""
    last_name: Annotated[str, Field(max_length=100), IN_ONE_LINE] = ""
    phones: Annotated[list[PhoneForm], Field(max_length=20)] = []
    allow_text_marketing: bool = False
    consent: ConsentForm | None = None
    tags: Annotated[list[Tag], Field(max_length=MOST_TAGS)] = []
    status: Annotated[str, Field(max_length=50), IN_ONE_LINE] | None = None
    time_zone: web_fields.TimeZone | None = None
    fields: Annotated[
        dict[str, Annotated[str, Field(max_length=200), IN_ONE_LINE]] | None,
        Field(
            max_length=50,
            description="The values of the studio's own fields, by name: see `client_fields` of the account. A field "
            "that is left out stays as it is; an empty value clears it.",
        ),
    ] = None

    @model_validator(mode="after")
    def _check_consent(self) -> Self:
        if self.consent and not self.allow_text_marketing:
            raise ValueError("has a consent without allow_text_marketing")
        return self


class ImportRow(ClientForm):
    """A client's record in a file, with its id. The fields that it does not name stay as they are."""

    id: Annotated[web_fields.ClientId, AfterValidator(_checked_id)]


class TagForm(web.Body):
    """A tag that many clients get, or lose: those of `client_ids`, or those that the criteria find, or `everyone`."""

    tag: Tag
    remove: bool = False
    client_ids: Annotated[list[web_fields.ClientId], Field(max_length=MOST_IDS)] = []
    text: Annotated[str, Field(max_length=100)] = ""
    with_tag: Tag | None = None
    status: Annotated[str, Field(min_length=1, max_length=50), IN_ONE_LINE] | None = None
    everyone: bool = False

    @model_validator(mode="after")
    def _check_one_choice(self) -> Self:
        chosen = bool(self.client_ids) + bool(self.text or self.with_tag or self.status) + self.everyone
        if chosen != 1:
            raise ValueError("needs either client_ids, or text, with_tag or status, or everyone")
        return self


class TagReport(web.Answer):
    """How many clients a call looked at and changed; `full` ones have as many tags as they may have already."""

    looked_at: int
    changed: int
    full: int
    next_cursor: str | None


class ShownClient(web.Answer):
    """A client's record as a studio sees it, with each number in E.164 and as it was entered.

    `unreachable` are the ticked numbers that staff should untick: two texts came back because the number is a
    landline or unknown. Broadcasts leave them out. `permission` says when Allow Text Marketing was last checked or
    unchecked, `via` the hub, the API or an import, and by which `person` or API `key`; with neither, it was the
    account's password. It is null if it was never checked, or before December 2026. Its `means` say how the client
    agreed, if that was kept; it is null if texts are not allowed.
    """

    id: str
    first_name: str
    last_name: str
    phones: tuple[Phone, ...]
    allow_text_marketing: bool
    tags: tuple[str, ...]
    status: str | None
    time_zone: str | None
    fields: dict[str, str]
    permission: Permission | None
    updated_at: web.Instant
    unreachable: tuple[str, ...]


class Warned(web.Answer):
    """What a person should check in a row of a file."""

    field: str
    column: str | None = None
    detail: str


class RowError(web.Answer):
    """What is wrong in a row of a file."""

    code: str
    field: str | None = None
    column: str | None = None
    detail: str


class ImportedRow(web.Answer):
    """What became of a row of a file. `row` counts rows without the heading; `line` is the line where it begins.

    An `unchanged` row says what its client's record has already; it is not written. A refused row has `code`,
    `detail`, `field` and `column` (as the file spells it) of its first fault; if it has several, `errors` has all of
    them. A row with `warnings` was not refused.
    """

    row: int
    id: str | None
    status: Literal["created", "updated", "unchanged", "refused"]
    line: int | None = None
    code: str | None = None
    field: str | None = None
    column: str | None = None
    detail: str | None = None
    errors: list[RowError] | None = None
    warnings: list[Warned] | None = None


class ImportReport(web.Answer):
    """The report of an import. `rows` are those of the file.

    `written`, `unchanged`, `refused` and `items` are of this call. While `next_cursor` is not null, rows are left:
    the same file is sent again with it as `cursor`.
    """

    rows: int
    written: int
    unchanged: int
    refused: int
    dry_run: bool
    next_cursor: str | None
    items: list[ImportedRow]


def check_id(client_id: str) -> str:
    """Return the id if it can be part of a URL's path; raise `RequestError` if not."""
    try:
        return _ID.validate_python(client_id)
    except ValidationError as error:
        raise RequestError(BAD_ID, field="id") from error


def check_tag(text: str) -> str:
    """Return a tag as it is stored; raise `RequestError` for one that shows nothing or is too long."""
    try:
        return _TAG.validate_python(text)
    except ValidationError as error:
        raise form_refusal(error.errors()[0], {"tag": "tag"}) from error


def client_of_form(account: Account, client_id: str, form: ClientForm, now: datetime) -> Client:
    """Return the client that a form describes; raise `RequestError` that names the field of a bad number."""
    phones = tuple(phone_of_form(phone, account, index) for index, phone in enumerate(form.phones))
    check_numbers(account, enumerate(phones), now)
    return Client(
        account=account.id,
        id=client_id,
        updated_at=now,
        first_name=form.first_name,
        last_name=form.last_name,
        phones=phones,
        allow_text_marketing=form.allow_text_marketing,
        tags=tuple(dict.fromkeys(form.tags)),
        status=form.status or None,
        time_zone=form.time_zone,
    )


def own_values(account: Account, old: Client | None, form: ClientForm) -> dict[str, str]:
    """Return the values of the studio's own fields after a form: those that it does not name stay as they are.

    Raise `RequestError` that names a field which the studio does not have.
    """
    given = form.fields or {}
    for name in given:
        if name not in account.client_fields:
            known = ", ".join(account.client_fields) or "none; the account's client_fields declare them"
            raise RequestError(f"There is no field {name[:40]!r}. Known are {known}.", field=f"fields.{name[:40]}")
    values = (old.fields if old else {}) | given
    return {name: value for name, value in values.items() if value}


def consent_of_form(form: ClientForm, now: datetime) -> Consent | None:
    """Return how a form says that the client agreed to texts; raise `RequestError` for a day to come."""
    return consent_of(form.consent, now) if form.consent else None


def consent_of(given: ConsentForm, now: datetime) -> Consent:
    """Return how a client agreed to texts; raise `RequestError` for a day to come."""
    if given.given_on and given.given_on > (now + _LATEST_ZONE).date():
        raise RequestError("The client cannot have agreed on a day to come.", field="consent.given_on")
    return Consent(means=given.means, given_on=given.given_on, taken_by=given.taken_by)


def phone_of_form(form: PhoneForm, account: Account, index: int) -> Phone:
    """Return the phone of a form; raise `BadPhone` that names its place."""
    try:
        check_one_number(form.number)
        number = to_stored(form.number, account.country_code)
    except RequestError as error:
        error.field = f"phones.{index}.number"
        raise
    return Phone(number=number, entered=form.number, sms=form.sms, label=form.label)


def check_numbers(account: Account, phones: Iterable[tuple[int, Phone]], now: datetime) -> None:
    """Raise `OurOwnNumber` if texts are sent from one of the phones, each of which comes with its place."""
    placed = list(phones)
    ours = choose_number.ours_among(account, [phone.number for _, phone in placed], now)
    for index, phone in placed:
        if phone.number in ours:
            raise compose.our_own_number(f"phones.{index}.number")


def shown(client: Client, account: Account) -> ShownClient:
    """Return a client as the API shows it, with the own fields that its studio has."""
    own = {name: client.fields.get(name, "") for name in account.client_fields}
    return ShownClient.model_validate(asdict(client) | {"unreachable": unreachable_numbers(client), "fields": own})
