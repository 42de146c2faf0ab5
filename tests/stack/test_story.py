"""The whole system, end to end, on this machine's emulator."""

import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import urllib3

from infra.local.demo import play
from infra.local.emulator import client
from infra.local.lively_studio import FORM as FORM_OF_LIVELY
from infra.local.lively_studio import open_lively_studio
from infra.local.participants import Phones, StudioSoftware, eventually
from infra.local.processes import ROOT
from infra.local.running import show_mails
from infra.local.stack import Stack
from infra.local.studio import sign_up
from infra.local.visitor import Visitor, sign_in_link
from longcode.months import month_of, previous
from longcode_client import Longcode, RequestRefused
from longcode_client.api.messages import NewMessage
from longcode_client.inbox import main as fetch_replies
from tests.support import restore_steps

pytestmark = pytest.mark.stack  # tests/conftest.py: one stack for all, in one process

FORM = {
    "studio_name": "Fox",
    "email": "fox@studio.example",
    "product": "spectra",
    "edition": "standard",
    "plan": "small",
}


def test_every_step_of_the_demo_succeeds(stack: Stack) -> None:
    said: list[str] = []

    play(stack, said.append)

    assert said[-1] == "\nAll 153 checks succeeded."


def test_the_studio_to_look_at_in_the_hub_has_clients_conversations_and_two_months_of_texts(stack: Stack) -> None:
    studio = open_lively_studio(stack)
    visitor = Visitor(stack.api_url)

    home = visitor.submit(sign_in_link(stack, FORM_OF_LIVELY["email"]), "sign-in-by-link", account=studio.account)
    this_month, last_month = (studio.ask("GET", f"/usage/{month}").json for month in newest_months())

    assert "4 unread" in home
    assert "may ask you to stop" in home
    assert "1 text</strong> did not arrive" in home
    assert home.count('class="day"') >= 28
    assert last_month["used"]["texts_sent"] > 40
    assert last_month["used"]["texts_received"] > 10
    assert this_month["plan"] == last_month["plan"] == "medium"
    assert visitor.open("clients").count("clients/10") >= 28
    assert visitor.open("messages?tab=all").count("<time") > 20
    assert "unlinked" in visitor.open("messages")
    assert "see you tomorrow" in visitor.open("upcoming")


def newest_months() -> tuple[str, str]:
    month = month_of(datetime.now(UTC))
    return month, previous(month)


def test_what_sam_build_made_is_deployed_with_its_compiled_modules(stack: Stack) -> None:
    names = [one["FunctionName"] for one in client("lambda", stack.emulator_url).list_functions()["Functions"]]
    event = json.loads((ROOT / "events" / "post_signup.json").read_text()) | {"body": "{}"}

    refused = stack.invoke(next(name for name in names if "SignUp" in name), event)

    assert list((Path(stack.logs) / "build" / "SignUp").glob("pydantic_core/*.so"))
    assert isinstance(refused, dict)
    assert refused["statusCode"] == 422
    assert "studio_name" in [
        error["field"] for error in json.loads(refused["body"])["errors"]
    ]  # as pydantic_core found


def test_make_mail_shows_the_mails_to_an_address(stack: Stack, capsys: pytest.CaptureFixture[str]) -> None:
    sign_up(stack, FORM | {"email": "mail@studio.example"})
    capsys.readouterr()

    show_mails(stack, "mail@studio")

    shown = capsys.readouterr().out
    assert re.findall(r"^== .*", shown, re.MULTILINE)[1::2] == [
        "== Confirm your address for Longcode",
        "== Your Longcode account",
    ]
    assert shown.count("to mail@studio.example\n") == 2


