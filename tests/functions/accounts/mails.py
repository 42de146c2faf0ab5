"""The mails that SES took."""

from typing import NamedTuple

from moto.ses.models import ses_backends

_ACCOUNT = "123456789012"  # moto's


class Mail(NamedTuple):
    """A mail to one address."""

    to: str
    subject: str
    text: str


def mails_to(address: str) -> list[Mail]:
    """List the mails to an address, oldest first."""
    taken = ses_backends[_ACCOUNT]["us-east-1"].sent_messages
    mails = [Mail(one.destinations["ToAddresses"][0], one.subject, one.body) for one in taken]
    return [mail for mail in mails if mail.to == address]
