"""The SNS topics: who may publish to each, and the queue that each topic for the carrier AWS feeds."""

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


def test_every_topic_has_a_policy_that_names_it_alone(template: dict[str, Any]) -> None:
    """SNS refuses a statement with another Resource (CloudFormation: AWS::SNS::TopicPolicy; SNS: access policies)."""
    policies = resources_of_type(template, "AWS::SNS::TopicPolicy").values()
    attached = [[referenced_resource(topic) for topic in policy["Topics"]] for policy in policies]
    named = [
        [referenced_resource(one["Resource"]) for one in policy["PolicyDocument"]["Statement"]] for policy in policies
    ]

    assert sorted(attached) == sorted([topic] for topic in resources_of_type(template, "AWS::SNS::Topic"))
    assert [set(resources) for resources in named] == [set(topics) for topics in attached]


def test_only_the_service_that_a_topic_is_for_may_publish_and_only_for_our_account(template: dict[str, Any]) -> None:
    publishers = {
        referenced_resource(statement["Resource"]): statement["Principal"]["Service"]
        for statement in topic_statements(template)
    }
    conditions = [statement["Condition"] for statement in topic_statements(template)]

    assert publishers == {
        "AwsRepliesTopic": "sms-voice.amazonaws.com",
        "AwsEventsTopic": "sms-voice.amazonaws.com",
        "AlarmTopic": "cloudwatch.amazonaws.com",
    }
    assert conditions == [{"StringEquals": {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}}] * 3


def test_every_topic_is_encrypted_with_a_key_that_its_publishers_may_use(template: dict[str, Any]) -> None:
    """The policy of alias/aws/sns cannot be changed, so CloudWatch cannot use it (Amazon SNS: key management)."""
    topics = resources_of_type(template, "AWS::SNS::Topic").values()
    (key,) = resources_of_type(template, "AWS::KMS::Key").values()
    services = {
        statement["Principal"]["Service"]: statement["Action"]
        for statement in key["KeyPolicy"]["Statement"]
        if "Service" in statement["Principal"]
    }

    assert [topic["KmsMasterKeyId"] for topic in topics] == [{"Ref": "TopicKey"}] * 3
    assert services == {
        statement["Principal"]["Service"]: ["kms:Decrypt", "kms:GenerateDataKey*"]
        for statement in topic_statements(template)
    }
    assert key["EnableKeyRotation"] is True


def test_every_event_with_a_result_is_subscribed(template: dict[str, Any]) -> None:
    (configuration_set,) = resources_of_type(template, "AWS::SMSVOICE::ConfigurationSet").values()
    (destination,) = configuration_set["EventDestinations"]

    assert sorted(destination["MatchingEventTypes"]) == sorted(
        ["TEXT_SUCCESSFUL", "TEXT_DELIVERED", *refusals.AWS_EVENTS]
    )


def topic_statements(template: dict[str, Any]) -> list[dict[str, Any]]:
    policies = resources_of_type(template, "AWS::SNS::TopicPolicy").values()
    return [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]]
