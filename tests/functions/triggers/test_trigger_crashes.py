"""A process that stops at any call: an event still takes effect once, and a due text is sent once."""

from datetime import timedelta

import pytest

from longcode.accounts.account import Account
from longcode.triggers import call_tasks
from longcode.triggers.planning import OccurrenceState
from sweeper import sweep_schedule
from tests.functions.triggers.test_fire_worker import NINE
from tests.support.crashes import Crash, every_crash, recorded_calls
from tests.support.fakes import NOW, client, take_queued
from tests.support.trigger_steps import fire_all, planned, report_event, stored_texts, write_trigger

pytestmark = pytest.mark.account(edition="professional", rule=True)

MINUTE = timedelta(minutes=1)


def heal() -> None:
    """Run the sweeper and the workers several times, as happens after a crash."""
    for minute in (1, 4, 7):
        sweep_schedule.sweep(NINE + minute * MINUTE)
        fire_all(NINE + minute * MINUTE)


@pytest.mark.long
def test_an_event_killed_at_any_call_and_repeated_moves_the_text_once(account: Account) -> None:
    report_event(account)
    for crash in every_crash(after=False):
        with crash:
            report_event(account, "k2", NOW + MINUTE, session_date="2026-12-02", status="confirmed", at=NOW + MINUTE)

        response = report_event(
            account, "k2", NOW + 2 * MINUTE, session_date="2026-12-02", status="confirmed", at=NOW + MINUTE
        )
        states = {day: occurrence.state for day, occurrence in planned(account).items()}

        assert [str(text.date) for text in response.planned] == ["2026-12-02"]
        assert states == {"2026-12-03": OccurrenceState.DROPPED, "2026-12-02": OccurrenceState.PLANNED}


@pytest.mark.long
def test_an_event_killed_at_any_call_takes_effect_whole_or_not_at_all(account: Account) -> None:
    write_trigger(name="thanks", timing=None, body="Thank you!")
    for crash in every_crash(after=False):
        with crash:
            report_event(account)

        whole = bool(planned(account))
        for minute in (0, 3, 6):
            sweep_schedule.sweep(NOW + minute * MINUTE)
            fire_all(NOW + minute * MINUTE)
        heal()

        assert len(stored_texts(account)) == (2 if whole else 0)


@pytest.mark.long
def test_a_due_text_killed_at_any_call_is_sent_once(account: Account) -> None:
    client(account, "c1", "+12125550123", "+12125550124")
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    jobs = take_queued("event")
    for crash in every_crash(after=False):
        with crash:
            fire_all(NINE + MINUTE, jobs)

        fire_all(NINE + 3 * MINUTE, jobs)
        heal()

        assert [text.phone for text in stored_texts(account)] == ["+12125550123", "+12125550124"]
        assert planned(account)["2026-12-03"].state is OccurrenceState.DONE


@pytest.mark.long
def test_a_due_text_killed_at_any_call_reaches_the_same_phones_if_others_are_ticked_meanwhile(
    account: Account,
) -> None:
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    jobs = take_queued("event")
    for crash in every_crash(after=False):
        with crash:
            fire_all(NINE + MINUTE, jobs)
        texted = [text.phone for text in stored_texts(account)]
        client(account, "c1", "+12125550124", "+12125550125")

        heal()

        assert [text.phone for text in stored_texts(account)] == (texted or ["+12125550124", "+12125550125"])


@pytest.mark.long
def test_a_due_call_killed_at_any_call_leaves_one_task(account: Account) -> None:
    client(account, "c1", phones=())
    write_trigger(sms_else_call=True)
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    jobs = take_queued("event")
    for crash in every_crash(after=False):
        with crash:
            fire_all(NINE + MINUTE, jobs)

        heal()

        assert len(call_tasks.call_page(account.id, None, 10)) == 1
        assert stored_texts(account) == []


@pytest.mark.long
def test_a_sweeper_killed_at_any_call_enqueues_a_due_text_again(account: Account) -> None:
    report_event(account)
    for crash in every_crash():
        with crash:
            sweep_schedule.sweep(NINE + MINUTE)

        heal()

        assert len(stored_texts(account)) == 1


def test_a_text_sent_before_its_session_was_moved_is_not_sent_again_when_it_is_moved_back(
    account: Account,
) -> None:
    report_event(account)
    sweep_schedule.sweep(NINE + MINUTE)
    [job] = take_queued("event")
    with Crash(7, before=True):  # accepted, and not marked as done
        fire_all(NINE + MINUTE, [job])
    report_event(account, "k2", NINE + MINUTE, session_date="2026-12-10")
    report_event(account, "k3", NINE + 2 * MINUTE)

    heal()

    assert len(stored_texts(account)) == 1
    assert planned(account)["2026-12-03"].state is OccurrenceState.DONE


def test_an_event_takes_eight_calls_and_a_due_text_seven(account: Account) -> None:
    write_trigger(timing=None)
    with recorded_calls() as event_calls:
        report_event(account)
    jobs = take_queued("event")
    with recorded_calls() as fire_calls:
        fire_all(NOW, jobs)

    assert event_calls == [*["GetItem"] * 3, "Query", "GetItem", "Query", "TransactWriteItems", "SendMessageBatch"]
    assert fire_calls[:4] == ["GetItem", "GetItem", "BatchGetItem", "BatchGetItem"]
    assert fire_calls[4:] == ["TransactWriteItems", "SendMessageBatch", "UpdateItem"]
