import pytest

from longcode.jobs import Means, Send
from longcode.messages import sending
from longcode.optouts import store as optouts
from longcode.optouts.consent import OptOutEvent, account_scope
from tests.support.fakes import NOW, client, studio
from tests.support.text_steps import accept

pytestmark = pytest.mark.usefixtures("aws")


def test_a_requests_facts_have_all_that_it_refers_to() -> None:
    account = studio()
    written = client(account)

    known = sending.request_facts(
        account.id, client_id="c1", template=None, phone="+12125550123", request_id="r", now=NOW
    )

    assert known.account
    assert known.account.id == "10000001"
    assert known.client == written
    assert known.clients_with_phone == {"c1": True}
    assert (known.template, known.earlier, known.blocked) == (None, None, False)


@pytest.mark.parametrize(("scope", "blocked"), [("shared", True), ("10000001", True), ("10000002", False)])
def test_a_phone_is_blocked_by_its_own_stop_and_by_the_studios_own_note(scope: str, blocked: bool) -> None:
    account = studio()
    where = scope if scope == "shared" else account_scope(scope)
    phone = "+12125550123"
    optouts.record(OptOutEvent(id="e", phone=phone, scope=where, out=True, at=NOW, means=Means.STAFF, words="asked"))

    known = sending.request_facts(account.id, client_id=None, template=None, phone=phone, request_id="r", now=NOW)

    assert known.blocked is blocked


def test_facts_that_do_not_exist_are_none() -> None:
    known = sending.request_facts("nobody", client_id="c1", template="t", phone=None, request_id="r", now=NOW)

    assert (known.account, known.client, known.template, known.phone) == (None, None, None, None)


def test_a_batchs_messages_are_read_without_absent_ones() -> None:
    account = studio()
    client(account)
    job = Send(account=account.id, message_id=accept(account).id)

    found = sending.message_items([job, job, Send(account=account.id, message_id="none")])

    assert list(found) == [job]
