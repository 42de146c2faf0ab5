"""What a studio sees of a phone's opt-out, and what its staff may record."""

import json
from datetime import timedelta

import pytest

from longcode.clients import store as clients
from longcode.jobs import Means
from longcode.optouts import store as optouts
from longcode.optouts.consent import SHARED, OptOutEvent
from optout import api
from tests.support.fakes import NOW, Answered, LambdaContext, call, client, studio
from tests.support.readers import event

pytestmark = pytest.mark.usefixtures("aws")

PHONE = "+12125550123"
MINE, THEIRS = "10000001", "10000002"


def show(phone: str = PHONE, account: str = MINE) -> Answered:
    return call(api, "GET", f"/optouts/{phone}", account=account)


def record(how: str = "She asked.", account: str = MINE, *, opted_out: bool = True) -> Answered:
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
    answer = api.handler(event("put_optouts"), LambdaContext())

    state = json.loads(answer["body"])
    assert answer["statusCode"] == 200
    assert (state["phone"], state["opted_out"]) == ("+12125550123", True)
    assert [(one["out"], one["means"], one["words"]) for one in state["history"]] == [
        (True, "staff", "She asked at the front desk.")
    ]
    assert show().json == state


def test_what_staff_record_blocks_their_studio_and_no_other() -> None:
    client(studio(MINE), "c1", PHONE)
    client(studio(THEIRS), "c2", PHONE)

    record()

    mine, theirs = clients.get(MINE, "c1"), clients.get(THEIRS, "c2")
    assert optouts.blocked([(MINE, PHONE), (THEIRS, PHONE)]) == {(MINE, PHONE)}
    assert mine
    assert theirs
    assert (set(mine.heard_stop), set(theirs.heard_stop)) == ({PHONE}, set())


def test_only_the_client_takes_an_opt_out_back() -> None:
    record()

    answer = record("She wants them again.", opted_out=False)

    assert (answer.status, answer.json["code"]) == (403, "only_the_client")
    assert answer.json["errors"][0]["field"] == "opted_out"
    assert show().json["opted_out"] is True


def test_a_stop_said_to_another_studio_blocks_and_its_words_stay_theirs() -> None:
    said("Stop, I am at the clinic", 0, THEIRS, out=True)

    assert show().json == {"phone": PHONE, "opted_out": True, "history": []}
    assert [one["words"] for one in show(account=THEIRS).json["history"]] == ["Stop, I am at the clinic"]


def test_what_another_studios_staff_recorded_does_not_show() -> None:
    record("At their desk", account=THEIRS)

    assert show().json == {"phone": PHONE, "opted_out": False, "history": []}


def test_the_history_is_in_the_order_of_time_and_a_start_of_two_scopes_is_one() -> None:
    said("STOP", 0, MINE, out=True)
    said("START", 1, MINE, out=False)
    said("START", 1, MINE, out=False, scope="account-10000001")

    state = show().json

    assert state["opted_out"] is False
    assert [one["words"] for one in state["history"]] == ["STOP", "START"]


def test_an_account_whose_number_begins_like_anothers_is_another() -> None:
    said("STOP", 0, "100", out=True, scope="account-100")

    assert show(account="10").json == {"phone": PHONE, "opted_out": False, "history": []}
    assert show(account="100").json["opted_out"] is True


@pytest.mark.parametrize("spelled", ["+12125550123", "%2B12125550123", "%2b12125550123"])
def test_a_phone_is_read_however_the_address_spells_its_plus(spelled: str) -> None:
    said("STOP", 0, MINE, out=True)

    answer = show(spelled)

    assert (answer.status, answer.json["phone"], answer.json["opted_out"]) == (200, PHONE, True)


@pytest.mark.parametrize(
    ("phone", "code"),
    [("2125550123", "invalid"), ("+12", "invalid"), ("+x", "invalid"), ("+10005550123", "bad_phone")],
)
def test_what_is_no_phone_is_refused(phone: str, code: str) -> None:
    answer = show(phone)

    assert (answer.status, answer.json["code"]) == (422, code)


@pytest.mark.parametrize(
    ("form", "field"),
    [({"opted_out": True}, "how"), ({"opted_out": True, "how": " "}, "how"), ({"how": "She asked."}, "opted_out")],
)
def test_an_opt_out_without_how_is_refused(form: dict[str, object], field: str) -> None:
    answer = call(api, "PUT", f"/optouts/{PHONE}", form, account=MINE)

    assert (answer.status, answer.json["errors"][0]["field"]) == (422, field)
    assert show().json["opted_out"] is False


def test_no_log_shows_a_phone_or_how(capsys: pytest.CaptureFixture[str]) -> None:
    api.handler(event("put_optouts"), LambdaContext())

    shown = "".join(capsys.readouterr())
    assert "5550123" not in shown
    assert "front desk" not in shown
