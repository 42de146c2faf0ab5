"""Makes moto several times as fast; its checks and its responses, as boto3 reads them, stay the same.

moto's tables and queues do the same work as before. What is left out is what is done around them for each call:
an HTTP request is made, signed and routed, the same expressions are read again, the whole table is copied for each
item of a transaction, and all items and messages are kept for ever.
"""

import copyreg
import pickle
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures.thread import _threads_queues
from contextlib import contextmanager
from copy import deepcopy
from functools import cache, lru_cache
from http import HTTPStatus
from http.client import HTTPMessage
from importlib import import_module
from threading import RLock
from types import ModuleType, SimpleNamespace
from typing import Any

import botocore.endpoint
import msgspec
from botocore import xform_name
from botocore.client import BaseClient
from botocore.exceptions import ParamValidationError
from botocore.model import OperationModel
from botocore.validate import ParamValidationDecorator, ParamValidator
from moto import backend_index
from moto.core.common_models import BaseModel
from moto.core.exceptions import ServiceException
from moto.core.models import botocore_stubber
from moto.dynamodb import responses
from moto.dynamodb.comparisons import ConditionExpressionParser
from moto.dynamodb.exceptions import ItemSizeToUpdateTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from moto.sqs.models import SQSBackend
from moto.sqs.responses import SQSResponse
from werkzeug.exceptions import HTTPException

from longcode.aws import signed_calls
from tests.support import quick_items

# moto's Systems Manager imports EC2, which takes a second, for commands to instances only.
sys.modules["moto.ec2"] = ModuleType("moto.ec2")
sys.modules["moto.ec2"].ec2_backends = {}  # type: ignore[attr-defined]
ParameterDict: Any = import_module("moto.ssm.models").ParameterDict

# Modules that mypy takes to have fewer names than they have.
ast_nodes: Any = import_module("moto.dynamodb.parsing.ast_nodes")
expressions: Any = import_module("moto.dynamodb.parsing.expressions")
validators: Any = import_module("moto.dynamodb.parsing.validators")

ACCOUNT = "123456789012"
REGION = "us-east-1"
_HANDLERS: dict[str, Any] = {"dynamodb": DynamoHandler, "sqs": SQSResponse}
_DIRECT = {
    "dynamodb": {
        *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem"),
        *("Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"),
    },
    "sqs": {"DeleteMessage", "ReceiveMessage", "SendMessage", "SendMessageBatch"},
}
_ACTIONS = {getattr(ast_nodes, f"UpdateExpression{name}Action") for name in ("Set", "Remove", "Delete", "Add")}
_one_at_a_time = RLock()  # moto has no locks of its own
_validate_structure = ParamValidator._validate_structure
_make_api_call = BaseClient._make_api_call
_submit_to_pool = ThreadPoolExecutor.submit
_submitted: set[Future[Any]] = set()  # the calls of all pools that have not ended
_transact_write_items = DynamoDBBackend.transact_write_items
_update_item = DynamoDBBackend.update_item
_validate_map = ParamValidator._validate_map
_parse_condition = ConditionExpressionParser.parse
_pickled = cache(pickle.dumps)
_lexed = cache(ConditionExpressionParser(None, None, None)._lex_one_node)


def install(services: tuple[str, ...]) -> None:
    """Change moto, in this process, for these services; the others are no longer found."""
    patterns = backend_index.backend_url_patterns
    backend_index.backend_url_patterns = [pattern for pattern in patterns if pattern[0] in services]
    # Without this, an item of 30 attributes is measured 30 times when it is unpickled.
    copyreg.pickle(LimitedSizeDict, lambda attributes: (quick_items.limited, (dict(attributes),)))
    changes: list[tuple[Any, str, Any]] = [
        (BaseClient, "_make_api_call", _call),
        (ThreadPoolExecutor, "submit", _submit),
        (ParamValidator, "_validate_structure", _check_structure),
        (ParamValidator, "_validate_map", _check_map),
        (botocore.endpoint, "time", SimpleNamespace(time=time.time, sleep=lambda _: None)),  # retries come at once
        (BaseModel, "__new__", lambda model, *_, **__: object.__new__(model)),  # moto's keeps the object in a list
        (DynamoDBBackend, "transact_write_items", _transact),
        (DynamoDBBackend, "update_item", _update),
        (LimitedSizeDict, "__setitem__", dict.__setitem__),  # `_update` and `init_item` measure the whole item once
        (DynamoType, "__init__", quick_items.init_value),
        (DynamoType, "cast_value", property(quick_items.cast_value)),
        (DynamoType, "size", quick_items.size_of_value),
        (DynamoType, "__deepcopy__", lambda value, _memo: quick_items.copy_value(value)),
        # moto copies the table to undo a transaction, which `_transact` does instead.
        (Table, "__deepcopy__", lambda table, _memo: table),
        (Table, "all_items", _sorted_items),
        (Item, "__init__", quick_items.init_item),
        (Item, "__deepcopy__", quick_items.copy_item),
        (responses, "dynamo_to_dict", quick_items.plain),
        # Messages are as old as their test; moto reads all attributes of the queue to compare.
        (SQSBackend, "is_message_valid_based_on_retention_period", lambda *_: True),
        (expressions.UpdateExpressionParser, "make", cache(expressions.UpdateExpressionParser.make)),
        (ast_nodes.Node, "__deepcopy__", lambda tree, _memo: pickle.loads(_pickled(tree))),
        (ast_nodes.Node, "find_clauses", _find_clauses),
        (validators.Validator, "validate", _validate),
        (ConditionExpressionParser, "parse", _parse),
        (ConditionExpressionParser, "_lex_one_node", lambda _, text: _lexed(text)),
    ]
    for owner, name, replacement in changes:
        setattr(owner, name, replacement)


