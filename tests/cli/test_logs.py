"""`longcode logs`: the log's lines about a text, an account or a phone, and nothing of other accounts."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from longcode.table import keyed_hash
from tests.support.operator import Log, deployment, longcode

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
AN_HOUR_AGO = datetime.now(UTC) - timedelta(hours=1)
FUNCTION = {"function_name": "longcode-SendText-1A2B3C4D5E6F", "level": "WARNING", "service": "longcode"}
BAD = {**FUNCTION, "message": "text ended badly", "account": "10000001", "message_id": "m1", "code": "twilio:30006"}
OTHERS = {**FUNCTION, "message": "text uncertain", "account": "10000002", "message_id": "m2"}


def of(*lines: tuple[datetime, Mapping[str, object]]) -> Log:
    return Log(lines)


LOG = of((AN_HOUR_AGO, BAD), (AN_HOUR_AGO, OTHERS), (AN_HOUR_AGO - timedelta(days=9), BAD))


def test_the_lines_of_a_text_are_shown_with_time_function_and_the_other_fields() -> None:
    printed = longcode("logs", "text", "m1", of=deployment(logs=LOG)).printed

    shown = AN_HOUR_AGO.isoformat(sep=" ", timespec="milliseconds").removesuffix("+00:00")
    assert f"{shown} SendText WARNING text ended badly account=10000001 message_id=m1 code=twilio:30006" in printed
    assert "m2" not in printed


def test_the_lines_of_an_account_are_all_pages_and_no_other_accounts() -> None:
    log = of(*((AN_HOUR_AGO, {**BAD, "message_id": f"m{n}"}) for n in range(3)), (AN_HOUR_AGO, OTHERS))

    found = longcode("--json", "logs", "account", "10000001", of=deployment(logs=log)).answer

    assert [line["message_id"] for line in found] == ["m0", "m1", "m2"]


def test_the_lines_of_a_phone_are_found_by_its_hash() -> None:
    log = of((AN_HOUR_AGO, {**BAD, "phone_hash": keyed_hash.of(PHONE)}), (AN_HOUR_AGO, OTHERS))

    ended = longcode("logs", "phone", PHONE, of=deployment(logs=log))

    assert "message_id=m1" in ended.printed
    assert "2125550123" not in ended.printed


def test_earlier_lines_are_shown_from_a_day_or_a_time_on() -> None:
    ten_days_ago = AN_HOUR_AGO - timedelta(days=10)
    by_day = longcode("--json", "logs", "text", "m1", "--since", f"{ten_days_ago:%Y-%m-%d}", of=deployment(logs=LOG))
    until = longcode(
        *("--json", "logs", "text", "m1", "--since", f"{ten_days_ago:%Y-%m-%dT%H:%M:%SZ}"),
        *("--until", f"{AN_HOUR_AGO - timedelta(days=1):%Y-%m-%d}"),
        of=deployment(logs=LOG),
    )

    assert (len(by_day.answer), len(until.answer)) == (2, 1)


def test_a_text_of_which_nothing_is_logged_says_so() -> None:
    ended = longcode("logs", "text", "m9", of=deployment(logs=LOG))

    assert (ended.exit_code, ended.printed) == (0, "The log has no line about it in the last seven days.")


@pytest.mark.parametrize("wrong", ['m1" || $.account = "10000002', "m 1", "m1}", ""])
def test_what_is_no_id_cannot_ask_for_other_lines(wrong: str) -> None:
    ended = longcode("logs", "text", wrong, of=deployment(logs=LOG))

    assert ended.exit_code == 2
    assert "is no id" in ended.printed


@pytest.mark.parametrize("wrong", ["yesterday", "2026-11-31", "2026-11-30T17:05:00", "0001-01-01T00:00:00+01:00"])
def test_a_word_that_is_no_time_is_refused(wrong: str) -> None:
    ended = longcode("logs", "account", "10000001", "--since", wrong, of=deployment(logs=LOG))

    assert ended.exit_code == 2
    assert f"{wrong!r} is no time." in ended.printed
