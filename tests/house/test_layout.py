"""The layout of functions/: file names, import levels, the files with side effects, and sizes."""

import ast
import re
from pathlib import Path

from tests.support.source_reading import (
    FUNCTIONS,
    LONGCODE,
    PURPOSES,
    ROOT,
    file_of,
    handlers,
    imported,
    imports,
    module,
    nodes,
    relative_path,
    sources,
    within,
)

# A package of functions/longcode/ imports only packages of lower levels. Modules without a folder are the kernel.
LEVELS = {
    "mails": 0,
    "opt_out_words": 0,
    "kernel": 1,
    "aws": 2,
    "table": 3,
    "carriers": 3,
    "quiet_hours": 3,
    "changes": 4,
    "plans": 4,
    "templates": 4,
    "accounts": 5,
    "partners": 6,
    "teamwork": 6,
    "usage": 6,
    "numbers": 6,
    "billing": 7,
    "optouts": 7,
    "clients": 8,
    "messages": 9,
    "broadcasts": 10,
    "triggers": 10,
    "webhooks": 11,
    "web": 12,
}
STARTED = re.compile(r"(?:.*_)?(?:api|worker|schedule)|authorizer|invoke")
MAY_ACT = {"aws", "table", "carriers", "web"}
# In the other packages, only these files touch the table, a queue or a socket. All others are pure.
ACTING = {
    "accounts/account_links.py",
    "accounts/api_keys.py",
    "accounts/attempts.py",
    "accounts/owner_notices.py",
    "accounts/people.py",
    "accounts/sessions.py",
    "accounts/sign_in_links.py",
    "accounts/sign_ups.py",
    "accounts/store.py",
    "billing/charged.py",
    "billing/closing.py",
    "billing/exports.py",
    "billing/month_end.py",
    "billing/store.py",
    "billing/tallies.py",
    "broadcasts/drafts.py",
    "broadcasts/counts.py",
    "broadcasts/store.py",
    "changes/store.py",
    "clients/consents.py",
    "clients/imports.py",
    "clients/join_pages.py",
    "clients/lists.py",
    "clients/search.py",
    "clients/store.py",
    "messages/accept.py",
    "messages/folders.py",
    "messages/log.py",
    "messages/replies.py",
    "messages/reply_notices.py",
    "messages/retentions.py",
    "messages/waiting.py",
    "messages/sending.py",
    "messages/store.py",
    "messages/timing.py",
    "numbers/choose.py",
    "numbers/listed.py",
    "numbers/store.py",
    "optouts/listed.py",
    "optouts/report.py",
    "optouts/store.py",
    "partners/store.py",
    "plans/room.py",
    "plans/store.py",
    "teamwork/store.py",
    "templates/store.py",
    "triggers/call_tasks.py",
    "triggers/facts.py",
    "triggers/search.py",
    "triggers/store.py",
    "usage/call_limits.py",
    "usage/store.py",
    "webhooks/tell.py",
    "webhooks/post.py",
    "webhooks/store.py",
}
PURE_OF_CARRIERS = {LONGCODE / "carriers" / "carrier.py", LONGCODE / "carriers" / "refusals.py"}
# Most starts need none of these modules, and each takes long to load (decisions 48 and 93).
LATE = {
    ("billing/drawing.py", "billing.pdf"),
    ("hub/consent/join_page_settings.py", "segno"),
    ("longcode/accounts/passwords.py", "argon2"),
    ("longcode/carriers/choose.py", "longcode.carriers.aws"),
    ("longcode/phone.py", "phonenumbers"),
    ("longcode/quiet_hours/quiet_hours.py", "longcode.quiet_hours.zones"),
}
MOST_MODULES, MOST_LINES = 14, 350
SDK = ROOT / "sdk"
# The request and response bodies of an API, and its import, whose own file would be too long with them.
FORMS = {
    "functions/accounts/settings_forms.py",
    "functions/accounts/templates.py",
    "functions/broadcasts/forms.py",
    "functions/clients/bulk_import.py",
    "functions/clients/forms.py",
    "functions/triggers/forms.py",
}


def package(name: str) -> str:
    """Return the package of a dotted name in `longcode`: its folder, or "kernel"."""
    part = name.split(".")[1]
    return part if (LONGCODE / part).is_dir() else "kernel"


def is_pure(path: Path) -> bool:
    """Return whether a file of longcode/ neither reads nor writes anything: values in, values out."""
    return package(module(path)) not in MAY_ACT and path.relative_to(LONGCODE).as_posix() not in ACTING


