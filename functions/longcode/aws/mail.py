"""Mail to a studio, through SES."""

from longcode.aws.clients import client
from longcode.aws.settings import settings


def send(to: str, subject: str, text: str) -> None:
    """Send a plain mail."""
    content = {"Simple": {"Subject": {"Data": subject}, "Body": {"Text": {"Data": text}}}}
    client("sesv2").send_email(
        FromEmailAddress=settings().mail_from, Destination={"ToAddresses": [to]}, Content=content
    )
