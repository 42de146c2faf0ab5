"""What a studio sees of a phone's opt-out, and what its staff may record."""

import json
from datetime import timedelta

import pytest

from longcode.clients import store as clients
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from optout import api
from tests.support.fakes import NOW, ApiResponse, LambdaContext, call, client, studio
from tests.support.readers import sample_event

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
MINE, THEIRS = "10000001", "10000002"


def show(phone: str = PHONE, account: str = MINE) -> ApiResponse:
    return call(api, "GET", f"/optouts/{phone}", account=account)


def record(how: str = "She asked.", account: str = MINE, *, opted_out: bool = True) -> ApiResponse:
    return call(api, "PUT", f"/optouts/{PHONE}", {"opted_out": opted_out, "how": how}, account=account)


def said(words: str, minute: int, account: str | None, *, out: bool, scope: str = SHARED) -> None:
    optouts.record(
        OptOutEvent(
            id=f"e{minute}",
            phone=PHONE,
            scope=scope,
            out=out,
            at=NOW + timedelta(minutes=minute),
            means=Means.TEXT,
            words=words,
            account=account,
        )
    )


def test_staff_record_an_opt_out_with_how_they_learned_of_it() -> None:
    answer = api.handler(sample_event("put_optouts"), LambdaContext())

    state = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert (state["phone"], state["opted_out"]) == ("+12125550123", True)
    assert [(entry["out"], entry["means"], entry["words"]) for entry in state["history"]] == [
        (True, "staff", "She asked at the front desk.")
    ]
    assert show().json == state


def test_an_opt_out_recorded_by_staff_blocks_only_their_studio() -> None:
    client(studio(MINE), "c1", PHONE)
    client(studio(THEIRS), "c2", PHONE)

    record()

    mine, theirs = clients.get(MINE, "c1"), clients.get(THEIRS, "c2")
    assert optouts.blocked([(MINE, PHONE), (THEIRS, PHONE)]) == {(MINE, PHONE)}
    assert mine
    assert theirs
    assert (set(mine.heard_stop), set(theirs.heard_stop)) == ({PHONE}, set())


def test_staff_cannot_end_an_opt_out() -> None:
    record()

    answer = record("She wants them again.", opted_out=False)

    assert (answer.status, answer.json["code"]) == (403, "only_the_client")
    assert answer.json["errors"][0]["field"] == "opted_out"
    assert show().json["opted_out"] is True


def test_a_stop_to_another_studio_blocks_and_its_words_are_hidden() -> None:
    client(studio(MINE), "c1", PHONE)
    said("Stop, I am at the clinic", 0, THEIRS, out=True)

    assert show().json == {"phone": PHONE, "opted_out": True, "history": []}
    assert [entry["words"] for entry in show(account=THEIRS).json["history"]] == ["Stop, I am at the clinic"]


def test_an_opt_out_recorded_by_another_studios_staff_is_hidden() -> None:
    client(studio(MINE), "c1", PHONE)
    record("At their desk", account=THEIRS)

    assert show().json == {"phone": PHONE, "opted_out": False, "history": []}


def test_the_history_is_ordered_by_time_and_shows_a_start_of_two_scopes_once() -> None:
    said("STOP", 0, MINE, out=True)
    said("START", 1, MINE, out=False)
    said("START", 1, MINE, out=False, scope="account-10000001")

    state = show().json

    assert state["opted_out"] is False
    assert [entry["words"] for entry in state["history"]] == ["STOP", "START"]


def test_an_account_whose_number_begins_with_anothers_sees_only_its_own() -> None:
    client(studio("10"), "c1", PHONE)
    said("STOP", 0, "100", out=True, scope="account-100")

    assert show(account="10").json == {"phone": PHONE, "opted_out": False, "history": []}
    assert show(account="100").json["opted_out"] is True


@pytest.mark.parametrize("spelled", ["+12125550123", "%2B12125550123", "%2b12125550123"])
def test_a_phone_is_read_with_any_spelling_of_its_plus(spelled: str) -> None:
    said("STOP", 0, MINE, out=True)

    answer = show(spelled)

    assert (answer.status, answer.json["phone"], answer.json["opted_out"]) == (200, PHONE, True)


@pytest.mark.parametrize(
    ("phone", "code"),
    [("2125550123", "invalid"), ("+12", "invalid"), ("+x", "invalid"), ("+10005550123", "bad_phone")],
)
def test_an_invalid_phone_is_refused(phone: str, code: str) -> None:
    answer = show(phone)

    assert (answer.status, answer.json["code"]) == (422, code)


@pytest.mark.parametrize(
    ("form", "field"),
    [({"opted_out": True}, "how"), ({"opted_out": True, "how": " "}, "how"), ({"how": "She asked."}, "opted_out")],
)
def test_an_opt_out_without_how_is_refused(form: dict[str, object], field: str) -> None:
    client(studio(MINE), "c1", PHONE)
    answer = call(api, "PUT", f"/optouts/{PHONE}", form, account=MINE)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert show().json["opted_out"] is False


def test_no_log_contains_a_phone_or_how_staff_learned(capsys: pytest.CaptureFixture[str]) -> None:
    api.handler(sample_event("put_optouts"), LambdaContext())

    shown = "".join(capsys.readouterr())
    assert "5550123" not in shown
    assert "front desk" not in shown
