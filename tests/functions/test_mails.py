"""Every mail says the same as text and as HTML, who writes, why and whom to ask; whatever is in it stays words."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from longcode.mails.content import Action, Facts, MailContent, Quote, text_part
from longcode.mails.html_part import html_part
from tests.support.every_mail import send_every_mail
from tests.support.local_aws import local_aws
from tests.support.mails import Mail, sent_mails

HOSTILE = "<script>alert(1)</script>\"'>&amp;{x}{{y}} שלום"
_VOID = {"meta", "br"}
_HARMLESS = {"html", "head", "title", "style", "body", "table", "tr", "td", "th", "p", "a", *_VOID}


@pytest.fixture(scope="module")
def mails() -> Iterator[list[Mail]]:
    with local_aws():
        send_every_mail(HOSTILE, HOSTILE)
        yield sent_mails()


class _Page(HTMLParser):
    """The words and tags of a page; each tag must be closed."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: set[str] = set()
        self.links: list[str] = []
        self.words = ""
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links += [value or "" for name, value in attrs if name in ("href", "src", "background")]
        if tag not in _VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words += f" {data}"


def words(text: str) -> str:
    return " ".join(text.split())


def test_there_is_a_mail_of_every_kind(mails: list[Mail]) -> None:
    assert sorted({mail.subject for mail in mails if HOSTILE not in mail.subject}) == [
        "2 replies from 2 clients",
        "Confirm your address for Longcode",
        "Confirm your change of plan",
        "Set a new password for Longcode",
        "Sign in to Longcode",
        "Somebody can no longer sign in to your Longcode account",
        "Somebody can now sign in to your Longcode account",
        "Somebody tried wrong passwords for your Longcode account",
        "The password and API keys of your Longcode account have ended",
        "Welcome to Longcode",
        "You have used 80% of your plan for November 2026",
        "Your Longcode account",
        "Your Longcode account gets many replies",
        "Your Longcode account has a new API key",
        "Your Longcode account has a new password",
        "Your Longcode account has a new plan",
        "Your Longcode account has a new webhook address",
        "Your Longcode account has another email address",
        "Your Longcode account is approved",
        "Your Longcode account is closed",
        "Your Longcode account is stopped",
        "Your Longcode account is to get another email address",
        "Your Longcode account may text further countries",
        "Your Longcode account was closed",
        "Your Longcode invoice 2026-11-000123 for November 2026",
        "Your studio has added you to Longcode",
    ]
    assert [mail.subject for mail in mails if HOSTILE in mail.subject] == [f"Reply from {HOSTILE}"]


def test_the_html_has_each_paragraph_of_the_text(mails: list[Mail]) -> None:
    for mail in mails:
        shown = words(_Page(mail.html).words)
        for paragraph in mail.body.split("\n\n"):
            missing = [line for line in map(words, paragraph.splitlines()) if line and not _is_shown(line, shown)]
            assert missing == [], mail.subject


def _is_shown(line: str, shown: str) -> bool:
    """Return whether a line is shown, if need be in parts: a fact is a row, a text has its time below it."""
    name, _, value = line.rpartition(": ")
    time, _, text = line.partition(" ")
    return line.rstrip(":") in shown or f"{name} {value}" in shown or f"{text} {time}" in shown or "/hub/" in line


def test_a_mail_says_who_writes_why_and_whom_to_ask(mails: list[Mail]) -> None:
    for mail in mails:
        for part in (mail.text, _Page(mail.html).words):
            assert "Longcode, with which photography studios text their clients." in part
            assert "You get this mail because " in part
            assert "Questions: " in part
            assert "help@longcode.example" in part


def test_a_mail_loads_nothing_and_runs_nothing(mails: list[Mail]) -> None:
    for mail in mails:
        page = _Page(mail.html)

        assert page.tags <= _HARMLESS, mail.subject
        assert [link for link in page.links if not link.startswith(("https://longcode.example/", "mailto:"))] == []
        assert "url(" not in mail.html
        assert "\n" not in mail.subject


def test_only_the_welcome_mail_has_a_password(mails: list[Mail]) -> None:
    assert [mail.subject for mail in mails if "Password: " in mail.text] == ["Your Longcode account"]
    [welcome] = [mail for mail in mails if mail.subject == "Your Longcode account"]
    assert "enter your account number and password there" in welcome.text
    assert "https://longcode.example/hub/sign-in" in welcome.text
    assert "To change the password" in welcome.text


def test_a_mail_as_text_and_as_html() -> None:
    content = MailContent(
        subject="S",
        greeted="Ann",
        parts=("One\ntwo.", Facts((("Name", "Zoë"),)), Quote(who="Bob", texts=(("10:42", "Hi"),), note="N", url="u")),
        action=Action("Go", "https://x.example/?a=1&b=2"),
        after=("Then.",),
        why="we say so",
        preferences="https://x.example/p",
    )

    html = html_part(content, "+1 213 555 0100")

    assert text_part(content, "+1 213 555 0100") == (
        "Hello Ann,\n\nOne\ntwo.\n\nName: Zoë\n\nBob:\n  10:42  Hi\nN\nu\n\nGo:\nhttps://x.example/?a=1&b=2\n\nThen.\n\n"
        "--\nLongcode, with which photography studios text their clients.\n"
        "You get this mail because we say so.\nQuestions: +1 213 555 0100\n"
        "Change which mails you get:\nhttps://x.example/p\n"
    )
    assert 'href="https://x.example/?a=1&amp;b=2"' in html
    assert "Questions: +1 213 555 0100" in html
    assert "One<br>two." in html
