"""The join page: a stranger fills it in, the phone confirms by YES, and nothing else comes of it."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from longcode.accounts import store as accounts
from longcode.accounts.account import Account, AccountStatus, StatusChange
from longcode.aws import clients as aws_clients
from longcode.aws import queues
from longcode.clients import consents, join_pages
from longcode.clients import store as client_store
from longcode.clients.client import Client, Phone
from longcode.errors import RequestError, TooManyForms
from longcode.jobs import HandleKeyword
from longcode.message import Message
from longcode.messages import folders, replies
from optout import join_form
from optout import worker as optout_worker
from tests.support.aws_calls import meanwhile, noted_calls
from tests.support.browser import Browser, Page
from tests.support.crashes import every_crash
from tests.support.fakes import FakeCarrier, studio, take_queued
from tests.support.fakes import client as write_client
from tests.support.reply_steps import receive, record_text
from tests.support.text_steps import deliver

ANNS, BOBS = "+12125550144", "+12125550177"
TEXT = (
    "Reply YES to get texts from Foxglove Portraits."
    " Msg & data rates may apply. Reply STOP to get none, HELP for help."
)


@pytest.fixture
def code(account: Account, signed_in: Browser) -> str:
    """The code of the studio's join page, which the owner has turned on."""
    page = signed_in.submit(signed_in.get("join-page"), "join-page", shown="on", greeting="Hear of free sessions.")
    assert "Saved. The page is on." in page.text
    page_of_account = join_pages.of_account(account.id)
    assert page_of_account
    return page_of_account.code


def fill_in(code: str, **typed: str) -> Page:
    """Fill in the page in a stranger's browser."""
    stranger = Browser()
    fields = stranger.get(f"/join/{code}").fields
    page = stranger.post(f"/join/{code}", **fields | {"name": "Ann Lee", "phone": "(212) 555-0144"} | typed)
    run_jobs()
    return page


def run_jobs() -> None:
    for body in take_queued("opt_out"):
        optout_worker.handle(body)


def texts(account: Account) -> list[Message]:
    return folders.page(account.id, "sent", limit=10).messages


def reply(words: str, phone: str = ANNS, carrier_id: str = "SMr") -> None:
    deliver(FakeCarrier(), aws_clients.now())
    receive(carrier_id, words, phone=phone, at=aws_clients.now())
    run_jobs()


def clients_with(account: Account, phone: str) -> list[Client]:
    return client_store.of_phones(account.id, [phone])[phone]


def test_only_the_phones_yes_turns_texts_on_and_the_words_are_kept_with_it(
    account: Account, signed_in: Browser, code: str
) -> None:
    shown = Browser().get(f"/join/{code}").text
    assert "Hear of free sessions." in shown
    assert "Msg & data rates may apply. I can end the texts at any time by replying STOP" in shown

    page = fill_in(code)

    assert "Reply YES to it" in page.text
    assert [(text.body, text.units, text.by) for text in texts(account)] == [(TEXT, 1, "Join page")]
    assert clients_with(account, ANNS) == []

    reply("Yes!")

    (ann,) = clients_with(account, ANNS)
    assert (ann.first_name, ann.last_name, ann.allow_text_marketing) == ("Ann", "Lee", True)
    assert ann.permission
    kept = ann.permission
    assert (kept.means, kept.source, kept.words_version) == ("web_form", f"/join/{code}", 1)
    (event,) = consents.of_phone(account.id, ANNS, aws_clients.now())
    assert (event.words, event.words_version) == ("Yes!", 1)
    evidence = signed_in.get("consent/12125550144").text
    assert "Agreed on a web form (/join/" in evidence
    assert "version 1 of the words. Replied “Yes!”. The client" in evidence
    assert "I agree to get texts from Foxglove Portraits" in evidence


def test_a_record_that_forbade_texts_allows_them_to_the_phone_that_said_yes_only(account: Account, code: str) -> None:
    phones = (Phone(number=ANNS, entered=ANNS, sms=False), Phone(number=BOBS, entered=BOBS))
    write_client(account, "both", phones=phones, allow_text_marketing=False)

    fill_in(code)
    reply("YES")

    (both,) = clients_with(account, ANNS)
    assert both.allow_text_marketing
    assert [(phone.number, phone.sms) for phone in both.phones] == [(ANNS, True), (BOBS, False)]