@contextmanager
def through_http() -> Iterator[None]:
    """Let calls inside the block take the whole way through botocore and moto, with the events on it."""
    before, BaseClient._make_api_call = BaseClient._make_api_call, _make_api_call
    try:
        yield
    finally:
        BaseClient._make_api_call = before


def _call(client: BaseClient, name: str, arguments: dict[str, Any]) -> Any:
    """Make a call as botocore's client does, with its check of the arguments and its events, but without HTTP."""
    service: str = client.meta.service_model.service_name
    if not botocore_stubber.enabled:
        return _make_api_call(client, name, arguments)
    if name == "SendEmail":
        arguments = _with_both_parts(arguments)
    if name not in _DIRECT.get(service, ()):
        with _one_at_a_time:
            return _make_api_call(client, name, arguments)
    operation = client.meta.service_model.operation_model(name)
    context: dict[str, Any] = {}
    params = client._emit_api_params(arguments, operation, context)
    if isinstance(client._serializer, ParamValidationDecorator):
        errors = client._serializer._param_validator.validate(params, operation.input_shape)
        if errors.has_errors():
            raise ParamValidationError(report=errors.generate_report())
    events = client.meta.events
    _, answer = events.emit_until_response(
        f"before-call.{service}.{name}", model=operation, params=params, context=context
    )
    try:
        response, parsed = answer or _answer(service, operation, params)
    except ServiceException:  # an error of SQS: it has changed nothing, so the call can be made again
        return _make_api_call(client, name, arguments)
    events.emit(
        f"after-call.{service}.{name}", http_response=response, parsed=parsed, model=operation, context=context
    )
    if response.status_code != HTTPStatus.OK:
        raise client.exceptions.from_code(parsed["Error"]["Code"])(parsed, name)
    return parsed


