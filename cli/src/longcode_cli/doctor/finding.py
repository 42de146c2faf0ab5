"""What a check finds: what is wrong, what helps, and where to read about it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from longcode_cli.deployment import Deployment

ALARMS = "docs/operate.md#when-an-alarm-is-raised"
NUMBERS = "docs/operate.md#numbers"
MONTH = "docs/operate.md#the-month"
PLANS = "docs/operate.md#plans"
ROTATION = "docs/operate.md#secrets"
PREPARATION = "docs/deploy.md#before-you-start"
SETTING_UP = "docs/deploy.md#set-it-up"
PROTECTION = "docs/deploy.md#after-the-first-text"
UPDATE = "docs/deploy.md#update"
HOLD = "docs/restore.md#swap-and-check"


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Something that is wrong. `page` is the section in this repository that says more."""

    what: str
    cure: str
    page: str


@dataclass(frozen=True, kw_only=True)
class Check:
    """A question about the deployment.

    `find` returns what is wrong at a time, and raises an error if it cannot know. `only_on_aws` is why the stack on
    this machine cannot be asked, if that is so.
    """

    name: str
    find: Callable[[Deployment, datetime], list[Finding]]
    only_on_aws: str | None = None
