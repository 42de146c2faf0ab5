"""`longcode month`: check a month, close it, repair it; its invoices, payments, credits and exports."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.errors import Failure
from longcode_cli.files import whole
from longcode_cli.output import Columns, day_and_time
from longcode_cli.progress import progress
from longcode_cli.values import Account, DryRun, Month, Yes, day, micros, money
from longcode_cli.values import month as month_of

app = typer.Typer(
    no_args_is_help=True, help="Check, close and repair months; list invoices, record payments, give credits."
)

OneAccount = Annotated[str | None, typer.Option("--account", help="Only this account.")]
Day = Annotated[str, typer.Option("--on", help="The day of payment, for example 2026-12-09.", parser=day)]
Amount = Annotated[int, typer.Argument(metavar="AMOUNT", help="An amount such as 5.00.", parser=micros)]
Reason = Annotated[str, typer.Option(help="Why. The studio reads it on its next invoice.")]
CreditId = Annotated[
    str, typer.Option("--id", help="Your number of the case. A credit under the same id counts once.")
]
MonthOrThis = Annotated[
    str | None,
    typer.Argument(metavar="MONTH", help="A month, for example 2026-11; without it, this one.", parser=month_of),
]
Out = Annotated[Path | None, typer.Option("--out", help="The file to write, in place of standard output.")]
Again = Annotated[bool, typer.Option("--again", help="Also export what is exported already.")]


@app.command()
def check(context: Context, month: Month, account: OneAccount = None) -> None:
    """Compare a month's counters with its messages; ends with 1 if something differs."""
    if account:
        checked = [context.obj.deployment.order("months.check", month=month, account=account)]
    else:
        checked = list(_of_all(context, "months.check", month, f"Accounts checked for {month}"))
    failed = [one for one in checked if one["differences"] or one["unreadable"] or one["wrong"]]
    sound = f"The counters of {month} equal its messages."
    _show_findings(context, failed if not account else checked, [row for one in failed for row in _rows(one)], sound)
    if account and checked[0].get("unbilled_units") and not context.obj.output.json:
        late = f"{checked[0]['unbilled_units']:,} units of {month} are on no invoice yet: the next one has them."
        context.obj.output.done({}, late)
    if failed:
        raise typer.Exit(1)


@app.command()
def close(
    context: Context, month: Month, account: OneAccount = None, dry_run: DryRun = False, yes: Yes = False
) -> None:
    """Bill a month: all accounts, or one. The month closes by itself on the 1st; this bills what is open."""
    if dry_run:
        entries = [one for one in open_entries(context, month) if account in (None, one["account"])]
        _show_open(context, entries, f"No invoice would be issued for {month}: none is open.")
        return
    whom = f"account {account}" if account else "all accounts"
    context.obj.output.confirm(f"Bill {month} for {whom}? An issued invoice stays as it is.", yes=yes)
    answer = context.obj.deployment.order("months.close", month=month, account=account, by=context.obj.by)
    context.obj.output.done(
        answer,
        f"{answer['accounts']:,} bills are queued. `longcode month open {month}` shows what is not billed yet.",
    )


@app.command("open")
def list_open(context: Context, month: Month, account: OneAccount = None) -> None:
    """List the accounts that should have an invoice of a month and have none, with what was found."""
    entries = [one for one in open_entries(context, month) if account in (None, one["account"])]
    _show_open(context, entries, f"No invoice of {month} is open.")


@app.command()
def repair(context: Context, month: Month, account: Account, dry_run: DryRun = False, yes: Yes = False) -> None:
    """Set an account's counters of a month that is over to the sum over its messages."""
    deployment = context.obj.deployment
    found = deployment.order("months.check", month=month, account=account)
    rows = list(_rows(found))
    sound = f"Nothing to repair: the counters of account {account} for {month} equal its messages."
    if dry_run or not rows:
        _show_findings(context, [found], rows, sound)
        return
    if not context.obj.output.json:
        _show_findings(context, [found], rows, sound)
    context.obj.output.confirm(f"Set the counters of account {account} for {month} to its messages?", yes=yes)
    answer = deployment.order("months.repair", month=month, account=account, by=context.obj.by)
    left = list(_rows(answer))
    done = f"The counters are repaired. `longcode month close {month} --account {account}` issues the invoice."
    context.obj.output.done(answer, "Something differs still: check the month again." if left else done)
    if left:
        raise typer.Exit(1)