def _with_both_parts(arguments: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a mail with its text before its HTML: moto keeps only the HTML of a simple mail."""
    simple = arguments["Content"].get("Simple")
    if not simple:
        return arguments
    body = simple["Body"]
    both = {"Html": {"Data": body["Text"]["Data"] + body["Html"]["Data"]}}
    return arguments | {"Content": {"Simple": simple | {"Body": both}}}


def _check_structure(validator: ParamValidator, value: Any, shape: Any, *others: Any) -> None:
    """Check a structure; most of them are attributes that are strings or numbers."""
    if shape.name == "AttributeValue" and _is_simple("", value):
        return
    _validate_structure(validator, value, shape, *others)


def _check_map(validator: ParamValidator, value: Any, shape: Any, *others: Any) -> None:
    """Check a map; most of them are items and keys, whose attributes are strings or numbers."""
    if shape.value.name == "AttributeValue" and type(value) is dict and all(map(_is_simple, value, value.values())):
        return
    _validate_map(validator, value, shape, *others)


def _is_simple(name: Any, value: Any) -> bool:
    """Return whether an attribute has a name and a value that need no more checks: a string or a number."""
    if type(name) is not str or type(value) is not dict or len(value) != 1:
        return False
    [(kind, content)] = value.items()
    return kind in ("S", "N") and type(content) is str


def _answer(service: str, operation: OperationModel, params: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    """Return moto's response to a call, and what botocore would make of it."""
    if _is_one_of_several():
        time.sleep(0)  # so that the calls of a test's threads come in any order
    handler: Any = _HANDLERS[service]()
    handler.current_account, handler.region, handler.uri_match = ACCOUNT, REGION, {}
    handler.body = handler.params = msgspec.json.decode(msgspec.json.encode(params))
    with _one_at_a_time:
        try:
            result = getattr(handler, xform_name(operation.name))().result
            content = msgspec.json.encode(result or {})
        except HTTPException as refused:
            content = str(refused.get_body()).encode()
            parsed = signed_calls._error(operation.name, refused.code or 500, HTTPMessage(), content).response
            return SimpleNamespace(status_code=refused.code, content=content), parsed
    return SimpleNamespace(status_code=200, content=content), msgspec.json.decode(content)


def _is_one_of_several() -> bool:
    """Return whether other threads have work. Those of a pool without any are left out: a pause costs 0.1 ms."""
    return bool(_submitted) or threading.active_count() > 1 + len(_threads_queues)


def _submit(pool: ThreadPoolExecutor, *call: Any, **named: Any) -> Future[Any]:
    future = _submit_to_pool(pool, *call, **named)
    _submitted.add(future)
    future.add_done_callback(_submitted.discard)
    return future


def _transact(backend: DynamoDBBackend, transact_items: list[dict[str, Any]]) -> None:
    """Make a transaction; if it is refused, restore the items that it names."""
    before = []
    for item in transact_items:
        [operation] = item.values()
        table = backend.tables[operation["TableName"]]
        key = operation["Key"] if "Key" in operation else operation["Item"]
        items, sort_key = table.items[DynamoType(key[table.hash_key_attr])], DynamoType(key[table.range_key_attr])
        before.append((items, sort_key, deepcopy(items.get(sort_key))))
    try:
        _transact_write_items(backend, transact_items)
    except Exception:
        for items, sort_key, former in before:
            if former is None:
                items.pop(sort_key, None)
            else:
                items[sort_key] = former
        raise


def _update(backend: DynamoDBBackend, *arguments: Any, **named: Any) -> Item:
    item = _update_item(backend, *arguments, **named)
    if item.size() > quick_items.MAX_ITEM_BYTES:
        raise ItemSizeToUpdateTooLarge
    return item


def _sorted_items(table: Table) -> list[Item]:
    """Return all items of a table whose keys are strings."""
    items = (item for partition in table.items.values() for item in partition.values())
    return sorted(items, key=lambda item: (item.hash_key.value, item.range_key.value))


def _validate(validator: Any) -> Any:
    """Let moto's ten processors of an update's tree pass over it in three groups: checks, values, operations."""
    checks, resolving, operations = (
        _Handlers(pair for processor in validator.processors[group] for pair in processor._processing_map().items())
        for group in (slice(3), slice(3, 6), slice(6, None))
    )
    root = SimpleNamespace(children=[validator.node_to_validate])
    for handlers in (checks, resolving, operations):
        _visit(root, handlers, validator.processors[4])
    return root.children[0]


class _Handlers:
    """What is done to the nodes of some types, in its order; a node may become one of another type."""

    def __init__(self, pairs: Iterable[tuple[type, Callable[[Any], Any]]]) -> None:
        self.pairs = list(pairs)
        self.kinds = {kind for kind, _ in self.pairs}


def _visit(node: Any, handlers: _Handlers, resolver: Any) -> None:
    is_action = type(node) in _ACTIONS
    for index, child in enumerate(node.children or ()):
        if not hasattr(child, "children"):
            continue  # a name or a value
        if is_action:
            resolver.pre_processing_of_child(node, index)
        if child.children:
            _visit(child, handlers, resolver)
        if type(node.children[index]) not in handlers.kinds:
            continue
        for kind, handle in handlers.pairs:
            if type(node.children[index]) is kind:
                node.children[index] = handle(node.children[index])
                node.children[index].parent = node


def _find_clauses(node: Any, kinds: Any) -> list[Any]:
    """Return the clauses of these kinds in a tree, as moto does."""
    clauses = []
    for child in node.children or ():
        kind: Any = type(child)
        if kind in kinds:
            clauses.append(child)
        elif _has_clauses(kind):
            clauses += _find_clauses(child, kinds)
    return clauses


@cache
def _has_clauses(kind: type) -> bool:
    return issubclass(kind, (ast_nodes.Expression, ast_nodes.UpdateExpressionFunction))


def _parse(parser: ConditionExpressionParser) -> Any:
    """Parse a condition once: moto parses it when it checks the call, and again when it looks at the item."""
    names, values = parser.expression_attribute_names, parser.expression_attribute_values
    condition, used_names, used_values = _parsed(parser.condition_expression, msgspec.json.encode((names, values)))
    parser.expr_attr_names_found += used_names
    parser.expr_attr_values_found += used_values
    return condition


@lru_cache(1000)
def _parsed(expression: str | None, names_and_values: bytes) -> tuple[Any, list[str], list[str]]:
    parser = ConditionExpressionParser(expression, *msgspec.json.decode(names_and_values))
    return _parse_condition(parser), parser.expr_attr_names_found, parser.expr_attr_values_found
