"""GET /inbox while replies arrive, arrive twice and are moved away, and while writers are killed."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from inbox import api
from longcode.accounts.account import Account
from longcode.carriers.carrier import Inbound
from longcode.messages import replies as messages_replies
from longcode.messages import reply
from longcode.table import keys, store
from longcode.table.writes import Delete
from tests.support.admin_orders import send_accepted_order
from tests.support.aws_calls import changed_response, failing
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, client, studio
from tests.support.reply_steps import receive

pytestmark = pytest.mark.account(texted=NOW)


class Job:
    """The job of the installed software, which keeps the replies that it fetched and its cursors."""

    def __init__(self, account: Account, limit: int = 2) -> None:
        self.account, self.limit = account, str(limit)
        self.cursors = ["0"]
        self.bodies: list[str] = []
        self.ids: list[str] = []

    def run(self) -> "Job":
        """Fetch page after page until the cursor no longer moves."""
        while True:
            query = {"after": self.cursors[-1], "limit": self.limit}
            page = call(api, "GET", "/inbox", account=self.account.id, query=query).json
            self.bodies += [item["message"]["body"] for item in page["items"]]
            self.ids += [item["delivery_id"] for item in page["items"]]
            if page["next_cursor"] == self.cursors[-1]:
                return self
            self.cursors.append(page["next_cursor"])


def in_numbered_order(account: Account) -> list[str]:
    return [message.body for _, message in messages_replies.after(account.id, 0, 1000)]


def run_during(writers: list["Future[None]"], job: Job) -> Job:
    """Run the job again and again while others write, and once more when they are done."""
    while not all(writer.done() for writer in writers):
        job.run()
    for writer in writers:
        writer.result()
    return job.run()


@pytest.mark.long
@pytest.mark.parametrize("limit", [1, 3, 50])
def test_the_job_gets_each_reply_once_and_in_order_while_they_arrive(account: Account, limit: int) -> None:
    def write(index: int) -> None:
        """Receive one of twelve replies, some with the time of another."""
        receive(f"SM{index % 12}", f"{index % 12}", at=NOW - timedelta(seconds=index % 3))

    job = Job(account, limit)

    with ThreadPoolExecutor(6) as pool:
        run_during([pool.submit(write, index) for index in range(24)], job)  # each comes twice

    assert job.bodies == in_numbered_order(account)
    assert sorted(job.bodies, key=int) == [str(index) for index in range(12)]
    assert len(set(job.ids)) == 12
    assert all(int(before) < int(after) for before, after in pairwise(job.cursors))


@pytest.mark.long
def test_replies_that_are_moved_away_do_not_hide_later_ones(account: Account) -> None:
    other = studio("10000002")
    client(other, "theirs")

    def write(index: int) -> None:
        receive(f"SM{index}", f"{index}")
        if index % 2:
            send_accepted_order("replies.move", account=account.id, message_id=id_of(index), to=other.id)

    mine, theirs = Job(account), Job(other)
    with ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, index) for index in range(10)]
        run_during(writers, mine)
        theirs.run()

    assert {body for body in mine.bodies if int(body) % 2 == 0} == {"0", "2", "4", "6", "8"}
    assert len(mine.bodies) == len(set(mine.bodies))  # it may have fetched some before they were moved
    assert sorted(theirs.bodies) == ["1", "3", "5", "7", "9"]
    assert theirs.bodies == in_numbered_order(other)


def id_of(index: int) -> str:
    return reply.message_id(Inbound(carrier="twilio", carrier_id=f"SM{index}", phone="", number="", body=""))


@pytest.mark.long
def test_a_writer_killed_at_any_call_neither_loses_nor_repeats_a_reply(account: Account) -> None:
    for crash in every_crash(after=False):
        job = Job(account)
        with crash:
            receive("SM1", "dying")
        job.run()
        receive("SM2", "other")
        job.run()
        receive("SM1", "dying")  # its job is delivered again
        job.run()

        assert job.bodies == in_numbered_order(account)
        assert len(set(job.ids)) == len(job.bodies) == 2


def without(number: int) -> Callable[[dict[str, Any]], None]:
    """Remove the reply with this number from a query's response, as if it were being written."""

    def remove(parsed: dict[str, Any]) -> None:
        parsed["Items"] = [item for item in parsed["Items"] if item.get("sequence") != {"N": str(number)}]

    return remove


@pytest.mark.long
@pytest.mark.parametrize(("limit", "seen"), [(1, ["0"]), (2, ["0", "1"]), (50, ["0", "1", "2", "3"])])
def test_a_reply_that_a_query_misses_is_not_skipped(account: Account, limit: int, seen: list[str]) -> None:
    for index in range(4):
        receive(f"SM{index}", f"{index}")

    with changed_response("Query", without(1)), changed_response("Query", without(3)):
        replies, reached = messages_replies.page(account.id, 0, limit)

    assert [message.body for _, message in replies] == seen
    assert reached == len(seen)


def test_a_reader_waits_for_a_reply_that_is_being_written(account: Account) -> None:
    for index in range(3):
        receive(f"SM{index}", f"{index}")

    with (
        changed_response("Query", without(2)),
        failing("dynamodb", "TransactGetItems", "TransactionConflictException", times=2) as met,
    ):
        replies, _ = messages_replies.page(account.id, 0, 50)

    assert len(met) == 2
    assert [number for number, _ in replies] == [1, 2, 3]


def test_a_number_without_an_entry_is_skipped(account: Account) -> None:
    for index in range(4):
        receive(f"SM{index}", f"{index}")
    for number in (1, 3):
        store.write(Delete(keys.inbox_entry(account.id, number)))

    assert Job(account, 1).run().bodies == ["1", "3"]


def test_many_deleted_replies_in_a_row_are_skipped_in_pages(account: Account) -> None:
    for index in range(7):
        receive(f"SM{index}", f"{index}")
        store.write(Delete(keys.message(account.id, id_of(index))))
    receive("SM99", "The only one")

    pages, reached = [], 0
    for _ in range(4):
        replies, reached = messages_replies.page(account.id, reached, 2, max_examined=2)
        pages.append(([message.body for _, message in replies], reached))

    assert pages == [([], 2), ([], 4), ([], 6), (["The only one"], 8)]
    assert [message.body for _, message in messages_replies.after(account.id, 0, 1)] == ["The only one"]


def test_a_cursor_ahead_of_the_newest_reply_is_refused_with_the_field(account: Account) -> None:
    receive()

    at_the_end = call(api, "GET", "/inbox", account=account.id, query={"after": "1"})
    ahead = call(api, "GET", "/inbox", account=account.id, query={"after": "2"})

    assert at_the_end.json == {"items": [], "next_cursor": "1"}
    assert (ahead.status, ahead.json["code"], ahead.json["errors"][0]["field"]) == (422, "bad_cursor", "after")
