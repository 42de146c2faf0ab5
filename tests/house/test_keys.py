"""Keys are spelled in table/keys.py and nowhere else, and docs/table.md describes all of them."""

import ast
import re

from longcode.table import keys
from tests.house.test_layout import is_pure
from tests.support.source_reading import (
    FUNCTIONS,
    LONGCODE,
    ROOT,
    TABLE,
    imported,
    nodes,
    relative_path,
    sources,
    strings,
    tree,
)

KEYS = (TABLE / "keys.py", *sorted(TABLE.glob("*_keys.py")))
PAGE = (ROOT / "docs" / "table.md").read_text()

# These read indexes or batches, or write conditions, and so need the names of the key's attributes, not their values.
NAME_THE_KEY = {
    "functions/longcode/billing/charged.py",
    "functions/longcode/table/due.py",
    "functions/longcode/table/ranges.py",
    "functions/longcode/messages/folders.py",
    "functions/longcode/messages/retentions.py",
    "functions/longcode/table/store.py",
    "functions/longcode/table/writes.py",
}
# In this file, `#` begins a placeholder for an attribute's name in an expression.
SPELLS_EXPRESSIONS = TABLE / "writes.py"


def test_no_other_file_spells_the_beginning_of_a_key() -> None:
    beginnings = {
        beginning for path in KEYS for text in strings(path) for beginning in re.findall(r"[a-z-]+#", str(text.value))
    }
    spelled = re.compile(rf"(?<![a-z-])({'|'.join(sorted(beginnings))})")
    copies = [
        f"{relative_path(path)}:{text.lineno} spells {text.value!r}"
        for path in sources(FUNCTIONS, ROOT / "infra", ROOT / "bench")
        if path not in KEYS
        for text in strings(path)
        if spelled.search(str(text.value))
    ]

    assert len(beginnings) > 15
    assert copies == []


def test_no_other_file_builds_a_part_of_a_key() -> None:
    together = [
        f"{relative_path(path)}:{node.lineno}"
        for path in sources(LONGCODE)
        if path not in (*KEYS, SPELLS_EXPRESSIONS)
        for node in nodes(path)
        if isinstance(node, ast.JoinedStr)
        and any(isinstance(part, ast.Constant) and "#" in str(part.value) for part in node.values)
    ]

    assert together == []


def test_only_the_listed_files_name_the_attributes_of_the_key() -> None:
    naming = {
        relative_path(path)
        for path in sources(FUNCTIONS)
        if path not in KEYS and any(re.search(r"\b[ps]k\b", str(text.value)) for text in strings(path))
    }

    assert naming == NAME_THE_KEY


def test_only_a_file_that_may_touch_the_table_asks_for_a_key() -> None:
    asking = [
        relative_path(path)
        for path in sources(FUNCTIONS)
        if imported(path, *(f"longcode.table.{file.stem}" for file in KEYS))
        and TABLE not in path.parents
        and (LONGCODE not in path.parents or is_pure(path))
    ]

    assert asking == []


def test_the_page_names_every_key_and_every_index() -> None:
    names = {
        node.name
        for path in KEYS
        for node in tree(path).body
        if isinstance(node, ast.FunctionDef) and node.name[0] != "_"
    }
    names -= {"instant"}  # a time within a key

    assert sorted(name for name in names if f"`{name}`" not in PAGE) == []
    assert sorted(name for name in keys.INDEXES if f"`{name}`" not in PAGE) == []


def test_the_page_names_every_type_of_item() -> None:
    types = {
        str(value.value)
        for path in sources(LONGCODE)
        if imported(path, "longcode.table")
        for node in nodes(path)
        if isinstance(node, ast.Dict)
        for name, value in zip(node.keys, node.values, strict=True)
        if isinstance(name, ast.Constant) and name.value == "type" and isinstance(value, ast.Constant)
    }

    assert len(types) > 10
    assert sorted(type_name for type_name in types if f"`{type_name}`" not in PAGE) == []
