"""`longcode restore-check`: after a restore of the table, find the texts that the carrier already has."""

from collections import Counter
from typing import Annotated

import typer

from longcode_cli.command import Context
from longcode_cli.progress import progress
from longcode_cli.values import instant

Point = Annotated[
    str, typer.Argument(metavar="POINT", help="The time to which the table was restored.", parser=instant)
]
GiveUp = Annotated[
    bool,
    typer.Option("--give-up", help="Do not send texts for which the carrier has no list: they become uncertain."),
]
Phones = Annotated[int, typer.Option(help="How many phones a step checks.", min=1, max=10_000)]


def restore_check(context: Context, point: Point, give_up: GiveUp = False, phones: Phones = 500) -> None:
    """Check the texts that are due in a restored table, so that none goes twice (docs/restore.md).

    It can be stopped and repeated. It ends with 1 while the carrier has not answered for some texts.
    """
    counts: Counter[str] = Counter(found=0, waiting=0, given_up=0, unanswered=0)
    after, order = None, context.obj.deployment.order
    with progress("Texts checked") as advance:
        while True:
            step = order(
                "texts.restore_check",
                restored_to=point,
                after=after,
                limit=phones,
                give_up=give_up,
                by=context.obj.by,
            )
            done = {name: int(step[name]) for name in counts}
            counts.update(done)
            advance(sum(done.values()))
            if not (after := step["next_after"]):
                break
    context.obj.output.facts(
        dict(counts),
        {
            "found": f"{counts['found']:,} texts, which the carrier has and which are not sent again",
            "waiting": f"{counts['waiting']:,} texts, which the carrier does not have and which are sent",
            "given up": f"{counts['given_up']:,} texts, which are not sent",
            "unanswered": f"{counts['unanswered']:,} texts, for which the carrier has not answered",
        },
    )
    if counts["unanswered"]:
        raise typer.Exit(1)
