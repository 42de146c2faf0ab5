"""The balance of an account's invoices: credits that wait for the next one, and what the last carried on."""

from collections.abc import Sequence
from itertools import islice

from boto3.dynamodb.conditions import Attr

from longcode.credit import Balance, Credit
from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.invoices import ISSUED
from longcode.table.writes import ABSENT, Put, Update, Write

AT_MOST = 50  # of the hundred writes of a transaction


class TooMuch(Exception):
    """The credits on an invoice would be larger than its total."""


def of(account: str) -> Balance:
    """Read where an account's invoices stand."""
    found = store.get(keys.balance(account))
    return read(Balance, found) if found else Balance(account=account)


def waiting(balance: Balance) -> list[Credit]:
    """List the credits that are on no invoice yet, as many as one can have."""
    if not balance.waiting:
        return []
    every = (read(Credit, item) for item in store.query(keys.credit(balance.account)))
    return list(islice((one for one in every if one.applied_in is None), AT_MOST))


def give(credit: Credit, total_micros: int) -> Credit:
    """Give a credit on an issued invoice of that total, once; gives the one that stands under its id.

    Raises `TooMuch`.
    """
    most = total_micros - credit.amount_micros
    if most < 0:
        raise TooMuch
    fits = Attr("credited_micros").lte(most) | Attr("credited_micros").not_exists()
    taken = Update(
        keys.invoice(credit.account, credit.month),
        add={"credited_micros": credit.amount_micros},
        when=Attr("state").is_in(ISSUED) & fits,
    )
    once = Put(keys.credit(credit.account, credit.id), {"type": "credit", **attributes(credit)}, ABSENT)
    whose = {"type": "balance", "account": credit.account}
    noted = Update(keys.balance(credit.account), changes=whose, add={"version": 1, "waiting": 1})
    try:
        store.transact([once, taken, noted])
    except store.ConditionFailed as failed:
        if 0 in failed.found:
            return read(Credit, failed.found[0])
        raise TooMuch from failed
    return credit


def settling(balance: Balance, month: str, applied: Sequence[Credit], carried_micros: int) -> list[Write]:
    """Make the writes that go with an invoice: what it has of the credits, and what it carries on.

    They fail if another invoice of the account, or a credit, has come meanwhile.
    """
    unchanged = Attr("version").eq(balance.version) if balance.version else Attr("version").not_exists()
    changes = {
        "type": "balance",
        "account": balance.account,
        "version": balance.version + 1,
        "carried_micros": carried_micros,
        "waiting": balance.waiting - len(applied),
    }
    once = Attr("applied_in").not_exists()
    return [
        Update(keys.balance(balance.account), changes=changes, when=unchanged),
        *(Update(keys.credit(one.account, one.id), changes={"applied_in": month}, when=once) for one in applied),
    ]
