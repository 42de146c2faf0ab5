"""`longcode accounts`: find accounts, approve, suspend and close them, and mail their owners links."""

from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.output import Columns, day_and_time
from longcode_cli.values import Account, Yes

app = typer.Typer(
    no_args_is_help=True, help="Find accounts, approve, suspend and close them, and mail their owners links."
)

Search = Annotated[str, typer.Option(help="A part of the name, the email address, the account's number or a phone.")]
Waiting = Annotated[bool, typer.Option("--waiting", help="Only those that wait for your approval, oldest first.")]
Reason = Annotated[str, typer.Option(help="Why. The studio is shown it.")]


@app.command("list")
def list_accounts(context: Context, search: Search = "", waiting: Waiting = False) -> None:
    """List the accounts, or those that the search finds."""
    if waiting and search:
        raise typer.BadParameter("Give --search or --waiting, not both.", param_hint="--search")
    deployment = context.obj.deployment
    found = (
        deployment.items("accounts.list_unapproved")
        if waiting
        else deployment.items("accounts.list", search=search, limit=200)
    )
    columns: Columns = {
        "account": "id",
        "name": "name",
        "email": "email",
        "plan": "plan",
        "status": _status,
        "own number": "number",
        "since": lambda item: day_and_time(item["created_at"])[:10],
    }
    context.obj.output.items(list(found), columns, "No account was found." if search else "There are no accounts.")


@app.command()
def show(context: Context, account: Account) -> None:
    """Show an account: who it is, its plan and status with its history, and what it has used this month."""
    answer = context.obj.deployment.order("accounts.show", account=account)
    context.obj.output.facts(answer, _facts(answer))


@app.command()
def approve(context: Context, account: Account) -> None:
    """Approve a new account: it may text as its plan allows, and its owner is told by mail."""
    answer = context.obj.deployment.order("accounts.approve", account=account, by=context.obj.by)
    context.obj.output.done(answer, f"Account {account} is approved.")


@app.command()
def suspend(context: Context, account: Account, reason: Reason) -> None:
    """Stop an account's sending. Its replies, opt-outs and invoices continue."""
    answer = context.obj.deployment.order("accounts.suspend", account=account, reason=reason, by=context.obj.by)
    context.obj.output.done(answer, f"Account {account} is suspended: {reason}")


@app.command()
def restore(context: Context, account: Account) -> None:
    """Let a suspended account send again."""
    answer = context.obj.deployment.order("accounts.restore", account=account, by=context.obj.by)
    context.obj.output.done(answer, f"Account {account} may send again.")


@app.command()
def close(
    context: Context,
    account: Account,
    reason: Annotated[str | None, typer.Option(help="Why, for the account's history.")] = None,
    yes: Yes = False,
) -> None:
    """End an account, with a last invoice for the month."""
    context.obj.output.confirm(f"Close account {account}?", yes=yes)
    answer = context.obj.deployment.order("accounts.close", account=account, reason=reason, by=context.obj.by)
    context.obj.output.done(answer, f"Account {account} is closed. Its last invoice comes on the 1st.")


@app.command()
def reopen(context: Context, account: Account) -> None:
    """Reopen a closed account, on the plan that it had."""
    answer = context.obj.deployment.order("accounts.reopen", account=account, by=context.obj.by)
    context.obj.output.done(answer, f"Account {account} is open again.")


@app.command("mail-link")
def mail_link(
    context: Context,
    account: Account,
    password: Annotated[bool, typer.Option("--password", help="A link that sets a new API password.")] = False,
) -> None:
    """Mail the owner a link to sign in, or with --password one that sets a new password."""
    do = "passwords.link" if password else "sessions.link"
    answer = context.obj.deployment.order(do, account=account, by=context.obj.by)
    works = "It works once, for 24 hours." if password else "It works once, for 15 minutes."
    context.obj.output.done(answer, f"The link is mailed to the owner of account {account}. {works}")


@app.command("change-address")
def change_address(
    context: Context, account: Account, email: Annotated[str, typer.Argument(help="The new email address.")]
) -> None:
    """Mail a link to a new address of an account, which counts when the link is used. The old address is told."""
    order = context.obj.deployment.order
    answer = order("accounts.change_address", account=account, email=email, by=context.obj.by)
    context.obj.output.done(answer, f"A link is mailed to {email}. The address changes when it is used.")


@app.command("end-credentials")
def end_credentials(context: Context, account: Account, yes: Yes = False) -> None:
    """End an account's password, API keys and sessions, and tell its owner: somebody else has them."""
    context.obj.output.confirm(f"End the password, all API keys and all sessions of account {account}?", yes=yes)
    answer = context.obj.deployment.order("passwords.end", account=account, by=context.obj.by)
    context.obj.output.done(
        answer,
        f"Password, sessions and {len(answer['keys'])} API keys of account {account} are ended. They work for up to a"
        f" minute more. `longcode accounts mail-link {account} --password` lets the owner set a new password.",
    )


@app.command("set-ceiling")
def set_ceiling(
    context: Context,
    account: Account,
    units: Annotated[str, typer.Argument(help="Units a day, or `default` for the ceiling of the service.")],
) -> None:
    """Set how many units an account may send in a day at most."""
    if units != "default" and not units.isdecimal():
        raise typer.BadParameter("Give a whole number of units, or `default`.", param_hint="UNITS")
    order = context.obj.deployment.order
    ceiling = None if units == "default" else int(units)
    answer = order("accounts.set_ceiling", account=account, units_a_day=ceiling, by=context.obj.by)
    context.obj.output.done(answer, f"The ceiling of account {account} is {_ceiling(answer)}.")


def _facts(answer: dict[str, Any]) -> dict[str, object]:
    history = [
        f"{day_and_time(change['at'])} {change['to']}"
        + (f": {change['reason']}" if change.get("reason") else "")
        + (f" (by {change['by']})" if change.get("by") else "")
        for change in answer["status_changes"]
    ]
    used = answer["usage"]
    return {
        "account": answer["account"],
        "name": answer["name"],
        "email": answer["email"],
        "product": f"{answer['product']}, {answer['edition']}",
        "opened by": answer["partner"],
        "since": day_and_time(answer["created_at"]),
        "plan": answer["plan"] or "none this month",
        "status": answer["status"],
        "approved": "yes" if answer["approved"] else "no, it waits for your approval",
        "ceiling": _ceiling(answer),
        "its limits": _limits(answer["limits"]),
        "number": answer["number"] or "shared numbers",
        f"used in {answer['month']}": f"{answer['units']:,} units: {used['texts_sent']:,} texts sent,"
        f" {used['texts_received']:,} received",
        "history": "\n".join(history) or "none",
    }


def _status(item: Any) -> str:
    if item["approved"]:
        return str(item["status"])
    return "not approved" if item["status"] == "active" else f"{item['status']}, not approved"


def _limits(limits: dict[str, Any]) -> str:
    own, new = limits["units_a_day"], limits["trial_units_a_day"]
    until_approved = f"{new:,} units a day until it is approved, " if new is not None else ""
    a_day = f"{own:,} units a day by its settings, " if own is not None else ""
    return f"{until_approved}{a_day}{limits['texts_an_hour']} texts an hour to a phone"


def _ceiling(answer: dict[str, Any]) -> str:
    units = answer["ceiling_units_a_day"]
    return "that of the service" if units is None else f"{units:,} units a day"
