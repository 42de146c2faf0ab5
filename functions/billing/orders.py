"""What the operator can ask of the ledger."""

from datetime import date
from typing import Annotated

from msgspec import Meta, Struct

from longcode import one_line

Month = Annotated[str, Meta(pattern=r"^(?!9999-12)[1-9][0-9]{3}-(0[1-9]|1[0-2])\Z")]
Account = Annotated[str, Meta(min_length=1)]  # one that is empty must not be taken for all of them
Limit = Annotated[int, Meta(ge=1, le=1000)]


class Close(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="close"):
    """Bill a month: one account, or all, or those after one."""

    month: Month
    account: Account | None = None
    after: str | None = None


class Check(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="check"):
    """Add a month's messages up again: one account's, or those of some accounts after one."""

    month: Month
    account: Account | None = None
    after: str | None = None
    limit: Limit = 100


class Repair(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="repair"):
    """Set an account's counters of a month to the sum over its messages."""

    month: Month
    account: Account


class List(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="list"):
    """Show a month's invoices in the order of their numbers."""

    month: Month
    limit: Limit = 100
    cursor: str | None = None


class Csv(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="csv"):
    """Write a month's issued invoices as CSV."""

    month: Month


class Open(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="open"):
    """Show which of some accounts after one have no invoice of a month, and should have."""

    month: Month
    after: str | None = None
    limit: Limit = 1000


class Paid(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="paid"):
    """Note when an invoice was paid."""

    month: Month
    account: Account
    on: date


class Resend(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="resend"):
    """Mail an invoice again."""

    month: Month
    account: Account


class Credit(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="do", tag="credit"):
    """Take something off an issued invoice: it stands on the account's next one. `id` is the operator's own."""

    month: Month
    account: Account
    amount_micros: Annotated[int, Meta(ge=1)]
    reason: Annotated[str, Meta(max_length=200, pattern=one_line.PATTERN)]
    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9._-]{1,100}\Z")]


Order = Close | Check | Repair | List | Csv | Open | Paid | Resend | Credit
