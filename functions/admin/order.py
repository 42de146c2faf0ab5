"""An order of the operator: its base class, the types of its fields, and the account that it names."""

from typing import Annotated

from msgspec import Meta, Struct

from longcode.accounts import store as accounts
from longcode.accounts.account import Account
from longcode.errors import NotFound

# Each may be part of a key, of which DynamoDB takes 1,024 bytes.
AccountId = Annotated[str, Meta(min_length=1, max_length=100)]  # an empty one must not be taken for all accounts
ItemId = Annotated[str, Meta(min_length=1, max_length=200)]
Cursor = Annotated[str, Meta(max_length=200)]
Month = Annotated[str, Meta(pattern=r"^(?!9999-12)[1-9][0-9]{3}-(0[1-9]|1[0-2])\Z")]


class Order(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do"):
    """What the operator wants done. The tag of a subclass is its `do`: a plural noun and a verb."""


def need_account(account_id: str, field: str = "account") -> Account:
    """Return the account that a field of an order names; raises `NotFound`, which names the field."""
    found = accounts.get(account_id)
    if found is None:
        raise NotFound(f"There is no account {account_id!r}.", field=field)
    return found
