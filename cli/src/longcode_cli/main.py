"""The command `longcode`: its options, and its groups of commands."""

import getpass
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Annotated

import typer
from rich.console import Console

from longcode_cli.command import Operator
from longcode_cli.commands import (
    accounts,
    changes,
    dead_letters,
    logs,
    month,
    numbers,
    optouts,
    partners,
    phones,
    plans,
    restore,
    texts,
    unattributed,
    waiting,
)
from longcode_cli.deployment import Deployment, find
from longcode_cli.doctor.command import doctor
from longcode_cli.errors import Failure, Refused
from longcode_cli.output import Output, without_control

TYPED: Mapping[str, str] = {
    "account": "ACCOUNT",
    "amount_micros": "AMOUNT",
    "at_most": "--at-most",
    "broadcast": "BROADCAST",
    "by": "--by",
    "carrier": "--carrier",
    "carrier_id": "CARRIER_ID",
    "email": "EMAIL",
    "file": "FILE",
    "id": "ID",
    "key_id": "KEY",
    "limit": "--limit",
    "lines": "FILE",
    "message_id": "ID",
    "minutes": "--minutes",
    "month": "MONTH",
    "name": "--name",
    "number": "NUMBER",
    "on": "--on",
    "partner": "PARTNER",
    "phone": "PHONE",
    "queue": "QUEUE",
    "reason": "--reason",
    "restored_to": "POINT",
    "search": "--search",
    "since": "--from",
    "to": "TO",
    "units_a_day": "UNITS",
    "until": "--until",
    "what": "WHAT",
}
"""What the operator types for the fields of orders; the others are no words of a command."""

app = typer.Typer(
    name="longcode",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    help="Operate Longcode, the texting service of photography studios.",
)
app.add_typer(accounts.app, name="accounts")
app.add_typer(texts.app, name="texts")
app.add_typer(phones.app, name="phones")
app.add_typer(unattributed.app, name="unattributed")
app.add_typer(optouts.app, name="optouts")
app.add_typer(numbers.app, name="numbers")
app.add_typer(plans.app, name="plans")
app.add_typer(month.app, name="month")
app.add_typer(partners.app, name="partners")
app.add_typer(waiting.app, name="parked")
app.command("stuck")(waiting.stuck)
app.add_typer(logs.app, name="logs")
app.command("changes")(changes.changes)
app.command("restore-check")(restore.restore_check)
app.command("fetch-replies")(unattributed.fetch_replies)
app.add_typer(dead_letters.app, name="dead-letters")
app.command()(doctor)


@app.callback()
def longcode(
    context: typer.Context,
    *,
    stack: Annotated[
        str | None,
        typer.Option(
            envvar="LONGCODE_STACK",
            help="The name of the stack on AWS. Without it, the stack that `make up` runs here.",
        ),
    ] = None,
    region: Annotated[str | None, typer.Option(envvar="AWS_REGION", help="The region of the stack.")] = None,
    profile: Annotated[
        str | None, typer.Option(envvar="AWS_PROFILE", help="The profile of your AWS credentials.")
    ] = None,
    by: Annotated[
        str | None,
        typer.Option(
            envvar="LONGCODE_BY", help="Your name, for the record of changes. Without it, your name on this machine."
        ),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")] = False,
) -> None:
    """Remember what the options say; the deployment is found when a command needs it."""
    context.obj = Operator(
        find=context.obj or partial(find, stack, region, profile),
        output=Output(json=json),
        name=by or getpass.getuser(),
    )


def main(words: Sequence[str] | None = None, given: Callable[[], Deployment] | None = None) -> None:
    """Run a command, and exit with 0, or with 1 if it was refused, 2 if called wrongly, 3 if nothing answered.

    A test gives the words of the command, and a deployment in place of the one that the options name.
    """
    try:
        app(words, obj=given)
    except Failure as failure:
        typed = _typed(failure.field or "") if isinstance(failure, Refused) else None
        _say(f"{failure} ({typed})" if typed else str(failure))
        sys.exit(failure.exit_code)
    except Exception as fault:
        if os.environ.get("LONGCODE_TRACEBACK"):
            raise
        _say(
            f"The command failed: {type(fault).__name__}: {fault}. Is the deployment of another release than this"
            " command line? If not, report it, with what LONGCODE_TRACEBACK=1 before the command prints."
        )
        sys.exit(Failure.exit_code)


def _typed(field: str) -> str | None:
    """Return what the operator typed for a field, or the place in a file that a field of several parts names."""
    return field if "." in field else TYPED.get(field)


def _say(sentence: str) -> None:
    Console(stderr=True).print(without_control(sentence), markup=False, highlight=False, soft_wrap=True)
