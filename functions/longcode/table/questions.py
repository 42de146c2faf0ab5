"""What an account's staff are asked of a phone, kept beside the opt-out state that they are asked for."""

from longcode import question
from longcode.consent import Event, Means, OptOut
from longcode.question import Question
from longcode.table import keys, store
from longcode.table.codec import attributes, read
from longcode.table.writes import Put, Update, Write


def get(account: str, phone: str) -> Question | None:
    """Read what staff are or were last asked about a phone."""
    found = store.get(keys.question(account, phone))
    return read(Question, found) if found else None


def page(account: str, *, limit: int, cursor: str | None) -> tuple[list[Question], str | None]:
    """List what staff are asked, oldest first, and where the next page begins."""
    items, next_cursor = store.index_page(keys.questions(account), limit=limit, cursor=cursor)
    return [one for item in items if (one := read(Question, item)).open], next_cursor


def with_event(now: OptOut | None, then: OptOut, event: Event) -> list[Write]:
    """Make the writes that go with an event: a question is put, or an event has answered it."""
    if event.asks:
        asked = question.of(event)
        place = {"folder": keys.questions(asked.account), "folder_at": keys.folder_place(asked.at, asked.phone)}
        return [Put(keys.question(asked.account, asked.phone), {"type": "question", **attributes(asked), **place})]
    answered = now and (event.means is Means.TEXT_AND_STAFF or (now.asked and not then.asked))
    return [closing(then, None if event.means is Means.TEXT else event.out)] if answered else []


def closing(asked: OptOut, answer: bool | None = None) -> Update:
    """Make the write after which nobody is asked: staff have answered, or the client has told."""
    key = keys.question(asked.account or "", asked.phone)
    told = {} if answer is None else {"opted_out": answer}
    return Update(key, changes={"open": False, **told}, remove=("folder", "folder_at"))
