"""Items that the release of 24 November 2026 wrote: at least one of each type, as DynamoDB's own JSON.

Its code wrote them into a test table. Their attributes are what a deployed table contains, so the file is never
changed; items of a later release get a file of their own.
"""

import json
from datetime import timedelta
from typing import Any

from longcode.aws.clients import client
from longcode.table.writes import table
from longcode.usage.usage import Limits
from tests.support.local_aws import ROOT

ITEMS: list[dict[str, Any]] = json.loads((ROOT / "tests" / "table" / "items_2026_11_24.json").read_text())

HERON = "10000009"
"""The account that most of the items belong to."""

HERON_LIMITS = Limits(account=HERON, month="2026-11", changes=1, day="2026-11-22", units_a_month=300, units_a_day=50)
CONFIRMATION_TOKEN = "dvPaGobl7meDrJVWxv3XnIjfhZymr_BEMMkcOKY-4sE"
SHARED_NUMBERS = ("+15555550100", "+15555550101")
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


def put_items() -> None:
    """Put the items into the table, as they are."""
    for item in ITEMS:
        client("dynamodb").put_item(TableName=table(), Item=item)
