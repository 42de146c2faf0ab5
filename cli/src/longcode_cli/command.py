"""What every command has at hand: the deployment, who operates it, and where the answer is printed."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import typer

from longcode_cli.deployment import Deployment
from longcode_cli.output import Output


@dataclass(frozen=True, kw_only=True)
class Operator:
    """What the options before a command set. `name` is that of who gives its orders."""

    find: Callable[[], Deployment]
    output: Output
    name: str

    @cached_property
    def deployment(self) -> Deployment:
        """Find the deployment when it is first needed: the help of a command needs none."""
        return self.find()

    @cached_property
    def by(self) -> str:
        """Return who gives the orders, for the record of changes: the name and, on AWS, the user or role."""
        principal = self.deployment.principal
        return f"{self.name} ({principal})" if principal else self.name


class Context(typer.Context):
    """The context of a command, whose `obj` the app has set."""

    obj: Operator
