"""Send mail to studios, through SES."""

import re
from datetime import datetime
from email import message, utils
from typing import Any

from msgspec import Struct

from longcode.aws.clients import client, now
from longcode.aws.settings import settings
from longcode.mails.content import MailContent, text_part
from longcode.mails.html_part import html_part

_UTF_8 = "UTF-8"
_ADDRESS = re.compile(r"[\w.!#$%&'*+/=?^`{|}~-]+@[\w-]+(\.[\w-]+)+", re.ASCII)
_LINE_BREAK = re.compile(r"[\r\n]")


class Attachment(Struct, frozen=True):
    """An attachment; `type` is its MIME type, such as `application/pdf`."""

    name: str
    type: str
    content: bytes


class Mail(Struct, frozen=True, kw_only=True):
    """A mail as plain text and as HTML, with files attached; answers to it go to `reply_to`."""

    sender: str
    reply_to: str
    to: str
    subject: str
    text: str
    html: str
    files: tuple[Attachment, ...] = ()


def send(to: str, content: MailContent, *files: Attachment) -> None:
    """Send a mail as plain text and as HTML, with files attached; raise `ValueError` for a line break in a header.

    Nothing is sent to "": an account that a partner opened has no address until its studio has confirmed one.
    """
    if not to:
        return
    sender, help_contact = settings().mail_from, settings().help_contact
    mail = Mail(
        sender=sender,
        reply_to=reply_address(help_contact, sender),
        to=to,
        subject=content.subject,
        text=text_part(content, help_contact),
        html=html_part(content, help_contact),
        files=files,
    )
    client("sesv2").send_email(**request(mail, now()))


def reply_address(help_contact: str, sender: str) -> str:
    """Return where answers to a mail go: to the help contact if that is an email address, else to the sender."""
    return help_contact if _ADDRESS.fullmatch(help_contact) else sender


def request(mail: Mail, at: datetime) -> dict[str, Any]:
    """Return the arguments of SES's SendEmail; raise `ValueError` for a line break in a header.

    SES writes Date and Message-ID of a mail with simple content, which may not set them itself. A raw mail sets them,
    though SES replaces them: https://docs.aws.amazon.com/ses/latest/dg/header-fields.html
    """
    if any(_LINE_BREAK.search(header) for header in (mail.sender, mail.reply_to, mail.to, mail.subject)):
        raise ValueError("Header values may not contain line breaks")
    addresses = {"FromEmailAddress": mail.sender, "Destination": {"ToAddresses": [mail.to]}}
    if mail.files:
        return {**addresses, "Content": {"Raw": {"Data": _mime(mail, at)}}}
    simple = {
        "Subject": {"Data": mail.subject, "Charset": _UTF_8},
        "Body": {
            "Text": {"Data": mail.text, "Charset": _UTF_8},
            "Html": {"Data": mail.html, "Charset": _UTF_8},
        },
    }
    return {**addresses, "ReplyToAddresses": [mail.reply_to], "Content": {"Simple": simple}}


def _mime(mail: Mail, at: datetime) -> bytes:
    mime = message.EmailMessage()
    mime["From"], mime["To"], mime["Reply-To"], mime["Subject"] = mail.sender, mail.to, mail.reply_to, mail.subject
    mime["Date"] = at
    mime["Message-ID"] = utils.make_msgid(domain=utils.parseaddr(mail.sender)[1].rpartition("@")[2])
    mime.set_content(mail.text, charset=_UTF_8, cte="base64")  # no line is too long or begins with a dot
    mime.add_alternative(mail.html, subtype="html", charset=_UTF_8, cte="base64")
    for file in mail.files:
        kind, _, subtype = file.type.partition("/")
        mime.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return mime.as_bytes(policy=mime.policy.clone(linesep="\r\n"))
