"""Reads the sources as syntax trees, and the functions of template.yaml, for tests/house."""

import ast
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FUNCTIONS = ROOT / "functions"
LONGCODE = FUNCTIONS / "longcode"
TABLE = LONGCODE / "table"
PURPOSES = sorted({path.parent.name for path in FUNCTIONS.glob("*/*.py")} - {"longcode"})


def sources(*folders: Path) -> list[Path]:
    """Return the Python files in some folders and their subfolders."""
    return sorted(path for folder in folders for path in folder.rglob("*.py"))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(), filename=str(path))


@cache
def nodes(path: Path) -> tuple[ast.AST, ...]:
    return tuple(ast.walk(tree(path)))


def relative_path(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def module(path: Path) -> str:
    """Return the module name of a file of functions/, such as `send.worker`."""
    return ".".join(path.relative_to(FUNCTIONS).with_suffix("").parts)


@cache
def file_of(name: str) -> Path | None:
    """Return our file that defines an imported name: longcode/jobs.py for `longcode.jobs.Send`."""
    parts = name.split(".")
    candidates = (FUNCTIONS.joinpath(*parts[:length]).with_suffix(".py") for length in range(len(parts), 0, -1))
    return next((path for path in candidates if path.is_file()), None)


@cache
def imports(path: Path) -> frozenset[str]:
    """Return the full names of a file's imports: `from a.b import c` is `a.b.c`."""
    names: set[str] = set()
    for node in nodes(path):
        match node:
            case ast.Import(aliases):
                names |= {alias.name for alias in aliases}
            case ast.ImportFrom(origin, aliases, level):
                names |= {f"{'.' * level}{origin or ''}.{alias.name}" for alias in aliases}
    return frozenset(names)


def within(name: str, *packages: str) -> bool:
    """Return whether a dotted name is one of the packages or inside one."""
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def imported(path: Path, *packages: str) -> list[str]:
    """Return the names that a file imports from some packages."""
    return sorted(name for name in imports(path) if within(name, *packages))


@cache
def reach(path: Path) -> frozenset[Path]:
    """Return our files that a file imports, directly or indirectly, including itself."""
    reached: set[Path] = set()
    waiting = [path]
    while waiting:
        at = waiting.pop()
        if at not in reached:
            reached.add(at)
            waiting += [file for name in imports(at) if (file := file_of(name))]
    return frozenset(reached)


def reached_names(path: Path) -> set[str]:
    """Return the names that a file imports directly or indirectly."""
    return {name for file in reach(path) for name in imports(file)}


def dotted(node: ast.AST) -> str:
    """Return the dotted form of a name or an attribute, such as `a.b.c`; "" for any other node."""
    match node:
        case ast.Name(name):
            return name
        case ast.Attribute(value, name) if dotted(value):
            return f"{dotted(value)}.{name}"
    return ""


def strings(path: Path) -> Iterator[ast.Constant]:
    """Return the string literals of a file, including those inside f-strings."""
    return (node for node in nodes(path) if isinstance(node, ast.Constant) and isinstance(node.value, str))


def defined(path: Path) -> set[str]:
    """Return the names that a file defines at its top level."""
    names: set[str] = set()
    for node in tree(path).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Assign(targets):
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names


def handlers() -> dict[str, Path]:
    """Return the files that define a Lambda handler, by module name."""
    return {module(path): path for path in sources(FUNCTIONS) if "handler" in defined(path)}


def routes(name: str) -> dict[tuple[str, str], Any]:
    """Return the functions of a module's routes by verb and path, from private attributes of Powertools."""
    app = import_module(name).app
    all_routes = [*app._static_routes, *app._dynamic_routes]
    return {(route.method, route.openapi_path): route.func for route in all_routes}


def resources_of_type(template: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """Return the properties of the template's resources of a type, by name."""
    resources = template["Resources"].items()
    return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] == kind}


def functions(template: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the properties of the template's functions, with the global properties, by the module of the handler."""
    shared = template["Globals"]["Function"]
    resources = resources_of_type(template, "AWS::Serverless::Function").values()
    return {function["Handler"].removesuffix(".handler"): shared | function for function in resources}


def events(template: dict[str, Any], kind: str) -> list[tuple[str, dict[str, Any]]]:
    """Return the events of a type: the module that is called, and the event's properties."""
    return [
        (name, event["Properties"])
        for name, function in functions(template).items()
        for event in function.get("Events", {}).values()
        if event["Type"] == kind
    ]


def referenced_resource(value: Any) -> str:
    """Return the name of the resource of a `!Ref` or a `!GetAtt`."""
    return str(next(iter(value.values()))).partition(".")[0]
