"""`longcode accounts`: the commands give the operator's orders, and print their answers for people and programs."""

import io
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from admin import invoke
from longcode.accounts import store as accounts
from longcode.accounts.account import AccountStatus
from longcode_cli.main import TYPED, main
from longcode_cli.output import Output
from tests.support.billed_texts import text
from tests.support.fakes import studio
from tests.support.operator import Stacks, deployment, longcode


class OfAnotherRelease:
    """A client of Lambda whose function answers with a list alone."""

    def invoke(self, **_call: str) -> dict[str, Any]:
        return {"Payload": io.BytesIO(b'{"items": []}')}


@pytest.fixture(autouse=True)
def studios(aws: None) -> None:
    """Two studios, of which the second waits for approval."""
    studio("10000001", name="Foxglove Photo", email="ann@foxglove.example")
    studio("10000002", name="Büro Zoë", email="zoe@buero.example", trial_units_a_day=50)


def test_all_accounts_are_listed_with_their_plan_and_status() -> None:
    ended = longcode("accounts", "list")

    assert ended.exit_code == 0
    assert "10000001 Foxglove Photo ann@foxglove.example medium active" in ended.printed
    assert "10000002 Büro Zoë zoe@buero.example medium not approved" in ended.printed


@pytest.mark.parametrize("search", ["büro", "buro zoe", "ZOE@buero", "0000002"])
def test_an_account_is_found_by_a_part_of_its_name_address_or_number(search: str) -> None:
    ended = longcode("--json", "accounts", "list", "--search", search)

    assert [item["id"] for item in ended.answer] == ["10000002"]


def test_the_accounts_that_wait_are_listed_apart() -> None:
    ended = longcode("--json", "accounts", "list", "--waiting")

    assert [item["id"] for item in ended.answer] == ["10000002"]


def test_a_suspension_is_recorded_with_who_ordered_it() -> None:
    ended = longcode("accounts", "suspend", "10000001", "--reason", "October is unpaid.")

    account = accounts.get_or_raise("10000001")
    assert ended.printed == "Account 10000001 is suspended: October is unpaid."
    assert (account.status, account.status_changes[-1].by) == (AccountStatus.SUSPENDED, "Ann (user/ann)")
    assert "suspended: October is unpaid. (by Ann (user/ann))" in longcode("accounts", "show", "10000001").printed


def test_an_account_is_closed_only_after_a_yes() -> None:
    refused = longcode("accounts", "close", "10000001", typed="n\n")
    unasked = longcode("accounts", "close", "10000001")
    open_still = accounts.get_or_raise("10000001").status
    closed = longcode("accounts", "close", "10000001", typed="y\n")

    assert (refused.exit_code, unasked.exit_code, closed.exit_code) == (1, 2, 0)
    assert "--yes" in unasked.printed
    assert open_still is AccountStatus.ACTIVE
    assert accounts.get_or_raise("10000001").status is AccountStatus.CLOSED


def test_a_refused_order_ends_with_1_and_names_what_was_typed() -> None:
    ended = longcode("accounts", "approve", "99999999")

    assert ended.exit_code == 1
    assert ended.printed == "There is no account '99999999'. (ACCOUNT)"


def test_each_field_that_a_refusal_can_name_is_a_word_of_the_command_line() -> None:
    nobody_types = {"after", "country_code", "cursor", "done", "dry_run", "give_up", "again", "count", "job_account"}
    nobody_types |= {"kind", "look_at", "most_units", "not_reached"}
    fields = {name for order in invoke.ORDERS for name in order.__struct_fields__}

    assert fields - nobody_types == set(TYPED)


