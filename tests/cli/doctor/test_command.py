"""`longcode doctor` prints what each check found, and its exit code says whether all is well."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest

from longcode_cli.deployment import Deployment
from longcode_cli.doctor import command
from longcode_cli.doctor.finding import Check, Finding
from longcode_cli.errors import Unreachable
from tests.support.operator import Session, commands, longcode
from tests.support.source_reading import ROOT
from tests.support.stubbed_aws import Stack, answering, deployment_of

DOCTOR = ROOT / "cli" / "src" / "longcode_cli" / "doctor"
NOW = datetime(2026, 11, 22, 18, tzinfo=UTC)
COMMANDS = dict(commands())
ALONE = {name for name in COMMANDS if " " not in name}
FINDING = Finding(what="It is off.", cure="Switch it on.", section="SendDueMissing")


def fine(_deployment: Deployment, _now: datetime) -> list[Finding]:
    return []


def faulty(_deployment: Deployment, _now: datetime) -> list[Finding]:
    return [FINDING]


def failing(_deployment: Deployment, _now: datetime) -> list[Finding]:
    raise KeyError("State")


def results(*checks: Check, of: Deployment | None = None) -> list[dict[str, Any]]:
    return command.examine(of or deployment_of(Stack()), NOW, checks)


def test_a_check_that_fails_is_no_good_news_and_the_others_go_on() -> None:
    found = results(Check(name="a", find=fine), Check(name="b", find=failing), Check(name="c", find=faulty))

    assert [(one["check"], one["result"], one["why"]) for one in found] == [
        ("a", "ok", None),
        ("b", "cannot be read", "KeyError: 'State'"),
        ("c", "wrong", None),
    ]


def test_a_finding_has_its_cure_and_its_page() -> None:
    [found] = results(Check(name="c", find=faulty))

    assert found["findings"] == [
        {
            "what": "It is off.",
            "cure": "Switch it on.",
            "section": "SendDueMissing",
            "page": "docs/operate.md#sendduemissing",
        }
    ]


def test_what_the_emulator_does_not_have_is_left_out_on_this_machine_and_asked_on_aws() -> None:
    check = Check(name="c", find=faulty, only_on_aws="The emulator has none.")
    local = Deployment("longcode", Session({"cloudformation": Stack()}), "http://127.0.0.1:1")

    [here], [on_aws] = results(check, of=local), results(check)

    assert (here["result"], here["why"]) == ("left out", "The emulator has none.")
    assert on_aws["result"] == "wrong"


@pytest.mark.parametrize(
    ("states", "code"),
    [
        (["ok", "ok"], 0),
        (["ok", "left out"], 0),
        (["ok", "wrong"], 1),
        (["ok", "cannot be read"], 1),
        (["wrong", "cannot be read"], 1),
        (["cannot be read", "cannot be read"], 3),
        (["cannot be read", "left out"], 3),
    ],
)
def test_the_exit_code_is_that_of_the_worst_result(states: list[str], code: int) -> None:
    assert command.exit_code([{"result": state} for state in states]) == code


def test_all_checks_are_made_and_those_that_fail_say_so() -> None:
    ended = longcode("--json", "doctor", of=deployment_of(Stack()))

    assert ended.exit_code == 1
    by_name = {one["check"]: one["result"] for one in ended.answer}
    assert by_name["hold"] == "ok"
    assert by_name["table"] == "cannot be read"
    assert len(by_name) == len(command.CHECKS) == 19


def test_a_stack_that_is_not_there_ends_with_3() -> None:
    client = answering("cloudformation", ("describe_stacks", "ValidationError"))
    deployment = Deployment("longcode", Session({"cloudformation": client}))

    ended = longcode("doctor", of=deployment)

    assert ended.exit_code == 3
    assert "cannot be read" in ended.printed


def test_each_alarm_and_each_subject_of_a_finding_has_its_section_on_a_page(template: dict[str, Any]) -> None:
    alarms = [name for name in template["Resources"] if name.endswith("Alarm")]
    sources = "".join(path.read_text() for path in DOCTOR.glob("*.py"))
    named = {*re.findall(r'section="(\w+)"', sources), *(name.removesuffix("Alarm") for name in alarms)}
    pages = {Finding(what="", cure="", section=name).page for name in named}

    assert {"Hold", "Clocks", "Secrets", "SendQueueAge", "ParkedSends"} <= named
    assert [page for page in pages if page.partition("#")[2] not in anchors(page.partition("#")[0])] == []


def anchors(page: str) -> set[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", (ROOT / page).read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_each_command_that_helps_is_one_of_ours() -> None:
    sources = [*DOCTOR.glob("*.py"), ROOT / "functions/longcode/carriers/twilio_account.py"]
    named = {
        " ".join(words.split()[:2])
        for source in sources
        for words in re.findall(r"(?<![`\w./])longcode ([a-z][a-z-]*(?: [a-z][a-z-]*)?)", source.read_text())
    }

    assert {"dead-letters replay", "numbers take-back", "parked release", "plans load"} <= named
    assert [words for words in named if words not in COMMANDS and words.split()[0] not in ALONE] == []


def test_the_stack_itself_must_be_read() -> None:
    client = answering("cloudformation", ("describe_stacks", "ValidationError"))

    with pytest.raises(Unreachable):
        results(Check(name="a", find=fine), of=Deployment("longcode", Session({"cloudformation": client})))
