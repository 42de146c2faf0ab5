"""Every mail says UTF-8 and where answers go; a mail with files also has a date and an id."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest
from msgspec.structs import replace

from longcode.aws import mail
from longcode.aws.mail import Attachment, Mail, reply_address, request
from longcode.mails.content import MailContent

AT = datetime(2026, 12, 1, 9, 30, 5, 250_000, tzinfo=UTC)
PDF = Attachment("a.pdf", "application/pdf", b"%PDF-")


MAIL = Mail(
    sender="longcode@mail.example",
    reply_to="help@longcode.example",
    to="ann@studio.example",
    subject="Café",
    text="Łódź\n",
    html="<p>Łódź</p>\n",
)
CONTENT = MailContent(subject="Invoice", parts=("text",), why="You asked for it.")


def with_file(sender: str = "longcode@mail.example") -> EmailMessage:
    sent = request(replace(MAIL, sender=sender, files=(PDF,)), AT)
    assert sent.keys() == {"FromEmailAddress", "Destination", "Content"}
    return message_from_bytes(sent["Content"]["Raw"]["Data"], EmailMessage, policy=SMTP)


def test_a_mail_without_files_says_utf_8_and_where_answers_go() -> None:
    assert request(MAIL, AT) == {
        "FromEmailAddress": "longcode@mail.example",
        "Destination": {"ToAddresses": ["ann@studio.example"]},
        "ReplyToAddresses": ["help@longcode.example"],
        "Content": {
            "Simple": {
                "Subject": {"Data": "Café", "Charset": "UTF-8"},
                "Body": {
                    "Text": {"Data": "Łódź\n", "Charset": "UTF-8"},
                    "Html": {"Data": "<p>Łódź</p>\n", "Charset": "UTF-8"},
                },
            }
        },
    }


def test_a_mail_with_a_file_has_all_headers() -> None:
    message = with_file()

    assert (message["From"], message["To"]) == ("longcode@mail.example", "ann@studio.example")
    assert (message["Reply-To"], message["Subject"]) == ("help@longcode.example", "Café")
    assert message["Date"] == "Tue, 01 Dec 2026 09:30:05 +0000"
    assert message["MIME-Version"] == "1.0"


def test_the_words_of_a_mail_with_a_file_are_utf_8() -> None:
    parts = [with_file().get_body([kind]) for kind in ("plain", "html")]

    assert [part.get_content_charset() for part in parts if part] == ["utf-8", "utf-8"]
    assert [part.get_content() for part in parts if part] == ["Łódź\n", "<p>Łódź</p>\n"]


@pytest.mark.parametrize("sender", ["longcode@mail.example", "Longcode <longcode@mail.example>"])
def test_each_mail_with_a_file_has_an_id_of_its_own_in_the_senders_domain(sender: str) -> None:
    ids = [str(with_file(sender=sender)["Message-ID"]) for _ in range(2)]

    assert [one.endswith("@mail.example>") for one in ids] == [True, True]
    assert len(set(ids)) == 2


@pytest.mark.parametrize(
    ("contact", "expected"),
    [
        ("help@longcode.example", "help@longcode.example"),
        ("first.last+help@sub.longcode.example", "first.last+help@sub.longcode.example"),
        ("+1 213 555 0100", "longcode@mail.example"),
        ("https://longcode.example/help", "longcode@mail.example"),
        ("help@longcode.example or +1 213 555 0100", "longcode@mail.example"),
        ("help@longcode", "longcode@mail.example"),
        ("hälp@longcode.example", "longcode@mail.example"),
        ("help@longcode.example\r\nBcc: all@studio.example", "longcode@mail.example"),
        ("help@longcode.example\n", "longcode@mail.example"),
        ("", "longcode@mail.example"),
    ],
)
def test_answers_go_to_the_help_contact_if_it_is_a_mail_address_else_to_the_sender(
    contact: str, expected: str
) -> None:
    assert reply_address(contact, "longcode@mail.example") == expected


@pytest.mark.usefixtures("aws")
@pytest.mark.parametrize("files", [(), (PDF,)])
@pytest.mark.parametrize("line_break", ["\r\n", "\n", "\r"])
@pytest.mark.parametrize("header", ["to", "subject"])
def test_a_header_with_a_line_break_is_refused(header: str, line_break: str, files: tuple[Attachment, ...]) -> None:
    headers = {"to": "a@studio.example", "subject": "Invoice"}
    headers[header] += f"{line_break}Bcc: all@studio.example"

    with pytest.raises(ValueError, match="Header values"):
        mail.send(headers["to"], replace(CONTENT, subject=headers["subject"]), *files)