def test_a_file_that_lambda_starts_is_named_by_what_starts_it() -> None:
    names = [path.stem for path in handlers().values()]

    assert len(names) > 20
    assert [name for name in names if not STARTED.fullmatch(name)] == []


def test_a_file_named_by_what_starts_it_is_started() -> None:
    started = set(handlers().values())
    named = [path for path in sources(FUNCTIONS) if STARTED.fullmatch(path.stem)]

    assert [relative_path(path) for path in named if path not in started] == []


def test_purposes_import_neither_each_other_nor_the_hub_above_them() -> None:
    across = [
        f"{relative_path(path)} imports {name}"
        for purpose in PURPOSES
        if purpose != "hub"
        for path in sources(FUNCTIONS / purpose)
        for name in imported(path, *(other for other in PURPOSES if other != purpose))
    ]

    assert across == []


def test_every_concept_has_a_level() -> None:
    folders = {path.name for path in LONGCODE.iterdir() if path.is_dir() and list(path.glob("*.py"))}

    assert folders | {"kernel"} == set(LEVELS)


def test_the_page_has_the_level_of_each_concept() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text().partition("\n## Where things are\n")[2]
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    named = {name: int(level) for level, row in rows for name in re.findall(r"`([a-z_]+)`", row)}

    assert named == {name: level for name, level in LEVELS.items() if name != "kernel"}


def test_a_concept_imports_only_lower_levels() -> None:
    upward = [
        f"{relative_path(path)} imports {name}"
        for path in sources(LONGCODE)
        for name in imported(path, "longcode")
        if package(name) != package(module(path)) and LEVELS[package(name)] >= LEVELS[package(module(path))]
    ]

    assert upward == []


def test_concepts_import_no_purpose() -> None:
    assert [relative_path(path) for path in sources(LONGCODE) if imported(path, *PURPOSES)] == []


def test_only_the_listed_files_of_a_concept_touch_table_queue_or_socket() -> None:
    touching = {
        path.relative_to(LONGCODE).as_posix()
        for path in sources(LONGCODE)
        if package(module(path)) not in MAY_ACT
        and any(
            within(name, "longcode.aws", "longcode.table", "boto3", "botocore", "urllib3", "socket")
            for name in imports(path)
        )
    }

    assert touching == ACTING


def test_pure_files_import_no_file_that_acts() -> None:
    importing = [
        f"{relative_path(path)} imports {relative_path(file)}"
        for path in sources(LONGCODE)
        if is_pure(path)
        for file in {file_of(name) for name in imported(path, "longcode")}
        if file and not is_pure(file) and file not in PURE_OF_CARRIERS
    ]

    assert importing == []


def test_only_apis_import_the_web_package() -> None:
    importing = {path for path in sources(FUNCTIONS) if imported(path, "longcode.web")}
    apis = {path for path in importing if path.stem.endswith("api")}
    forms = {relative_path(path) for path in importing - apis if LONGCODE not in path.parents}

    assert forms == FORMS


def test_a_folder_has_at_most_fourteen_modules() -> None:
    folders = {path.parent for path in sources(FUNCTIONS, SDK)}
    crowded = [relative_path(folder) for folder in folders if len(list(folder.glob("*.py"))) > MOST_MODULES]

    assert crowded == []


def test_a_file_has_at_most_350_lines() -> None:
    assert [
        relative_path(path) for path in sources(FUNCTIONS, SDK) if len(path.read_text().splitlines()) > MOST_LINES
    ] == []


def test_a_text_is_ended_only_where_its_studio_is_told() -> None:
    ending = [relative_path(path) for path in sources(FUNCTIONS) if "messages.end_unsent(" in path.read_text()]

    assert ending == ["functions/longcode/webhooks/tell.py"]


def test_only_six_places_import_a_module_inside_a_function() -> None:
    inside = [
        (path.relative_to(FUNCTIONS).as_posix(), ".".join(filter(None, (getattr(node, "module", None), alias.name))))
        for path in sources(FUNCTIONS)
        for definition in nodes(path)
        if isinstance(definition, ast.FunctionDef)
        for node in ast.walk(definition)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    ]

    assert sorted(inside) == sorted(LATE)


def test_values_are_no_named_tuples() -> None:
    importing = [relative_path(path) for path in sources(FUNCTIONS) if "typing.NamedTuple" in imports(path)]

    assert importing == ["functions/longcode/table/keys.py"]


def test_no_import_is_for_type_checking_alone() -> None:
    assert [relative_path(path) for path in sources(FUNCTIONS) if "TYPE_CHECKING" in path.read_text()] == []