@app.command()
def usage(context: Context, month: MonthOrThis = None, account: OneAccount = None) -> None:
    """List what the accounts have used in a month, or in this one so far: most units first, without those of none."""
    output = context.obj.output
    if account:
        found = context.obj.deployment.order("usage.list", month=month, account=account)["items"]
    else:
        found = list(_of_all(context, "usage.list", month, "Accounts looked at"))
    used = sorted(found, key=lambda one: -int(one["units"]))
    columns: Columns = {
        "account": "account",
        "name": "name",
        "plan": "plan",
        "units": lambda one: f"{one['units']:,}",
        "texts sent": lambda one: f"{one['usage']['texts_sent']:,}",
        "received": lambda one: f"{one['usage']['texts_received']:,}",
    }
    output.items(used, columns, f"Nothing was sent or received in {month or 'this month'}.")
    if used and not account and not output.json:
        units = sum(one["units"] for one in used)
        output.done({}, f"{used[0]['month']}: {units:,} units, accounts: {len(used):,}.")


@app.command()
def invoices(context: Context, month: Month, account: OneAccount = None) -> None:
    """List a month's issued invoices in the order of their numbers."""
    items = [one for one in _issued(context, month) if account in (None, one["account"])]
    columns: Columns = {
        "number": "number",
        "account": "account",
        "studio": "studio",
        "total": lambda one: money(one["total_micros"], one["currency"]),
        "state": "state",
        "mailed": lambda one: day_and_time(one.get("mailed_at")),
        "paid on": "paid_on",
        "credited": lambda one: money(one.get("credited_micros"), one["currency"]),
    }
    context.obj.output.items(items, columns, f"No invoice of {month} is issued.")


@app.command()
def paid(context: Context, month: Month, account: Account, on: Day, yes: Yes = False) -> None:
    """Record the day on which an invoice was paid. The first day that is recorded stays."""
    context.obj.output.confirm(f"Record that account {account} paid {month} on {on}? The day stays.", yes=yes)
    answer = context.obj.deployment.order(
        "invoices.mark_paid", month=month, account=account, on=on, by=context.obj.by
    )
    before = "" if answer["paid_on"] == on else " It was recorded before, and stays."
    context.obj.output.done(answer, f"Invoice {answer['number']} was paid on {answer['paid_on']}.{before}")


@app.command()
def credit(
    context: Context,
    *,
    month: Month,
    account: Account,
    amount: Amount,
    reason: Reason,
    credit_id: CreditId,
    yes: Yes = False,
) -> None:
    """Credit an issued invoice. The amount is taken off the account's next one, and cannot be taken back."""
    context.obj.output.confirm(f"Credit {money(amount)} to account {account} for {month}?", yes=yes)
    answer = context.obj.deployment.order(
        "invoices.credit",
        month=month,
        account=account,
        amount_micros=amount,
        reason=reason,
        id=credit_id,
        by=context.obj.by,
    )
    context.obj.output.done(
        answer, f"Credit {credit_id} of {money(amount)} is taken off the next invoice of account {account}."
    )


@app.command()
def resend(context: Context, month: Month, account: Account) -> None:
    """Mail an invoice again."""
    answer = context.obj.deployment.order("invoices.resend", month=month, account=account, by=context.obj.by)
    context.obj.output.done(answer, f"Invoice {answer['number']} is mailed again.")