def test_a_stop_ends_the_form_and_a_later_yes_allows_nothing(account: Account, code: str) -> None:
    fill_in(code)
    reply("STOP")
    reply("YES", carrier_id="SMr2")

    assert clients_with(account, ANNS) == []


def test_a_yes_without_a_form_allows_nothing(account: Account, code: str) -> None:
    write_client(account, "ann", ANNS, allow_text_marketing=False)
    fill_in(code, phone=BOBS)

    reply("YES")

    assert not clients_with(account, ANNS)[0].allow_text_marketing


def test_a_form_waits_two_days(account: Account, code: str) -> None:
    fill_in(code)
    later = aws_clients.now() + join_pages.WAITS + timedelta(seconds=1)

    assert join_pages.request_of(account.id, ANNS, aws_clients.now())
    assert join_pages.request_of(account.id, ANNS, later) is None


def test_the_answer_is_the_same_for_an_opted_out_phone_which_gets_nothing(account: Account, code: str) -> None:
    fresh = fill_in(code, phone=BOBS)
    fill_in(code)
    reply("STOP")
    before = len(texts(account))

    page = fill_in(code)

    assert (page.status, page.html) == (fresh.status, fresh.html)
    assert len(texts(account)) == before


def test_what_a_form_costs_in_time_is_the_same_for_an_opted_out_phone(account: Account, code: str) -> None:
    fill_in(code)
    reply("STOP")
    stranger = Browser()
    fields = stranger.get(f"/join/{code}").fields

    with noted_calls() as for_opted_out:
        stranger.post(f"/join/{code}", **fields | {"name": "Ann", "phone": ANNS})
    with noted_calls() as for_unknown:
        stranger.post(f"/join/{code}", **fields | {"name": "Ann", "phone": BOBS, "key": "b" * 32})

    assert for_opted_out == for_unknown != []


def test_a_form_of_a_studio_that_is_closed_before_its_text_is_written_sends_none(account: Account, code: str) -> None:
    stranger = Browser()
    fields = stranger.get(f"/join/{code}").fields | {"name": "Ann", "phone": ANNS}
    stranger.post(f"/join/{code}", **fields)
    accounts.close(account.id, aws_clients.now(), reason="r", by="Ann")

    run_jobs()

    assert texts(account) == []


def test_a_phone_gets_two_texts_a_day_however_many_forms_come(account: Account, code: str) -> None:
    pages = [fill_in(code) for _ in range(4)]

    assert len({page.html for page in pages}) == 1
    assert len(texts(account)) == 2


def test_a_form_that_is_sent_twice_sends_one_text(account: Account, code: str) -> None:
    stranger = Browser()
    fields = stranger.get(f"/join/{code}").fields | {"name": "Ann", "phone": ANNS}
    for _ in range(2):
        stranger.post(f"/join/{code}", **fields)
    run_jobs()

    assert len(texts(account)) == 1


def test_one_source_address_sends_twenty_forms_an_hour_and_a_page_takes_two_hundred_a_day(
    account: Account, code: str
) -> None:
    now = aws_clients.now()
    for _ in range(join_pages.MOST_FORMS):
        join_pages.count_form("another", "192.0.2.1", now)

    page = fill_in(code)
    assert (page.status, texts(account)) == (429, [])

    for index in range(join_pages.MOST_A_DAY):
        join_pages.count_form(account.id, f"10.0.{index // 15}.1", now)
    with pytest.raises(TooManyForms):
        join_pages.count_form(account.id, "10.9.9.9", now)


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"phone": "12"}, "too short"),
        ({"phone": "+44 7911 123456"}, "gets no texts from us"),
        ({"name": "  "}, "Write your name"),
        ({"name": "{x}"}, "Write your name"),
        ({"version": "7"}, "have changed meanwhile"),
    ],
)
def test_a_bad_form_says_why_keeps_what_was_typed_and_sends_nothing(
    account: Account, code: str, typed: dict[str, str], said: str
) -> None:
    page = fill_in(code, **typed)

    assert page.status == 422
    assert said in page.text
    assert page.fields["phone"] == typed.get("phone", "(212) 555-0144")
    assert texts(account) == []


