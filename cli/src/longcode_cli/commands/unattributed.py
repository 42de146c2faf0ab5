"""`longcode unattributed`: replies that no studio has, or the wrong one; `longcode fetch-replies`: lost ones."""

from typing import Annotated

import typer

from longcode_cli.command import Context
from longcode_cli.errors import Failed
from longcode_cli.output import Columns, Phones, Words, day_and_time, discreet
from longcode_cli.values import Account, instant

From = Annotated[str, typer.Option("--from", help="A time, or a day: when webhooks began to fail.", parser=instant)]
app = typer.Typer(no_args_is_help=True, help="List the replies that no studio has, and give them to one.")


@app.command("list")
def list_unattributed(context: Context, *, phones: Phones = False, words: Words = False) -> None:
    """List the replies of the last thirty days that no studio has, with the accounts that each may be for."""
    found = list(context.obj.deployment.items("replies.list_unattributed"))
    columns: Columns = {
        "received": lambda item: day_and_time(item["received_at"]),
        "carrier's id": "carrier_id",
        "phone": "phone",
        "over": "number",
        "may be for": lambda item: ", ".join(item["candidates"]) or "nobody",
        "kept until": lambda item: day_and_time(item["kept_until"]),
    }
    shown = discreet(found, phones=phones, words=words)
    context.obj.output.items(shown, {**columns, **({"words": "body"} if words else {})}, "There are none.")


@app.command("hand-over")
def hand_over(
    context: Context,
    carrier_id: Annotated[str, typer.Argument(metavar="CARRIER_ID", help="The carrier's id of the reply (SM…).")],
    account: Account,
    carrier: Annotated[str, typer.Option(help="The carrier that it came from: twilio or aws.")] = "twilio",
) -> None:
    """Hand one of them over to a studio, unread and uncharged. The studio sees its words."""
    fields = {"carrier": carrier, "carrier_id": carrier_id, "account": account, "by": context.obj.by}
    answer = context.obj.deployment.order("replies.hand_over", **fields)
    context.obj.output.done(answer, f"Account {account} has the reply, as message {answer['message_id']}.")


@app.command()
def move(
    context: Context,
    account: Account,
    message: Annotated[str, typer.Argument(metavar="ID", help="The reply's id, as `longcode texts find` has it.")],
    to: Annotated[str, typer.Argument(metavar="TO", help="The account that it is for.")],
) -> None:
    """Move a reply from an account to the one that it is for, with its units."""
    fields = {"account": account, "message_id": message, "to": to, "by": context.obj.by}
    answer = context.obj.deployment.order("replies.move", **fields)
    context.obj.output.done(answer, f"Account {to} has the reply, and account {account} has it no more.")


def fetch_replies(context: Context, *, since: From) -> None:
    """Fetch the texts from phones since a time whose webhooks were lost, STOPs among them, from the carrier's list.

    It can be repeated. It ends with 1 if the carrier did not list all of them.
    """
    try:
        answer = context.obj.deployment.invoke("ReconcileFunction", {"since": since}, "The fetch")
    except Failed as failed:
        if failed.kind != "NotListed":
            raise
        context.obj.output.done(
            {"queued": None},
            "The carrier did not list all texts. Those that it listed are fetched. Repeat the command.",
        )
        raise typer.Exit(1) from failed
    many = f"{answer['queued']:,} texts were missing, and will arrive."
    said = {0: "No text was missing.", 1: "One text was missing, and will arrive."}
    context.obj.output.done(answer, said.get(answer["queued"], many))
