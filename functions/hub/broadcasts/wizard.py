"""What the four steps of the wizard share: reading the draft, changing it unless somebody else has, and the frame."""

from collections.abc import Callable
from typing import Any

from hub.form_data import ID
from hub.site import Page, name_of_person, show
from longcode.accounts.account import Account
from longcode.aws import clients as aws_clients
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.errors import DraftChanged, NotFound, RequestError

STEPS = {"whom": "Whom", "what": "What", "check": "Check", "go": "Go"}
"""The titles of the steps by their paths, in order."""


def existing(account: Account, draft_id: str) -> BroadcastDraft:
    """Return a draft of the account; raise `NotFound`."""
    if not ID.fullmatch(draft_id):
        raise NotFound("There is no such draft.")
    return drafts.get_or_raise(account.id, draft_id, aws_clients.now())


def change(
    account: Account, draft_id: str, changed: Callable[[BroadcastDraft], BroadcastDraft]
) -> tuple[BroadcastDraft, BroadcastDraft]:
    """Write a change of a draft in the name of the person, and return the draft before and after.

    Raise `NotFound` or `DraftChanged`.
    """
    return drafts.change(account.id, draft_id, changed, name_of_person(), aws_clients.now())


def step_after(fields: dict[str, str], following: str) -> str:
    """Return the step that a form leads to: the one whose link was pressed, or else the one that follows."""
    return fields["do"] if fields.get("do") in STEPS else following


def seen(typed: dict[str, str], wrong: RequestError | None, stored: str) -> str:
    """Return the hash of what a form showed at first; after a conflict, the hash of what is stored."""
    return stored if isinstance(wrong, DraftChanged) else typed.get("seen") or stored


def show_step(
    step: str, account: Account, draft: BroadcastDraft | None, status: int = 200, *, template: str = "", **values: Any
) -> Page:
    """Return the page of a step; without a draft, the first one of a broadcast that is new."""
    return show(
        f"broadcasts/{template or step}",
        account,
        status,
        draft=draft,
        step=step,
        steps=STEPS,
        now=aws_clients.now(),
        **values,
    )
