"""The operator's page of changes: what was changed in all accounts and in the service, by whom and when."""

import re

from hub.operator.guard import page_of_operator, show
from hub.settings import history_wording as wording
from hub.site import Page, site
from longcode.accounts import store as accounts
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind, RecordedChange, Span, Way

_EACH_PAGE = 50


@site.get("/hub/operator/changes")
@page_of_operator
def show_all_changes() -> Page:
    """Show a page of the changes, the newest first."""
    after, now = (site.current_event.query_string_parameters or {}).get("after"), clients.now()
    cursor = after if after and re.fullmatch(changes.CURSOR, after) else None
    found, following = changes.of_all(Span(limit=_EACH_PAGE, cursor=cursor), now)
    names = {account.id: account.name for account in accounts.get_many(change.account for change in found)}
    return show(
        "changes",
        rows=[
            {
                "at": change.at,
                "account": change.account,
                "name": names.get(change.account, ""),
                "what": _what(change),
                "details": [f"{part.name}: {part.after or part.before or 'changed'}" for part in change.details],
                "who": _who(change),
                "whence": wording.whence(change.actor),
                "unfinished": change.unfinished,
            }
            for change in found
        ],
        more=following,
        is_first=cursor is None,
        now=now,
    )


def _what(change: RecordedChange) -> str:
    """Return what was done; an order of the operator's has the name that the command line gives it."""
    return change.about if change.kind is ChangeKind.ORDER else wording.what(change)


def _who(change: RecordedChange) -> str:
    if change.actor.way is Way.OPERATOR:
        return change.actor.name or "the operator"
    return wording.who(change.actor, {})
