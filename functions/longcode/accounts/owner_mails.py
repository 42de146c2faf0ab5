"""The mails that tell an account's owner what was changed.

They have no secrets, and of what the caller has entered only the studio's name, the host of the webhook address, and
addresses of people: of one who was added only the host.
"""

from collections.abc import Callable, Mapping, Sequence

from longcode import months
from longcode.accounts.account import Account, NoticeKind, OwnerNotice
from longcode.accounts.passwords import KeyScope
from longcode.mails.content import MailContent, because_of_account

_SUBJECTS: Mapping[NoticeKind, str] = {
    NoticeKind.PASSWORD: "Your Longcode account has a new password",
    NoticeKind.KEY: "Your Longcode account has a new API key",
    NoticeKind.WEBHOOK: "Your Longcode account has a new webhook address",
    NoticeKind.COUNTRIES: "Your Longcode account may text further countries",
    NoticeKind.PLAN: "Your Longcode account has a new plan",
    NoticeKind.PERSON: "Somebody can now sign in to your Longcode account",
    NoticeKind.PERSON_REMOVED: "Somebody can no longer sign in to your Longcode account",
    NoticeKind.APPROVED: "Your Longcode account is approved",
    NoticeKind.WRONG_PASSWORDS: "Somebody tried wrong passwords for your Longcode account",
    NoticeKind.STOPPED: "Your Longcode account is stopped",
    NoticeKind.REPLIES: "Your Longcode account gets many replies",
    NoticeKind.ADDRESS_ASKED: "Your Longcode account is to get another email address",
    NoticeKind.ADDRESS: "Your Longcode account has another email address",
    NoticeKind.CONFIRMED: "Welcome to Longcode",
    NoticeKind.CLOSED: "Your Longcode account was closed",
    NoticeKind.ENDED: "The password and API keys of your Longcode account have ended",
}
KEY_MAY = {
    KeyScope.SEND: "send texts and see what became of them",
    KeyScope.READ: "read messages, clients, usage and invoices, and change nothing",
    KeyScope.ALL: "do everything that the password may do",
}
"""What a key of a scope may do, in words."""

_WITHOUT_ADVICE = {
    NoticeKind.CLOSED,
    NoticeKind.APPROVED,
    NoticeKind.WRONG_PASSWORDS,
    NoticeKind.ENDED,
    NoticeKind.REPLIES,
    NoticeKind.CONFIRMED,
}
_EXPECTED = "If you or somebody of your studio did this, you don't need to do anything."
_UNEXPECTED = "If not, please make a new password, delete the API keys that you don't know, and tell us at once"


_SEVERAL = "Your Longcode account was changed several times"
_EACH = 5  # the newest of a kind, so that many of one kind hide no other


def mail(account: Account, notices: Sequence[tuple[OwnerNotice, str]], help_contact: str) -> MailContent:
    """Return the mail about some notices, each with the plan in words that it names."""
    kinds = dict.fromkeys(notice.kind for notice, _ in notices)
    told = [
        paragraph
        for kind in kinds
        for paragraph in _told(account, [each for each in notices if each[0].kind is kind])
    ]
    expected = "" if NoticeKind.STOPPED in kinds else f"{_EXPECTED} "
    closing = () if _WITHOUT_ADVICE.issuperset(kinds) else (f"{expected}{_UNEXPECTED}: {help_contact}",)
    return MailContent(
        subject=_SEVERAL if len(notices) > 1 else _SUBJECTS[next(iter(kinds))],
        greeted=account.name,
        parts=(*told, *closing),
        why=because_of_account(account.id, ", whose owner is told of what matters"),
    )


def _told(account: Account, of_kind: Sequence[tuple[OwnerNotice, str]]) -> list[str]:
    """Return the paragraphs about the newest notices of a kind, and how many there are."""
    newest = of_kind[-_EACH:]
    told = [
        _SENTENCES[notice.kind](account.id, _when(account, notice), plan or notice.about) for notice, plan in newest
    ]
    if len(of_kind) > len(newest):
        told.append(f"These are the last {_EACH} of {len(of_kind)} such changes.")
    # A paragraph is one line: each mail program breaks it for itself.
    return [each.replace("\n", " ") for text in told for each in text.split("\n\n")]


def _when(account: Account, notice: OwnerNotice) -> str:
    at = notice.at.astimezone(months.time_zone(account.time_zone))
    return f"on {at.day} {at:%B %Y} at {at:%H:%M} ({account.time_zone})"


def _password(account: str, when: str, _about: str) -> str:
    return f"""Your account {account} got a new password {when}. The old one no longer works: please enter the new one
wherever your studio software has it."""


def _key(account: str, when: str, about: str) -> str:
    key_id, _, scope = about.partition(" ")
    return f"""Your account {account} got a new API key {when}. It begins with lck_{key_id} and may
{KEY_MAY[KeyScope(scope)]}."""