def test_a_page_that_is_off_renewed_or_of_nobody_is_not_found(
    account: Account, signed_in: Browser, code: str
) -> None:
    owners = signed_in.get("join-page")
    fields = owners.fields

    signed_in.post("join-page/renew", **fields)
    signed_in.post("join-page/renew", **fields)

    new = join_pages.of_account(account.id)
    assert new
    assert [Browser().get(f"/join/{one}").status for one in (code, "x" * 10, new.code)] == [404, 404, 200]
    assert new.version == 1
    off = {name: value for name, value in signed_in.get("join-page").fields.items() if name != "shown"}
    signed_in.post("join-page", **off)
    assert Browser().get(f"/join/{new.code}").status == 404


def test_a_form_of_another_site_sends_nothing(account: Account, code: str) -> None:
    stranger = Browser()
    fields = stranger.get(f"/join/{code}").fields | {"name": "Ann", "phone": ANNS}
    stranger.origin = "https://evil.example"

    assert stranger.post(f"/join/{code}", **fields).status == 403
    assert texts(account) == []


def test_new_words_are_a_new_version_and_the_same_words_are_not(
    account: Account, signed_in: Browser, code: str
) -> None:
    for often in ("once a month", "once a month", "<b>daily</b>"):
        signed_in.submit(signed_in.get("join-page"), "join-page", often=often)

    kept = join_pages.versions(account.id)
    assert [one.version for one in kept] == [1, 2, 3]
    assert "<b>daily</b>" in Browser().get(f"/join/{code}").text
    assert signed_in.submit(signed_in.get("join-page"), "join-page", topics="x" * 101).status == 422


def test_the_code_is_a_picture_of_the_address_for_the_owner(account: Account, signed_in: Browser, code: str) -> None:
    studio("10000002", name="Another Studio")
    picture = signed_in.get("join-page/qr.svg")

    assert picture.headers["Content-Type"] == ["image/svg+xml"]
    assert picture.html.startswith("<svg")
    assert f"/join/{code}" in signed_in.get("join-page/print").text


def test_a_yes_to_another_question_of_the_studio_agrees_to_nothing(account: Account, code: str) -> None:
    write_client(account, "ann", ANNS, allow_text_marketing=False)
    fill_in(code)
    deliver(FakeCarrier(), aws_clients.now())
    record_text(account, aws_clients.now() + timedelta(seconds=1), phone=ANNS, message_id="are-you-coming-0")

    receive("SMr", "YES", phone=ANNS, at=aws_clients.now() + timedelta(seconds=2))
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), aws_clients.now())

    assert not clients_with(account, ANNS)[0].allow_text_marketing


def test_a_text_after_the_yes_takes_nothing_from_it(account: Account, code: str) -> None:
    fill_in(code)
    deliver(FakeCarrier(), aws_clients.now())
    receive("SMr", "YES", phone=ANNS, at=aws_clients.now())
    record_text(account, aws_clients.now() + timedelta(seconds=1), phone=ANNS, message_id="hello-0")
    for body in take_queued("opt_out"):
        optout_worker.handle_keyword(queues.read(HandleKeyword, body), aws_clients.now())

    assert clients_with(account, ANNS)[0].allow_text_marketing


def test_a_form_that_was_answered_waits_no_longer_when_it_is_sent_again(account: Account, code: str) -> None:
    fields = Browser().get(f"/join/{code}").fields | {"name": "Ann", "phone": ANNS}
    Browser().post(f"/join/{code}", **fields)
    reply("STOP")
    reply("START", carrier_id="SMr2")

    Browser().post(f"/join/{code}", **fields)
    reply("YES", carrier_id="SMr3")

    assert clients_with(account, ANNS) == []


