"""What a check finds: what is wrong, what helps, and where to read about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from longcode_cli.deployment import Deployment

_ELSEWHERE = {
    "Alarms": "docs/deploy.md#set-it-up",
    "Schedules": "docs/deploy.md#update",
    "Addresses": "docs/deploy.md#update",
    "Mail": "docs/deploy.md#before-you-start",
    "Concurrency": "docs/deploy.md#before-you-start",
    "Clocks": "docs/deploy.md#before-you-start",
    "Table": "docs/deploy.md#after-the-first-text",
    "Hold": "docs/restore.md#swap-and-check",
}
"""The subjects that docs/operate.md has no section about."""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong. `section` is an alarm or a subject, about which a page says more."""

    what: str
    cure: str
    section: str

    @property
    def page(self) -> str:
        """Return the address of the section."""
        return _ELSEWHERE.get(self.section, f"docs/operate.md#{self.section.lower()}")


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question about the deployment.

    `find` returns what is wrong at a time, and raises an error if it cannot know. `only_on_aws` is why the stack on
    this machine cannot be asked, if that is so.
    """

    name: str
    find: Callable[[Deployment, datetime], list[Finding]]
    only_on_aws: str | None = None
