"""Twilio's list of messages: its filters, and pages that continue after a message (`PageToken`)."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from infra.local.carrier.texts import Text

DEFAULT_PAGE_SIZE, LARGEST_PAGE_SIZE = 50, 1000
_AFTER, _BEFORE = "PA", "PB"


@dataclass(frozen=True, slots=True)
class Page:
    """A page of texts, with Twilio's fields about it."""

    texts: Sequence[Text]
    fields: Mapping[str, object]


def page(path: str, query: Mapping[str, str], texts: Sequence[Text]) -> Page:
    """Return the page of the texts (newest first) that a query asks for; raise ValueError if it is not valid."""
    found = [text for text in texts if _matches(text, query)]
    size = min(max(int(query.get("PageSize", DEFAULT_PAGE_SIZE)), 1), LARGEST_PAGE_SIZE)
    number = max(int(query.get("Page", 0)), 0)
    start = _start(found, query.get("PageToken", ""), number * size, size)
    shown = found[start : start + size]

    def uri(number: int, token: str = "") -> str:
        asked = {name: value for name, value in query.items() if name not in ("Page", "PageSize", "PageToken")}
        paging = {"PageSize": size, "Page": number} | ({"PageToken": token} if token else {})
        return f"{path}?{urlencode({**asked, **paging})}"

    fields = {
        "end": number * size + max(len(shown) - 1, 0),
        "first_page_uri": uri(0),
        "next_page_uri": uri(number + 1, _AFTER + shown[-1].sid) if start + size < len(found) else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(number - 1, _BEFORE + shown[0].sid) if shown and start and number else None,
        "start": number * size,
        "uri": uri(number, query.get("PageToken", "")),
    }
    return Page(shown, fields)


def _start(found: Sequence[Text], token: str, otherwise: int, size: int) -> int:
    """Return where a page begins: after or before the message of its token, so that new texts do not move it."""
    if not token:
        return otherwise
    places = [place for place, text in enumerate(found) if text.sid == token[2:]]
    if not places or token[:2] not in (_AFTER, _BEFORE):
        raise ValueError("PageToken")
    return places[0] + 1 if token.startswith(_AFTER) else max(places[0] - size, 0)


def _matches(text: Text, query: Mapping[str, str]) -> bool:
    """Return whether Twilio lists a text; one that is not sent yet has no date, and no `from` if none is chosen."""
    if query.get("To") not in (None, text.to) or query.get("From") not in (None, text.shown_origin):
        return False
    filters: list[tuple[str, Callable[[datetime], bool]]] = [
        ("DateSent", lambda sent: sent.date() == _instant(query["DateSent"]).date()),
        ("DateSent>", lambda sent: sent >= _instant(query["DateSent>"])),
        ("DateSent<", lambda sent: sent <= _instant(query["DateSent<"], last=True)),
    ]
    asked = [fits for name, fits in filters if name in query]
    # Twilio shows whole seconds, and compares what it shows.
    sent = text.sent_at and text.sent_at.astimezone(UTC).replace(microsecond=0)
    return all(sent is not None and fits(sent) for fits in asked)


def _instant(value: str, *, last: bool = False) -> datetime:
    """Read `2026-11-29` (its first or last second, in UTC) or `2026-11-29T09:30:00Z`."""
    if "T" in value:
        at = datetime.fromisoformat(value)
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at
    return datetime.combine(date.fromisoformat(value), time(23, 59, 59) if last else time(), UTC)