def _webhook(account: str, when: str, about: str) -> str:
    return f"""The webhook address of your account {account} was changed {when}. Replies and other events go to the
server {about} while webhooks are switched on."""


def _countries(account: str, when: str, about: str) -> str:
    return f"""The settings of your account {account} were changed {when}: it may now also text phones in {about}."""


def _plan(account: str, when: str, about: str) -> str:
    return f"""The plan of your account {account} was changed {when}. It is now {about}."""


def _person(account: str, when: str, about: str) -> str:
    role, _, host = about.partition(" ")
    return f"""Somebody was added to your account {account} {when}, who can sign in in a browser as {role}, with
an email address at {host}. The page "People" shows who it is; there you can take them off."""


def _person_removed(account: str, when: str, about: str) -> str:
    removed, _, remover = about.partition(" ")
    by = remover or "somebody who is signed in with the account number and password"
    return f"""{removed} can no longer sign in to your account {account} in a browser: they were removed {when} by
{by}. Their sessions have ended."""


def _approved(account: str, _when: str, _about: str) -> str:
    return f"""Your account {account} is approved. From now on it can text as many units a day as your plan and your
settings allow, and also the further countries in your settings."""


def _wrong_passwords(account: str, when: str, about: str) -> str:
    return f"""Somebody tried several wrong passwords for your account {account} {when},
from the internet address {about}. None of them was right. For a quarter of an hour, that address cannot sign in with
a password; all others can, and API keys work everywhere.

If a program of yours still has an old password, please enter the new one there. If not, you don't need to do
anything: nobody can guess your password. You get this mail at most once a day."""


def _stopped(account: str, when: str, about: str) -> str:
    return f"""Your account {account} was stopped {when}, because its texts were unlike those of the weeks before.
{about}

Until we have talked with you, it sends no texts: new ones are refused, and broadcasts are paused. Replies still come
in. If these texts are yours, please tell us so, and we let the account send again."""


def _closed(account: str, when: str, _about: str) -> str:
    return f"""Your account {account} was closed {when}. It sends no more texts: those that were planned or waited
are not sent. The month is billed once more, on the invoice of its ordinary day, and no month after it.

Your messages, clients and invoices are kept, and you can still sign in to read them and take them with you. If you
did not want this, or change your mind, please tell us: we can open the account again as it was."""


def _ended(account: str, when: str, _about: str) -> str:
    return f"""We ended the password and all API keys of your account {account} {when}, because somebody else
may have them. Your studio software cannot sign in until it has a new password or key. We mail you a link that makes
a new password; with it you can make new keys.

Until then nothing is lost: replies still come in, and are kept for you."""


def _replies(account: str, when: str, about: str) -> str:
    return f"""Your account {account} had received {about} units of replies of this day {when}, far more than
on the days before. Replies are units of your plan.

If you expect them, you don't need to do anything. If one phone writes without end, please tell us its number: we can
have it blocked, and give you a credit for its replies. You get this mail at most once a day."""


def _address_asked(account: str, when: str, about: str) -> str:
    old, _, new = about.partition(" ")
    return f"""Somebody who is signed in to your account {account} asked {when}
to change its email address from {old} to {new}. The address changes when the link is
opened that we mailed to the new one. Until then, mails about the account come to you."""


def _address(account: str, when: str, about: str) -> str:
    old, _, new = about.partition(" ")
    return f"""The email address of your account {account} was changed {when}
from {old} to {new}. From now on, mails about the account and links that sign in as its
owner go to the new address only. Sessions that began with a link to the old one have ended."""


def _confirmed(account: str, _when: str, _about: str) -> str:
    return f"""Your email address is confirmed. Your studio software opened the account {account} for you, and has all
that it needs to text.

You can also read and answer texts in a browser: sign in to Longcode with this address, and you get a link by mail.
There you can see your plan and what you have used, and add the people of your studio."""


_SENTENCES: Mapping[NoticeKind, Callable[[str, str, str], str]] = {
    NoticeKind.PASSWORD: _password,
    NoticeKind.KEY: _key,
    NoticeKind.WEBHOOK: _webhook,
    NoticeKind.COUNTRIES: _countries,
    NoticeKind.PLAN: _plan,
    NoticeKind.PERSON: _person,
    NoticeKind.PERSON_REMOVED: _person_removed,
    NoticeKind.APPROVED: _approved,
    NoticeKind.WRONG_PASSWORDS: _wrong_passwords,
    NoticeKind.STOPPED: _stopped,
    NoticeKind.ENDED: _ended,
    NoticeKind.CLOSED: _closed,
    NoticeKind.REPLIES: _replies,
    NoticeKind.ADDRESS_ASKED: _address_asked,
    NoticeKind.ADDRESS: _address,
    NoticeKind.CONFIRMED: _confirmed,
}
