"""Each function may do what its code does, and no more."""

import ast
from functools import cache
from pathlib import Path
from typing import Any

from longcode.aws.queues import URL_SETTINGS
from tests.support.source_reading import (
    LONGCODE,
    TABLE,
    defined,
    dotted,
    functions,
    handlers,
    imports,
    module,
    nodes,
    reach,
    referenced_resource,
    sources,
    tree,
)

GRANTED = {
    "dynamodb:GetItem": "read",
    "dynamodb:BatchGetItem": "read",
    "dynamodb:Query": "read",
    "dynamodb:PutItem": "write",
    "dynamodb:UpdateItem": "write",
    "dynamodb:DeleteItem": "delete",
}
QUEUE_OF = {f"longcode.jobs.{job.__name__}": setting for job, setting in URL_SETTINGS.items()}
DOES = {
    "store.get": "read",
    "store.get_many": "read",
    "store.get_settled": "read",
    "store.query": "read",
    "store.query_index": "read",
    "store.index_page": "read",
    "Put": "write",
    "Update": "write",
    "Delete": "delete",
}


def test_read_only_functions_have_read_only_access(template: dict[str, Any]) -> None:
    assert granted(functions(template)["billing.close_month_schedule"]) == {"read"}


def test_each_function_may_do_with_the_table_what_its_code_does(template: dict[str, Any]) -> None:
    does = {name: done_by(path) for name, path in handlers().items()}

    assert {name: granted(function) for name, function in functions(template).items()} == does