@pytest.mark.parametrize(
    ("words", "do", "said"),
    [
        (("approve", "10000002"), "accounts.approve", "Account 10000002 is approved."),
        (("restore", "10000001"), "accounts.restore", "Account 10000001 may send again."),
        (("mail-link", "10000001"), "sessions.link", "It works once, for 15 minutes."),
        (("mail-link", "10000001", "--password"), "passwords.link", "It works once, for 24 hours."),
        (
            ("change-address", "10000001", "new@foxglove.example"),
            "accounts.change_address",
            "A link is mailed to new",
        ),
        (("end-credentials", "10000001", "--yes"), "passwords.end", "Password, sessions and 0 API keys of account"),
    ],
)
def test_each_command_gives_its_order_and_says_what_was_done(words: tuple[str, ...], do: str, said: str) -> None:
    longcode("accounts", "suspend", "10000001", "--reason", "October is unpaid.")

    ended = longcode("accounts", *words)

    assert (ended.exit_code, said in ended.printed) == (0, True)
    changes = deployment().order("changes.list", account=words[1])["items"]
    assert do in {change["about"] for change in changes}


def test_a_closed_account_is_reopened() -> None:
    longcode("accounts", "close", "10000001", "--yes")

    assert longcode("accounts", "reopen", "10000001").printed == "Account 10000001 is open again."
    assert accounts.get_or_raise("10000001").status is AccountStatus.ACTIVE


def test_a_new_account_is_shown_with_what_limits_it() -> None:
    shown = longcode("accounts", "show", "10000002").printed

    assert "its limits 50 units a day until it is approved, " in shown


def test_a_ceiling_is_a_number_or_default() -> None:
    set_to = longcode("accounts", "set-ceiling", "10000001", "20000")
    wrong = longcode("accounts", "set-ceiling", "10000001", "much")
    unset = longcode("accounts", "set-ceiling", "10000001", "default")

    assert "20,000 units a day" in set_to.printed
    assert (wrong.exit_code, unset.exit_code) == (2, 0)
    assert accounts.get_or_raise("10000001").ceiling_units_a_day is None


def test_a_name_cannot_steer_the_operators_terminal() -> None:
    studio("10000003", name="\x1b]0;owned\x07[red]Red[/red]", email="red@studio.example")

    ended = longcode("accounts", "list", "--search", "red@studio")

    assert "\x1b" not in ended.printed
    assert "[red]Red[/red]" in ended.printed


def test_an_account_is_shown_with_its_owner_its_plan_and_its_usage_of_this_month() -> None:
    text(3, "10000001")

    printed = longcode("accounts", "show", "10000001").printed

    assert "name Foxglove Photo email ann@foxglove.example" in printed
    assert "plan medium status active approved yes" in printed
    assert "used in 2026-11 3 units: 1 texts sent, 0 received" in printed


def test_a_list_that_is_too_wide_for_the_terminal_breaks_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    listed, printed = {"id": "a" * 26, "why": "It waits for the carrier."}, io.StringIO()

    for width in (60, 40):
        Output(console=Console(file=printed, width=width)).items([listed], {"id": "id", "why": "why", "x": "x"}, "")

    assert [line.rstrip() for line in printed.getvalue().splitlines()] == [
        "id                          why",
        "a" * 26 + "  It waits for the carrier.",
        "id   " + "a" * 26,
        "why  It waits for the carrier.",
        "",
    ]


def test_an_answer_of_another_release_ends_with_a_sentence_and_no_trace() -> None:
    clients: Any = {"lambda": OfAnotherRelease()}
    ended = longcode("accounts", "list", of=deployment(**clients))

    assert ended.exit_code == 1
    assert ended.printed.startswith(
        "The command failed: KeyError: 'next_cursor'. Is the deployment of another release"
    )
    assert "Traceback" not in ended.printed


def test_a_stack_of_something_else_is_told_from_a_deployment() -> None:
    ended = longcode("accounts", "list", of=deployment(cloudformation=Stacks({})))

    assert ended.exit_code == 3
    assert ended.printed == "The stack 'longcode' is no deployment of Longcode: it has no output AdminFunction."


def test_without_a_named_or_running_stack_the_command_ends_with_3_and_says_how_to_name_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("LONGCODE_STACK", raising=False)
    monkeypatch.chdir(tmp_path)

    with pytest.raises(SystemExit) as ended:
        main(["accounts", "list"])

    assert ended.value.code == 3
    assert "--stack" in capsys.readouterr().err
