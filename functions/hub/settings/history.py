"""The owner's page of changes: what was changed, by whom, when and from where, for a year."""

from collections.abc import Callable, Iterable
from urllib.parse import urlencode

from hub.settings import history_wording as wording
from hub.site import Page, page_of_owner, show, site
from longcode.accounts import api_keys, people
from longcode.accounts.account import Account
from longcode.aws import clients
from longcode.changes import store as changes
from longcode.changes.change import ChangeKind, RecordedChange, Span, Way, as_studio_sees

_EACH_PAGE = 50


@site.get("/hub/changes")
@page_of_owner
def show_changes(account: Account) -> Page:
    """Show a page of the changes, the newest first, of one person and of one kind if these are chosen."""
    query, now = site.current_event.query_string_parameters or {}, clients.now()
    kind = query.get("kind", "") if query.get("kind") in {*ChangeKind} else ""
    who, after = query.get("who", ""), query.get("after")
    keys = {key.id: key.name for key in api_keys.of_account(account.id)}
    span, is_wanted = Span(limit=_EACH_PAGE, cursor=after), _filter(who=who, kind=kind)
    found, following = changes.of_account(account.id, span, now, is_wanted)
    actors = _actors(account, keys, found)
    if who and who not in actors:
        actors[who] = "Somebody who is no longer here"
    chosen = {name: value for name, value in {"who": who, "kind": kind}.items() if value}
    return show(
        "settings/history",
        account,
        rows=[
            {
                "at": change.at,
                "what": wording.what(change),
                "details": wording.details(change),
                "who": wording.who(change.actor, keys),
                "whence": wording.whence(change.actor),
                "unfinished": change.unfinished,
            }
            for change in map(as_studio_sees, found)
        ],
        actors=actors,
        kinds=wording.KINDS,
        who=who,
        kind=kind,
        filters=urlencode(chosen),
        more=urlencode({**chosen, "after": following}) if following else "",
        is_first=after is None,
        now=now,
    )


def _filter(*, who: str, kind: str) -> Callable[[RecordedChange], bool] | None:
    """Return what tells whether a change is of the chosen person and kind, None if none is chosen."""
    if not who and not kind:
        return None
    return lambda change: who in ("", change.actor.who) and kind in ("", change.kind)


def _actors(account: Account, keys: dict[str, str], found: Iterable[RecordedChange]) -> dict[str, str]:
    """Return who may have made changes, in words: the people and keys of the account, and those of the page."""
    here = {person.id: person.name for person in people.of_account(account)}
    of_account = {**here, "password": wording.WITH_PASSWORD, **{key: f"API key {name}" for key, name in keys.items()}}
    others = {way.value: wording.WITHOUT_NAME[way] for way in (Way.LINK, Way.OPERATOR, Way.SERVICE)}
    of_page = {change.actor.who: wording.who(change.actor, keys) for change in found}
    return {**of_page, **of_account, **others}
