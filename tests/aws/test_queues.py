from longcode.aws import queues
from longcode.jobs import Send
from tests.fakes import queued
from tests.local_aws import QUEUE_URLS


def test_characters_that_sqs_refuses_arrive_all_the_same(aws: None) -> None:
    job = Send(account="a", message_id="\ufffe and \uffff and 🌷")

    queues.put(QUEUE_URLS["send"], [job])

    [body] = queued("send")
    assert "\uffff" not in body
    assert "\ufffe" not in body
    assert queues.read(Send, body) == job
