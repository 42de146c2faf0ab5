"""A broadcast is prepared in four steps, kept as a draft, checked client by client, and sent once."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from broadcasts import api, draft_check
from broadcasts.forms import AudienceForm, NewBroadcast
from longcode.accounts import people, sessions
from longcode.accounts.account import Account
from longcode.accounts.people import Person, Role
from longcode.aws import clients as aws_clients
from longcode.broadcasts import drafts
from longcode.broadcasts import store as broadcasts
from longcode.broadcasts.broadcast import Broadcast
from longcode.broadcasts.drafts import BroadcastDraft
from longcode.clients.client import Audience
from longcode.months import time_zone
from longcode.template import Template
from longcode.templates import store as template_store
from tests.support.browser import Browser, Page
from tests.support.fakes import NOW, studio
from tests.support.fakes import client as write_client

pytestmark = pytest.mark.account(client=False)

WORDS = "Hi {{client.first_name|there}}, two slots are left."


@pytest.fixture(autouse=True)
def some_clients(account: Account) -> None:
    write_client(account, "c1", "+12125550123", first_name="Zoë", tags=("wedding", "2027"), status="active")
    write_client(account, "c2", "+12125550124", first_name="Ann", tags=("newborn",), status="active")
    write_client(account, "c3", "+12125550125", first_name="Ben", tags=("wedding",), allow_text_marketing=False)
    write_client(account, "c4", "+12125550123", first_name="Twin", tags=("2027",))


def kept(account: Account, **fields: Any) -> BroadcastDraft:
    """Keep a draft for all clients with words, and return it."""
    now = aws_clients.now()
    draft = BroadcastDraft(
        account=account.id, id="d" * 32, at=now, changed_at=now, audience=Audience(everyone=True), body=WORDS
    )
    return drafts.begin(replace(draft, **fields))


def colleague(account: Account) -> Browser:
    """Return the browser of Ann, who is signed in."""
    ann = Person(account=account.id, id="a", name="Ann", email="a@x.example", role=Role.STAFF, added_at=NOW)
    people.add(ann)
    return Browser({"session": sessions.begin(account.id, "x", aws_clients.now(), ann)})


def place(draft: BroadcastDraft, step: str) -> str:
    return f"broadcasts/new/{draft.id}/{step}"


def stored(draft: BroadcastDraft) -> BroadcastDraft:
    return drafts.get_or_raise(draft.account, draft.id, aws_clients.now())


def checked(browser: Browser, draft: BroadcastDraft) -> Page:
    """Open the last step of a draft, after what it comes to was found out."""
    browser.submit(browser.get(place(draft, "check")), place(draft, "add-up"))
    return browser.get(place(draft, "go"))


def made(account: Account) -> list[Broadcast]:
    return broadcasts.page(account.id, limit=10, cursor=None)[0]


def test_four_steps_lead_from_whom_to_a_broadcast(account: Account, signed_in: Browser) -> None:
    whom = signed_in.get("broadcasts/new")
    what = signed_in.submit(whom, "broadcasts/new", whom="some", tags="wedding; newborn", status="active")
    check = signed_in.submit(what, what.path, body=WORDS)
    check = signed_in.submit(check, check.path.replace("/check", "/add-up"))
    go = signed_in.submit(check, check.path, do="go")
    sent = signed_in.submit(go, go.path)

    (broadcast,) = made(account)
    assert (broadcast.body, broadcast.template) == (WORDS, None)
    assert broadcasts.audience(broadcast) == Audience(tags=("wedding", "newborn"), status="active")
    assert sent.path == f"broadcasts/{broadcast.id}"
    assert drafts.of_account(account.id, aws_clients.now()) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"whom": "all"}, "4 clients found."),
        ({"whom": "all", "except_tags": "2027", "except_ids": "c1 c2"}, "1 client found."),
        ({"whom": "some", "tag_0": "newborn", "tags": "2027"}, "3 clients found."),
        ({"whom": "some", "q": "zoe", "tags": "wedding"}, "1 client found."),
        ({"whom": "some", "status": "active", "except_ids": "c2"}, "1 client found."),
        ({"whom": "some", "q": "nobody"}, "No client is found this way."),
        ({"whom": "ids", "ids": "c1\nc9, c2"}, "2 clients found. One id is not in your list: c9 ."),
        ({"whom": "some"}, "Choose a tag, a status or a name first."),
        ({"whom": "ids", "ids": " ".join(map(str, range(1_001)))}, "At most 1,000 ids"),
    ],
)
def test_the_number_found_moves_as_one_chooses(signed_in: Browser, fields: dict[str, str], said: str) -> None:
    whom = signed_in.get("broadcasts/new")

    found = signed_in.post("broadcasts/found", token=whom.fields["token"], **fields)
    counted = signed_in.submit(whom, "broadcasts/new", count="1", **fields)

    assert found.text.startswith(said)
    assert said in counted.text


def test_a_choice_that_finds_nobody_is_refused_with_what_was_chosen(account: Account, signed_in: Browser) -> None:
    page = signed_in.submit(signed_in.get("broadcasts/new"), "broadcasts/new", whom="some", q="nobody")

    assert (page.status, page.fields["q"]) == (422, "nobody")
    assert "nobody would get the text" in page.text
    assert drafts.of_account(account.id, aws_clients.now()) == []


def test_a_form_for_whom_that_is_sent_twice_makes_one_draft(account: Account, signed_in: Browser) -> None:
    page = signed_in.get("broadcasts/new")
    pages = [signed_in.submit(page, "broadcasts/new", whom="all") for _ in range(2)]

    assert pages[0].path == pages[1].path
    assert len(drafts.of_account(account.id, aws_clients.now())) == 1


def test_a_draft_is_listed_found_again_and_deleted(account: Account, signed_in: Browser) -> None:
    draft = kept(account, by="Ann", changed_by="Ann", audience=Audience(tags=("wedding",), search="zo"))
    drafts.begin(replace(draft, id="e" * 32, changed_at=draft.at - drafts.KEPT_FOR - timedelta(days=1)))

    page = signed_in.get("broadcasts")
    whom = signed_in.get(place(draft, "whom"))
    again = signed_in.submit(signed_in.get(place(draft, "delete")), place(draft, "delete"))

    assert "two slots are left. changed" in page.text
    assert "by Ann" in page.text
    assert (whom.fields["tag_0"], whom.fields["q"], whom.fields["whom"]) == ("wedding", "zo", "some")
    assert "The draft was deleted" in again.text
    assert "No broadcasts yet" in again.text


def test_an_account_keeps_so_many_drafts(account: Account, signed_in: Browser) -> None:
    for number in range(drafts.MOST_DRAFTS):
        kept(account, id=f"{number:032x}")

    page = signed_in.submit(signed_in.get("broadcasts/new"), "broadcasts/new", whom="all")

    assert page.status == 409
    assert "There are 30 drafts" in page.text


@pytest.mark.parametrize(
    ("step", "mine", "theirs"),
    [
        ("whom", {"whom": "some", "tags": "mine"}, {"whom": "some", "tags": "wedding"}),
        ("what", {"body": "Mine"}, {"body": "Theirs"}),
    ],
)
def test_the_later_of_two_people_is_told_and_loses_nothing(
    account: Account, signed_in: Browser, step: str, mine: dict[str, str], theirs: dict[str, str]
) -> None:
    draft = kept(account)
    write_client(account, "m", "+12125550199", tags=("mine",))
    other = colleague(account)
    page = signed_in.get(place(draft, step))
    other.submit(other.get(place(draft, step)), place(draft, step), **theirs)

    told = signed_in.submit(page, place(draft, step), **mine)
    between = stored(draft)
    again = signed_in.submit(told, place(draft, step), **mine)

    assert told.status == 409
    assert "Ann has changed this draft since this page was opened." in told.text
    assert [*mine.values()][-1] in told.html
    assert (between.body, between.audience.tags) in (("Theirs", ()), (WORDS, ("wedding",)))
    assert again.status == 200
    assert (stored(draft).body, stored(draft).audience.tags) in (("Mine", ()), (WORDS, ("mine",)))


def test_a_link_to_another_step_keeps_what_was_chosen_and_written(account: Account, signed_in: Browser) -> None:
    draft = kept(account)

    back = signed_in.submit(signed_in.get(place(draft, "what")), place(draft, "what"), body="New words", do="whom")
    chosen = {"whom": "some", "tags": "wedding", "do": "check"}
    check = signed_in.submit(signed_in.get(place(draft, "whom")), place(draft, "whom"), **chosen)
    between = stored(draft)
    empty = signed_in.submit(signed_in.get(place(draft, "what")), place(draft, "what"), body=" ", do="whom")

    assert back.path == empty.path == place(draft, "whom")
    assert check.path == place(draft, "check")
    assert (between.body, between.audience.tags) == ("New words", ("wedding",))
    assert stored(draft).body == ""


def test_the_same_form_twice_is_no_conflict(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "what"))
    pages = [signed_in.submit(page, place(draft, "what"), body="Once") for _ in range(2)]

    assert [page.status for page in pages] == [200, 200]


def test_the_words_are_shown_for_any_client(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "what"))
    second = signed_in.post(place(draft, "preview"), **page.fields | {"body": WORDS, "preview": "1"})
    third = signed_in.post(place(draft, "preview"), **page.fields | {"body": WORDS, "preview": "2"})
    found = signed_in.submit(page, place(draft, "what"), who="zoe", preview="0", body="y" * 165)

    assert "Hi Zoë, two slots are left." in page.text
    assert "27 of 160 characters" in page.text
    assert "Hi Ann, two slots are left." in second.text
    assert "Gets none: Allow Text Marketing is not ticked" in third.text
    assert "165 characters, counts as 2 texts. 5 characters less, and it counts as 1" in found.text


@pytest.mark.account(client=False, sender_name="Foxglove")
def test_a_senders_name_that_makes_a_text_dearer_is_said(account: Account, signed_in: Browser) -> None:
    page = signed_in.get(place(kept(account, body="x" * 155), "what"))

    assert "counts as 2 texts" in page.text
    assert "Without the “Foxglove:” that begins a conversation" in page.text


def test_a_template_is_taken_up_and_named_while_its_words_are_the_drafts(
    account: Account, signed_in: Browser
) -> None:
    template_store.put_template(Template(account=account.id, name="spring", subject="", body=WORDS))
    draft = kept(account, body="")

    used = signed_in.submit(signed_in.get(place(draft, "what")), place(draft, "what"), template="spring", use="1")
    signed_in.submit(used, place(draft, "what"), body=used.typed.strip())
    users = [signed_in.get(path).text for path in ("templates", "templates/spring", "templates/spring/delete")]
    go = checked(signed_in, draft)
    signed_in.submit(go, go.path)

    assert [(one.template, one.body) for one in made(account)] == [("spring", WORDS)]
    assert "Used by draft of today" in users[0]
    assert all("1 draft keeps the words" in text for text in users[1:])


def test_a_template_of_several_lines_is_named_whatever_line_ends_the_browser_sends(
    account: Account, signed_in: Browser
) -> None:
    words = "Two slots are left.\nReply YES to take one."
    template_store.put_template(Template(account=account.id, name="spring", subject="", body=words))
    draft = kept(account, body="")

    what = signed_in.get(place(draft, "what"))
    signed_in.submit(what, place(draft, "what"), body=words.replace("\n", "\r\n"))
    go = checked(signed_in, draft)
    signed_in.submit(go, go.path)

    assert [(one.template, one.body) for one in made(account)] == [("spring", words)]


def test_a_merge_field_that_no_record_fills_asks_for_a_value(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    asked = signed_in.submit(
        signed_in.get(place(draft, "what")), place(draft, "what"), body="On {{session.date}} at ten"
    )
    check = signed_in.submit(
        asked, asked.path, **{"body": "On {{session.date}} at ten", "value_session.date": "Monday"}
    )

    assert "Write what stands there for everybody." in asked.text
    assert "On Monday at ten" in check.text


@pytest.mark.parametrize("body", ["", "Hi {{client.nickname}}", "x" * 1_601])
def test_wrong_words_are_refused_beside_the_field_and_kept(account: Account, signed_in: Browser, body: str) -> None:
    draft = kept(account)

    page = signed_in.submit(signed_in.get(place(draft, "what")), place(draft, "what"), body=body)

    assert page.status == 422
    assert page.typed.strip() == body
    assert stored(draft).body == body


def test_each_client_has_what_they_get_or_the_reason(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    page = signed_in.submit(signed_in.get(place(draft, "check")), place(draft, "add-up"))

    assert "Zoë Hi Zoë, two slots are left. (212) 555-0123" in page.text
    assert "Ben no text Allow Text Marketing is not ticked in the record." in page.text
    assert "Twin no text (212) 555-0123: Another client in this broadcast has the same number" in page.text
    assert "Texts 2 Counted per 160 characters 2 Cost beyond your plan $0.00 Left in your limits no" in page.text
    assert "1 client or number without a text: Allow Text Marketing is not ticked." in page.text


def test_those_without_a_text_can_be_shown_alone(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    checked(signed_in, draft)

    page = signed_in.get(place(draft, "check"), "only=none")
    after = signed_in.get(place(draft, "check"), "only=none&after=c3")

    assert [page.fields.get(f"id_{row}") for row in range(3)] == ["c3", "c4", None]
    assert [after.fields.get(f"id_{row}") for row in range(2)] == ["c4", None]


def test_unticked_clients_are_left_out_and_their_number_goes_to_the_next_one(
    account: Account, signed_in: Browser
) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "check"))
    fields = {name: value for name, value in page.fields.items() if name != "in_0"}

    again = signed_in.post(place(draft, "check"), **fields)
    go = checked(signed_in, draft)
    sent = signed_in.submit(go, go.path)

    assert stored_ids(account) == ("c1",)
    assert "without 1 client left out by hand" in sent.text
    assert "Zoë left out by hand" in again.text
    assert "Twin Hi Twin, two slots are left." in again.text


def stored_ids(account: Account) -> tuple[str, ...]:
    return broadcasts.audience(made(account)[0]).except_client_ids


def test_boxes_stay_as_they_were_ticked_when_a_colleague_has_changed_them(
    account: Account, signed_in: Browser
) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "check"))
    drafts.change(account.id, draft.id, lambda one: replace(one, unchecked=("c2",)), "Ann", aws_clients.now())

    mine = {name: value for name, value in page.fields.items() if name != "in_0"}
    told = signed_in.post(place(draft, "check"), **mine)
    between = stored(draft).unchecked
    signed_in.post(place(draft, "check"), **told.fields)

    assert told.status == 409
    assert "Ann has changed this draft" in told.text
    assert "Show theirs , or continue with yours" in told.text
    assert ("in_0" in told.fields, "in_1" in told.fields) == (False, True)
    assert "Zoë left out by hand" in told.text
    assert "Ann Hi Ann, two slots are left." in told.text
    assert (between, stored(draft).unchecked) == (("c2",), ("c1",))


def test_boxes_belong_to_their_clients_when_a_colleague_has_changed_the_audience(
    account: Account, signed_in: Browser
) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "check"))
    changed = {"audience": Audience(tags=("newborn",)), "unchecked": ("c3",)}
    drafts.change(account.id, draft.id, lambda one: replace(one, **changed), "Ann", aws_clients.now())

    mine = {name: value for name, value in page.fields.items() if name != "in_0"}
    told = signed_in.post(place(draft, "check"), **mine)

    assert (told.status, told.fields["id_0"], "in_0" in told.fields) == (409, "c2", True)


def test_tags_stay_as_they_were_ticked_when_a_colleague_has_changed_them(
    account: Account, signed_in: Browser
) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "whom"))
    theirs = Audience(tags=("wedding",))
    drafts.change(account.id, draft.id, lambda one: replace(one, audience=theirs), "Ann", aws_clients.now())

    told = signed_in.submit(page, place(draft, "whom"), whom="some", tag_1="newborn", except_tag_0="2027")

    ticked = {given["value"] for tag, given in told.tags if given.get("type") == "checkbox" and "checked" in given}
    assert (told.status, ticked) == (409, {"newborn", "2027"})


def test_words_are_kept_while_they_are_typed(account: Account, signed_in: Browser) -> None:
    draft = kept(account, body="")
    page = signed_in.get(place(draft, "what"))
    typed = page.fields | {"turn": "1"}

    signed_in.post(place(draft, "preview"), **typed | {"body": "Hi {{client.fir", "value_session.date": "Monday"})
    found = signed_in.get(place(draft, "what"))
    later = [signed_in.get(place(draft, step)).path for step in ("check", "go")]

    assert found.typed.strip() == "Hi {{client.fir"
    assert stored(draft).values == {"session.date": "Monday"}
    assert later == [place(draft, "what")] * 2


@pytest.mark.parametrize("button", [{"preview": "0"}, {"do": "whom"}, {"do": "check"}, {"use": "1"}, {}])
def test_each_button_keeps_the_words(account: Account, signed_in: Browser, button: dict[str, str]) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "what"))

    signed_in.submit(page, place(draft, "what"), body="Hi {{client.fir", **button)

    assert stored(draft).body == "Hi {{client.fir"


def test_a_page_is_not_told_of_what_it_has_written_itself(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "what"))
    turns = [("2", "Newer words"), ("1", "Newer"), ("3", "Newer words {{session.date}}"), ("4", "Newest words")]

    for turn, body in turns[:2]:
        signed_in.post(place(draft, "preview"), **page.fields | {"turn": turn, "body": body})
    between = stored(draft).body
    for turn, body in turns[2:]:
        shown = signed_in.post(place(draft, "preview"), **page.fields | {"turn": turn, "body": body})
    after = signed_in.submit(page, place(draft, "what"), body="The last words", turn="5")

    assert between == "Newer words"
    assert "has changed" not in shown.text
    assert (after.path, stored(draft).body) == (place(draft, "check"), "The last words")


def test_what_two_people_type_is_never_written_over_the_others_words(account: Account, signed_in: Browser) -> None:
    draft, other = kept(account), colleague(account)
    mine, theirs = (browser.get(place(draft, "what")) for browser in (signed_in, other))
    other.post(place(draft, "preview"), **theirs.fields | {"turn": "1", "body": "Theirs"})

    shown = signed_in.post(place(draft, "preview"), **mine.fields | {"turn": "1", "body": "Mine"})
    told = signed_in.submit(mine, place(draft, "what"), body="Mine", turn="2")
    still = signed_in.post(place(draft, "preview"), **told.fields | {"turn": "1", "body": "Mine too"})
    between = stored(draft).body
    signed_in.submit(told, place(draft, "what"), body="Mine too", turn="2")
    other_is_told = other.post(place(draft, "preview"), **theirs.fields | {"turn": "2", "body": "Theirs again"})

    said = "has changed this draft since this page was opened. What you write is not saved."
    assert [f"Ann {said}" in page.text for page in (shown, still)] == [True, True]
    assert f"Somebody {said}" in other_is_told.text
    assert (told.status, told.typed.strip(), between) == (409, "Mine", "Theirs")
    assert stored(draft).body == "Mine too"


def test_words_that_are_too_long_for_a_draft_are_refused_and_stay_on_the_page(
    account: Account, signed_in: Browser
) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "what"))

    shown = signed_in.post(place(draft, "preview"), **page.fields | {"turn": "1", "body": "x" * 10_001})
    refused = signed_in.submit(page, place(draft, "what"), body="x" * 10_001)

    assert "at most" in shown.text
    assert (refused.status, len(refused.typed.strip()), stored(draft).body) == (422, 10_001, WORDS)


def test_boxes_of_other_pages_stay_as_they_are(account: Account, signed_in: Browser) -> None:
    draft = kept(account, unchecked=("c1", "zz"))
    page = signed_in.get(place(draft, "check"), "q=ann")
    fields = {name: value for name, value in page.fields.items() if name != "in_0"}

    signed_in.post(place(draft, "check"), **fields)

    assert stored(draft).unchecked == ("c1", "c2", "zz")


def test_a_draft_is_checked_in_steps(account: Account) -> None:
    for number in range(98):
        write_client(account, f"d{number:02}", f"+1212556{number:04}")
    draft, now = kept(account), aws_clients.now()
    check = draft_check.begin(draft, now)

    first = draft_check.step(draft, check, account, now, seconds=0, pages=1)
    stale = draft_check.step(draft, check, account, now, seconds=0, pages=1)
    second = draft_check.step(draft, first, account, now, seconds=0, pages=2)

    assert (first.looked_at, first.done, stale) == (50, False, first)
    assert (second.looked_at, second.done, second.texts) == (102, True, 100)
    assert second.skipped == {"no_permission": 1, "duplicate": 1}
    assert second.places == (("", 0), ("d45", 48), ("d95", 98))


@pytest.mark.parametrize(
    ("before", "after"),
    [((), ("c1",)), (("c1",), ()), (("c1",), ("c2", "c4")), ((), ("c3",)), (("c3", "c4"), ("c2",))],
)
def test_unticked_clients_change_what_was_added_up_as_if_all_was_checked_anew(
    account: Account, before: tuple[str, ...], after: tuple[str, ...]
) -> None:
    for number in range(49):
        write_client(account, f"d{number:02}", f"+1212556{number:04}")
    draft, now = kept(account, unchecked=before), aws_clients.now()
    draft_check.step(draft, draft_check.begin(draft, now), account, now)
    changed = replace(draft, unchecked=after)

    draft_check.update(draft, changed, account, now)
    updated = drafts.check_of(changed)
    anew = draft_check.step(changed, draft_check.begin(changed, now), account, now)

    assert updated
    assert replace(updated, waits={}) == replace(anew, waits={})
    assert {zone: one.texts for zone, one in updated.waits.items()} == {
        zone: one.texts for zone, one in anew.waits.items()
    }


def test_a_client_whose_record_changed_since_makes_all_be_checked_again(account: Account) -> None:
    draft, now = kept(account), aws_clients.now()
    draft_check.step(draft, draft_check.begin(draft, now), account, now)
    write_client(account, "c1", "+12125550199", updated_at=now + timedelta(seconds=1))
    changed = replace(draft, unchecked=("c1",))

    draft_check.update(draft, changed, account, now)

    assert drafts.check_of(changed) is None


def test_boxes_keep_what_was_added_up(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    page = signed_in.submit(signed_in.get(place(draft, "check")), place(draft, "add-up"))
    fields = {name: value for name, value in page.fields.items() if name != "in_1"}

    whom, go = (signed_in.post(place(draft, "check"), **fields | {"do": step}) for step in ("whom", "go"))
    write_client(account, "c5", "+12125550199")
    begun = signed_in.post(place(draft, "check"), **fields | {"do": "again"})
    again = signed_in.submit(begun, place(draft, "add-up"))

    assert "of whom you left 1 out" in whom.text
    assert "Send later to 1 phone" in go.text
    assert "Nothing is sent yet" in begun.text
    assert "Texts 2" in again.text
    assert stored(draft).unchecked == ("c2",)


@pytest.mark.account(client=False, units_a_day=1)
def test_what_the_limits_do_not_allow_is_said_and_a_part_can_be_sent(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    page = signed_in.submit(signed_in.get(place(draft, "check")), place(draft, "add-up"))
    go = signed_in.get(place(draft, "go"))
    signed_in.submit(go, go.path, limit="part")

    assert "This needs 2, and your limits leave 1." in page.text
    assert "Ann no text (212) 555-0124: It does not fit what is left of your limits." in page.text
    assert [broadcast.limit for broadcast in made(account)] == ["part"]


def test_a_time_says_who_waits_for_quiet_hours(account: Account, signed_in: Browser) -> None:
    go = checked(signed_in, kept(account))
    day = aws_clients.now().date() + timedelta(days=40)

    night = signed_in.post(go.path.replace("/go", "/when"), **go.fields | {"when": "at", "at": f"{day}T02:00"})
    past = signed_in.submit(go, go.path, when="at", at="2020-01-13T02:00")

    assert f"2 texts wait until {day:%a} {day.day} {day:%b}" in night.text
    assert "Choose a day and time between now and a year ahead" in past.text
    assert made(account) == []


def test_a_chosen_time_is_said_with_its_day(account: Account, signed_in: Browser) -> None:
    go = checked(signed_in, kept(account))
    tomorrow = aws_clients.now().astimezone(time_zone(account.time_zone)).date() + timedelta(days=1)
    chosen = {"when": "at", "at": f"{tomorrow}T12:30"}

    asked = signed_in.post(go.path.replace("/go", "/when"), **go.fields | chosen)
    shown = signed_in.submit(go, go.path, preview="1", **chosen)
    sent = signed_in.submit(go, go.path, **chosen)

    assert asked.text.startswith("It goes out tomorrow 12:30 , your studio's time.")
    assert "It goes out tomorrow 12:30" in shown.text
    assert "It begins tomorrow 12:30." in sent.text
    assert "Goes out tomorrow 12:30" in signed_in.get("broadcasts").text


def test_a_broadcast_can_be_scheduled_in_the_studios_time(account: Account, signed_in: Browser) -> None:
    go = checked(signed_in, kept(account))
    day = aws_clients.now().date() + timedelta(days=40)

    signed_in.submit(go, go.path, when="at", at=f"{day}T10:00")

    ten = datetime.combine(day, time(10), time_zone("America/Chicago"))
    assert [broadcast.send_at for broadcast in made(account)] == [ten]


def test_a_draft_that_is_sent_twice_makes_one_broadcast(account: Account, signed_in: Browser) -> None:
    go = checked(signed_in, kept(account))
    pages = [signed_in.submit(go, go.path) for _ in range(2)]

    assert len(made(account)) == 1
    assert pages[0].path == pages[1].path


def test_a_draft_that_was_changed_after_it_was_sent_becomes_another_one(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    form = NewBroadcast(audience=AudienceForm(all=True), body="As it was sent")
    api.create_broadcast(account.id, form, draft.id, aws_clients.now())

    go = checked(signed_in, draft)
    again = signed_in.submit(go, go.path)

    (left,) = drafts.of_account(account.id, aws_clients.now())
    assert (left.body, again.path) == (WORDS, f"broadcasts/new/{left.id}/check")
    assert [one.body for one in made(account)] == ["As it was sent"]


def test_a_broadcast_names_who_made_it(account: Account, signed_in: Browser) -> None:
    ann = colleague(account)
    go = checked(ann, kept(account))
    ann.submit(go, go.path)

    assert [broadcast.by for broadcast in made(account)] == ["Ann"]


def test_so_many_clients_can_be_left_out_one_by_one(account: Account, signed_in: Browser) -> None:
    draft = kept(account, unchecked=tuple(f"x{number:04}" for number in range(1_000)))
    page = signed_in.get(place(draft, "check"))
    fields = {name: value for name, value in page.fields.items() if name != "in_0"}

    refused = signed_in.post(place(draft, "check"), **fields)

    assert refused.status == 422
    assert "At most 1,000 clients can be left out one by one." in refused.text
    assert "in_0" not in refused.fields
    assert "in_1" in refused.fields


def test_what_was_written_outlives_a_lost_session(account: Account, signed_in: Browser, password: str) -> None:
    draft = kept(account)
    page = signed_in.get(place(draft, "what"))
    signed_in.cookies.clear()

    sign_in = signed_in.submit(page, place(draft, "what"), body="Not yet kept")
    back = signed_in.submit(sign_in, "sign-in", account=account.id, password=password)

    assert (back.path, back.typed.strip()) == (place(draft, "what"), "Not yet kept")


def test_the_same_words_to_the_same_people_are_asked_about_once_more(account: Account, signed_in: Browser) -> None:
    first = checked(signed_in, kept(account))
    signed_in.submit(first, first.path)
    go = checked(signed_in, kept(account, id="e" * 32, audience=Audience(client_ids=("c2",))))

    asked = signed_in.submit(go, go.path)
    before = len(made(account))
    signed_in.submit(asked, asked.path, repeat="1")

    assert "The same words went to some of these clients" in asked.text
    assert (before, len(made(account))) == (1, 2)


def test_a_draft_that_a_colleague_changes_is_not_sent_unseen(account: Account, signed_in: Browser) -> None:
    draft = kept(account)
    go = checked(signed_in, draft)
    drafts.change(account.id, draft.id, lambda one: replace(one, body="Theirs"), "Ann", aws_clients.now())

    page = signed_in.submit(go, go.path)

    assert made(account) == []
    assert "Ann has changed this draft since this page was opened." in page.text


def test_a_draft_of_another_studio_is_not_found(signed_in: Browser) -> None:
    theirs = kept(studio("10000002"))

    assert [signed_in.get(place(theirs, step)).status for step in ("whom", "what", "check", "go")] == [404] * 4


def test_long_ids_of_clients_that_are_left_out_are_refused_before_they_fill_the_table(
    account: Account, signed_in: Browser
) -> None:
    long = "\N{PILE OF POO}" * 96
    draft = kept(account, unchecked=tuple(f"{long}{number:04}" for number in range(760)))
    rows = {f"id_{row}": f"{long}x{row:03}" for row in range(20)}

    page = signed_in.submit(signed_in.get(place(draft, "check")), place(draft, "check"), **rows)

    assert (page.status, "can be left out one by one" in page.text) == (422, True)


def test_a_new_audience_lets_no_client_back_in_that_was_taken_out_by_hand(
    account: Account, signed_in: Browser
) -> None:
    draft = kept(account, unchecked=tuple(f"c{number:03}" for number in range(900)))
    left_out = "\n".join(f"x{number}" for number in range(200))

    page = signed_in.submit(signed_in.get(place(draft, "whom")), place(draft, "whom"), except_ids=left_out)

    assert (page.status, "can be left out one by one" in page.text) == (422, True)
    assert stored(draft).unchecked == draft.unchecked


def test_what_a_check_lists_has_room_in_an_item(account: Account) -> None:
    draft = kept(account)
    full = drafts.DraftCheck(account=account.id, draft_id=draft.id, of=draft.mark, at=draft.at, total=4)
    full = replace(full, without=("\N{PILE OF POO}" * 100,) * 380)
    drafts.begin_check(full)

    done = draft_check.step(draft, full, account, draft.at)

    assert sum(len(one.encode()) for one in done.without) <= 150_000
