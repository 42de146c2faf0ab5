"""Imports: pure files reach neither AWS nor the clock, and only API functions import the web packages."""

import ast

from tests.house.test_layout import is_pure
from tests.support.source_reading import (
    FUNCTIONS,
    LONGCODE,
    PURPOSES,
    ROOT,
    TABLE,
    dotted,
    functions,
    handlers,
    imported,
    module,
    nodes,
    reach,
    reached_names,
    relative_path,
    sources,
    within,
)

PURE = [path for path in sources(LONGCODE) if is_pure(path)]
OUTSIDE = ("boto3", "botocore", "os", "urllib", "urllib3", "requests", "http", "socket", "subprocess")
CLOCKS = ("datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "time.time_ns")
READ_THE_ENVIRONMENT = {
    "functions/longcode/aws/settings.py",
    "functions/longcode/aws/signed_calls.py",  # reads the keys, the region and the trace that Lambda sets
    "functions/longcode/table/writes.py",  # reads only the table's name
}


def test_the_files_to_check_are_found() -> None:
    assert {"accounts", "send", "inbox", "optout", "billing"} <= set(PURPOSES)
    assert len(PURE) > 20
    assert imported(FUNCTIONS / "send" / "worker.py", "longcode.messages.store") == ["longcode.messages.store"]


def test_pure_files_import_neither_aws_nor_http_nor_the_environment() -> None:
    packages = (*OUTSIDE, "aws_lambda_powertools", "pydantic")
    impure = [
        f"{relative_path(path)} imports {name}"
        for path in PURE
        for name in imported(path, *packages)
        if not within(name, "urllib.parse")  # parses URLs, without a network call
    ]

    assert impure == []


def test_pure_files_import_no_package_with_side_effects() -> None:
    acting = ("longcode.table", "longcode.carriers", "longcode.aws")
    names = [
        f"{relative_path(path)} imports {name}"
        for path in PURE
        for name in imported(path, *acting)
        if not within(name, "longcode.carriers.carrier", "longcode.carriers.refusals")  # types and tables only
    ]

    assert names == []


def test_pure_files_do_not_read_the_clock() -> None:
    reading = [
        f"{relative_path(path)}:{node.lineno} asks {dotted(node)}"
        for path in PURE
        for node in nodes(path)
        if isinstance(node, ast.Attribute) and dotted(node).endswith(CLOCKS)
    ]
    named = [f"{relative_path(path)} imports {name}" for path in PURE for name in imported(path, "time")]

    assert reading + named == []


def test_the_table_imports_only_the_values_of_carriers() -> None:
    other_imports = [
        f"{relative_path(path)} imports {name}"
        for path in sources(TABLE)
        for name in imported(path, "longcode.carriers")
        if not within(name, "longcode.carriers.carrier")
    ]

    assert other_imports == []


def test_the_table_imports_only_what_calls_and_describes_from_aws() -> None:
    other_imports = [
        f"{relative_path(path)} imports {name}"
        for path in sources(TABLE)
        for name in imported(path, "longcode.aws")
        if not within(name, *(f"longcode.aws.{file}" for file in ("at_once", "clients", "telemetry", "typed")))
    ]

    assert other_imports == []


def test_carriers_import_neither_the_table_nor_aws() -> None:
    other_imports = [
        f"{relative_path(path)} imports {name}"
        for path in sources(LONGCODE / "carriers")
        for name in imported(path, "longcode.table", "longcode.aws")
        if path.stem != "choose"  # reads from the settings which carrier is configured
    ]

    assert other_imports == []


def test_the_aws_package_does_not_import_the_table() -> None:
    other_imports = [
        f"{relative_path(p)} imports {name}"
        for p in sources(LONGCODE / "aws")
        for name in imported(p, "longcode.table")
    ]

    assert other_imports == []


def test_the_simulated_carrier_shares_nothing_with_the_service() -> None:
    shared = [
        f"{relative_path(path)} imports {name}"
        for path in sources(ROOT / "infra" / "local" / "carrier")
        for name in imported(path, "longcode", *PURPOSES)
    ]

    assert shared == []


def test_the_environment_is_read_in_one_place() -> None:
    readers = {
        relative_path(path)
        for path in sources(FUNCTIONS)
        if any(dotted(node) in ("os.environ", "os.getenv") for node in nodes(path))
    }

    assert readers == READ_THE_ENVIRONMENT


def test_time_zones_are_made_in_one_place_from_the_pinned_data() -> None:
    made = {
        relative_path(path)
        for path in sources(FUNCTIONS)
        for node in nodes(path)
        if isinstance(node, ast.Call) and "ZoneInfo" in ast.unparse(node.func).split(".")
    }

    assert made == {"functions/longcode/months.py"}


def test_a_function_fed_by_a_queue_or_a_schedule_starts_without_pydantic() -> None:
    apis = [name for name, path in handlers().items() if LONGCODE / "web" / "resolver.py" in reach(path)]
    slow = [
        name
        for name, path in handlers().items()
        if name not in apis and any(within(imported_name, "pydantic") for imported_name in reached_names(path))
    ]

    assert slow == []


def test_only_a_function_behind_the_api_has_the_resolver(template: dict[str, object]) -> None:
    api = {
        name
        for name, function in functions(template).items()
        if any(event["Type"] == "Api" for event in function.get("Events", {}).values())
    }
    importing = {module(path) for path in handlers().values() if LONGCODE / "web" / "resolver.py" in reach(path)}

    assert importing == api - {"hub.operator.operator_api", "hub.plan.pdf_api"}  # their pages call no API
