"""The clocks: the functions' and the operator's agree with that of AWS."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from longcode_cli.deployment import Deployment
from longcode_cli.doctor.finding import Finding

_HERE_AT_MOST = timedelta(minutes=1)  # AWS refuses calls at five
_FUNCTIONS_AT_MOST = timedelta(seconds=5)
_LENGTH_OF_DATE = 29  # of the header; the emulator sends it twice


def _here() -> datetime:
    return datetime.now(UTC)


def find_wrong_clocks(deployment: Deployment, _now: datetime, here: Callable[[], datetime] = _here) -> list[Finding]:
    """Return which clocks are wrong by AWS's: this machine's, or that of the functions."""
    before = here()
    described = deployment.client("dynamodb").describe_table(TableName=deployment.outputs["TableName"])
    date = described["ResponseMetadata"]["HTTPHeaders"]["date"][:_LENGTH_OF_DATE]
    ahead = before - parsedate_to_datetime(date)
    asked = here() - ahead
    function = datetime.fromisoformat(deployment.order("due.list_overdue", limit=1)["at"])
    return wrong_clocks(ahead, function, asked, here() - ahead)


def wrong_clocks(ahead: timedelta, function: datetime, asked: datetime, answered: datetime) -> list[Finding]:
    """Return the findings, from how far this machine is ahead of AWS and what the function's clock showed.

    `asked` and `answered` are by AWS's clock.
    """
    findings = []
    if abs(ahead) > _HERE_AT_MOST:
        findings.append(
            Finding(
                what=f"The clock of this machine is {abs(ahead).total_seconds():,.0f} seconds "
                f"{'ahead of' if ahead > timedelta(0) else 'behind'} that of AWS.",
                cure="Set it, or turn on its synchronisation. AWS refuses calls at five minutes.",
                section="Clocks",
            )
        )
    if not asked - _FUNCTIONS_AT_MOST <= function <= answered + _FUNCTIONS_AT_MOST:
        findings.append(
            Finding(
                what=f"The clock of the functions shows {function:%H:%M:%S} UTC, that of AWS {answered:%H:%M:%S}.",
                cure="Open a case at AWS Support: quiet hours and months go by this clock.",
                section="Clocks",
            )
        )
    return findings
