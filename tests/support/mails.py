"""Reads the mails that were sent through SES."""

from email import message_from_string
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any, NamedTuple

from moto.ses.models import RawMessage, ses_backends

_ACCOUNT = "123456789012"  # moto's


class Mail(NamedTuple):
    """A mail to an address, as text and as HTML, with its attachments by name.

    `body` is the text without who writes, why and whom to ask.
    """

    to: str
    subject: str
    text: str
    html: str
    files: tuple[tuple[str, bytes], ...] = ()

    @property
    def body(self) -> str:
        return self.text.partition("\n\n--\n")[0]


def mails_to(address: str) -> list[Mail]:
    """Return the mails to an address, oldest first."""
    return [mail for mail in sent_mails() if mail.to == address]


def sent_mails() -> list[Mail]:
    """Return all mails, oldest first."""
    sent = ses_backends[_ACCOUNT]["us-east-1"].sent_messages
    return [_read_raw(mail) if isinstance(mail, RawMessage) else _read(mail) for mail in sent]


def _read(sent: Any) -> Mail:
    text, begin, html = sent.body.partition("<!doctype html>")  # tests/support/quick_moto.py puts them together
    return Mail(sent.destinations["ToAddresses"][0], sent.subject, text, begin + html)


def _read_raw(sent: RawMessage) -> Mail:
    message = message_from_string(sent.raw_data, EmailMessage, policy=SMTP)
    text, html = message.get_body(["plain"]), message.get_body(["html"])
    assert text
    assert html
    files = [(str(attachment.get_filename()), attachment.get_content()) for attachment in message.iter_attachments()]
    words = text.get_content().replace("\r\n", "\n")
    return Mail(message["To"], message["Subject"], words, html.get_content(), tuple(files))
