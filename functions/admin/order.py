"""The base class of the operator's orders, the types of their fields, and the account that they name."""

from typing import Annotated, Any

from msgspec import Meta, Struct

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.errors import NotFound

# Each may become part of a key, which has at most 1,024 bytes in DynamoDB.
AccountId = Annotated[str, Meta(min_length=1, max_length=100)]  # an empty text must not mean all accounts
ItemId = Annotated[str, Meta(min_length=1, max_length=200)]
Cursor = Annotated[str, Meta(max_length=200)]
PhoneNumber = Annotated[str, Meta(pattern=r"^\+[0-9]{7,15}\Z")]
Month = Annotated[str, Meta(pattern=r"^(?!9999-12)[1-9][0-9]{3}-(0[1-9]|1[0-2])\Z")]


Words = Annotated[str, Meta(min_length=1, max_length=500, pattern=r"\S")]


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """An order; a change is recorded. The tag of each subclass is the `do` that selects it: a plural noun and a verb.

    `by` is the operator's employee who gives it; studios do not see it. Only an order that reads can leave it out.
    """

    by: Words | None = None


class ReadingOrder(Order, frozen=True, kw_only=True):
    """An order that changes nothing, and is not recorded."""


class Unchanged(dict[str, Any]):
    """The result of an order that found nothing to change."""


def account_or_raise(account_id: str, field: str = "account") -> Account:
    """Return the account that a field of an order names; raises `NotFound`, which names the field."""
    account = accounts.get(account_id)
    if account is None:
        raise NotFound(f"There is no account {account_id!r}.", field=field)
    return account