@app.command()
def csv(context: Context, month: Month, out: Out = None) -> None:
    """Write a month's issued invoices as CSV, one in a row."""
    answer = context.obj.deployment.order("invoices.csv", month=month)
    if context.obj.output.json and out is None:
        context.obj.output.facts(answer, {})
        return
    if out is None:
        context.obj.output.raw(answer["csv"])
        return
    with whole(out) as file:
        file.write(answer["csv"])
    context.obj.output.done({"file": str(out)}, f"The invoices of {month} are in {out}.")


@app.command()
def export(
    context: Context, month: Month, account: OneAccount = None, again: Again = False, dry_run: DryRun = False
) -> None:
    """Export a month's invoices to Stripe: all, or one. A stopped export begins again."""
    issued = [one for one in _issued(context, month) if account in (None, one["account"])]
    if account and not issued:
        raise Failure(f"Account {account} has no issued invoice for {month}.")
    if dry_run:
        sentence = f"{len(issued):,} invoices of {month} would be exported, without those that are exported already."
        context.obj.output.done({"invoices": [one["number"] for one in issued]}, sentence)
        return
    begun = []
    with progress(f"Invoices of {month} exported", len(issued)) as advance:
        for one in issued:
            order = {"month": month, "account": one["account"], "again": again, "by": context.obj.by}
            begun.append(context.obj.deployment.order("invoices.export", **order)["export"])
            advance(1)
    columns: Columns = {"account": "account", "round": "round", "state": _export_state}
    context.obj.output.items(begun, columns, f"No invoice of {month} is issued.")


def _export_state(one: Mapping[str, Any]) -> str:
    if one.get("stopped"):
        return f"stopped: {one['stopped']}"
    return f"exported as {one['stripe_invoice']}" if one.get("stripe_invoice") else "being exported"


def _issued(context: Context, month: str) -> Iterator[dict[str, Any]]:
    return context.obj.deployment.items("invoices.list", month=month)


def open_entries(context: Context, month: str) -> list[dict[str, Any]]:
    """Return the accounts that should have an invoice of a month and have none, and show how many were looked at."""
    return list(_of_all(context, "invoices.list_open", month, f"Accounts looked at for {month}"))


def _of_all(context: Context, do: str, month: str | None, title: str) -> Iterator[dict[str, Any]]:
    """Yield the items of an order that goes through all accounts, and show how many it has gone through."""
    with progress(title) as advance:
        for page in context.obj.deployment.pages_of_accounts(do, month=month):
            advance(page["accounts"])
            yield from page["items"]


def _show_open(context: Context, entries: list[dict[str, Any]], empty: str) -> None:
    columns: Columns = {"account": "account", "state": "state", "what was found": _found}
    context.obj.output.items(entries, columns, empty)


def _found(entry: Mapping[str, Any]) -> str:
    if entry["state"] == "missing":
        return "not billed yet: its job waits or has failed"
    return "\n".join(_in_words(row) for row in _rows({**entry, **entry.get("findings", {})}))


def _show_findings(context: Context, checked: list[dict[str, Any]], rows: list[dict[str, Any]], sound: str) -> None:
    if context.obj.output.json:
        context.obj.output.items(checked, {}, "")
        return
    columns: Columns = {name: name for name in ("account", "month", "count", "counters", "messages")}
    context.obj.output.items(rows, columns, sound)


def _rows(checked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield a row for each finding of a check: a count that differs, or what cannot be read or does not add up."""
    account, month = checked["account"], checked["month"]
    for one in checked.get("differences", ()):
        yield {"account": account, **one}
    for message in checked.get("unreadable", ()):
        yield {"account": account, "month": month, "count": f"message {message} cannot be read"}
    if checked.get("wrong"):
        yield {"account": account, "month": month, "count": f"the invoice does not add up: {checked['wrong']}"}


def _in_words(row: Mapping[str, Any]) -> str:
    if "counters" not in row:
        return str(row["count"])
    return f"{row['month']}: {row['count']} {row['counters']:,} in the counters, {row['messages']:,} in the messages"
