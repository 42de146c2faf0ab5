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
    referred,
    sources,
    tree,
)

GRANTED = {
    "DynamoDBReadPolicy": {"read"},
    "DynamoDBWritePolicy": {"write"},
    "DynamoDBCrudPolicy": {"read", "write", "delete"},
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


def test_who_only_reads_may_only_read(template: dict[str, Any]) -> None:
    for name in ("accounts.authorizer", "billing.close_month_schedule"):
        assert granted(functions(template)[name]) == {"read"}


def test_each_may_do_with_the_table_what_its_code_does(template: dict[str, Any]) -> None:
    does = {name: done_by(path) for name, path in handlers().items()}

    assert {name: granted(one) for name, one in functions(template).items()} == does


def test_each_may_send_to_the_queues_of_the_jobs_that_its_code_makes(template: dict[str, Any]) -> None:
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    queue = {name.lower(): referred(value) for name, value in variables.items() if name.endswith("_QUEUE_URL")}
    names = {
        name: sorted({queue[one] for file in reach(path) for one in queues_of(file)})
        for name, path in handlers().items()
    }

    may = {
        name: sorted(map(referred, named(one, "SQSSendMessagePolicy", "QueueName"))) for name, one in all_of(template)
    }

    assert may == names


def test_each_may_read_the_secret_and_the_address_that_its_code_asks_for(template: dict[str, Any]) -> None:
    for policy, parameter, wanted, asked in (
        ("AWSSecretsManagerGetSecretValuePolicy", "SecretArn", "CarrierSecret", "carrier_credentials"),
        ("AWSSecretsManagerGetSecretValuePolicy", "SecretArn", "StripeSecret", "stripe_key"),
        ("SSMParameterReadPolicy", "ParameterName", "${AWS::StackName}/public-url", "public_url"),
        ("SSMParameterReadPolicy", "ParameterName", "${AWS::StackName}/receipts-url", "receipts_url"),
        ("SSMParameterReadPolicy", "ParameterName", "${AWS::StackName}/inbound-url", "inbound_url"),
    ):
        name_of_asked = f"longcode.aws.settings.{asked}"
        asking = {
            name for name, path in handlers().items() if any(name_of_asked in imports(file) for file in reach(path))
        }
        may = {
            name
            for name, one in all_of(template)
            if wanted in [next(iter(value.values())) for value in named(one, policy, parameter)]
        }

        assert may == asking


def test_each_may_mail_and_text_if_its_code_does(template: dict[str, Any]) -> None:
    for action, door in (("ses:SendEmail", "mail.py"), ("sms-voice:SendTextMessage", "carrier.py")):
        doing = {name for name, path in handlers().items() if LONGCODE / "aws" / door in reach(path)}

        assert {name for name, one in all_of(template) if action in actions(one)} == doing


def test_who_attaches_files_to_mails_may_send_them_raw(template: dict[str, Any]) -> None:
    attaching = {
        name
        for name, path in handlers().items()
        if any("longcode.aws.mail" in imports(file) and "File" in attributes(file) for file in own(path))
    }

    assert {name for name, one in all_of(template) if "ses:SendRawEmail" in actions(one)} == attaching != set()


def test_nobody_may_do_everything(template: dict[str, Any]) -> None:
    stated = {action for _, one in all_of(template) for action in actions(one)}

    assert stated == {"ses:SendEmail", "ses:SendRawEmail", "sms-voice:SendTextMessage"}


def all_of(template: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    return list(functions(template).items())


def granted(function: dict[str, Any]) -> set[str]:
    """Tell what a function may do with the table."""
    return {verb for policy in function["Policies"] for name in policy for verb in GRANTED.get(name, ())}


def named(function: dict[str, Any], policy: str, parameter: str) -> list[Any]:
    return [one[policy][parameter] for one in function["Policies"] if policy in one]


def actions(function: dict[str, Any]) -> set[str]:
    statements = [statement for one in function["Policies"] for statement in one.get("Statement", [])]
    listed = [[one["Action"]] if isinstance(one["Action"], str) else one["Action"] for one in statements]
    return {action for of in listed for action in of}


def own(path: Path) -> list[Path]:
    """List a trigger and the siblings that serve it."""
    return [file for file in reach(path) if LONGCODE not in file.parents]


@cache
def acting() -> frozenset[Path]:
    """List the files of longcode/ that may read or write the table: its own, and the shared flows."""
    pure_or_apart = (LONGCODE, LONGCODE / "aws", LONGCODE / "carriers")
    return frozenset(path for path in sources(LONGCODE) if path.parent not in pure_or_apart)


def attributes(path: Path) -> set[str]:
    return {node.attr for node in nodes(path) if isinstance(node, ast.Attribute)}


def queues_of(path: Path) -> set[str]:
    """Name the queues of the jobs that a file makes, itself or by a function that returns one: `job_of`."""
    parts = [node for node in tree(path).body if not returns_a_job(path, node)]
    made = {full_name(path, node.func) for part in parts for node in ast.walk(part) if isinstance(node, ast.Call)}
    used = {full_name(path, node) for node in nodes(path)}
    by_functions = {job for name, jobs in makers().items() if name in used for job in jobs}
    return {setting for job, setting in QUEUE_OF.items() if job in made | by_functions}


@cache
def makers() -> dict[str, set[str]]:
    """Name the functions that return a job, with the jobs that each makes."""
    return {
        f"{module(path)}.{node.name}": {full_name(path, one) for one in ast.walk(node)} & QUEUE_OF.keys()
        for path in sources(LONGCODE)
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and returns_a_job(path, node)
    }


def returns_a_job(path: Path, node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef) and full_name(path, node.returns or node) in QUEUE_OF


def full_name(path: Path, node: ast.AST) -> str:
    """Name what a name or an attribute in a file stands for, in full: `longcode.jobs.Send`."""
    head, dot, tail = dotted(node).partition(".")
    names = {name.rpartition(".")[2]: name for name in imports(path)}
    return f"{names.get(head, f'{module(path)}.{head}')}{dot}{tail}" if head else ""


def done_by(trigger: Path) -> set[str]:
    """Tell what the code of a trigger does with the table, itself or through what it uses."""
    waiting = [name for file in own(trigger) for name in used(file, tree(file))]
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += uses().get(name, ())
    does = {name.removeprefix("longcode.table.").removeprefix("writes.") for name in seen}
    return {DOES[name] for name in does if name in DOES}


@cache
def uses() -> dict[str, set[str]]:
    """Tell what each function of longcode/ uses, but for those that make the calls of AWS."""
    return {
        f"{module(path)}.{node.name}": used(path, node)
        for path in sources(LONGCODE)
        if path.parent != TABLE or path.stem not in ("store", "writes", "keys", "codec")
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef)
    }


def used(path: Path, within: ast.AST) -> set[str]:
    """Name in full what some code uses of our own functions, called or handed on."""
    ours = bound(path) | {name: f"{module(path)}.{name}" for name in defined(path)}
    spelled = (dotted(node).partition(".") for node in ast.walk(within))
    return {f"{ours[head]}{dot}{tail}" for head, dot, tail in spelled if head in ours}


def bound(path: Path) -> dict[str, str]:
    """Tell what each imported name of a file stands for."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes(path)
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
