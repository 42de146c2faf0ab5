"""The join pages: where a client agrees to a studio's texts, the versions of its words, and the forms that wait."""

from datetime import datetime, timedelta
from hashlib import blake2b

from boto3.dynamodb.conditions import Attr
from msgspec import Struct
from msgspec.structs import replace

from longcode.accounts import passwords
from longcode.accounts.account import Account
from longcode.errors import RequestError, TooManyForms
from longcode.table import consent_keys, hourly, store
from longcode.table.writes import ABSENT, PRESENT, Delete, Put, Update, Write, attributes, has_value, read

MOST_FORMS = 20
"""How many forms of join pages a source address can send in an hour."""

MOST_A_DAY = 200
"""How many forms the join page of an account takes in a day at most: each may cost it a text."""

MOST_TO_PHONE, MOST_TO_PHONE_OF_ALL = 2, 3
"""How many texts a phone gets in a day from the join page of an account, and from those of all accounts."""

MOST_VERSIONS = 20
"""How many versions of the words an account makes in a day: each is kept as evidence."""

WAITS = timedelta(days=2)
"""How long a phone can confirm a form by YES."""

LONGEST = {"greeting": 300, "topics": 100, "often": 60}

_DAY = timedelta(days=1)
_WORDS = (
    "By sending this form I agree to get texts from {studio} about {topics}, {often}, at the number that I give."
    " Msg & data rates may apply. I can end the texts at any time by replying STOP, and get help by replying HELP."
    " Agreeing is no condition of buying anything."
)
_TOO_MANY = "Too many forms came from this internet address. Please try again in an hour."
_TOO_MANY_VERSIONS = f"The words have changed {MOST_VERSIONS} times today, which is the most. Try again tomorrow."
_TOO_MANY_TODAY = "This page has had too many forms today. Please try again tomorrow."


class JoinPage(Struct, frozen=True, kw_only=True):
    """The join page of an account: the code in its address, whether it is shown, and what it says.

    `words` are those of the newest version, to which a client agrees.
    """

    account: str
    code: str
    shown: bool = False
    greeting: str = ""
    topics: str = "my sessions, orders and offers"
    often: str = "at most 4 a month"
    version: int = 0
    words: str = ""


class JoinWords(Struct, frozen=True, kw_only=True):
    """A version of the words that a join page shows, since when and by whom; it is kept as evidence."""

    version: int
    words: str
    at: datetime
    by: str | None = None


class JoinRequest(Struct, frozen=True, kw_only=True):
    """A form of a join page that waits for YES from its phone. `ended` by STOP, or by YES, it counts no longer."""

    account: str
    phone: str
    id: str
    name: str
    at: datetime
    code: str
    version: int
    ended: bool = False

    @property
    def text_id(self) -> str:
        """Return the id of the text that asks the phone to confirm the form."""
        return f"{self.id}-0"


def of_account(account: str) -> JoinPage | None:
    """Return the join page of an account, or None."""
    item = store.get(consent_keys.join_page(account))
    return read(JoinPage, item) if item else None


def find(code: str) -> JoinPage | None:
    """Return the page with a code in its address, None if there is none or it is not shown."""
    named = store.get(consent_keys.join_code(code))
    page = of_account(str(named["account"])) if named else None
    return page if page and page.shown and page.code == code else None


def words_of(account: Account, page: JoinPage) -> str:
    """Return the words to which a client agrees."""
    return _WORDS.format(studio=account.name, topics=page.topics, often=page.often)


def save(account: Account, changed: JoinPage, by: str | None, now: datetime, *others: Write) -> JoinPage:
    """Write a join page, with a further version if its words have changed, and other writes; return it as stored.

    Raise `RequestError` for too many versions in a day, or if somebody else changed it meanwhile.
    """
    before = of_account(account.id)
    words = words_of(account, changed)
    version = before.version if before else 0
    new = replace(changed, version=version, words=words)
    writes: list[Write] = []
    if before is None or words != before.words:
        if not hourly.count(f"join-words-{account.id}", MOST_VERSIONS, now, _DAY):
            raise RequestError(_TOO_MANY_VERSIONS, field="topics")
        new = replace(new, version=version + 1)
        said = JoinWords(version=new.version, words=words, at=now, by=by)
        place = consent_keys.join_words(account.id, new.version)
        writes.append(Put(place, {"type": "join-words", **attributes(said)}, ABSENT))
    if before is None or before.code != new.code:
        writes.append(Put(consent_keys.join_code(new.code), {"type": "join-code", "account": account.id}, ABSENT))
    if before and before.code != new.code:
        writes.append(Delete(consent_keys.join_code(before.code)))
    same = has_value("version", before.version) & has_value("code", before.code) if before else ABSENT
    page = Put(consent_keys.join_page(account.id), {"type": "join-page", **attributes(new)}, same)
    if not store.try_write(page, *writes, *others):
        raise RequestError("Somebody else changed the page at the same time. Please look at it again.")
    return new


def new_code() -> str:
    """Return a code for the address of a page: short enough for paper, and not to be guessed."""
    return passwords.generate().replace("-", "")[:10]


def versions(account: str) -> list[JoinWords]:
    """Return all versions of the words of an account's page, oldest first."""
    return [read(JoinWords, item) for item in store.query(consent_keys.join_words(account))]


def count_form(account: str, source: str, now: datetime, most_a_day: int = MOST_A_DAY) -> None:
    """Count a form; raise `TooManyForms` for too many from its source address in an hour, or for a page in a day."""
    if not hourly.count(f"join-{source}", MOST_FORMS, now):
        raise TooManyForms(_TOO_MANY)
    if not hourly.count(f"join-page-{account}", most_a_day, now, _DAY):
        raise TooManyForms(_TOO_MANY_TODAY)


def count_text(account: str, phone: str, now: datetime) -> bool:
    """Count a text to a phone; return False if it had too many in the day from this page, or from all."""
    hashed = blake2b(phone.encode(), digest_size=16).hexdigest()
    of_page = hourly.count(f"join-{account}-{hashed}", MOST_TO_PHONE, now, _DAY)
    return of_page and hourly.count(f"join-{hashed}", MOST_TO_PHONE_OF_ALL, now, _DAY)


def put_request(request: JoinRequest) -> None:
    """Write a form that waits for its phone, in place of an earlier one; one that came before stays as it is."""
    place = consent_keys.join_request(request.phone, request.account)
    item = {"type": "join-request", **attributes(request), **store.expires(request.at + WAITS)}
    store.try_write(Put(place, item, ABSENT | Attr("id").ne(request.id)))


def request_of(account: str, phone: str, now: datetime) -> JoinRequest | None:
    """Return the form that waits for an answer of a phone, or None."""
    item = store.unexpired(store.get(consent_keys.join_request(phone, account)), now)
    request = read(JoinRequest, item) if item else None
    return request if request and not request.ended else None


def end_request(request: JoinRequest) -> None:
    """Mark a form as ended: its phone has answered."""
    place = consent_keys.join_request(request.phone, request.account)
    store.try_write(Update(place, changes={"ended": True}, when=PRESENT & Attr("id").eq(request.id)))
