"""GET /inbox while replies arrive, arrive twice, are moved away, and while those who write them die."""

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
from tests.support.admin_orders import done
from tests.support.aws_calls import failing, retold, taking_turns
from tests.support.crashes import every_crash
from tests.support.fakes import NOW, call, client, studio
from tests.support.reply_steps import receive

pytestmark = pytest.mark.account(texted=NOW)


class Job:
    """The installed software's job: it keeps what it fetched, and the cursor for the next time."""

    def __init__(self, account: Account, limit: int = 2) -> None:
        self.account, self.limit = account, str(limit)
        self.cursors = ["0"]
        self.bodies: list[str] = []
        self.ids: list[str] = []

    def run(self) -> "Job":
        """Fetch page after page until the cursor stays."""
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


def everything(writers: list["Future[None]"], job: Job) -> Job:
    """Have the job run while others write, and once more when they are done."""
    while not all(one.done() for one in writers):
        job.run()
    for one in writers:
        one.result()
    return job.run()


@pytest.mark.parametrize("limit", [1, 3, 50])
def test_whatever_arrives_meanwhile_the_job_gets_each_reply_once_and_in_one_order(
    account: Account, limit: int
) -> None:
    def write(index: int) -> None:
        """Bring one of twelve replies, half of them with the time of another and some late."""
        receive(f"SM{index % 12}", f"{index % 12}", at=NOW - timedelta(seconds=index % 3))

    job = Job(account, limit)

    with taking_turns(), ThreadPoolExecutor(6) as pool:
        everything([pool.submit(write, index) for index in range(24)], job)  # each comes twice

    assert job.bodies == in_numbered_order(account)
    assert sorted(job.bodies, key=int) == [str(index) for index in range(12)]
    assert len(set(job.ids)) == 12
    assert all(int(before) < int(after) for before, after in pairwise(job.cursors))


def test_replies_that_are_moved_away_meanwhile_hold_up_no_later_one(account: Account) -> None:
    other = studio("10000002")
    client(other, "theirs")

    def write(index: int) -> None:
        receive(f"SM{index}", f"{index}")
        if index % 2:
            done("replies.move", account=account.id, message_id=id_of(index), to=other.id)

    mine, theirs = Job(account), Job(other)
    with taking_turns(), ThreadPoolExecutor(4) as pool:
        writers = [pool.submit(write, index) for index in range(10)]
        everything(writers, mine)
        theirs.run()

    assert {body for body in mine.bodies if int(body) % 2 == 0} == {"0", "2", "4", "6", "8"}
    assert len(mine.bodies) == len(set(mine.bodies))  # it may have fetched some before they were moved
    assert sorted(theirs.bodies) == ["1", "3", "5", "7", "9"]
    assert theirs.bodies == in_numbered_order(other)


def id_of(index: int) -> str:
    return reply.message_id(Inbound(carrier="twilio", carrier_id=f"SM{index}", phone="", number="", body=""))


def test_a_writer_that_dies_at_any_call_leaves_no_reply_out_and_none_twice(account: Account) -> None:
    for crash in every_crash():
        job = Job(account)
        with crash:
            receive("SM1", "dying")
        job.run()
        receive("SM2", "other")
        job.run()
        receive("SM1", "dying")  # its queue brings it again
        job.run()

        assert job.bodies == in_numbered_order(account)
        assert len(set(job.ids)) == len(job.bodies) == 2


def without(number: int) -> Callable[[dict[str, Any]], None]:
    """Answer queries as they would be answered while that number is being written."""

    def missed(parsed: dict[str, Any]) -> None:
        parsed["Items"] = [one for one in parsed["Items"] if one.get("sequence") != {"N": str(number)}]

    return missed


@pytest.mark.parametrize(("limit", "seen"), [(1, ["0"]), (2, ["0", "1"]), (50, ["0", "1", "2", "3"])])
def test_a_query_that_misses_a_number_being_written_skips_no_reply(
    account: Account, limit: int, seen: list[str]
) -> None:
    for index in range(4):
        receive(f"SM{index}", f"{index}")

    with retold("Query", without(1)), retold("Query", without(3)):
        replies, reached = messages_replies.page(account.id, 0, limit)

    assert [message.body for _, message in replies] == seen
    assert reached == len(seen)


def test_a_reader_waits_for_a_reply_that_is_just_being_written(account: Account) -> None:
    for index in range(3):
        receive(f"SM{index}", f"{index}")

    with (
        retold("Query", without(2)),
        failing("dynamodb", "TransactGetItems", "TransactionConflictException", times=2) as met,
    ):
        replies, _ = messages_replies.page(account.id, 0, 50)

    assert len(met) == 2
    assert [number for number, _ in replies] == [1, 2, 3]


def test_a_number_that_is_gone_for_good_stops_nobody(account: Account) -> None:
    for index in range(4):
        receive(f"SM{index}", f"{index}")
    for number in (1, 3):
        store.write(Delete(keys.inbox_entry(account.id, number)))

    assert Job(account, 1).run().bodies == ["1", "3"]


def test_many_in_a_row_that_are_gone_are_passed_over_page_by_page(account: Account) -> None:
    for index in range(7):
        receive(f"SM{index}", f"{index}")
        store.write(Delete(keys.message(account.id, id_of(index))))
    receive("SM99", "The only one")

    pages, reached = [], 0
    for _ in range(4):
        replies, reached = messages_replies.page(account.id, reached, 2, look_at=2)
        pages.append(([message.body for _, message in replies], reached))

    assert pages == [([], 2), ([], 4), ([], 6), (["The only one"], 8)]
    assert [message.body for _, message in messages_replies.after(account.id, 0, 1)] == ["The only one"]


def test_a_cursor_ahead_of_the_newest_reply_is_refused_with_the_field(account: Account) -> None:
    receive()

    at_the_end = call(api, "GET", "/inbox", account=account.id, query={"after": "1"})
    ahead = call(api, "GET", "/inbox", account=account.id, query={"after": "2"})

    assert at_the_end.json == {"items": [], "next_cursor": "1"}
    assert (ahead.status, ahead.json["code"], ahead.json["errors"][0]["field"]) == (422, "bad_cursor", "after")
