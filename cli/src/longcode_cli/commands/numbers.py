"""`longcode numbers`: our shared and dedicated numbers, and whom a dedicated one belongs to."""

from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any

import typer

from longcode_cli.command import Context
from longcode_cli.deployment import Deployment
from longcode_cli.errors import Failure
from longcode_cli.logs import lines
from longcode_cli.output import Columns, day_and_time
from longcode_cli.values import Account, Yes

app = typer.Typer(no_args_is_help=True, help="List your numbers, and dedicate them to accounts.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="A number in E.164, for example +12135550177.")]
Failures = Annotated[
    bool,
    typer.Option("--failures", help="Count in the log which texts of the last day ended badly, for each number."),
]


@app.command("list")
def list_numbers(context: Context, failures: Failures = False) -> None:
    """List your numbers: whose each is, its throughput, why it is parked, and how many of its texts failed."""
    deployment = context.obj.deployment
    found = deployment.order("numbers.list")["items"]
    if failures:
        ended_badly = _ended_badly(deployment)
        for item in found:
            item["ended_badly"] = ended_badly[item["number_hash"]]
    columns: Columns = {
        "number": "number",
        "account": lambda item: item.get("account") or "all studios",
        "since": _since,
        "segments a second": "segments_a_second",
        "waits": lambda item: f"{item['waits_seconds']:.0f} s" if item["waits_seconds"] >= 1 else "",
        "parked": lambda item: parked_in_words(item["parked"]) if item["parked"] else "",
        "texts of two days": _texts,
        **({"ended badly in a day": "ended_badly"} if failures else {}),
    }
    context.obj.output.items(found, columns, "There are no numbers.")


def _ended_badly(deployment: Deployment) -> Counter[str]:
    """Return how many texts of the last day ended badly, by the hash of the number that they went from."""
    found = lines(deployment, ["message"], ["text ended badly"], since=timedelta(days=1))
    return Counter(str(line.get("number_hash")) for line in found)


@app.command()
def assign(context: Context, number: Number, account: Account, yes: Yes = False) -> None:
    """Dedicate a number to an account, in place of its earlier one. Set it up at the carrier first."""
    earlier = context.obj.deployment.order("accounts.show", account=account)["number"]
    if earlier and earlier != number:
        context.obj.output.confirm(f"Account {account} has {earlier}, and loses it. Go on?", yes=yes)
    answer = context.obj.deployment.order("numbers.assign", account=account, number=number, by=context.obj.by)
    context.obj.output.done(
        answer, f"Account {account} texts from {answer['number']}. Its texts that wait go from it, too."
    )


@app.command("take-back")
def take_back(
    context: Context,
    number_or_account: Annotated[str, typer.Argument(metavar="NUMBER|ACCOUNT", help="The number, or its account.")],
    yes: Yes = False,
) -> None:
    """Take a number back from its account, which then texts from the shared numbers."""
    deployment = context.obj.deployment
    own = [item for item in deployment.order("numbers.list")["items"] if item["kind"] == "dedicated"]
    found = [item for item in own if number_or_account in (item["number"], item["account"])]
    if not found:
        raise Failure(f"{number_or_account!r} is neither a dedicated number nor an account that has one.")
    number, account = found[0]["number"], found[0]["account"]
    context.obj.output.confirm(f"Take {number} back from account {account}?", yes=yes)
    answer = deployment.order("numbers.assign", account=account, number=None, by=context.obj.by)
    context.obj.output.done(
        answer,
        f"Account {account} texts from the shared numbers. {number} is kept for it for thirty days.",
    )


def parked_in_words(parked: Mapping[str, Any]) -> str:
    """Return since when and why a number is parked."""
    return f"since {day_and_time(parked['at'])}: {parked['reason']} ({parked['code']})"


def _since(item: Mapping[str, Any]) -> str:
    kept = f"kept until {day_and_time(item['kept_until'])}" if "kept_until" in item else ""
    return kept or day_and_time(item.get("since"))


def _texts(item: Mapping[str, Any]) -> str:
    texts = item.get("texts")
    if not texts:
        return ""
    return f"{texts['taken']:,} taken, {texts['not_delivered']:,} not delivered, {texts['refused']:,} refused"