def test_one_key_for_several_phones_asks_each_of_them(account: Account, code: str) -> None:
    for phone in (ANNS, BOBS):
        fill_in(code, phone=phone, key="a" * 32)

    assert {text.phone for text in texts(account)} == {ANNS, BOBS}


@pytest.mark.parametrize("status", [AccountStatus.SUSPENDED, AccountStatus.CLOSED])
def test_a_studio_that_may_not_send_has_no_page_and_strangers_do_not_learn_why(
    account: Account, code: str, status: AccountStatus
) -> None:
    fields = Browser().get(f"/join/{code}").fields | {"name": "Ann", "phone": ANNS}
    accounts.set_status(account, StatusChange(to=status, at=aws_clients.now(), reason="spam to strangers"))

    pages = [Browser().get(f"/join/{code}"), Browser().post(f"/join/{code}", **fields)]

    assert [(page.status, "spam" in page.text) for page in pages] == [(404, False)] * 2
    assert texts(account) == []


@pytest.mark.parametrize(("plan", "most"), [("starter", 10), ("small", 30), ("medium", 100), ("large", 200)])
def test_a_page_takes_a_tenth_of_the_plan_in_a_day(account: Account, plan: str, most: int) -> None:
    on_plan = replace(account, plan_changes=(replace(account.plan_changes[0], plan=plan),))

    assert join_form.most_a_day(on_plan, aws_clients.now()) == most


def test_an_account_makes_twenty_versions_of_the_words_in_a_day(account: Account, code: str) -> None:
    page = join_pages.of_account(account.id)
    assert page
    for number in range(join_pages.MOST_VERSIONS - 1):
        page = join_pages.save(account, replace(page, topics=f"offer {number}"), None, aws_clients.now())

    with pytest.raises(RequestError, match="20 times today"):
        join_pages.save(account, replace(page, topics="one more"), None, aws_clients.now())


def of_conversation(account: Account) -> list[tuple[str, str | None]]:
    """Return the words of the conversation, each with the client that it is linked to."""
    found = folders.page(account.id, "all", limit=9, search=folders.Search(phone=ANNS)).messages
    return [(message.body, message.client_id) for message in found]


def test_the_text_and_its_yes_are_in_the_clients_conversation(
    account: Account, signed_in: Browser, code: str
) -> None:
    fill_in(code)
    reply("Yes!")

    (ann,) = clients_with(account, ANNS)
    assert of_conversation(account) == [("Yes!", ann.id), (TEXT, ann.id)]
    assert replies.unread_counts(account.id) == replies.Unread(unread=1)
    assert "Yes!" in signed_in.get(f"clients/{ann.id}").text


def test_a_yes_of_a_phone_that_two_clients_have_stays_unlinked(account: Account, code: str) -> None:
    for client_id in ("ann", "ben"):
        write_client(account, client_id, ANNS, allow_text_marketing=False)

    fill_in(code)
    reply("YES")

    assert of_conversation(account) == [("YES", None), (TEXT, None)]


def test_a_yes_that_is_written_after_its_client_is_linked(account: Account, code: str) -> None:
    fill_in(code)
    deliver(FakeCarrier(), aws_clients.now())

    with meanwhile("TransactWriteItems", run_jobs):
        receive("SMr", "YES", phone=ANNS, at=aws_clients.now())

    (ann,) = clients_with(account, ANNS)
    assert of_conversation(account) == [("YES", ann.id), (TEXT, ann.id)]


@pytest.mark.long
def test_a_yes_is_linked_wherever_a_worker_is_killed(account: Account, code: str) -> None:
    fill_in(code)
    deliver(FakeCarrier(), aws_clients.now())
    at = aws_clients.now()

    def answer() -> None:
        receive("SMr", "YES", phone=ANNS, at=at)
        run_jobs()

    for crash in every_crash(after=False):
        with crash:
            answer()
        answer()  # the queues deliver the reply, and its keyword, again
        (ann,) = clients_with(account, ANNS)
        assert of_conversation(account) == [("YES", ann.id), (TEXT, ann.id)]
        assert replies.unread_counts(account.id) == replies.Unread(unread=1)
