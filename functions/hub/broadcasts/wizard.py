"""What the four steps of the wizard share: reading the draft, changing it unless somebody else has, and the frame."""

from collections.abc import Callable
from typing import Any

from broadcasts import api
from hub.form_data import ID
from hub.site import Page, name_of_person, show
from longcode.accounts.account import Account, own_merge_fields
from longcode.aws import clients as aws_clients
from longcode.broadcasts import drafts
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.errors import DraftChanged, NotFound, RequestError
from longcode.template import CLIENT_AND_STUDIO_FIELDS, FIELDS, check_no_braces
from longcode.template import fields as fields_of

STEPS = {"whom": "Whom", "what": "What", "check": "Check", "go": "Go"}
"""The titles of the steps by their paths, in order."""

_LONGEST_VALUE = 200


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


def own_fields(body: str) -> list[str]:
    """Return the merge fields that no client's record fills: people write what stands there for everybody."""
    return [name for name in fields_of(body) if name in FIELDS - CLIENT_AND_STUDIO_FIELDS]


def check_values(values: dict[str, str]) -> None:
    """Raise `RequestError` for a value that is too long or has a merge field."""
    for name, text in values.items():
        try:
            check_no_braces(text)
        except ValueError as error:
            raise RequestError("Write it without braces.", field=f"value_{name}") from error
        if len(text) > _LONGEST_VALUE:
            raise RequestError(f"At most {_LONGEST_VALUE} characters.", field=f"value_{name}")


def check_words(account: Account, body: str, values: dict[str, str]) -> None:
    """Raise `RequestError` unless words with their values are fit to send."""
    check_values(values)
    api.check_text(body, values, own_merge_fields(account))
    missing = [name for name in own_fields(body) if not values.get(name) and not _has_default(body, name)]
    if missing:
        raise RequestError("Write what stands there for everybody.", field=f"value_{missing[0]}")


def is_written(account: Account, draft: BroadcastDraft) -> bool:
    """Return whether the words of a draft are fit to send: the later steps need that."""
    try:
        check_words(account, draft.body, draft.values)
    except RequestError:
        return False
    return True


def _has_default(body: str, name: str) -> bool:
    return f"{{{{{name}}}}}" not in body.replace(" ", "")


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
