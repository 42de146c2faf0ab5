"""The mail: SES is out of its sandbox, may send, and knows the sender."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from botocore.exceptions import ClientError

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding

_NEARLY_ALL = 0.8


def find_in_mail(deployment: Deployment, _now: datetime) -> list[Finding]:
    """Return what keeps mails from arriving."""
    ses = deployment.client("sesv2")
    sender = deployment.parameters["MailFrom"]
    domain = sender.rpartition("@")[2]
    identities = {name: found for name in (sender, domain) if (found := _identity(ses, name))}
    return [*wrong_in_account(ses.get_account()), *wrong_in_sender(sender, identities)]


def _identity(ses: Any, name: str) -> Mapping[str, Any] | None:
    try:
        found: Mapping[str, Any] = ses.get_email_identity(EmailIdentity=name)
    except ClientError as error:
        if error.response["Error"]["Code"] == "NotFoundException":
            return None
        raise
    return found


def wrong_in_account(account: Mapping[str, Any]) -> list[Finding]:
    """Return what is wrong with the account at SES."""
    quota = account.get("SendQuota", {})
    most, sent = quota.get("Max24HourSend", 0), quota.get("SentLast24Hours", 0)
    wrong = [
        (
            not account.get("ProductionAccessEnabled"),
            "SES is in its sandbox: mails reach only verified addresses.",
            "Ask for production access in the console of SES (a day).",
        ),
        (
            not account.get("SendingEnabled"),
            "SES does not send: sending is paused for the account.",
            "Look in the console of SES for the reason, then:"
            " aws sesv2 put-account-sending-attributes --sending-enabled",
        ),
        (
            account.get("EnforcementStatus", "HEALTHY") != "HEALTHY",
            f"SES reviews the account: its status is {account.get('EnforcementStatus')}.",
            "Answer AWS's mail, and find the addresses that bounce or complain.",
        ),
        (
            most > 0 and sent > _NEARLY_ALL * most,
            f"{sent:,.0f} of the {most:,.0f} mails that SES allows in a day are sent.",
            "Ask for a higher quota in the console of SES.",
        ),
    ]
    return [Finding(what=what, cure=cure, section="Mail") for is_wrong, what, cure in wrong if is_wrong]


def wrong_in_sender(sender: str, identities: Mapping[str, Mapping[str, Any]]) -> list[Finding]:
    """Return whether SES refuses the sender: neither it nor its domain is verified."""
    if any(identity.get("VerifiedForSendingStatus") for identity in identities.values()):
        return []
    return [
        Finding(
            what=f"SES refuses mails from {sender}: neither the address nor its domain is verified.",
            cure=f"aws sesv2 create-email-identity --email-identity {sender.rpartition('@')[2]}, and set the DKIM"
            " records that it returns.",
            section="Mail",
        )
    ]
