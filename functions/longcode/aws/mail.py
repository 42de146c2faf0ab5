"""Send mail to studios, through SES."""

from msgspec import Struct

from longcode.aws.clients import client
from longcode.aws.settings import settings


class Attachment(Struct, frozen=True):
    """An attachment; `type` is its MIME type, such as `application/pdf`."""

    name: str
    type: str
    content: bytes


def send(to: str, subject: str, text: str, *files: Attachment) -> None:
    """Send a mail in plain text with files attached; raise `ValueError` for a line break in a header."""
    content = _with_files(to, subject, text, files) if files else _plain(subject, text)
    client("sesv2").send_email(
        FromEmailAddress=settings().mail_from, Destination={"ToAddresses": [to]}, Content=content
    )


def _plain(subject: str, text: str) -> dict[str, object]:
    return {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}}}


def _with_files(to: str, subject: str, text: str, files: tuple[Attachment, ...]) -> dict[str, object]:
    """Return a mail with files as MIME; raise `ValueError` for a line break in a header."""
    from email.message import EmailMessage  # noqa: PLC0415 - few mails have files

    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = settings().mail_from, to, subject
    message.set_content(text, cte="base64")  # no line is too long for a mail server or begins with a dot
    for file in files:
        kind, _, subtype = file.type.partition("/")
        message.add_attachment(file.content, maintype=kind, subtype=subtype, filename=file.name)
    return {"Raw": {"Data": message.as_bytes(policy=message.policy.clone(linesep="\r\n"))}}
