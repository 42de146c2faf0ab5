"""`longcode partners`: the keys with which hosted products open accounts for their studios."""

from typing import Annotated

import typer

from longcode_cli.command import Context
from longcode_cli.output import Columns, day_and_time
from longcode_cli.values import Yes

app = typer.Typer(no_args_is_help=True, help="Make, list and end the keys with which hosted products open accounts.")

Partner = Annotated[str, typer.Argument(metavar="PARTNER", help="Your short name of the product, such as fotoware.")]
Name = Annotated[str, typer.Option(help="The name that the product's studios read in mails.")]
KeyId = Annotated[str, typer.Argument(metavar="KEY", help="The id of a key, from `longcode partners list`.")]


@app.command("make-key")
def make_key(context: Context, partner: Partner, name: Name) -> None:
    """Make a key and show it, this once."""
    answer = context.obj.deployment.order("partners.make_key", partner=partner, name=name, by=context.obj.by)
    facts = {
        "partner": answer["partner"],
        "name": answer["name"],
        "id": answer["id"],
        "key": answer["key"],
        "warning": "The key is shown only now. Whoever has it can open accounts: hand it over by a safe way.",
    }
    context.obj.output.facts(answer, facts)


@app.command("list")
def list_keys(context: Context) -> None:
    """List the keys of all partners, the oldest first, also those that have ended."""
    columns: Columns = {
        "id": "id",
        "partner": "partner",
        "name": "name",
        "made": lambda key: day_and_time(key["created_at"]),
        "by": "by",
        "last used": lambda key: day_and_time(key["last_used_at"]),
        "ended": lambda key: day_and_time(key["ended_at"]),
    }
    items = context.obj.deployment.order("partners.list_keys")["items"]
    context.obj.output.items(items, columns, "There are no partner keys.")


@app.command("end-key")
def end_key(context: Context, key: KeyId, yes: Yes = False) -> None:
    """End a key at once. The accounts that were opened with it stay."""
    context.obj.output.confirm(f"End the partner key {key}? Its product opens no more accounts with it.", yes=yes)
    answer = context.obj.deployment.order("partners.end_key", key_id=key, by=context.obj.by)
    context.obj.output.done(answer, f"The key {key} of {answer['partner']} is ended. Its accounts stay.")