def test_a_job_that_cannot_be_read_ends_in_the_dead_letter_queue_and_the_others_go_on(stack: Stack) -> None:
    sqs = client("sqs", stack.emulator_url)
    urls = sqs.list_queues()["QueueUrls"]
    queue, dead = (next(url for url in urls if name in url) for name in ("SendQueue", "DeadLetters"))
    sqs.set_queue_attributes(QueueUrl=queue, Attributes={"VisibilityTimeout": "1"})
    account = sign_up(stack, FORM)
    studio = StudioSoftware(stack.api_url, "Fox", account.account, account.password)

    sqs.send_message(QueueUrl=queue, MessageBody="no job")
    sent = studio.ask("POST", "/messages", {"to": "+12125550177", "body": "Still goes"}).json["messages"][0]

    eventually(lambda: _state(studio, sent["id"]) == "delivered", "the readable job")
    [letter] = eventually(lambda: sqs.receive_message(QueueUrl=dead).get("Messages"), "the dead letter")
    assert letter["Body"] == "no job"


def test_a_reply_comes_from_aws_and_from_a_webhook_that_failed_or_was_lost(stack: Stack) -> None:
    account = sign_up(stack, FORM | {"email": "wattle@studio.example"})
    studio = StudioSoftware(stack.api_url, "Wattle", account.account, account.password)
    phones = Phones(stack.carrier_url)
    sent = studio.ask("POST", "/messages", {"to": "+12125550178", "body": "Are you coming?"}).json["messages"][0]
    eventually(lambda: _state(studio, sent["id"]) == "delivered", "the text")
    sent = studio.ask("GET", f"/messages/{sent['id']}").json
    told = {
        "originationNumber": sent["phone"],
        "destinationNumber": sent["number"],
        "messageBody": "by AWS",
        "inboundMessageId": "m-1",
    }

    client("sns", stack.emulator_url).publish(TopicArn=stack.replies_topic, Message=json.dumps(told))
    _settings(stack, inbound_url=f"{stack.api_url}/nowhere")
    phones.reply(sent["phone"], sent["number"], "by the fallback")
    phones.lose_webhooks(sent["phone"])
    phones.reply(sent["phone"], sent["number"], "by the list")
    later = (datetime.now(UTC) + timedelta(minutes=2)).isoformat()
    assert stack.invoke(stack.reconcile_function, {"reconcile_at": later})

    eventually(lambda: len(_replies(studio)) == 3, "three replies")
    assert _replies(studio) == ["by AWS", "by the fallback", "by the list"]


def test_a_file_reaches_the_import_as_bytes_and_a_body_of_json_as_text(stack: Stack) -> None:
    account = sign_up(stack, FORM | {"email": "bytes@studio.example"})
    studio = StudioSoftware(stack.api_url, "Fox", account.account, account.password)
    file, named = "id;first_name\r\nw1;José\r\n".encode("cp1252"), "text/csv; charset=windows-1252"

    read = studio.ask("POST", "/clients/import", file, **{"Content-Type": named})
    utf_16 = studio.ask("POST", "/clients/import", "id\nw2\n".encode("utf-16"), **{"Content-Type": "text/csv"})
    unnamed = studio.ask("POST", "/clients/import", file, **{"Content-Type": "text/csv"})
    in_json = studio.ask("PUT", "/clients/w3", b'{"first_name": "Jos\xe9"}', **{"Content-Type": "application/json"})
    listed = {client["id"]: client["first_name"] for client in studio.all_items("/clients")}
    month = studio.ask("GET", f"/usage/{month_of(datetime.now(UTC))}/texts", None, Accept="text/csv")

    assert [answer.status for answer in (read, utf_16, unnamed, in_json)] == [200, 200, 422, 400]
    assert listed == {"w1": "José", "w2": ""}
    assert month.text.startswith("\ufefftime,direction")


