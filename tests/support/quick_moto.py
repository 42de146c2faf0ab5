"""Makes moto several times as fast; its checks and its responses, as boto3 reads them, stay the same.

moto's tables do the same work as before. What is left out is what moto does around them for each call: it tries the
addresses of all services, parses the body by the service's model, looks for each attribute of the response under six
spellings, and copies the whole table for each item of a transaction.
"""

import base64
import copyreg
import json
import pickle
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from importlib import import_module
from typing import Any

from botocore import useragent, xform_name
from botocore.awsrequest import AWSPreparedRequest
from botocore.signers import RequestSigner
from moto import backend_index
from moto.core.exceptions import ServiceException
from moto.core.models import botocore_stubber
from moto.dynamodb.exceptions import ItemSizeTooLarge
from moto.dynamodb.models import DynamoDBBackend
from moto.dynamodb.models.dynamo_type import DynamoType, Item, LimitedSizeDict
from moto.dynamodb.models.table import Table
from moto.dynamodb.responses import DynamoHandler
from werkzeug.exceptions import HTTPException

# Modules that mypy takes to have fewer names than they have.
ast_nodes: Any = import_module("moto.dynamodb.parsing.ast_nodes")
responses: Any = import_module("moto.core.responses")
validators: Any = import_module("moto.dynamodb.parsing.validators")

ACCOUNT = "123456789012"
REGION = "us-east-1"
_MAX_ITEM_BYTES = 405_000  # moto's own limit, see LimitedSizeDict
_DIRECT = {
    *("BatchGetItem", "BatchWriteItem", "DeleteItem", "GetItem", "PutItem"),
    *("Query", "Scan", "TransactGetItems", "TransactWriteItems", "UpdateItem"),
}
_respond = botocore_stubber.process_request
_add_signature = RequestSigner.sign
_transact_write_items = DynamoDBBackend.transact_write_items


_is_one: Callable[[Any, Any], bool] = cache(issubclass)


def install(services: tuple[str, ...]) -> None:
    """Change moto, in this process, for these services; the others are no longer found."""
    patterns = backend_index.backend_url_patterns
    backend_index.backend_url_patterns = [pattern for pattern in patterns if pattern[0] in services]
    # Without this, an item of 30 attributes is measured 30 times when it is unpickled.
    copyreg.pickle(LimitedSizeDict, lambda attributes: (_limited, (dict(attributes),)))
    changes: list[tuple[Any, str, Any]] = [
        (botocore_stubber, "process_request", _respond_directly),
        (DynamoDBBackend, "transact_write_items", _transact),
        # moto copies the table to undo a transaction, which `_transact` does instead.
        (Table, "__deepcopy__", lambda table, _memo: table),
        (Item, "__init__", _init_item),
        (ast_nodes.DepthFirstTraverser, "traverse", _traverse),
        # Syntax trees of update expressions, where `deepcopy` is slow.
        (validators, "deepcopy", lambda tree: pickle.loads(pickle.dumps(tree))),
        (RequestSigner, "sign", _sign),
        # Three functions that are called with the same few values for each request.
        (responses, "method_names_from_class", cache(responses.method_names_from_class)),
        (responses, "camelcase_to_underscores", cache(responses.camelcase_to_underscores)),
        (useragent, "sanitize_user_agent_string_component", cache(useragent.sanitize_user_agent_string_component)),
    ]
    for owner, name, replacement in changes:
        setattr(owner, name, replacement)


def _sign(*args: Any, **kwargs: Any) -> None:
    """Sign what is sent to an emulator; moto does not read the signature."""
    if not botocore_stubber.enabled:
        _add_signature(*args, **kwargs)


def _respond_directly(request: AWSPreparedRequest) -> Any:
    """Return the status, headers and body of a response; moto itself answers what it refuses and rare operations."""
    service, _, operation = request.headers.get("X-Amz-Target", b"").decode().partition(".")
    if not service.startswith("DynamoDB") or operation not in _DIRECT:
        return _respond(request)
    handler = DynamoHandler()
    handler.current_account, handler.region = ACCOUNT, REGION
    handler.body = handler.params = json.loads(request.body)
    try:
        result = getattr(handler, xform_name(operation))().result
    except (HTTPException, ServiceException):
        return _respond(request)  # a refused call has changed nothing, so it can be made again
    return 200, {}, json.dumps(result, default=_encoded)


def _encoded(value: bytes) -> str:
    return base64.b64encode(value).decode()


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


def _init_item(item: Item, hash_key: DynamoType, range_key: DynamoType, attrs: dict[str, Any]) -> None:
    """Create an item, and measure it once instead of once for each attribute."""
    item.hash_key, item.range_key = hash_key, range_key
    item.attrs = _limited({name: DynamoType(value) for name, value in attrs.items()})
    if item.size() > _MAX_ITEM_BYTES:
        raise ItemSizeTooLarge


def _limited(attributes: dict[str, DynamoType]) -> LimitedSizeDict:
    """Return a LimitedSizeDict of attributes that were measured before."""
    limited = LimitedSizeDict()
    dict.update(limited, attributes)
    return limited


def _traverse(traverser: Any, root: Any) -> Any:
    """Visit the nodes in moto's order, but ask once for each class, and not for each node, whether it is handled."""
    handled = traverser.nodes_to_be_processed()

    def visit(node: Any, child_id: int = -1) -> Any:
        if not _is_one(type(node), (ast_nodes.Node,)):
            return node
        parent = node.parent
        for index, child in enumerate(node.children or ()):
            traverser.pre_processing_of_child(node, index)
            visit(child, index)
        if _is_one(type(node), handled):
            node = traverser.process(node)
            node.parent = parent
            if parent:
                parent.children[child_id] = node
        return node

    return visit(root)