def test_each_function_may_send_to_the_queues_of_the_jobs_that_its_code_makes(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    queue = {
        name.lower(): referenced_resource(value) for name, value in variables.items() if name.endswith("_QUEUE_URL")
    }
    names = {
        name: sorted({queue[setting] for job, setting in QUEUE_OF.items() if f"{job}()" in reached(path)})
        for name, path in handlers().items()
    }

    may = {
        name: sorted(map(referenced_resource, named(function, "SQSSendMessagePolicy", "QueueName")))
        for name, function in all_of(template)
    }

    assert may == names


def test_each_function_may_read_the_secrets_and_addresses_that_its_code_uses(template: dict[str, Any]) -> None:
    for policy, parameter, resource, function_name in (
        ("AWSSecretsManagerGetSecretValuePolicy", "SecretArn", "CarrierSecret", "carrier_credentials carrier_tokens"),
        ("AWSSecretsManagerGetSecretValuePolicy", "SecretArn", "StripeSecret", "stripe_key"),
        ("SSMParameterReadPolicy", "ParameterName", "${AWS::StackName}/public-url", "public_url"),
        ("SSMParameterReadPolicy", "ParameterName", "${AWS::StackName}/receipts-url", "receipts_url"),
        ("SSMParameterReadPolicy", "ParameterName", "${AWS::StackName}/inbound-url", "inbound_url"),
    ):
        names = {f"longcode.aws.parameters.{name}" for name in function_name.split()}
        asking = {name for name, path in handlers().items() if not names.isdisjoint(reached(path))}
        may = {
            name
            for name, function in all_of(template)
            if resource in [next(iter(value.values())) for value in named(function, policy, parameter)]
        }

        assert may == asking


def test_each_function_may_mail_and_text_if_its_code_does(template: dict[str, Any]) -> None:
    for action, used_by_it in (
        ("ses:SendEmail", "longcode.aws.mail.send"),
        ("sms-voice:SendTextMessage", "longcode.carriers.choose.configured_carrier"),
    ):
        doing = {name for name, path in handlers().items() if used_by_it in reached(path)}

        assert {name for name, function in all_of(template) if action in actions(function)} == doing


def test_functions_that_attach_files_may_send_raw_mails(template: dict[str, Any]) -> None:
    attaching = {
        name
        for name, path in handlers().items()
        if any("longcode.aws.mail" in imports(file) and "Attachment" in attributes(file) for file in own(path))
    }

    assert (
        {name for name, function in all_of(template) if "ses:SendRawEmail" in actions(function)} == attaching != set()
    )


def test_the_roles_allow_these_actions_and_no_scan(template: dict[str, Any]) -> None:
    """SAM's policy templates for DynamoDB allow `Scan` (SAM: DynamoDBReadPolicy, DynamoDBCrudPolicy)."""
    stated = {action for _, function in all_of(template) for action in actions(function)}
    templates = {name for _, function in all_of(template) for policy in function["Policies"] for name in policy}

    assert stated == GRANTED.keys() | {"ses:SendEmail", "ses:SendRawEmail", "sms-voice:SendTextMessage"}
    assert templates == {
        "Statement",
        "SQSSendMessagePolicy",
        "SSMParameterReadPolicy",
        "AWSSecretsManagerGetSecretValuePolicy",
    }


def test_what_is_read_is_read_whole_and_only_the_table_is_written(template: dict[str, Any]) -> None:
    stated = {
        (str(statement["Action"]), str(statement["Resource"]))
        for _, function in all_of(template)
        for policy in function["Policies"]
        for statement in policy.get("Statement", [])
        if "dynamodb" in str(statement["Action"])
    }

    arn = {"Sub": "arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${RestoredTable}"}
    table = {"If": ["UsesRestoredTable", arn, {"GetAtt": "Table.Arn"}]}
    indexes = {"Sub": ["${TableArn}/index/*", {"TableArn": table}]}
    assert stated == {
        (str(["dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"]), str([table, indexes])),
        (str(["dynamodb:PutItem", "dynamodb:UpdateItem"]), str(table)),
        ("dynamodb:DeleteItem", str(table)),
    }


def all_of(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(functions(template).items())


def granted(function: dict[str, Any]) -> set[str]:
    """Return what a function may do with the table: read, write, delete."""
    return {GRANTED[action] for action in actions(function) if action in GRANTED}


def named(function: dict[str, Any], policy: str, parameter: str) -> list[Any]:
    return [entry[policy][parameter] for entry in function["Policies"] if policy in entry]


def actions(function: dict[str, Any]) -> set[str]:
    statements = [statement for policy in function["Policies"] for statement in policy.get("Statement", [])]
    listed = [
        [statement["Action"]] if isinstance(statement["Action"], str) else statement["Action"]
        for statement in statements
    ]
    return {action for names in listed for action in names}


def own(path: Path) -> list[Path]:
    """Return the file of a handler and the files of its purpose that it imports."""
    return [file for file in reach(path) if LONGCODE not in file.parents]


def attributes(path: Path) -> set[str]:
    return {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}


@cache
def reached(trigger: Path) -> frozenset[str]:
    """Return the full names of what the code of a trigger uses, itself or through functions of longcode/."""
    waiting = [name for file in own(trigger) for name in used(file, tree(file))]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += uses().get(name, ())
    return frozenset(seen)


def done_by(trigger: Path) -> set[str]:
    """Return what the code of a trigger does with the table: read, write, delete."""
    names = {name.removeprefix("longcode.table.").removeprefix("writes.") for name in reached(trigger)}
    return {DOES[name] for name in names if name in DOES}


@cache
def uses() -> dict[str, set[str]]:
    """Return the names that each function of longcode/ uses, without those of longcode/table that call AWS."""
    return {
        f"{module(path)}.{node.name}": used(path, node)
        for path in sources(LONGCODE)
        if path.parent != TABLE or path.stem not in ("store", "writes", "keys")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
    }


def used(path: Path, within: ast.AST) -> set[str]:
    """Return the full names of our own definitions that some code uses; a called name is there twice, also with `()`.

    In a function that returns a job, each job that is named counts as called.
    """
    returns = getattr(within, "returns", None)
    makes = returns is not None and full_name(path, returns) in QUEUE_OF
    inside = [node for node in ast.walk(within) if isinstance(node, ast.Name | ast.Attribute | ast.Call)]
    names = {full_name(path, node) for node in inside}
    calls = {full_name(path, node.func) for node in inside if isinstance(node, ast.Call)}
    calls |= names & QUEUE_OF.keys() if makes else set()
    return (names | {f"{name}()" for name in calls if name}) - {""}


def full_name(path: Path, node: ast.AST) -> str:
    """Return the full name of a name or an attribute, such as `longcode.jobs.Send`; "" if it is not ours."""
    head, dot, tail = dotted(node).partition(".")
    ours = names_in(path)
    return f"{ours[head]}{dot}{tail}" if head in ours else ""


@cache
def names_in(path: Path) -> dict[str, str]:
    """Return the full names of the names that a file imports or defines."""
    return bound(path) | {name: f"{module(path)}.{name}" for name in defined(path)}


def bound(path: Path) -> dict[str, str]:
    """Return the full name of each imported name of a file."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