def test_the_python_client_sends_a_text_and_its_command_hands_the_reply_to_a_file(
    stack: Stack, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = sign_up(stack, FORM | {"email": "python@studio.example"})
    phones, replies = Phones(stack.carrier_url), tmp_path / "replies"
    text: NewMessage = {"client_id": "p+1", "body": "Your proofs are ready."}

    with Longcode(stack.api_url, account.account, account.password) as longcode:
        longcode.put_client(
            "p+1", {"first_name": "Zoë", "allow_text_marketing": True, "phones": [{"number": "(212) 555-0179"}]}
        )
        sent, again = (longcode.post_message(text, idempotency_key="proofs")["messages"] for _ in range(2))
        eventually(lambda: longcode.show_message(sent[0]["id"])["state"] == "delivered", "the text")
        phones.reply(sent[0]["phone"], phones.texted_from(sent[0]["phone"])[-1], "Lovely 🌷")
        read_only = longcode.create_key({"name": "inbox", "scope": "read"})["key"]
        eventually(lambda: longcode.count_unread()["unread"], "the reply")
        listed = [(one["direction"], one["body"]) for one in longcode.list_messages(folder="all", limit=1)]
        with pytest.raises(RequestRefused) as refused:
            longcode.show_client("none")
    monkeypatch.setenv("LONGCODE_PASSWORD", read_only)
    fetching = ["--api", stack.api_url, "--account", account.account, "--cursor", str(tmp_path / "cursor")]
    ended = [fetch_replies([*fetching, "--folder", str(replies)]) for _ in range(2)]

    assert again[0]["id"] == sent[0]["id"]
    assert listed == [("in", "Lovely 🌷"), ("out", "Your proofs are ready.")]
    assert (refused.value.status, refused.value.code) == (404, "not_found")
    assert ended == [0, 0]
    assert [json.loads(file.read_text())["message"]["body"] for file in replies.iterdir()] == ["Lovely 🌷"]


def test_the_page_of_the_reference_and_what_it_loads_arrive_whole_and_without_a_password(stack: Stack) -> None:
    address = f"{stack.api_url}/docs"
    page = urllib3.request("GET", address)
    loaded = {
        path: urllib3.request("GET", f"{address}/{path}")
        for path in re.findall(r'"docs/([^"]+)"', page.data.decode())
    }
    document, viewer = loaded["openapi.json"], loaded["redoc.standalone.js"]
    written = json.loads((ROOT / "docs" / "openapi.json").read_text())

    assert (page.status, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")
    assert {path: (answer.status, answer.headers["Content-Type"]) for path, answer in loaded.items()} == {
        "openapi.json": (200, "application/json"),
        "page.css": (200, "text/css; charset=utf-8"),
        "page.js": (200, "text/javascript; charset=utf-8"),
        "redoc.standalone.js": (200, "text/javascript; charset=utf-8"),
    }
    assert document.json() == written | {"servers": [{"url": stack.api_url}]}
    assert viewer.data.endswith(b"//# sourceMappingURL=redoc.standalone.js.map")
    assert urllib3.request("GET", f"{address}/%2e%2e/account").status in {401, 403, 404}


@pytest.mark.long
def test_a_restore_to_before_texts_went_doubles_none_and_loses_no_stop(stack: Stack) -> None:
    account = sign_up(stack, FORM | {"email": "restored@studio.example", "plan": "medium"})
    studio, phones = (
        StudioSoftware(stack.api_url, "Fox", account.account, account.password),
        Phones(stack.carrier_url),
    )
    studio.ask("PATCH", "/account", {"quiet_hours": False})
    in_broadcast, single = 15, 10  # by hand also 75 and 50: 200 texts, in a minute
    all_texts, confirmation = 2 * in_broadcast + single, 1
    tags = ["first", "second"] * in_broadcast
    rows = [f"r{index},yes,{tag},+1213556{index:04},yes" for index, tag in enumerate(tags)]
    sheet = "\n".join(["id,allow_text_marketing,tags,phone,sms", *rows])
    studio.ask("POST", "/clients/import", sheet, **{"Content-Type": "text/csv"})
    singles = [f"+1213557{index:04}" for index in range(single)]
    restore_steps.update(stack, Hold="texts")  # so that the point is before all of them
    with ThreadPoolExecutor(3) as pool:
        list(pool.map(lambda phone: studio.ask("POST", "/messages", {"to": phone, "body": "Single"}), singles))
    begun, later = _broadcast(studio, "first"), datetime.now(UTC) + timedelta(seconds=3)
    scheduled = _broadcast(studio, "second", send_at=later.isoformat())
    after_stop = {"to": singles[0], "body": "Later", "send_at": (later + timedelta(hours=1)).isoformat()}
    stopped = studio.ask("POST", "/messages", after_stop).json["messages"][0]
    eventually(lambda: _is_written(studio, begun), "the texts of the first broadcast")

    items, point = restore_steps.copied_items(stack), datetime.now(UTC)
    restore_steps.update(stack, Hold="none")
    eventually(lambda: datetime.now(UTC) > later or None, "the time of the second broadcast")
    restore_steps.sweep(stack)
    eventually(lambda: len(_received(phones)) == all_texts, "all texts")
    phones.reply(singles[0], phones.texted_from(singles[0])[-1], "STOP")
    phones.reply(singles[1], phones.texted_from(singles[1])[-1], "Thanks")
    eventually(lambda: _is_opted_out(studio, singles[0]) and len(_replies(studio)) == 2, "the STOP")
    eventually(lambda: len(_received(phones)) == all_texts + confirmation, "the confirmation of the STOP")

    restore_steps.update(stack, Hold="all")
    restore_steps.restore(stack, items, "longcode-restored")
    restore_steps.update(stack, RestoredTable="longcode-restored")
    restore_steps.purge(stack)
    assert not _is_opted_out(studio, singles[0])
    first = restore_steps.check(stack, point)
    restore_steps.reconcile(stack, point)
    restore_steps.update(stack, Hold="texts")
    restore_steps.sweep(stack)
    eventually(lambda: _is_written(studio, scheduled), "the texts of the second broadcast, again")
    eventually(lambda: _is_opted_out(studio, singles[0]) and len(_replies(studio)) == 2, "the STOP, again")
    eventually(lambda: restore_steps.is_idle(stack), "the end of all jobs that write texts")
    second = restore_steps.check(stack, point)
    restore_steps.update(stack, Hold="none")
    restore_steps.sweep(stack)
    eventually(lambda: _units_sent(studio) == all_texts, "the record of all texts")
    restore_steps.sweep(stack, timedelta(hours=2))
    eventually(lambda: _state(studio, stopped["id"]) == "refused", "the text after the STOP")

    assert (first["found"], first["waiting"]) == (in_broadcast + single, 0)
    assert (second["found"], second["waiting"], second["unanswered"]) == (all_texts + confirmation, 0, 0)
    assert set(_received(phones).values()) == {1}
    assert len(_received(phones)) == all_texts + confirmation
    assert _units_sent(studio) == all_texts


def _broadcast(studio: StudioSoftware, tag: str, **fields: str) -> str:
    form = {"audience": {"tags": [tag]}, "body": f"Broadcast {tag}", **fields}
    return str(studio.ask("POST", "/broadcasts", form, **{"Idempotency-Key": tag}).json["id"])


def _is_written(studio: StudioSoftware, broadcast_id: str) -> bool:
    return bool(studio.ask("GET", f"/broadcasts/{broadcast_id}").json["state"] in ("waiting", "done"))


def _is_opted_out(studio: StudioSoftware, phone: str) -> bool:
    return bool(studio.ask("GET", f"/optouts/{phone}").json.get("opted_out"))  # 404 if the text is not restored


def _units_sent(studio: StudioSoftware) -> Any:
    return studio.ask("GET", "/usage").json["current"]["used"]["units_sent"]


def _received(phones: Phones) -> Counter[tuple[str, str]]:
    """Return how often each text has arrived on its phone, for the phones of the restore."""
    return Counter(text for text in phones.received().values() if text[0].startswith(("+1213556", "+1213557")))


def _settings(stack: Stack, **settings: str) -> None:
    answer = urllib3.request("POST", f"{stack.carrier_url}/settings", json=settings, timeout=5)
    assert answer.status == 200


def _replies(studio: StudioSoftware) -> list[str]:
    return sorted(one["message"]["body"] for one in studio.ask("GET", "/inbox?after=0").json["items"])


def _state(studio: StudioSoftware, message_id: str) -> Any:
    return studio.ask("GET", f"/messages/{message_id}").json["state"]
