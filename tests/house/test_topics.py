"""Each SNS topic for the carrier AWS feeds one queue, which accepts messages from that topic only."""

from typing import Any

from longcode.carriers import refusals
from tests.support.source_reading import referenced_resource, resources_of_type


def test_every_topic_of_aws_feeds_a_queue_that_takes_from_it_alone(template: dict[str, Any]) -> None:
    topics = {
        name: topic
        for name, topic in resources_of_type(template, "AWS::SNS::Topic").items()
        if name.startswith("Aws")
    }
    feeds = {name: referenced_resource(topic["Subscription"][0]["Endpoint"]) for name, topic in topics.items()}
    statements = [
        statement
        for policy in resources_of_type(template, "AWS::SQS::QueuePolicy").values()
        for statement in policy["PolicyDocument"]["Statement"]
    ]
    takes = {
        referenced_resource(statement["Condition"]["ArnEquals"]["aws:SourceArn"]): referenced_resource(
            statement["Resource"]
        )
        for statement in statements
    }

    assert feeds == takes == {"AwsRepliesTopic": "InboundQueue", "AwsEventsTopic": "AwsEventsQueue"}
    assert {statement["Principal"]["Service"] for statement in statements} == {"sns.amazonaws.com"}


def test_only_the_sms_service_in_our_own_account_may_publish(template: dict[str, Any]) -> None:
    (policy,) = resources_of_type(template, "AWS::SNS::TopicPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]

    assert statement["Principal"] == {"Service": "sms-voice.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}


def test_every_event_with_a_result_is_subscribed(template: dict[str, Any]) -> None:
    (configuration_set,) = resources_of_type(template, "AWS::SMSVOICE::ConfigurationSet").values()
    (destination,) = configuration_set["EventDestinations"]

    assert sorted(destination["MatchingEventTypes"]) == sorted(
        ["TEXT_SUCCESSFUL", "TEXT_DELIVERED", *refusals.AWS_EVENTS]
    )
